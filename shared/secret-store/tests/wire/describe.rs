//! What a secret is, apart from its value.

use secret_store::{Description, Kind, Replica, Stage};
use serde_json::json;

use crate::service::{ARN, CURRENT, PENDING, answer, asked, script, strict};

#[tokio::test]
async fn everything_that_is_said_is_read() {
    let (server, store) = script([answer(&json!({
        "ARN": ARN, "Name": "app/dsn", "RotationEnabled": true, "PrimaryRegion": "us-east-1",
        "LastRotatedDate": 1_795_402_800.25, "DeletedDate": 1_796_000_000.5, "CreatedDate": 1_700_000_000.0,
        "Tags": [{"Key": "sentry:kind", "Value": "client-key"}, {"Key": "valueless"}],
        "VersionIdsToStages": {CURRENT: ["AWSCURRENT"], PENDING: ["AWSPENDING", "AWSPREVIOUS"]},
        "ReplicationStatus": [
            {"Region": "eu-west-1", "Status": "InSync"},
            {"Region": "eu-north-1", "Status": "InProgress"},
            {"Region": "ap-south-1", "Status": "Failed", "StatusMessage": "no such key"},
            {"Region": "sa-east-1", "Status": "SomethingNew"},
            {"Region": "ca-west-1"},
        ],
    }))]);
    let replica = |region: &str, in_sync| Replica { region: region.to_owned(), in_sync };
    let description = store.describe(ARN).await.unwrap();
    assert_eq!(description.version_at(Stage::Previous), Some(PENDING));
    assert!(description.has_stage(CURRENT, Stage::Current));
    assert_eq!(
        description,
        Description {
            arn: ARN.to_owned(),
            name: "app/dsn".to_owned(),
            rotation_enabled: true,
            stages: [
                (CURRENT.to_owned(), vec!["AWSCURRENT".to_owned()]),
                (PENDING.to_owned(), vec!["AWSPENDING".to_owned(), "AWSPREVIOUS".to_owned()]),
            ]
            .into(),
            tags: [("sentry:kind".to_owned(), "client-key".to_owned())].into(),
            replicas: vec![
                replica("eu-west-1", true),
                replica("eu-north-1", false),
                replica("ap-south-1", false),
                replica("sa-east-1", false),
                replica("ca-west-1", false),
            ],
            primary_region: Some("us-east-1".to_owned()),
            last_rotated: Some(1_795_402_800),
            scheduled_for_deletion: true,
        }
    );
    assert_eq!(asked(&server), [("DescribeSecret".to_owned(), json!({"SecretId": ARN}))]);
}

#[tokio::test]
async fn what_is_not_said_is_nothing() {
    let (_server, store) = script([answer(&json!({"ARN": ARN, "Name": "app/dsn"}))]);
    let expected = Description { arn: ARN.to_owned(), name: "app/dsn".to_owned(), ..Description::default() };
    assert_eq!(store.describe(ARN).await.unwrap(), expected);
}

#[tokio::test]
async fn an_answer_without_a_name_is_none() {
    for body in [json!({}), json!({"ARN": ARN}), json!({"Name": "app/dsn"})] {
        let (_server, store) = script([answer(&body)]);
        assert_eq!(store.describe(ARN).await.unwrap_err().kind(), Kind::Unavailable);
    }
}

#[tokio::test]
async fn the_strict_stand_in_is_understood() {
    let (manager, _server, store) = strict();
    let arn = manager.create_secret("app/dsn", Some("old"), &[("sentry:kind", "client-key")]);
    manager.enable_rotation(&arn, true);
    manager.add_version(&arn, PENDING, Some("older"), &["AWSPREVIOUS"]);
    let description = store.describe("app/dsn").await.unwrap();
    assert_eq!(description.arn, arn);
    assert!(description.rotation_enabled);
    assert_eq!(description.version_at(Stage::Current).map(str::to_owned), manager.version_at(&arn, "AWSCURRENT"));
    assert_eq!(description.version_at(Stage::Previous), Some(PENDING));
    assert_eq!(description.version_at(Stage::Pending), None);
    assert_eq!(store.describe("other").await.unwrap_err().kind(), Kind::NotFound);
}
