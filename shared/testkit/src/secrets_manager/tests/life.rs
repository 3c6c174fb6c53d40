//! What happens to whole secrets, and what lists and descriptions say of it.

use serde_json::{Value, json};

use super::super::{CURRENT, PENDING, ReplicationStatus, SecretsManager};
use super::{call, code, promote, put, rotating};

fn describe(manager: &SecretsManager, arn: &str) -> Value {
    call(manager, "DescribeSecret", json!({ "SecretId": arn })).unwrap()
}

fn listed(manager: &SecretsManager, body: Value) -> Vec<Value> {
    call(manager, "ListSecrets", body).unwrap()["SecretList"].as_array().unwrap().clone()
}

#[test]
fn a_deleted_secret_is_nowhere_and_its_name_is_free() {
    let (manager, arn, ..) = rotating();
    let other = manager.create_secret("other", Some("value"), &[]);
    manager.delete_secret(&arn);
    for id in ["app/dsn", &arn] {
        for action in ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "RotateSecret"] {
            assert_eq!(
                code(call(&manager, action, json!({ "SecretId": id }))),
                "ResourceNotFoundException",
                "{action}"
            );
        }
    }
    let all = listed(&manager, json!({ "IncludePlannedDeletion": true }));
    assert_eq!(all.iter().map(|secret| secret["ARN"].as_str().unwrap()).collect::<Vec<_>>(), [other]);
    let again = manager.create_secret("app/dsn", Some("anew"), &[]);
    assert_eq!(manager.value_at("app/dsn", CURRENT).as_deref(), Some("anew"));
    assert_ne!(again, arn);
}

#[test]
fn a_secret_in_its_recovery_window_is_shown_and_not_used() {
    let (manager, arn, current, token) = rotating();
    assert_eq!(describe(&manager, &arn).get("DeletedDate"), None);
    manager.schedule_deletion(&arn);
    assert!(describe(&manager, &arn)["DeletedDate"].as_f64().unwrap() > 1.7e9);
    call(&manager, "ListSecretVersionIds", json!({ "SecretId": arn })).unwrap();
    let read = call(&manager, "GetSecretValue", json!({ "SecretId": arn })).unwrap_err();
    assert_eq!(read.code, "InvalidRequestException");
    assert_eq!(read.message, "You can't perform this operation on the secret because it was marked for deletion.");
    assert_eq!(code(put(&manager, &arn, &token, "new")), "InvalidRequestException");
    assert_eq!(code(promote(&manager, &arn, &token, Some(&current))), "InvalidRequestException");
    assert_eq!(code(call(&manager, "RotateSecret", json!({ "SecretId": arn }))), "InvalidRequestException");
    let batch = call(&manager, "BatchGetSecretValue", json!({ "SecretIdList": [arn] })).unwrap();
    assert_eq!(batch["Errors"][0]["ErrorCode"], "InvalidRequestException");

    assert_eq!(listed(&manager, json!({})), Vec::<Value>::new());
    let planned = listed(&manager, json!({ "IncludePlannedDeletion": true }));
    assert_eq!(planned[0]["DeletedDate"], describe(&manager, &arn)["DeletedDate"]);
    manager.restore(&arn);
    assert_eq!(listed(&manager, json!({})).len(), 1);
    call(&manager, "GetSecretValue", json!({ "SecretId": arn })).unwrap();
}

#[test]
fn replication_is_described_and_a_replica_is_read_only() {
    let (manager, arn, current, token) = rotating();
    let described = describe(&manager, &arn);
    assert_eq!(described.get("PrimaryRegion").or(described.get("ReplicationStatus")), None);
    let replicas = [("eu-west-1", ReplicationStatus::InSync), ("eu-north-1", ReplicationStatus::InProgress)];
    manager.set_replication(&arn, &replicas);
    let described = describe(&manager, &arn);
    let expected = json!([
        { "Region": "eu-west-1", "Status": "InSync" },
        { "Region": "eu-north-1", "Status": "InProgress" },
    ]);
    assert_eq!((&described["ReplicationStatus"], &described["PrimaryRegion"]), (&expected, &json!("us-east-1")));
    let entry = &listed(&manager, json!({}))[0];
    assert_eq!((entry.get("ReplicationStatus"), &entry["PrimaryRegion"]), (None, &json!("us-east-1")));
    put(&manager, &arn, &token, "new").unwrap();

    manager.set_primary_region(&arn, "eu-west-1");
    assert_eq!(describe(&manager, &arn)["PrimaryRegion"], "eu-west-1");
    call(&manager, "GetSecretValue", json!({ "SecretId": arn })).unwrap();
    assert_eq!(code(put(&manager, &arn, &token, "new")), "InvalidParameterException");
    assert_eq!(code(promote(&manager, &arn, &token, Some(&current))), "InvalidParameterException");
    let refused = call(&manager, "RotateSecret", json!({ "SecretId": arn })).unwrap_err();
    assert!(refused.message.starts_with("Operation not permitted on a replica secret."), "{}", refused.message);
    let from = |region: &str| listed(&manager, json!({ "Filters": [{ "Key": "primary-region", "Values": [region] }] }));
    assert_eq!((from("eu-").len(), from("us-").len()), (1, 0));
}

#[test]
fn rotation_and_its_dates_are_shown_as_they_become_known() {
    let (manager, arn, current, token) = rotating();
    let function = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
    manager.set_rotation_lambda(&arn, function);
    let before = describe(&manager, &arn);
    assert_eq!((&before["RotationLambdaARN"], &before["RotationEnabled"]), (&json!(function), &json!(true)));
    assert_eq!(before.get("LastRotatedDate"), None);
    put(&manager, &arn, &token, "new").unwrap();
    manager.complete_rotation(&arn, &token);
    assert_eq!(describe(&manager, &arn).get("LastRotatedDate"), None, "it is not current");
    promote(&manager, &arn, &token, Some(&current)).unwrap();
    manager.complete_rotation(&arn, &token);
    for shown in [describe(&manager, &arn), listed(&manager, json!({}))[0].clone()] {
        let date = |member: &str| shown[member].as_f64().unwrap();
        assert!(date("CreatedDate") < date("LastRotatedDate"));
        assert!(date("LastChangedDate") > before["LastChangedDate"].as_f64().unwrap());
    }
    manager.enable_rotation(&arn, false);
    assert_eq!(describe(&manager, &arn).get("LastRotatedDate"), None);
}

#[test]
fn a_pending_label_is_taken_off_and_the_version_goes_in_time() {
    let (manager, arn, current, token) = rotating();
    put(&manager, &arn, &token, "new").unwrap();
    manager.set_version_created(&arn, &token, 1_700_000_000.0);
    let read = call(&manager, "GetSecretValue", json!({ "SecretId": arn, "VersionId": token })).unwrap();
    assert_eq!(read["CreatedDate"], 1_700_000_000.0);
    let remove = json!({ "SecretId": arn, "VersionStage": PENDING, "RemoveFromVersionId": token });
    let wrong = json!({ "SecretId": arn, "VersionStage": PENDING, "RemoveFromVersionId": current });
    assert_eq!(code(call(&manager, "UpdateSecretVersionStage", wrong)), "InvalidParameterException");
    call(&manager, "UpdateSecretVersionStage", remove).unwrap();
    assert_eq!(describe(&manager, &arn)["VersionIdsToStages"], json!({ &current: [CURRENT] }));
    call(&manager, "GetSecretValue", json!({ "SecretId": arn, "VersionId": token })).unwrap();
    manager.begin_rotation(&arn).unwrap();
    manager.purge_version(&arn, &token);
    let gone = call(&manager, "GetSecretValue", json!({ "SecretId": arn, "VersionId": token }));
    assert_eq!(code(gone), "ResourceNotFoundException");
}

#[test]
fn ten_thousand_secrets_are_made_and_listed() {
    let manager = SecretsManager::new();
    for number in 0..10_000 {
        manager.create_secret(&format!("app/{number}"), Some("value"), &[("sentry:kind", "client-key")]);
    }
    let (mut names, mut body) = (Vec::new(), json!({ "Filters": [{ "Key": "tag-key", "Values": ["sentry:kind"] }] }));
    loop {
        let page = call(&manager, "ListSecrets", body.clone()).unwrap();
        names.extend(page["SecretList"].as_array().unwrap().iter().map(|secret| secret["Name"].clone()));
        if names.len() == 300 {
            // A list goes on where it was, whatever has gone meanwhile.
            manager.delete_secret("app/299");
        }
        match page.get("NextToken") {
            Some(token) => body["NextToken"] = token.clone(),
            None => break,
        }
    }
    let expected: Vec<Value> = (0..10_000).map(|number| json!(format!("app/{number}"))).collect();
    assert_eq!(names, expected);
    assert_eq!(manager.value_at("app/9999", CURRENT).as_deref(), Some("value"));
}
