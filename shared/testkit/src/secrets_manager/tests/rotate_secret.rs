//! `RotateSecret` over the wire, and what it sets going.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::rotation::{StepResult, driver};
use super::super::{CURRENT, PENDING, SecretsManager};
use super::{promote, put};
use crate::http::{Request, Response, StandIn as _};

fn send(manager: &SecretsManager, action: &str, body: &Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-target", HeaderValue::try_from(format!("secretsmanager.{action}")).unwrap());
    headers.insert("authorization", HeaderValue::from_static("AWS4-HMAC-SHA256 Credential=x"));
    let body = Bytes::from(body.to_string());
    let request = Request { method: Method::POST, path: "/".to_owned(), query: Vec::new(), headers, body };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(manager.answer(request))
}

fn rotate(manager: &SecretsManager, body: &Value) -> (u16, Value) {
    let response = send(manager, "RotateSecret", body);
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

fn secret() -> (Arc<SecretsManager>, String) {
    let manager = SecretsManager::new();
    let arn = manager.create_secret("app/dsn", Some("old"), &[]);
    (manager, arn)
}

#[test]
fn a_rotation_is_refused_as_the_service_does() {
    let (manager, arn) = secret();
    let (status, refused) = rotate(&manager, &json!({ "SecretId": arn }));
    assert_eq!((status, &refused["__type"]), (400, &json!("InvalidRequestException")));
    manager.enable_rotation(&arn, true);
    assert_eq!(rotate(&manager, &json!({ "SecretId": arn })).0, 200);
    let (status, refused) = rotate(&manager, &json!({ "SecretId": arn }));
    assert_eq!((status, &refused["__type"]), (400, &json!("InvalidRequestException")));
    assert_eq!(refused["Message"], "A previous rotation isn't complete. That rotation will be reattempted.");
}

#[test]
fn a_rotation_begins_once_per_token_and_stays_pending_when_nobody_runs_it() {
    let (manager, arn) = secret();
    manager.enable_rotation(&arn, true);
    let (sender, begun) = mpsc::channel();
    let sender = Mutex::new(sender);
    let token = Uuid::new_v4().to_string();
    manager.on_rotate(move |arn, token| sender.lock().unwrap().send((arn, token)).unwrap());
    let expected = json!({ "ARN": arn, "Name": "app/dsn", "VersionId": token });
    for _ in 0..2 {
        let body = json!({ "SecretId": "app/dsn", "ClientRequestToken": token });
        assert_eq!(rotate(&manager, &body), (200, expected.clone()));
    }
    manager.join_rotations();
    assert_eq!(begun.try_iter().collect::<Vec<_>>(), [(arn.clone(), token.clone())]);
    assert_eq!((manager.version_at(&arn, PENDING), manager.value_at(&arn, PENDING)), (Some(token), None));
}

#[test]
fn a_test_of_the_configuration_runs_no_rotation() {
    let (manager, arn) = secret();
    manager.on_rotate(|_, _| panic!("nothing is to be rotated"));
    let function = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
    let body = json!({ "SecretId": arn, "RotationLambdaARN": function, "RotateImmediately": false });
    assert_eq!(rotate(&manager, &body), (200, json!({ "ARN": arn, "Name": "app/dsn" })));
    manager.join_rotations();
    assert_eq!(manager.version_at(&arn, PENDING), None);
}

#[test]
fn the_driver_runs_the_four_steps_until_they_succeed() {
    let (manager, arn) = secret();
    manager.enable_rotation(&arn, true);
    let (inside, failures) = (Arc::clone(&manager), Mutex::new(1));
    manager.on_rotate(driver(&manager, 3, move |event| {
        let (arn, token) = (event["SecretId"].as_str().unwrap(), event["ClientRequestToken"].as_str().unwrap());
        match event["Step"].as_str().unwrap() {
            "createSecret" => drop(put(&inside, arn, token, "new").unwrap()),
            "testSecret" if *failures.lock().unwrap() > 0 => {
                *failures.lock().unwrap() -= 1;
                return StepResult::Died;
            }
            "finishSecret" => {
                let current = inside.version_at(arn, CURRENT);
                drop(promote(&inside, arn, token, current.as_deref()).unwrap());
            }
            _ => {}
        }
        StepResult::Ok(Value::Null)
    }));
    let (_, answer) = rotate(&manager, &json!({ "SecretId": arn }));
    manager.join_rotations();
    assert_eq!(manager.version_at(&arn, CURRENT).as_deref(), answer["VersionId"].as_str());
    assert_eq!((manager.value_at(&arn, CURRENT).as_deref(), manager.version_at(&arn, PENDING)), (Some("new"), None));
    assert_eq!(rotate(&manager, &json!({ "SecretId": arn })).0, 200);
}
