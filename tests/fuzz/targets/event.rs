//! What starts the functions: Secrets Manager's call, an operator's order, a schedule's notification.

use audit_keys::event::Request;
use function_kit::Failure;
use revoke_key::event::Order;
use rotate_client_key::event::RotationEvent;
use sentry_binding::Scope;
use serde_json::Value;

use crate::engine::{MARKER, fuzz};

const WORDS: [&str; 24] = [
    "\"Step\":\"createSecret\"",
    "\"Step\":\"QzLeak7x\"",
    "\"SecretId\":\"arn\"",
    "\"ClientRequestToken\":\"v1\"",
    "\"RotationToken\":",
    "\"secret_id\":\"acme/storefront\"",
    "\"secret_id\":\"QzLeak7x QzLeak7x\"",
    "\"key_id\":\"0123456789abcdef0123456789abcdef\"",
    "\"reason\":\"leaked\"",
    "\"hold_seconds\":600",
    "\"hold_seconds\":601",
    "\"hold_seconds\":1e2",
    "\"allow_outage\":true",
    "\"QzLeak7x\":1",
    "\"sign\":{\"review_id\":\"20261126T060000Z-a1\",\"by\":\"kim\"}",
    "\"review_id\":",
    "\"by\":\" \"",
    "\"changes\":[\"a\"]",
    "\"source\":\"\"",
    "\"detail-type\":\"\"",
    "\"detail\":{}",
    "\u{85}",
    "\u{200b}",
    ",",
];

#[test]
fn event() {
    fuzz("event", &WORDS, |input| {
        let Ok(event) = serde_json::from_slice::<Value>(input) else { return };
        rotation(&event);
        revocation(&event);
        retirement(&event);
        audit(&event);
    });
}

/// The code never varies, the sentence is for people, and nothing of the event is in it.
fn refused(failure: &Failure) {
    assert_eq!(failure.code(), "Event.Invalid");
    let shown = format!("{failure} {failure:?} {} {}", failure.sentence(), failure.message());
    assert!(!shown.contains(MARKER), "{shown}");
    assert!(shown.len() < 8_000, "{} bytes", shown.len());
}

fn text<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    event.as_object()?.get(name)?.as_str()
}

fn rotation(event: &Value) {
    let steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
    let token = event.get("RotationToken").unwrap_or(&Value::Null);
    let usable = text(event, "Step").is_some_and(|step| steps.contains(&step))
        && ["SecretId", "ClientRequestToken"].iter().all(|name| text(event, name).is_some_and(|text| !text.is_empty()))
        && (token.is_null() || token.is_string());
    match RotationEvent::read(event) {
        Ok(read) => {
            assert!(usable);
            assert_eq!(Some(read.step.as_str()), text(event, "Step"));
            assert_eq!(Some(read.secret_id.as_str()), text(event, "SecretId"));
            assert_eq!(Some(read.version_id.as_str()), text(event, "ClientRequestToken"));
            assert_eq!(read.rotation_token.is_some(), token.is_string());
        }
        Err(failure) => {
            assert!(!usable);
            refused(&failure);
        }
    }
}

fn revocation(event: &Value) {
    match Order::read(event) {
        Ok(order) => {
            assert_eq!(Some(order.secret_id.as_str()), text(event, "secret_id"));
            assert_eq!(Some(order.key_id.as_str()), text(event, "key_id"));
            assert_eq!(order.key_id.len(), 32);
            assert_eq!(Some(order.reason.as_str()), text(event, "reason").map(str::trim));
            assert!((1..=500).contains(&order.reason.chars().count()) && !order.reason.contains(char::is_control));
            assert_eq!(order.hold.as_secs(), event.get("hold_seconds").and_then(Value::as_u64).unwrap_or(300));
            assert!(order.hold.as_secs() <= 600);
            assert_eq!(order.allow_outage, event.get("allow_outage") == Some(&Value::Bool(true)));
            assert!(event.as_object().unwrap().len() <= 5);
        }
        Err(failure) => refused(&failure),
    }
}

fn retirement(event: &Value) {
    let envelope = ["source", "detail-type", "detail"].iter().all(|name| event.get(name).is_some());
    match Scope::read(event) {
        Ok(Scope::All) => assert!(envelope || event.as_object().is_some_and(serde_json::Map::is_empty)),
        Ok(Scope::Secret(id)) => {
            assert!(!envelope && event.as_object().unwrap().len() == 1);
            assert_eq!(text(event, "secret_id"), Some(id.as_str()));
            assert!(!id.contains(char::is_whitespace));
        }
        Err(failure) => {
            assert!(!envelope, "any event of EventBridge is a reason to look");
            refused(&failure);
        }
    }
}

fn audit(event: &Value) {
    match Request::read(event) {
        Ok(Request::Review(scope)) => assert_eq!(Scope::read(event).unwrap(), scope),
        Ok(Request::Sign(signature)) => {
            let sign = &event["sign"];
            assert_eq!(event.as_object().unwrap().len(), 1);
            assert_eq!(sign["review_id"], signature.review_id.as_str());
            assert_eq!(sign["by"], signature.by.as_str());
            // It becomes a part of an object's key.
            assert!(signature.review_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
            assert!((1..=128).contains(&signature.review_id.len()) && !signature.by.trim().is_empty());
        }
        Err(failure) => refused(&failure),
    }
}
