//! What stops a revocation, and that nothing is claimed then.

use integration_tests::TIMEOUT;
use serde_json::{Value, json};
use testkit::fault::Fault;

use super::scene::Scene;
use crate::support::set_token;

fn assert_nothing_claimed(scene: &Scene) {
    assert_eq!(scene.events("Key Revoked"), [Value::Null; 0]);
    assert!(scene.retirement.bucket.keys().is_empty(), "{:?}", scene.retirement.bucket.keys());
    assert!(!scene.revoke.all_logs().contains("a key was revoked"));
    assert_eq!(scene.metric("KeysDisabled"), 0.0);
}

#[test]
fn an_event_that_is_no_order_is_refused_and_each_wrong_member_is_named() {
    let scene = Scene::new();
    let key = &scene.leaked;
    let long = "x".repeat(501);
    let cases = [
        (json!(null), vec!["secret_id", "key_id", "reason"]),
        (json!([]), vec!["secret_id", "key_id", "reason"]),
        (json!({}), vec!["secret_id", "key_id", "reason"]),
        (json!({"secret_id": "a", "key_id": key}), vec!["reason"]),
        (json!({"secret_id": "a", "key_id": key, "reason": " "}), vec!["reason"]),
        (json!({"secret_id": "a", "key_id": key, "reason": long}), vec!["reason"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "two\nlines"}), vec!["reason"]),
        (json!({"secret_id": "a", "key_id": "0123", "reason": "r"}), vec!["key_id"]),
        (json!({"secret_id": "a", "key_id": key.to_uppercase(), "reason": "r"}), vec!["key_id"]),
        (json!({"secret_id": "a", "key_id": [key], "reason": "r"}), vec!["key_id"]),
        (json!({"secret_id": "a b", "key_id": key, "reason": "r"}), vec!["secret_id"]),
        (json!({"secret_id": 1, "key_id": key, "reason": "r"}), vec!["secret_id"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "r", "hold_seconds": -1}), vec!["hold_seconds"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "r", "hold_seconds": 601}), vec!["hold_seconds"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "r", "hold_seconds": 1.5}), vec!["hold_seconds"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "r", "hold_seconds": "0"}), vec!["hold_seconds"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "r", "allow_outage": "yes"}), vec!["allow_outage"]),
        (json!({"secret_id": "a", "key_id": key, "reason": "r", "force": true}), vec!["other than"]),
        (
            json!({"id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}),
            vec!["other than"],
        ),
    ];
    for (event, words) in cases {
        scene.fails(&event, "Event.Invalid", &words);
    }
    assert_eq!(scene.store_server.call_names(), [""; 0]);
    assert_eq!(scene.sentry_server.call_names(), [""; 0]);
    assert_nothing_claimed(&scene);
    scene.revoked(&scene.leaked);
    assert_eq!(scene.revoke.starts(), 1, "the same process goes on");
}

#[test]
fn a_secret_may_be_given_by_its_name() {
    let scene = Scene::new();
    let order = json!({"secret_id": "acme/storefront", "key_id": scene.leaked, "reason": "drill", "hold_seconds": 0});
    scene.replied(&order);
    assert!(!scene.is_active(&scene.leaked));
    // The records and the event are those of the ARN, so that the ARN finds them.
    scene.revoked(&scene.leaked);
    assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"]);
    let events = scene.events("Key Revoked");
    assert_eq!(events[0]["id"], events[1]["id"]);
}

#[test]
fn a_token_that_may_only_read_is_refused_before_anything_is_done_and_the_key_is_said_to_be_alive() {
    let scene = Scene::new();
    let token = scene.stage.sentry.add_token("acme", &["project:read"]);
    set_token(&scene.stage, &json!({"token": token}).to_string());
    let order = scene.order(&scene.leaked);
    scene.fails(&order, "Rotation.ScopeMissing", &["project:write", "still enabled", &scene.leaked]);
    assert!(scene.is_active(&scene.leaked));
    assert_eq!(scene.current(), scene.leaked);
    assert_eq!(scene.changes(), 0);
    assert_nothing_claimed(&scene);
}

#[test]
fn a_token_whose_person_may_not_write_is_said_so_after_the_try() {
    let scene = Scene::new();
    let forbidden = Fault::Answer(403, Vec::new(), r#"{"detail":"You do not have permission"}"#.to_owned());
    scene.sentry_server.faults().every("PUT key", forbidden);
    let order = scene.order(&scene.leaked);
    scene.fails(&order, "Rotation.ScopeMissing", &["still enabled", &scene.leaked]);
    assert!(scene.is_active(&scene.leaked));
    // Applications have another key by then, which is no harm.
    assert_ne!(scene.current(), scene.leaked);
    assert_nothing_claimed(&scene);
}

#[test]
fn a_token_that_is_none_is_said_so() {
    type Case = (&'static str, fn(&Scene), &'static str);
    let cases: [Case; 4] = [
        ("revoked", |scene| set_token(&scene.stage, "{\"token\":\"0123\"}"), "Rotation.TokenInvalid"),
        ("no token", |scene| set_token(&scene.stage, "{}"), "Rotation.TokenInvalid"),
        ("denied", |scene| scene.stage.store.deny("GetSecretValue"), "Rotation.StoreUnavailable"),
        ("nowhere", |scene| scene.stage.store.delete_secret("sentry/management"), "Rotation.TokenInvalid"),
    ];
    for (what, prepare, code) in cases {
        let scene = Scene::new();
        prepare(&scene);
        let invocation = scene.invoke(&scene.order(&scene.leaked));
        assert_eq!(invocation.error_type(), Some(code), "{what}: {invocation:?}");
        assert!(scene.is_active(&scene.leaked), "{what}");
        assert_nothing_claimed(&scene);
    }
}

#[test]
fn without_sentry_there_is_a_code_and_no_claim() {
    for fault in [Fault::Status(503), Fault::DropBefore, Fault::Body("<html>".to_owned())] {
        // Down from the start, or from the moment of the disablement.
        for calls in [&["GET /", "GET project", "GET key", "PUT key"][..], &["PUT key"]] {
            if calls.len() == 1 && matches!(fault, Fault::Body(_)) {
                continue;
            }
            let scene = Scene::new();
            for call in calls {
                scene.sentry_server.faults().every(call, fault.clone());
            }
            let words = ["invoke this function again", if calls.len() == 1 { "is not known" } else { "usable answer" }];
            scene.fails(&scene.order(&scene.leaked), "Rotation.SentryUnavailable", &words);
            assert!(scene.is_active(&scene.leaked));
            assert_nothing_claimed(&scene);
            scene.sentry_server.faults().clear();
            scene.revoked(&scene.leaked);
            assert_eq!(scene.keys().len(), 2);
        }
    }
}

#[test]
fn an_answer_that_claims_a_disablement_that_was_none_is_not_believed() {
    let scene = Scene::new();
    let key = scene.keys().remove(0);
    // Sentry says 200 and shows the key as it was.
    let shown = json!({"id": key.id, "label": key.label, "projectId": key.project_id, "isActive": true});
    scene.sentry_server.faults().every("PUT key", Fault::Answer(200, Vec::new(), shown.to_string()));
    scene.fails(&scene.order(&scene.leaked), "Rotation.SentryUnavailable", &["did not disable the key"]);
    assert_nothing_claimed(&scene);
}

#[test]
fn sentrys_rate_limit_is_said() {
    let scene = Scene::new();
    scene.stage.sentry.limit_api(0, 4_102_444_800);
    scene.fails(&scene.order(&scene.leaked), "Rotation.SentryRateLimited", &["invoke this function again"]);
    assert_nothing_claimed(&scene);
}

#[test]
fn a_secret_of_another_organization_is_refused() {
    let scene = Scene::new();
    scene.stage.store.set_tags(&scene.stage.secret, &[("sentry:organization", "umbrella")]);
    scene.fails(&scene.order(&scene.leaked), "Rotation.BindingMismatch", &["umbrella"]);
    assert!(scene.is_active(&scene.leaked));
    assert_nothing_claimed(&scene);
}

#[test]
fn a_deadline_that_is_over_is_said_and_nothing_is_done() {
    let scene = Scene::with(|function| function.clock_shift_seconds = -300);
    let invocation = scene.revoke.invoke(&scene.order(&scene.leaked), TIMEOUT);
    // Not even a hold of no seconds fits into no time.
    assert_eq!(invocation.error_type(), Some("Event.Invalid"), "{invocation:?}");
    assert!(scene.is_active(&scene.leaked));
}

#[test]
fn a_value_that_cannot_be_read_stops_it() {
    let scene = Scene::new();
    let not_decrypted = Fault::Answer(
        400,
        vec![("x-amzn-errortype".to_owned(), "DecryptionFailure".to_owned())],
        r#"{"__type":"DecryptionFailure","Message":"no"}"#.to_owned(),
    );
    // The token's value is read first.
    scene.store_server.faults().on("GetSecretValue", 1, not_decrypted);
    scene.fails(&scene.order(&scene.leaked), "Rotation.StoreUnavailable", &["GetSecretValue", "KMS"]);
    assert!(scene.is_active(&scene.leaked));
    assert_nothing_claimed(&scene);
}
