//! What the function is told at its start and at each call, and what it says of mistakes.

use std::process::Command;
use std::sync::Arc;

use integration_tests::{Binary, Stage, TIMEOUT, binary};
use serde_json::json;
use testkit::http::{FromFn, Response, Server};
use testkit::lambda::Invocation;

use crate::support::{POLICY, World, env};

fn init_failure(prepare: impl FnOnce(&mut Stage)) -> String {
    let world = World::with("", prepare);
    let invocation = world.lambda.invoke(&json!({}), TIMEOUT);
    let Invocation::InitFailed { error_type, error_message } = invocation else {
        panic!("{invocation:?}\n{}", world.lambda.all_logs());
    };
    assert_eq!(error_type, "Configuration.Invalid", "{error_message}");
    assert_eq!(world.sentry_calls(), [""; 0]);
    assert_eq!(world.stage.store_server.call_names(), [""; 0]);
    error_message
}

#[test]
fn each_mistake_in_the_environment_is_named() {
    let cases = [
        ("SENTRY_URL", "http://sentry.example.com", "SENTRY_URL must begin with https://"),
        ("SENTRY_URL", "sentry.io", "SENTRY_URL is not a URL"),
        ("SENTRY_URL", "https://marker:marker@sentry.io", "SENTRY_URL must not carry a user"),
        ("SENTRY_URL", "https://sentry.io/?token=marker", "SENTRY_URL must not carry a user, a password, a query"),
        ("SENTRY_ORG", "", "SENTRY_ORG is not set"),
        ("SENTRY_AUTH_SECRET_ID", "", "SENTRY_AUTH_SECRET_ID is not set"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be trace, debug, info, warn or error"),
    ];
    for (name, value, expected) in cases {
        let message = init_failure(|stage| env(stage, name, value));
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("marker"), "{message}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "version = 1\nmod = \"act\"\n[use_case.sdk]\nkind = \"client-keys\"\n").unwrap();
    let message = init_failure(|stage| {
        env(stage, "SENTRY_URL", "http://sentry.example.com");
        env(stage, "SENTRY_AUTH_SECRET_ID", "");
        env(stage, "LOG_LEVEL", "loud");
        env(stage, "KEY_POLICY_PATH", policy.to_str().unwrap());
    });
    for word in ["SENTRY_URL", "SENTRY_AUTH_SECRET_ID", "LOG_LEVEL", "KEY_POLICY_PATH", ":2:1", ":4:8", "client-key"] {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_never_replaced_by_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let message = init_failure(|stage| env(stage, "KEY_POLICY_PATH", folder.path().to_str().unwrap()));
    assert!(message.contains("KEY_POLICY_PATH names") && message.contains("cannot be read"), "{message}");
}

#[test]
fn a_policy_and_an_environment_that_name_two_organizations_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, POLICY.replace("version = 1\n", "version = 1\norganization = \"umbrella\"\n")).unwrap();
    let path = policy.to_str().unwrap();
    let message = init_failure(|stage| env(stage, "KEY_POLICY_PATH", path));
    assert!(message.contains("SENTRY_ORG is acme, and the policy's organization is umbrella"), "{message}");
    // Either of them alone is enough.
    std::fs::write(&policy, POLICY.replace("version = 1\n", "version = 1\norganization = \"acme\"\n")).unwrap();
    let world = World::with("", |stage| {
        env(stage, "KEY_POLICY_PATH", path);
        env(stage, "SENTRY_ORG", "");
    });
    world.rotate();
}

#[test]
fn a_policy_file_that_is_absent_means_the_built_in_policy() {
    let world = World::with("", |stage| env(stage, "KEY_POLICY_PATH", "/nonexistent/key-policy.toml"));
    world.rotate();
    let why = "policy=\"built-in, because there is no /nonexistent/key-policy.toml\"";
    assert!(world.lambda.all_logs().contains(why), "{}", world.lambda.all_logs());
}

#[test]
fn a_process_that_cannot_start_tells_the_runtime_api_and_exits_with_1() {
    let runtime = Server::start(Arc::new(FromFn(|_: &_| Response::empty(202)))).unwrap();
    let output = Command::new(binary(Binary::Dev, "rotate-client-key"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address().to_string())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let calls = runtime.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].name, "POST /2018-06-01/runtime/init/error");
    let header = calls[0].request.header("lambda-runtime-function-error-type");
    assert_eq!(header, Some("Configuration.Invalid"));
    let body = calls[0].request.json().unwrap();
    assert_eq!(body["errorType"], "Configuration.Invalid");
    let names = ["AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "SENTRY_ORG", "SENTRY_AUTH_SECRET_ID"];
    for name in names {
        assert!(body["errorMessage"].as_str().unwrap().contains(name), "{name}: {body}");
    }

    let alone = Command::new(binary(Binary::Dev, "rotate-client-key")).env_clear().output().unwrap();
    assert_eq!(alone.status.code(), Some(1), "and without a Runtime API as well");
}

#[test]
fn an_event_that_is_no_call_of_a_rotation_is_refused_and_its_fields_are_named() {
    let world = World::new();
    let cases = [
        (json!({}), vec!["Step", "SecretId", "ClientRequestToken"]),
        (json!(null), vec!["Step", "SecretId", "ClientRequestToken"]),
        (json!([1]), vec!["Step"]),
        (
            json!({"Step": "create_secret", "SecretId": "a", "ClientRequestToken": "marker"}),
            vec!["createSecret, setSecret"],
        ),
        (json!({"Step": "testSecret", "SecretId": "", "ClientRequestToken": "marker"}), vec!["SecretId"]),
        (json!({"Step": "testSecret", "SecretId": "a", "ClientRequestToken": 1}), vec!["ClientRequestToken"]),
        (
            json!({"Step": "testSecret", "SecretId": "a", "ClientRequestToken": "v", "RotationToken": ["marker"]}),
            vec!["RotationToken"],
        ),
    ];
    for (event, words) in cases {
        let invocation = world.lambda.invoke(&event, TIMEOUT);
        let message = world.check_failure(&invocation, "Event.Invalid", &words);
        assert!(message.contains("let only Secrets Manager invoke it"), "{message}");
        assert!(!message.contains("marker"), "{message}");
    }
    assert_eq!(world.stage.store_server.call_names(), [""; 0]);
    world.rotate();
    assert_eq!(world.lambda.starts(), 1, "the same process goes on");
}

#[test]
fn fields_that_secrets_manager_may_add_are_ignored_and_an_unknown_secret_is_said() {
    let world = World::new();
    let token = world.begin();
    let event = json!({
        "Step": "createSecret", "SecretId": world.stage.secret, "ClientRequestToken": token, "RotationToken": null,
        "Somewhen": {"new": 1},
    });
    assert!(world.lambda.invoke(&event, TIMEOUT).reply().is_some());
    let event = json!({"Step": "createSecret", "SecretId": "nowhere", "ClientRequestToken": token});
    let invocation = world.lambda.invoke(&event, TIMEOUT);
    world.check_failure(&invocation, "Rotation.StoreUnavailable", &["does not exist in Secrets Manager"]);
}
