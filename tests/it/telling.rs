//! Replies, events, metrics and log lines: what others rely on.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::fault::Fault;

use crate::support::{STEPS, World, env};

#[test]
fn a_reply_says_the_step_its_outcome_what_was_done_and_what_to_read() {
    let world = World::new();
    let token = world.begin();
    let expected = [
        json!({"step": "createSecret", "outcome": "done", "effects": ["create-key", "store-pending"], "notices": []}),
        json!({"step": "setSecret", "outcome": "done", "effects": [], "notices": []}),
        json!({"step": "testSecret", "outcome": "done", "effects": ["try-key"], "notices": []}),
        json!({"step": "finishSecret", "outcome": "done", "effects": ["promote"], "notices": []}),
    ];
    for (step, expected) in STEPS.into_iter().zip(expected) {
        assert_eq!(world.reply(step, &token), expected);
    }
    let again = json!({"step": "finishSecret", "outcome": "already-done", "effects": [], "notices": []});
    assert_eq!(world.reply("finishSecret", &token), again);
}

#[test]
fn events_keep_their_schema() {
    let world = World::with("", |stage| {
        stage.store.set_tags(&stage.secret, &[("sentry:owner", "team-shop")]);
    });
    let token = world.rotate();
    let entries = world.stage.bus.entries();
    assert!(entries.iter().all(|entry| entry.source == "sentry-key-rotation" && entry.event_bus_name == "default"));
    let put = world.stage.bus_server.calls()[0].request.json().unwrap();
    assert_eq!(put["Entries"][0]["Resources"], json!([world.stage.secret]));
    for (entry, detail_type) in entries.iter().zip(["Key Created", "Key Promoted"]) {
        assert_eq!(entry.detail_type, detail_type);
        let mut detail = entry.detail.clone();
        let members = detail.as_object_mut().unwrap();
        let id = members.remove("id").unwrap();
        assert!(id.as_str().is_some_and(|id| id.len() == 32), "{id}");
        assert!(members.remove("message").unwrap().as_str().is_some_and(|text| text.contains("client key")));
        let expected = json!({
            "version": 1,
            "function": "rotate-client-key",
            "secret_arn": world.stage.secret,
            "version_id": token,
            "organization": "acme",
            "project": "storefront",
            "key_id": world.key_id("AWSCURRENT"),
            "owner": "team-shop",
        });
        assert_eq!(detail, expected, "{detail_type}");
    }
    assert_ne!(entries[0].detail["id"], entries[1].detail["id"]);
}

#[test]
fn a_refusal_is_an_event_with_its_code_and_sentence_and_the_same_id_each_time() {
    let world = World::new();
    let token = world.created();
    world.stage.sentry.delete_key(&world.key_id("AWSPENDING"));
    let messages = ["setSecret", "finishSecret"].map(|step| world.failed(step, &token, "Rotation.PendingKeyGone", &[]));
    world.stage.store.enable_rotation(&world.stage.secret, false);
    world.failed("setSecret", &token, "Rotation.NotEnabled", &[]);
    let events = world.events("Rotation Refused");
    assert_eq!(events.len(), 3);
    for (event, message) in events.iter().zip(messages) {
        assert_eq!(event["code"], "Rotation.PendingKeyGone");
        assert_eq!(event["message"], message);
        assert_eq!((&event["secret_arn"], &event["version_id"]), (&json!(world.stage.secret), &json!(token)));
        assert_eq!((&event["organization"], &event["project"]), (&json!("acme"), &json!("storefront")));
    }
    assert_eq!(events[0]["id"], events[1]["id"]);
    assert_ne!(events[0]["id"], events[2]["id"], "another refusal is another fact");
}

fn metric(line: &Value, name: &str) -> Option<f64> {
    line.get(name).map(|value| value.as_f64().unwrap())
}

#[test]
fn every_invocation_writes_one_line_of_embedded_metrics() {
    let world = World::new();
    let token = world.begin();
    for step in STEPS {
        world.done(step, &token);
    }
    world.reply("finishSecret", &token);
    world.failed("setSecret", &"0".repeat(36), "Rotation.UnknownVersion", &[]);
    let lines = world.metrics();
    assert_eq!(lines.len(), 6);
    for line in &lines {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert!(line["_aws"]["Timestamp"].is_u64());
        assert_eq!(directive["Namespace"], "SentryKeyRotation");
        assert_eq!(directive["Dimensions"], json!([["Function"]]));
        assert_eq!(line["Function"], "rotate-client-key");
        for definition in directive["Metrics"].as_array().unwrap() {
            let name = definition["Name"].as_str().unwrap();
            let unit = if name == "StepDuration" { "Milliseconds" } else { "Count" };
            assert_eq!(definition["Unit"], unit, "{name}");
            assert!(line[name].is_number(), "{name}");
        }
        assert_eq!(metric(line, "EventsFailed"), Some(0.0));
        assert!(metric(line, "StepDuration").is_some_and(|took| took > 0.0));
    }
    let column = |name| lines.iter().map(|line| metric(line, name)).collect::<Vec<_>>();
    assert_eq!(column("RotationSucceeded"), [None, None, None, Some(1.0), None, None], "counted once");
    assert_eq!(column("RotationRefused"), [None, None, None, None, None, Some(1.0)]);
    assert_eq!(column("SentryCalls"), [4.0, 1.0, 3.0, 1.0, 0.0, 0.0].map(Some));
}

#[test]
fn logs_are_json_lines_where_lambda_asks_for_them() {
    let world = World::with("", |stage| env(stage, "AWS_LAMBDA_LOG_FORMAT", "JSON"));
    let token = world.created();
    world.failed("finishSecret", &"0".repeat(36), "Rotation.UnknownVersion", &[]);
    let logs = world.lambda.all_logs();
    let lines: Vec<Value> = logs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let finished = lines.iter().find(|line| line["message"] == "rotation step finished").unwrap();
    assert_eq!((&finished["rotation.step"], &finished["outcome"]), (&json!("createSecret"), &json!("done")));
    assert_eq!((&finished["secret.arn"], &finished["rotation.version"]), (&json!(world.stage.secret), &json!(token)));
    let errors: Vec<_> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].to_string().contains("Rotation.UnknownVersion"));
}

#[test]
fn without_a_bus_no_event_is_sent() {
    let world = World::with("", |stage| env(stage, "EVENT_BUS_NAME", ""));
    world.rotate();
    assert_eq!(world.stage.bus_server.call_names(), [""; 0]);
    assert!(world.metrics().iter().all(|line| metric(line, "EventsFailed") == Some(0.0)));
}

#[test]
fn a_bus_that_fails_or_cannot_be_reached_fails_no_step_and_is_seen() {
    for about in ["refused entries", "an outage", "no route", "denied"] {
        let world = World::with(about, |stage| match about {
            "refused entries" => stage.bus.fail_entries(true),
            "an outage" => stage.bus_server.faults().every("PutEvents", Fault::Status(503)),
            "denied" => {
                let body = r#"{"__type":"AccessDeniedException","message":"marker"}"#.to_owned();
                stage.bus_server.faults().every("PutEvents", Fault::Answer(400, Vec::new(), body));
            }
            _ => env(stage, "AWS_ENDPOINT_URL_EVENTBRIDGE", crate::support::NOBODY_LISTENS),
        });
        world.rotate();
        assert_eq!(world.stage.bus.entries(), []);
        let lost: Vec<_> = world.metrics().iter().map(|line| metric(line, "EventsFailed").unwrap()).collect();
        assert_eq!(lost, [1.0, 0.0, 0.0, 1.0], "{about}");
        let logs = world.lambda.all_logs();
        let errors: Vec<_> = logs.lines().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(errors.len(), 2, "{about}: {errors:?}");
        for (error, what) in errors.iter().zip(["Key Created", "Key Promoted"]) {
            assert!(error.contains("a lifecycle event was lost") && error.contains(what), "{about}: {error}");
        }
        assert!(!logs.contains("marker"));
    }
}

#[test]
fn a_bus_that_hangs_costs_the_event_and_not_the_step() {
    let world = World::new();
    let token = world.created();
    world.done("setSecret", &token);
    world.done("testSecret", &token);
    world.stage.bus_server.faults().every("PutEvents", Fault::Delay(Duration::from_secs(30)));
    let invocation = world.step_within("finishSecret", &token, Duration::from_secs(4));
    assert_eq!(invocation.clone().reply().map(|reply| reply["outcome"].clone()), Some("done".into()), "{invocation:?}");
    assert_eq!(metric(&world.metrics().pop().unwrap(), "EventsFailed"), Some(1.0));
    assert_eq!(world.version_at("AWSCURRENT"), Some(token));
}
