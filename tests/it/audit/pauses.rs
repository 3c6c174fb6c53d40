//! A review that one invocation cannot finish is gone on with by the next ones, and is the same in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::fault::Fault;

use super::scene::{Review, Scene};

/// So short that each invocation judges one batch of projects.
const SHORT: Duration = Duration::from_secs(6);

/// A scene with more projects than a batch has.
fn large() -> Scene {
    let scene = Scene::spoiled();
    for number in 0..60 {
        scene.audit.stage.sentry.add_project("acme", &format!("p{number:02}"));
    }
    scene
}

/// Invokes the function until a review is whole; every reply.
fn in_pieces(scene: &Scene) -> Vec<Value> {
    let mut replies = Vec::new();
    while replies.len() < 20 {
        let invocation = scene.lambda.invoke(&json!({}), SHORT);
        let Some(reply) = invocation.clone().reply() else {
            panic!("{invocation:?}\n{}", scene.lambda.all_logs());
        };
        let complete = reply["complete"] == json!(true);
        replies.push(reply);
        if complete {
            return replies;
        }
    }
    panic!("{replies:#?}");
}

fn keys(review: &Review) -> BTreeSet<String> {
    review.rows("client_keys").iter().map(|row| row["key_id"].as_str().unwrap().to_owned()).collect()
}

fn without_times(review: &Review) -> BTreeSet<String> {
    let line = |finding: &Value| format!("{} {} {}", finding["code"], finding["subject"]["id"], finding["severity"]);
    review.findings().iter().map(line).collect()
}

#[test]
fn in_pieces_or_at_once_it_is_the_same_review() {
    let scene = large();
    let replies = in_pieces(&scene);
    assert!(replies.len() >= 3, "{replies:#?}");
    let reply = replies.last().unwrap().clone();
    assert!(replies.iter().all(|piece| piece["review_id"] == reply["review_id"]), "{replies:#?}");
    assert!(replies.iter().rev().skip(1).all(|piece| piece["report"] == json!(null)), "{replies:#?}");
    let pieces = Review { report: scene.audit.report(&reply), reply };
    let whole = scene.review();
    assert_eq!(keys(&pieces), keys(&whole));
    assert_eq!(pieces.rows("client_keys").len(), whole.rows("client_keys").len());
    assert_eq!(without_times(&pieces), without_times(&whole));
    assert_eq!(pieces.report["metrics"]["coverage"], whole.report["metrics"]["coverage"]);
    assert_eq!(pieces.reply["findings"], whole.reply["findings"]);
    assert_eq!(whole.changes(), [""; 0], "nothing has changed in between");
    let rules = |review: &Review| review.report["rules"].clone();
    assert_eq!(rules(&pieces), rules(&whole));
    // Each stop asks to be gone on with.
    let paused = scene.audit.stage.bus.entries().into_iter().filter(|entry| entry.detail_type == "Audit Paused");
    assert_eq!(paused.count(), replies.len() - 1);
}

#[test]
fn a_second_review_in_pieces_compares_itself_piece_by_piece() {
    let scene = large();
    scene.review();
    let gone = scene.audit.stage.sentry.keys("acme", "p30").remove(0).id;
    scene.audit.stage.sentry.delete_key(&gone);
    let added = scene.audit.stage.sentry.add_key("acme", "p05", "by hand").id;
    let replies = in_pieces(&scene);
    let reply = replies.last().unwrap().clone();
    let review = Review { report: scene.audit.report(&reply), reply };
    let changes: Vec<String> =
        review.changes().into_iter().filter(|change| !change.starts_with("finding-closed")).collect();
    assert_eq!(
        changes.into_iter().collect::<BTreeSet<_>>(),
        BTreeSet::from([format!("removed client-key {gone}"), format!("added client-key {added}"),])
    );
}

#[test]
fn under_another_policy_it_begins_anew() {
    let mut scene = large();
    let first = scene.lambda.invoke(&json!({}), SHORT).reply().unwrap();
    assert_eq!(first["complete"], json!(false));
    scene.audit.set_policy(&format!("{}\n# Another one.\n", integration_tests::REVIEWED)).unwrap();
    scene.lambda = scene.audit.lambda();
    let review = scene.review();
    assert_ne!(json!(review.id()), first["review_id"]);
    assert_eq!(review.report["metrics"]["coverage"]["projects"]["all"], json!(64));
}

#[test]
fn without_its_parts_it_begins_anew() {
    let scene = large();
    let first = scene.lambda.invoke(&json!({}), SHORT).reply().unwrap();
    assert_eq!(first["complete"], json!(false));
    for key in scene.audit.bucket.keys().into_iter().filter(|key| key.ends_with("client_keys.jsonl")) {
        scene.audit.bucket.remove(&key);
    }
    let review = scene.review();
    assert_ne!(json!(review.id()), first["review_id"]);
    assert_eq!(review.report["metrics"]["coverage"]["projects"]["all"], json!(64));
}

#[test]
fn an_audit_that_gets_nowhere_fails_instead_of_going_on_for_ever() {
    let scene = large();
    scene.audit.stage.sentry_server.faults().every(
        "GET keys",
        Fault::Answer(
            429,
            vec![("x-sentry-rate-limit-reset".to_owned(), "4102444800".to_owned())],
            "\"too many\"".to_owned(),
        ),
    );
    let message = scene.fails(&json!({}), "Rotation.SentryRateLimited");
    assert!(message.contains("the next audit tries again"), "{message}");
    assert!(scene.audit.stage.bus.entries().is_empty());
}

#[test]
fn the_last_calls_of_the_limit_are_left_to_rotation() {
    let scene = large();
    let reset = crate::retirement::stage::unix_now() + 3_600;
    scene.audit.stage.sentry.set_rate_limit_headers(40, 12, reset);
    scene.fails(&json!({}), "Rotation.SentryRateLimited");
    let calls = scene.audit.stage.sentry_server.call_names().len();
    assert!(calls < 10, "{calls}");
}
