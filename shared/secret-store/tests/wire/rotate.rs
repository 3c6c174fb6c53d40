//! Beginning and clearing rotations.

use secret_store::{Kind, Stage};
use serde_json::json;

use crate::service::{ARN, CURRENT, PENDING, answer, asked, refusal, script, strict};

const OTHER: &str = "33333333-3333-4333-8333-333333333333";

#[tokio::test]
async fn a_rotation_begins_now_under_the_given_token() {
    let (server, store) = script([answer(&json!({"ARN": ARN, "Name": "app/dsn", "VersionId": PENDING}))]);
    assert_eq!(store.start_rotation(ARN, PENDING).await.unwrap(), PENDING);
    let request = json!({"SecretId": ARN, "ClientRequestToken": PENDING, "RotateImmediately": true});
    assert_eq!(asked(&server), [("RotateSecret".to_owned(), request)]);
}

#[tokio::test]
async fn the_same_token_begins_one_rotation_and_another_none_until_it_is_over() {
    let (manager, _server, store) = strict();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    manager.enable_rotation(&arn, true);
    assert_eq!(store.start_rotation(&arn, PENDING).await.unwrap(), PENDING);
    assert_eq!(store.start_rotation(&arn, PENDING).await.unwrap(), PENDING);
    assert_eq!(manager.version_at(&arn, "AWSPENDING").as_deref(), Some(PENDING));

    let refused = store.start_rotation(&arn, OTHER).await.unwrap_err();
    assert_eq!((refused.kind(), refused.is_unclear()), (Kind::Rejected, false));
    let seen = store.describe(&arn).await.unwrap();
    assert_ne!(seen.version_at(Stage::Pending), seen.version_at(Stage::Current), "this is why");

    store.remove_pending(&arn, PENDING).await.unwrap();
    assert_eq!(manager.version_at(&arn, "AWSPENDING"), None);
    assert_eq!(store.start_rotation(&arn, OTHER).await.unwrap(), OTHER);
}

#[tokio::test]
async fn what_secrets_manager_will_not_rotate_is_rejected() {
    let (manager, _server, store) = strict();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    let refused = store.start_rotation(&arn, PENDING).await.unwrap_err();
    assert_eq!((refused.kind(), refused.action()), (Kind::Rejected, "RotateSecret"), "it has no function");
    assert_eq!(store.start_rotation("other", PENDING).await.unwrap_err().kind(), Kind::NotFound);
    manager.deny("RotateSecret");
    assert_eq!(store.start_rotation(&arn, PENDING).await.unwrap_err().kind(), Kind::Denied);

    let (_server, store) = script([refusal("InvalidRequestException")]);
    assert_eq!(store.start_rotation(ARN, PENDING).await.unwrap_err().kind(), Kind::Rejected, "marked for deletion");
}

#[tokio::test]
async fn an_answer_without_a_version_leaves_it_open_if_a_rotation_began() {
    let (_server, store) = script([answer(&json!({"ARN": ARN, "Name": "app/dsn"}))]);
    assert!(store.start_rotation(ARN, PENDING).await.unwrap_err().is_unclear());
}

#[tokio::test]
async fn the_pending_label_is_taken_off_the_named_version_alone() {
    let (server, store) = script([answer(&json!({"ARN": ARN, "Name": "app/dsn"}))]);
    store.remove_pending(ARN, PENDING).await.unwrap();
    let request = json!({"SecretId": ARN, "VersionStage": "AWSPENDING", "RemoveFromVersionId": PENDING});
    assert_eq!(asked(&server), [("UpdateSecretVersionStage".to_owned(), request)]);
}

#[tokio::test]
async fn a_pending_label_that_moved_meanwhile_stays() {
    let (manager, _server, store) = strict();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    manager.add_version(&arn, PENDING, None, &["AWSPENDING"]);
    for version in [CURRENT, OTHER] {
        assert_eq!(store.remove_pending(&arn, version).await.unwrap_err().kind(), Kind::LabelMoved);
    }
    assert_eq!(manager.version_at(&arn, "AWSPENDING").as_deref(), Some(PENDING));
}
