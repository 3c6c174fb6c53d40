//! The strict rules: where a client that is almost right must fail.

mod life;
mod permission;
mod rotate_secret;
mod rotation;

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::wire::ServiceError;
use super::{CURRENT, PENDING, SecretsManager, model::PREVIOUS};

type Outcome = Result<Value, ServiceError>;

fn call(manager: &SecretsManager, action: &str, body: Value) -> Outcome {
    manager.lock().carry_out(action, body)
}

fn code(outcome: Outcome) -> &'static str {
    outcome.unwrap_err().code
}

fn put(manager: &SecretsManager, arn: &str, token: &str, value: &str) -> Outcome {
    let body = json!({
        "SecretId": arn, "ClientRequestToken": token, "SecretString": value, "VersionStages": [PENDING],
    });
    call(manager, "PutSecretValue", body)
}

fn promote(manager: &SecretsManager, arn: &str, to: &str, from: Option<&str>) -> Outcome {
    let body = json!({ "SecretId": arn, "VersionStage": CURRENT, "MoveToVersionId": to, "RemoveFromVersionId": from });
    call(manager, "UpdateSecretVersionStage", body)
}

fn pending(manager: &SecretsManager, arn: &str, token: &str) -> Outcome {
    let body = json!({ "SecretId": arn, "VersionId": token, "VersionStage": PENDING });
    call(manager, "GetSecretValue", body)
}

/// A secret with a current value and a rotation that has begun: manager, ARN, current version, token.
fn rotating() -> (Arc<SecretsManager>, String, String, String) {
    let manager = SecretsManager::new();
    let arn = manager.create_secret("app/dsn", Some("old"), &[("sentry:kind", "client-key")]);
    manager.enable_rotation(&arn, true);
    let current = manager.version_at(&arn, CURRENT).unwrap();
    let token = manager.begin_rotation(&arn).unwrap();
    (manager, arn, current, token)
}

#[test]
fn a_registered_version_is_described_and_has_no_value() {
    let (manager, arn, current, token) = rotating();
    let described = call(&manager, "DescribeSecret", json!({ "SecretId": "app/dsn" })).unwrap();
    assert_eq!(described["VersionIdsToStages"], json!({ current: [CURRENT], &token: [PENDING] }));
    assert_eq!(described["RotationEnabled"], json!(true));
    let error = pending(&manager, &arn, &token).unwrap_err();
    assert_eq!(error.code, "ResourceNotFoundException");
    assert!(error.message.ends_with("for staging label: AWSPENDING"), "{}", error.message);
}

#[test]
fn a_token_takes_one_value_once() {
    let (manager, arn, _, token) = rotating();
    put(&manager, &arn, &token, "new").unwrap();
    put(&manager, &arn, &token, "new").unwrap();
    assert_eq!(code(put(&manager, &arn, &token, "other")), "ResourceExistsException");
    assert_eq!(manager.value_at(&arn, PENDING).as_deref(), Some("new"));
    assert_eq!(code(put(&manager, &arn, "too-short", "new")), "ValidationException");
    assert_eq!(code(put(&manager, &arn, &Uuid::new_v4().to_string(), "")), "ValidationException");
}

#[test]
fn a_repeated_put_moves_no_label() {
    let (manager, arn, current, token) = rotating();
    put(&manager, &arn, &token, "new").unwrap();
    promote(&manager, &arn, &token, Some(&current)).unwrap();
    manager.complete_rotation(&arn, &token);
    put(&manager, &arn, &token, "new").unwrap();
    assert_eq!(manager.version_at(&arn, PENDING), None);
}

#[test]
fn a_put_without_stages_promotes() {
    let (manager, arn, current, _) = rotating();
    let token = Uuid::new_v4().to_string();
    let body = json!({ "SecretId": arn, "ClientRequestToken": token, "SecretString": "new" });
    call(&manager, "PutSecretValue", body).unwrap();
    assert_eq!(manager.version_at(&arn, CURRENT), Some(token));
    assert_eq!(manager.version_at(&arn, PREVIOUS), Some(current));
}

#[test]
fn the_first_version_of_a_secret_becomes_current() {
    let manager = SecretsManager::new();
    let arn = manager.create_secret("empty", None, &[]);
    let described = call(&manager, "DescribeSecret", json!({ "SecretId": arn })).unwrap();
    assert_eq!(described.get("VersionIdsToStages").or(described.get("RotationEnabled")), None);
    assert_eq!(code(call(&manager, "GetSecretValue", json!({ "SecretId": arn }))), "ResourceNotFoundException");
    put(&manager, &arn, &Uuid::new_v4().to_string(), "first").unwrap();
    assert_eq!(manager.value_at(&arn, CURRENT).as_deref(), Some("first"));
}

#[test]
fn a_label_moves_only_from_the_version_that_holds_it() {
    let (manager, arn, current, token) = rotating();
    put(&manager, &arn, &token, "new").unwrap();
    assert_eq!(code(promote(&manager, &arn, &token, None)), "InvalidParameterException");
    assert_eq!(code(promote(&manager, &arn, &token, Some(&token))), "InvalidParameterException");
    assert_eq!(code(promote(&manager, &arn, &Uuid::new_v4().to_string(), Some(&current))), "ResourceNotFoundException");
    promote(&manager, &arn, &token, Some(&current)).unwrap();
    assert_eq!(code(promote(&manager, &arn, &token, Some(&current))), "InvalidParameterException");
    promote(&manager, &arn, &token, None).unwrap();
    let removal = json!({ "SecretId": arn, "VersionStage": CURRENT, "RemoveFromVersionId": token });
    assert_eq!(code(call(&manager, "UpdateSecretVersionStage", removal)), "InvalidParameterException");
}

#[test]
fn the_version_that_loses_current_becomes_previous_and_pending_stays() {
    let (manager, arn, first, token) = rotating();
    put(&manager, &arn, &token, "new").unwrap();
    promote(&manager, &arn, &token, Some(&first)).unwrap();
    assert_eq!(manager.version_at(&arn, PREVIOUS).as_deref(), Some(first.as_str()));
    assert_eq!(manager.version_at(&arn, PENDING).as_deref(), Some(token.as_str()));
    promote(&manager, &arn, &first, Some(&token)).unwrap();
    assert_eq!(manager.version_at(&arn, PREVIOUS).as_deref(), Some(token.as_str()));
    assert_eq!(manager.versions(&arn)[&first], [CURRENT]);
}

#[test]
fn a_write_is_seen_late_by_the_reads_that_it_concerns() {
    let (manager, arn, current, token) = rotating();
    manager.late_visibility(2);
    put(&manager, &arn, &token, "new").unwrap();
    call(&manager, "GetSecretValue", json!({ "SecretId": arn })).unwrap();
    assert_eq!(code(pending(&manager, &arn, &token)), "ResourceNotFoundException");
    let by_stage = json!({ "SecretId": arn, "VersionStage": PENDING });
    assert_eq!(code(call(&manager, "GetSecretValue", by_stage)), "ResourceNotFoundException");
    assert_eq!(pending(&manager, &arn, &token).unwrap()["SecretString"], "new");

    promote(&manager, &arn, &token, Some(&current)).unwrap();
    let describe = || call(&manager, "DescribeSecret", json!({ "SecretId": arn })).unwrap();
    let old = json!({ &current: [CURRENT], &token: [PENDING] });
    assert_eq!(describe()["VersionIdsToStages"], old);
    assert_eq!(describe()["VersionIdsToStages"], old);
    assert_eq!(describe()["VersionIdsToStages"], json!({ &current: [PREVIOUS], &token: [CURRENT, PENDING] }));
}

#[test]
fn lists_come_in_pages_and_hide_versions_without_labels() {
    let (manager, arn, _, token) = rotating();
    manager.add_version(&arn, "deprecated", Some("older"), &[]);
    let list = |body: Value| call(&manager, "ListSecretVersionIds", body).unwrap();
    assert_eq!(list(json!({ "SecretId": arn }))["Versions"].as_array().unwrap().len(), 2);
    let mut body = json!({ "SecretId": arn, "IncludeDeprecated": true, "MaxResults": 2 });
    let first = list(body.clone());
    assert_eq!(first["Versions"][0]["VersionId"], "deprecated");
    assert_eq!(first["Versions"][1]["VersionId"], token);
    body["NextToken"] = first["NextToken"].clone();
    let last = list(body);
    assert_eq!(last["Versions"].as_array().unwrap().len(), 1);
    assert_eq!(last.get("NextToken"), None);
}

#[test]
fn lists_are_filtered_and_a_batch_reports_what_it_cannot_read() {
    let (manager, arn, ..) = rotating();
    let other = manager.create_secret("other", None, &[("team", "web")]);
    let named = |filter: Value| {
        let listed = call(&manager, "ListSecrets", json!({ "Filters": [filter] })).unwrap();
        let names = listed["SecretList"].as_array().unwrap().iter().map(|secret| secret["Name"].clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(named(json!({ "Key": "tag-key", "Values": ["sentry:"] })), ["app/dsn"]);
    assert_eq!(named(json!({ "Key": "name", "Values": ["!app/"] })), ["other"]);
    let batch = call(&manager, "BatchGetSecretValue", json!({ "SecretIdList": [arn, other] })).unwrap();
    assert_eq!(batch["SecretValues"][0]["SecretString"], "old");
    assert_eq!(batch["Errors"][0]["ErrorCode"], "ResourceNotFoundException");
}

#[test]
fn what_is_denied_or_unknown_is_refused() {
    let (manager, arn, ..) = rotating();
    manager.deny("DescribeSecret");
    assert_eq!(code(call(&manager, "DescribeSecret", json!({ "SecretId": arn }))), "AccessDeniedException");
    assert_eq!(code(call(&manager, "DeleteEverything", json!({}))), "UnknownOperationException");
    let mistyped = json!({ "SecretId": arn, "VersionStages": PENDING });
    assert_eq!(code(call(&manager, "GetSecretValue", mistyped)), "ValidationException");
    assert_eq!(code(call(&manager, "GetSecretValue", json!({ "SecretId": "none" }))), "ResourceNotFoundException");
}
