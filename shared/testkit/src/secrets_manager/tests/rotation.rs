//! The strict rules of the rotation driver.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::rotation::{PendingContent, Step, StepResult, reattempt, rotate, test_only};
use super::super::{CURRENT, PENDING, SecretsManager};
use super::{call, code, promote, put, rotating};

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
