//! What a revocation leaves behind, and what it does without a place for it.

use std::sync::Arc;

use integration_tests::TIMEOUT;
use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::lambda::Restarting;

use super::scene::Scene;
use crate::support::NOBODY_LISTENS;

fn has_error(scene: &Scene, words: &str) -> bool {
    scene.revoke.all_logs().lines().any(|line| line.contains("ERROR") && line.contains(words))
}

#[test]
fn without_a_bucket_or_with_one_that_cannot_be_used_the_key_dies_and_the_reply_says_what_is_missing() {
    type Case = (&'static str, fn(&Scene));
    let cases: [Case; 4] = [
        ("may not write", |scene| scene.retirement.bucket.deny("PutObject")),
        ("may not read", |scene| {
            scene.retirement.bucket.deny("GetObject");
            scene.retirement.bucket.deny("ListObjectsV2");
        }),
        ("fails", |scene| scene.retirement.bucket_server.faults().every("ListObjectsV2", Fault::Status(503))),
        ("fails to write", |scene| scene.retirement.bucket_server.faults().every("PutObject", Fault::DropBefore)),
    ];
    for (what, prepare) in cases {
        let scene = Scene::new();
        prepare(&scene);
        let reply = scene.revoked(&scene.leaked);
        assert_eq!(reply["state"], "disabled", "{what}");
        assert_eq!(reply["evidence"]["sha256"], Value::Null, "{what}");
        let missing = reply["evidence"]["missing"].as_str().unwrap_or_default();
        assert!(missing.contains("could not be written"), "{what}: {reply:#}");
        assert!(!scene.is_active(&scene.leaked), "{what}");
        assert!(scene.metric("EvidenceMissing") > 0.0, "{what}");
        assert!(has_error(&scene, "the ledger has no record"), "{what}: {}", scene.revoke.all_logs());
        assert_eq!(scene.events("Key Revoked").len(), 1, "{what}");
        // Once that is mended, the same order writes down what is missing.
        scene.retirement.bucket_server.faults().clear();
        for action in ["PutObject", "GetObject", "ListObjectsV2"] {
            scene.retirement.bucket.allow(action);
        }
        let reply = scene.revoked(&scene.leaked);
        assert_eq!(reply["evidence"]["missing"], Value::Null, "{what}");
        assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"], "{what}");
        scene.check_chain(&scene.leaked).unwrap();
    }
}

#[test]
fn no_bucket_at_all_is_said_as_well() {
    let scene = Scene::with(|function| *function = function.clone().env("EVIDENCE_BUCKET", ""));
    let reply = scene.revoked(&scene.leaked);
    assert_eq!(reply["evidence"]["missing"], "EVIDENCE_BUCKET is not set");
    assert!(!scene.is_active(&scene.leaked));
    assert!(scene.metric("EvidenceMissing") > 0.0);
    assert!(has_error(&scene, "EVIDENCE_BUCKET is not set"), "{}", scene.revoke.all_logs());
    let scene = Scene::with(|function| *function = function.clone().env("AWS_ENDPOINT_URL_S3", NOBODY_LISTENS));
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
    assert!(has_error(&scene, "the ledger has no record"));
}

#[test]
fn altered_records_are_no_obstacle_and_are_said() {
    let scene = Scene::new();
    scene.rotation();
    let leaked = scene.current();
    let retire = Restarting::new(scene.retirement.retire.clone());
    assert!(retire.invoke(&json!({}), TIMEOUT).reply().is_some());
    let bucket = &scene.retirement.bucket;
    let name = bucket.keys().into_iter().find(|name| name.contains(&leaked) && name.contains("ledger/")).unwrap();
    bucket.put(&name, "{}");
    let reply = scene.revoked(&leaked);
    assert!(!scene.is_active(&leaked));
    assert!(reply["evidence"]["missing"].is_string(), "{reply:#}");
    assert!(has_error(&scene, "the ledger has no record"));
}

#[test]
fn the_chain_that_retirement_began_goes_on_and_retirement_completes_the_proof() {
    let scene = Scene::new();
    scene.rotation();
    let leaked = scene.current();
    let retire = Restarting::new(scene.retirement.retire.clone());
    let run = || {
        let invocation = retire.invoke(&json!({}), TIMEOUT);
        let Some(reply) = invocation.clone().reply() else { panic!("{invocation:?}\n{}", retire.all_logs()) };
        let rows = scene.retirement.rows(&reply);
        rows.into_iter().find(|row| row["key_id"] == *leaked).unwrap_or_default()
    };
    run();
    assert_eq!(scene.kinds(&leaked), ["current"]);
    let reply = scene.revoked(&leaked);
    assert_eq!(scene.kinds(&leaked), ["current", "disabled", "proven"]);
    let records = scene.retirement.ledger(&leaked);
    assert_eq!((&records[1]["function"], &records[1]["class"]), (&"revoke-key".into(), &"ours".into()));
    assert_eq!((&records[1]["attempt"], &records[1]["answer"]["status"]), (&1.into(), &200.into()));
    assert!(records[1]["why"].as_str().unwrap().contains("posted in a public repository"));
    assert_eq!(records[2]["grade"], "question");
    scene.check_chain(&leaked).unwrap();
    let event = scene.events("Key Revoked").remove(0);
    assert_eq!(event["evidence"], reply["evidence"]["sha256"]);
    for _ in 0..3 {
        run();
    }
    let kinds = scene.kinds(&leaked);
    assert_eq!(kinds.last().map(String::as_str), Some("proven"), "{kinds:?}");
    let last = scene.retirement.ledger(&leaked).pop().unwrap();
    assert_eq!((&last["grade"], &last["function"]), (&"ingestion".into(), &"retire-keys".into()), "{kinds:?}");
    scene.check_chain(&leaked).unwrap();
    // A repeat has nothing to add, and tells the better proof.
    let again = scene.revoked(&leaked);
    assert_eq!(again["proof"]["grade"], "ingestion");
    assert_eq!(scene.kinds(&leaked), kinds);
    assert!(!scene.is_active(&leaked));
}

#[test]
fn a_person_who_edited_the_label_does_not_change_whose_key_it_is_on_record() {
    let scene = Scene::new();
    scene.rotation();
    let leaked = scene.current();
    let retire = Restarting::new(scene.retirement.retire.clone());
    assert!(retire.invoke(&json!({}), TIMEOUT).reply().is_some());
    scene.stage.sentry.edit_key(&leaked, |key| "edited".clone_into(&mut key.label));
    scene.revoked(&leaked);
    let classes: Vec<_> = scene.retirement.ledger(&leaked).iter().map(|record| record["class"].clone()).collect();
    assert_eq!(classes, ["ours", "ours", "ours"]);
}

#[test]
fn the_event_has_the_same_id_each_time_and_says_who_owns_the_key() {
    let scene = Scene::new();
    for _ in 0..3 {
        scene.revoked(&scene.leaked);
    }
    let events = scene.events("Key Revoked");
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event["id"] == events[0]["id"]));
    let event = &events[0];
    assert_eq!((&event["version"], &event["function"]), (&1.into(), &"revoke-key".into()));
    assert_eq!(
        (&event["key_id"], &event["secret_arn"]),
        (&scene.leaked.clone().into(), &scene.stage.secret.clone().into())
    );
    assert_eq!((&event["organization"], &event["project"]), (&"acme".into(), &"storefront".into()));
    assert_eq!(event["owner"], "storefront-team");
    assert!(event["message"].as_str().unwrap().contains("posted in a public repository"), "{event:#}");
    assert_eq!(scene.metric("KeysDisabled"), 1.0);
    assert_eq!(scene.metric("EventsFailed"), 0.0);
    // Three times, and one rotation.
    assert_eq!(scene.keys().len(), 2);
    assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"]);
    let other = scene.rotation();
    scene.revoked(&other);
    assert_ne!(scene.events("Key Revoked").last().unwrap()["id"], event["id"]);
}

#[test]
fn an_event_that_is_lost_fails_nothing() {
    let scene = Scene::new();
    scene.stage.bus.fail_entries(true);
    scene.revoked(&scene.leaked);
    assert_eq!(scene.metric("EventsFailed"), 1.0);
    assert!(has_error(&scene, "event"), "{}", scene.revoke.all_logs());
}

#[test]
fn a_proof_is_as_good_as_what_could_be_asked() {
    type Case = (&'static str, fn(&Scene), &'static str);
    let cases: [Case; 5] = [
        ("all answers", |_| {}, "question"),
        ("no such endpoint", |scene| scene.stage.sentry.set_question(Some((404, "{}".to_owned()))), "object"),
        (
            "everything is dead",
            |scene| scene.stage.sentry.set_question(Some((401, "{\"detail\":\"Invalid dsn\"}".to_owned()))),
            "object",
        ),
        (
            "everything is alive",
            |scene| scene.stage.sentry.set_question(Some((400, "{\"event_id\":[\"x\"]}".to_owned()))),
            "object",
        ),
        ("no answer", |scene| scene.sentry_server.faults().every("POST question", Fault::Status(500)), "object"),
    ];
    for (what, prepare, grade) in cases {
        let scene = Scene::new();
        prepare(&scene);
        let reply = scene.revoked(&scene.leaked);
        assert_eq!(reply["proof"]["grade"], grade, "{what}");
        assert_eq!(scene.retirement.ledger(&scene.leaked)[1]["grade"], grade, "{what}");
    }
}

#[test]
fn a_better_proof_is_added_to_what_is_on_record() {
    let scene = Scene::new();
    scene.stage.sentry.set_question(Some((404, "{}".to_owned())));
    scene.revoked(&scene.leaked);
    scene.stage.sentry.set_question(None);
    assert_eq!(scene.revoked(&scene.leaked)["proof"]["grade"], "question");
    let grades: Vec<_> = scene.retirement.ledger(&scene.leaked).iter().map(|record| record["grade"].clone()).collect();
    assert_eq!(grades, [Value::Null, "object".into(), "question".into()]);
}

#[test]
fn a_key_that_is_gone_is_no_proof_where_its_project_shows_no_current_key() {
    let scene = Scene::new();
    let old = scene.rotation();
    scene.stage.sentry.delete_key(&old);
    scene.stage.sentry.delete_key(&scene.current());
    let reply = scene.revoked(&old);
    assert_eq!((&reply["state"], &reply["proof"]), (&"deleted".into(), &Value::Null));
}

#[test]
fn a_key_that_was_enabled_again_by_hand_is_disabled_again_and_both_are_on_record() {
    let scene = Scene::new();
    scene.revoked(&scene.leaked);
    scene.stage.sentry.edit_key(&scene.leaked, |key| key.is_active = true);
    let before = scene.current();
    scene.revoked(&scene.leaked);
    assert!(!scene.is_active(&scene.leaked));
    assert_eq!(scene.current(), before);
    assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven", "disabled", "proven"]);
    scene.check_chain(&scene.leaked).unwrap();
}

#[test]
fn records_are_below_the_prefix() {
    let scene = Scene::with(|function| *function = function.clone().env("EVIDENCE_PREFIX", "sentry/keys"));
    scene.revoked(&scene.leaked);
    let names = scene.retirement.bucket.keys();
    assert!(names.len() == 2 && names.iter().all(|name| name.starts_with("sentry/keys/ledger/")), "{names:?}");
}

#[test]
fn what_cannot_be_looked_at_once_the_key_is_disabled_is_told_and_the_deed_is_on_record() {
    let scene = Scene::new();
    let store = Arc::downgrade(&scene.stage.store);
    scene.sentry.after(move |name| {
        if let Some(store) = store.upgrade().filter(|_| name == "PUT key") {
            store.deny("DescribeSecret");
        }
    });
    let words = [
        "DescribeSecret",
        "is disabled, and whether AWSCURRENT came back to it meanwhile is not known",
        "enable it in Sentry",
    ];
    scene.fails(&scene.order(&scene.leaked), "Rotation.StoreUnavailable", &words);
    assert!(!scene.is_active(&scene.leaked));
    assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"]);
    assert_eq!((scene.events("Key Revoked").len(), scene.metric("KeysDisabled")), (1, 1.0));
    scene.stage.store.allow("DescribeSecret");
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
    assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"]);
}
