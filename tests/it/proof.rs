//! testSecret: what shows that the new key works, and what shows nothing.

use std::time::Duration;

use integration_tests::Stage;

use crate::support::{World, notices};

const UNKNOWN_KEY: &str = r#"{"detail":"event submission rejected with_reason: ProjectId"}"#;

/// Too short to wait for anything: 10 s are kept back for the end of the invocation.
const SHORT: Duration = Duration::from_secs(12);

/// A rotation that is ready to be tested; its token and the pending key's id.
fn ready() -> (World, String, String) {
    let world = World::new();
    let token = world.created();
    world.done("setSecret", &token);
    world.forget_calls();
    let key = world.key_id("AWSPENDING");
    (world, token, key)
}

fn count(world: &World, call: &str) -> usize {
    world.sentry_calls().iter().filter(|name| *name == call).count()
}

#[test]
fn a_live_key_that_ingestion_takes_passes_without_a_notice() {
    let (world, token, key) = ready();
    let reply = world.done("testSecret", &token);
    assert_eq!(notices(&reply), [""; 0]);
    assert_eq!(world.sentry_calls(), ["GET keys", "POST question", "POST envelope"]);
    let probe = world.stage.sentry_server.calls().pop().unwrap().request;
    assert_eq!(probe.header("origin"), None);
    assert_eq!(probe.header("authorization"), None, "the management token goes to the API only");
    assert!(probe.header("x-sentry-auth").unwrap().contains(&key));
    let events = world.stage.sentry.events();
    assert_eq!((events.len(), events[0].item_types.join(" ").as_str()), (1, "client_report"));
}

#[test]
fn a_key_that_ingestion_does_not_know_yet_is_asked_for_again_after_five_seconds() {
    let (world, token, key) = ready();
    world.stage.sentry.set_ingest_answers(&key, vec![(403, UNKNOWN_KEY.to_owned())]);
    let reply = world.done("testSecret", &token);
    assert_eq!(notices(&reply), [""; 0]);
    assert_eq!((count(&world, "POST envelope"), count(&world, "POST question")), (2, 1));
    assert!(world.lambda.all_logs().contains("asking again in 5 s"));
    let took = world.metrics().pop().unwrap()["StepDuration"].as_f64().unwrap();
    assert!((5_000.0..9_000.0).contains(&took), "{took}");
}

#[test]
fn a_key_that_ingestion_refuses_until_the_deadline_is_not_promoted() {
    let (world, token, key) = ready();
    world.stage.sentry.refuse_ingest(&key, Some((403, UNKNOWN_KEY.to_owned())));
    let invocation = world.step_within("testSecret", &token, SHORT);
    let words = ["ingestion refuses the key of acme/storefront", "relays", "retries by itself"];
    world.check_failure(&invocation, "Rotation.IngestionRefused", &words);
    assert_eq!((count(&world, "POST envelope"), world.writes()), (1, Vec::new()));
    assert_ne!(world.version_at("AWSCURRENT"), Some(token));
}

#[test]
fn a_401_of_ingestion_is_final_at_once() {
    let (world, token, key) = ready();
    world.stage.sentry.refuse_ingest(&key, Some((401, r#"{"detail":"bad auth"}"#.to_owned())));
    world.refused("testSecret", &token, "Rotation.IngestionRefused", &["acme/storefront"]);
    assert_eq!(count(&world, "POST envelope"), 1);
}

#[test]
fn limits_and_outages_of_ingestion_prove_nothing_and_are_reported() {
    let cases = [
        (429, "{}"),
        (500, "<html>"),
        (503, ""),
        (404, "no route"),
        (413, "{}"),
        (403, r#"{"detail":"event submission rejected with_reason: Cors"}"#),
        (403, "<html>a web application firewall</html>"),
        (302, ""),
    ];
    let (world, token, key) = ready();
    for (status, body) in cases {
        world.stage.sentry.refuse_ingest(&key, Some((status, body.to_owned())));
        assert_eq!(notices(&world.done("testSecret", &token)), ["probe-inconclusive"], "{status} {body}");
    }
    assert!(world.lambda.all_logs().contains("probe-inconclusive"));
}

#[test]
fn an_ingestion_host_without_a_route_proves_nothing_and_is_reported() {
    let world = World::with("", |stage: &mut Stage| stage.sentry.set_public_url(crate::support::NOBODY_LISTENS));
    let token = world.created();
    world.done("setSecret", &token);
    assert_eq!(notices(&world.done("testSecret", &token)), ["probe-inconclusive"]);
    world.done("finishSecret", &token);
    assert!(world.value("AWSCURRENT").contains("127.0.0.1:1/"));
}

#[test]
fn a_dsn_that_sentry_refuses_is_final_and_ingestion_is_not_asked() {
    let (world, token, _) = ready();
    world.stage.sentry.set_question(Some((401, r#"{"detail":"Invalid dsn"}"#.to_owned())));
    let clear = format!("--version-stage AWSPENDING --remove-from-version-id {token}");
    world.refused("testSecret", &token, "Rotation.KeyRefused", &["acme/storefront", "refuses its DSN", &clear]);
    assert_eq!(count(&world, "POST envelope"), 0);
}

#[test]
fn an_answer_about_the_dsn_that_says_neither_is_reported() {
    let (world, token, _) = ready();
    let cases = [
        (404, ""),
        (500, r#"{"detail":"Internal Error"}"#),
        (200, "<html></html>"),
        (401, r#"{"detail":"Invalid token"}"#),
        (401, r#"{"detail":["Invalid dsn"]}"#),
        (401, ""),
        (400, ""),
        (400, "[]"),
        (403, r#"{"detail":"Invalid dsn"}"#),
    ];
    for (status, body) in cases {
        world.stage.sentry.set_question(Some((status, body.to_owned())));
        assert_eq!(notices(&world.done("testSecret", &token)), ["question-unanswered"], "{status} {body}");
    }
}

#[test]
fn both_notices_may_come_together() {
    let (world, token, key) = ready();
    world.stage.sentry.set_question(Some((404, String::new())));
    world.stage.sentry.refuse_ingest(&key, Some((503, String::new())));
    assert_eq!(notices(&world.done("testSecret", &token)), ["question-unanswered", "probe-inconclusive"]);
}
