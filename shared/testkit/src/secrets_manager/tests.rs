//! The strict rules: where a client that is almost right must fail.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::rotation::{PendingContent, Step, StepResult, reattempt, rotate, test_only};
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
    let body =
        json!({ "SecretId": arn, "VersionStage": CURRENT, "MoveToVersionId": to, "RemoveFromVersionId": from });
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

/// Plays a function that does everything right.
fn good_function<'a>(manager: &'a SecretsManager, arn: &'a str) -> impl FnMut(Value) -> StepResult + 'a {
    move |event| {
        let token = event["ClientRequestToken"].as_str().unwrap();
        match event["Step"].as_str().unwrap() {
            "createSecret" => drop(put(manager, arn, token, "new").unwrap()),
            "finishSecret" => {
                let current = manager.version_at(arn, CURRENT);
                drop(promote(manager, arn, token, current.as_deref()).unwrap());
            }
            _ => {}
        }
        StepResult::Ok(Value::Null)
    }
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
fn a_dangling_rotation_forbids_the_next() {
    let (manager, arn, _, token) = rotating();
    let refused = manager.begin_rotation(&arn).unwrap_err();
    assert!(refused.starts_with("InvalidRequestException: A previous rotation isn't complete."), "{refused}");
    assert_eq!(code(call(&manager, "RotateSecret", json!({ "SecretId": arn }))), "InvalidRequestException");
    assert_eq!(test_only(&manager, &arn, PendingContent::Empty, &mut |_| StepResult::Died), Err(refused));
    let rotation = reattempt(&manager, &arn, &token, 1, &mut good_function(&manager, &arn));
    assert!(rotation.succeeded);
    assert_eq!(manager.version_at(&arn, PENDING), None);
    manager.begin_rotation(&arn).unwrap();
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
fn a_rotation_token_that_is_required_is_passed_and_checked() {
    let (manager, arn, _, token) = rotating();
    let rotation_token = Uuid::new_v4().to_string();
    manager.require_rotation_token(Some(&rotation_token));
    assert_eq!(code(put(&manager, &arn, &token, "new")), "InvalidParameterException");
    let mut events = Vec::new();
    reattempt(&manager, &arn, &token, 1, &mut |event| {
        events.push(event);
        StepResult::Died
    });
    let expected = json!({
        "Step": "createSecret", "SecretId": arn, "ClientRequestToken": token, "RotationToken": rotation_token,
    });
    assert_eq!(events, [expected]);
}

#[test]
fn every_attempt_runs_all_steps_with_the_same_token() {
    let manager = SecretsManager::new();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    let mut good = good_function(&manager, &arn);
    let mut failures = 1;
    let rotation = rotate(&manager, &arn, 3, &mut |event| {
        if event["Step"] == "testSecret" && failures > 0 {
            failures -= 1;
            return StepResult::Died;
        }
        good(event)
    })
    .unwrap();
    assert!(rotation.succeeded);
    let steps: Vec<Vec<Step>> =
        rotation.attempts.iter().map(|steps| steps.iter().map(|(step, _)| *step).collect()).collect();
    assert_eq!(steps, [&Step::ALL[..3], &Step::ALL[..]]);
}

#[test]
fn steps_that_promote_nothing_are_no_success() {
    let manager = SecretsManager::new();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    let rotation = rotate(&manager, &arn, 2, &mut |_| StepResult::Ok(Value::Null)).unwrap();
    assert!(!rotation.succeeded);
    assert!(manager.begin_rotation(&arn).is_err());
}

#[test]
fn a_test_without_rotation_leaves_nothing_behind() {
    let manager = SecretsManager::new();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    let before = manager.versions(&arn);
    for (content, seen) in [(PendingContent::Empty, None), (PendingContent::CopyOfCurrent, Some("old"))] {
        let mut steps = Vec::new();
        let result = test_only(&manager, &arn, content, &mut |event| {
            assert_eq!(manager.value_at(&arn, PENDING).as_deref(), seen);
            steps.push(event["Step"].clone());
            StepResult::Ok(Value::Null)
        });
        assert_eq!(result, Ok(StepResult::Ok(Value::Null)));
        assert_eq!(steps, ["testSecret"]);
        assert_eq!(manager.versions(&arn), before);
    }
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
