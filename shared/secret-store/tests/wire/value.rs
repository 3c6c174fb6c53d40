//! A value with the age of its version.

use secrecy::{ExposeSecret as _, SecretString};
use secret_store::{Kind, Stage};
use serde_json::json;

use crate::service::{ARN, MARKER, PENDING, answer, asked, refusal, script, strict};

#[expect(clippy::disallowed_methods, reason = "a value that the test made, compared with itself")]
fn plain(value: &SecretString) -> &str {
    value.expose_secret()
}

#[tokio::test]
async fn a_value_comes_with_the_date_of_its_version() {
    let said = json!({"ARN": ARN, "VersionId": PENDING, "SecretString": MARKER, "CreatedDate": 1_795_000_000.75});
    let (server, store) = script([answer(&said)]);
    let stored = store.stored(ARN, PENDING).await.unwrap().unwrap();
    assert_eq!((plain(&stored.value), stored.created), (MARKER, Some(1_795_000_000)));
    assert!(!format!("{stored:?}").contains(MARKER));
    let request = json!({"SecretId": ARN, "VersionId": PENDING});
    assert_eq!(asked(&server), [("GetSecretValue".to_owned(), request)]);
}

#[tokio::test]
async fn what_is_not_said_is_nothing() {
    let (_server, store) = script([answer(&json!({"ARN": ARN, "VersionId": PENDING, "SecretBinary": "c2VjcmV0"}))]);
    let stored = store.stored(ARN, PENDING).await.unwrap().unwrap();
    assert_eq!((plain(&stored.value), stored.created), ("", None));

    let (_server, store) = script([refusal("ResourceNotFoundException"), refusal("InvalidRequestException")]);
    assert!(store.stored(ARN, PENDING).await.unwrap().is_none());
    assert_eq!(store.stored(ARN, PENDING).await.unwrap_err().kind(), Kind::Rejected, "scheduled for deletion");
}

#[tokio::test]
async fn the_strict_stand_in_is_understood() {
    let (manager, _server, store) = strict();
    let arn = manager.create_secret("app/dsn", Some("current"), &[]);
    manager.add_version(&arn, PENDING, Some("older"), &["AWSPREVIOUS"]);
    manager.set_version_created(&arn, PENDING, 1_700_000_000.25);
    let older = store.stored(&arn, PENDING).await.unwrap().unwrap();
    assert_eq!((plain(&older.value), older.created), ("older", Some(1_700_000_000)));
    for value in
        [store.value_of(&arn, PENDING).await.unwrap(), store.value_at(&arn, PENDING, Stage::Previous).await.unwrap()]
    {
        assert_eq!(plain(&value.unwrap()), "older");
    }
    assert_eq!(plain(&store.current_value(&arn).await.unwrap().unwrap()), "current");
}
