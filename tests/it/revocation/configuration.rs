//! What the function is told at its start.

use integration_tests::TIMEOUT;
use serde_json::json;
use testkit::lambda::{Function, Invocation};

use super::scene::Scene;

fn init_failure(prepare: impl FnOnce(&mut Function)) -> String {
    let scene = Scene::with(prepare);
    let invocation = scene.revoke.invoke(&json!({}), TIMEOUT);
    let Invocation::InitFailed { error_type, error_message } = invocation else {
        panic!("{invocation:?}\n{}", scene.revoke.all_logs());
    };
    assert_eq!(error_type, "Configuration.Invalid", "{error_message}");
    assert_eq!(scene.store_server.call_names(), [""; 0]);
    assert_eq!(scene.sentry_server.call_names(), [""; 0]);
    error_message
}

fn set(function: &mut Function, name: &str, value: &str) {
    *function = function.clone().env(name, value);
}

#[test]
fn each_mistake_in_the_environment_is_named() {
    let cases = [
        ("SENTRY_URL", "http://sentry.example.com", "SENTRY_URL must begin with https://"),
        ("SENTRY_URL", "https://marker:marker@sentry.io", "SENTRY_URL must not carry a user"),
        ("SENTRY_ORG", "", "SENTRY_ORG is not set"),
        ("SENTRY_AUTH_SECRET_ID", "", "SENTRY_AUTH_SECRET_ID is not set"),
        ("SENTRY_AUTH_SECRET_ID", "sntrys_marker", "SENTRY_AUTH_SECRET_ID is not the name or ARN of a secret"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be"),
        ("EVIDENCE_BUCKET", "marker marker", "EVIDENCE_BUCKET"),
    ];
    for (name, value, expected) in cases {
        let message = init_failure(|function| set(function, name, value));
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("marker"), "{message}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "version = 1\nmod = \"act\"\n").unwrap();
    let message = init_failure(|function| {
        set(function, "SENTRY_URL", "http://sentry.example.com");
        set(function, "SENTRY_AUTH_SECRET_ID", "");
        set(function, "LOG_LEVEL", "loud");
        set(function, "EVIDENCE_BUCKET", "not a bucket");
        set(function, "KEY_POLICY_PATH", policy.to_str().unwrap());
    });
    for word in ["SENTRY_URL", "SENTRY_AUTH_SECRET_ID", "LOG_LEVEL", "EVIDENCE_BUCKET", "KEY_POLICY_PATH", ":2:1"] {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn without_a_bucket_it_starts() {
    let scene = Scene::with(|function| {
        set(function, "EVIDENCE_BUCKET", "");
        set(function, "EVENT_BUS_NAME", "");
    });
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
}
