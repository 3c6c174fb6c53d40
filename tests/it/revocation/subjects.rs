//! Whose key it is, wherever it is.

use integration_tests::TIMEOUT;
use serde_json::{Value, json};
use testkit::lambda::Restarting;

use super::scene::Scene;
use crate::support::{label, version};

/// The version ids of tests are far from those of rotations.
const OTHER: usize = 900;

fn assert_only_it_is_dead(scene: &Scene, key_id: &str, reply: &Value) {
    let dead: Vec<_> = scene.keys().into_iter().filter(|key| !key.is_active).map(|key| key.id).collect();
    assert_eq!(dead, [key_id], "{reply:#}");
    assert_eq!((&reply["state"], &reply["proof"]["grade"]), (&"disabled".into(), &"question".into()), "{reply:#}");
    assert_eq!(reply["replacement_key_id"], scene.current());
    assert_eq!(reply["evidence"]["missing"], Value::Null);
}

#[test]
fn the_key_of_awsprevious_is_disabled_without_a_rotation() {
    let scene = Scene::new();
    let old = scene.rotation();
    let reply = scene.revoked(&old);
    assert_only_it_is_dead(&scene, &old, &reply);
    assert_eq!(reply["times"]["promoted"], Value::Null);
    assert!(!scene.store_server.call_names().contains(&"RotateSecret".to_owned()));
    // The project's first key, which nobody here made.
    assert_eq!(scene.retirement.ledger(&old)[0]["class"], "adopted");
}

#[test]
fn the_key_of_an_older_version_without_labels_is_found() {
    let scene = Scene::new();
    scene.rotation();
    let old = scene.rotation();
    scene.rotation();
    scene.rotation();
    let reply = scene.revoked(&old);
    assert_only_it_is_dead(&scene, &old, &reply);
    assert_eq!(scene.retirement.ledger(&old)[0]["class"], "ours");
}

#[test]
fn a_pending_key_is_disabled_and_its_rotation_ended() {
    let scene = Scene::new();
    let token = scene.stage.store.begin_rotation(&scene.stage.secret).unwrap();
    let key = scene.stage.sentry.add_key("acme", "storefront", &label("acme/storefront", &scene.stage.secret, &token));
    let document = json!({"dsn": scene.stage.sentry.public_dsn(&key), "organization": "acme", "project": "storefront"});
    scene.stage.store.add_version(&scene.stage.secret, &token, Some(&document.to_string()), &["AWSPENDING"]);
    let reply = scene.revoked(&key.id);
    assert_only_it_is_dead(&scene, &key.id, &reply);
    assert_eq!(reply["replacement_key_id"], scene.leaked);
    assert_eq!(scene.stage.store.version_at(&scene.stage.secret, "AWSPENDING"), None);
    // Nothing can promote it any more.
    let rotate = scene.stage.lambda();
    let finish = scene.stage.step(&rotate, "finishSecret", &token);
    assert_eq!(finish.error_type(), Some("Rotation.NotPending"));
    assert_eq!(scene.current(), scene.leaked);
}

#[test]
fn a_pending_key_that_nobody_reads_yet_does_not_wait_for_consumers() {
    let scene = Scene::new();
    scene.rotation();
    let token = scene.stage.store.begin_rotation(&scene.stage.secret).unwrap();
    let key = scene.stage.sentry.add_key("acme", "storefront", &label("acme/storefront", &scene.stage.secret, &token));
    let document = json!({"dsn": scene.stage.sentry.public_dsn(&key), "organization": "acme", "project": "storefront"});
    scene.stage.store.add_version(&scene.stage.secret, &token, Some(&document.to_string()), &["AWSPENDING"]);
    let mut order = scene.order(&key.id);
    order["hold_seconds"] = 200.into();
    let reply = scene.replied(&order);
    assert_only_it_is_dead(&scene, &key.id, &reply);
    assert_eq!(reply["times"]["promoted"], Value::Null);
    assert!(!scene.revoke.all_logs().contains("holding"), "{}", scene.revoke.all_logs());
}

#[test]
fn an_orphan_is_known_by_its_mark() {
    let scene = Scene::new();
    scene.rotation();
    let current = scene.stage.store.version_at(&scene.stage.secret, "AWSCURRENT").unwrap();
    let orphan =
        scene.stage.sentry.add_key("acme", "storefront", &label("acme/storefront", &scene.stage.secret, &current));
    let mut order = scene.order(&orphan.id);
    // Nobody ever read it.
    order["hold_seconds"] = 200.into();
    let reply = scene.replied(&order);
    assert_only_it_is_dead(&scene, &orphan.id, &reply);
    assert_eq!(scene.retirement.ledger(&orphan.id)[0]["class"], "orphan");
    assert!(!scene.revoke.all_logs().contains("holding"), "{}", scene.revoke.all_logs());
}

#[test]
fn a_key_that_only_the_ledger_knows_is_disabled() {
    let scene = Scene::new();
    let old = scene.rotation();
    let retire = Restarting::new(scene.retirement.retire.clone());
    // It is on record before its version is purged and before somebody rewrites its label; a hold lets it live on.
    scene.stage.store.set_tags(&scene.stage.secret, &[("sentry:kind", "client-key"), ("sentry:hold", "drill")]);
    scene.rotation();
    let second = scene.stage.key_id("AWSPREVIOUS").unwrap();
    assert!(retire.invoke(&json!({}), TIMEOUT).reply().is_some());
    let known = if scene.kinds(&old).is_empty() { second } else { old };
    assert!(!scene.kinds(&known).is_empty(), "{:?}", scene.retirement.bucket.keys());
    let holder = scene
        .stage
        .store
        .versions(&scene.stage.secret)
        .into_keys()
        .find(|id| scene.stage.store.value_of(&scene.stage.secret, id).is_some_and(|value| value.contains(&known)));
    scene.stage.store.purge_version(&scene.stage.secret, &holder.unwrap());
    scene.stage.sentry.edit_key(&known, |key| "renamed by hand".clone_into(&mut key.label));
    let reply = scene.revoked(&known);
    assert_only_it_is_dead(&scene, &known, &reply);
    scene.check_chain(&known).unwrap();
}

/// A world in which the ledger knows the key, and the secret is gone.
fn abandoned(gone: impl FnOnce(&Scene)) -> Scene {
    let scene = Scene::new();
    scene.rotation();
    let retire = Restarting::new(scene.retirement.retire.clone());
    assert!(retire.invoke(&json!({}), TIMEOUT).reply().is_some());
    assert_eq!(scene.kinds(&scene.current()), ["current"]);
    gone(&scene);
    scene
}

#[test]
fn the_key_of_a_secret_that_is_gone_is_known_by_the_ledger() {
    let mut current = String::new();
    let scene = abandoned(|scene| {
        current = scene.current();
        scene.stage.store.delete_secret(&scene.stage.secret);
    });
    let reply = scene.revoked(&current);
    assert_eq!((&reply["state"], &reply["replacement_key_id"]), (&"disabled".into(), &Value::Null));
    // There is no current key to compare it with.
    assert_eq!(reply["proof"]["grade"], "object");
    assert!(!scene.is_active(&current));
    assert_eq!(scene.kinds(&current), ["current", "disabled", "proven"]);
    scene.check_chain(&current).unwrap();
    assert_eq!(scene.revoked(&current)["state"], "disabled");
    assert_eq!(scene.kinds(&current), ["current", "disabled", "proven"]);
}

#[test]
fn the_key_of_a_secret_that_is_about_to_be_deleted_is_known_by_the_ledger() {
    let mut current = String::new();
    let scene = abandoned(|scene| {
        current = scene.current();
        scene.stage.store.schedule_deletion(&scene.stage.secret);
    });
    let reply = scene.revoked(&current);
    assert_eq!(reply["state"], "disabled", "{reply:#}");
    assert!(!scene.is_active(&current));
    scene.check_chain(&current).unwrap();
}

#[test]
fn a_secret_that_is_gone_says_nothing_without_the_ledger() {
    let scene = Scene::new();
    scene.stage.store.delete_secret(&scene.stage.secret);
    scene.fails(&scene.order(&scene.leaked), "Revocation.NotOurs", &[&scene.leaked, "the ledger has no record"]);
    // A name is not the ARN under which records are kept.
    let order = json!({"secret_id": "acme/storefront", "key_id": scene.leaked, "reason": "drill", "hold_seconds": 0});
    scene.fails(&order, "Revocation.NotOurs", &["ARN"]);
    scene.retirement.bucket.deny("ListObjectsV2");
    scene.fails(&scene.order(&scene.leaked), "Revocation.NotOurs", &["the ledger could not be read"]);
    assert!(scene.is_active(&scene.leaked));
    assert_eq!(scene.changes(), 0);
}

#[test]
fn a_key_that_a_person_made_in_the_same_project_is_not_touched() {
    let scene = Scene::new();
    scene.rotation();
    for label in ["made by hand", "acme/storefront [0000000/00000000]"] {
        let key = scene.stage.sentry.add_key("acme", "storefront", label);
        scene.fails(&scene.order(&key.id), "Revocation.NotOurs", &[&key.id, "disable the key in Sentry"]);
        assert!(scene.is_active(&key.id));
    }
    scene.fails(&scene.order("0123456789abcdef0123456789abcdef"), "Revocation.NotOurs", &[]);
    assert_eq!(scene.changes(), 0);
    assert_eq!(scene.events("Key Revoked"), [Value::Null; 0]);
    assert!(scene.retirement.bucket.keys().is_empty());
}

#[test]
fn a_key_of_another_project_is_not_touched_and_not_said_to_be_gone() {
    // Which version held it decides nothing: labelled, or without labels.
    for labels in [&["AWSPREVIOUS"][..], &[]] {
        let scene = Scene::new();
        scene.stage.sentry.add_project("acme", "other");
        let key = scene.stage.sentry.add_key("acme", "other", "of another project");
        let document = json!({"dsn": scene.stage.sentry.public_dsn(&key)});
        scene.stage.store.add_version(&scene.stage.secret, &version(OTHER), Some(&document.to_string()), labels);
        scene.fails(&scene.order(&key.id), "Revocation.NotOurs", &[&key.id, "another project"]);
        assert!(scene.stage.sentry.keys("acme", "other").iter().all(|key| key.is_active));
        assert_eq!(scene.changes(), 0);
        assert_eq!(scene.events("Key Revoked"), [Value::Null; 0]);
        assert!(scene.retirement.bucket.keys().is_empty());
    }
}

#[test]
fn a_key_that_the_ledger_puts_into_another_project_is_not_said_to_be_gone() {
    // The secret was bound to another project since.
    let scene = Scene::new();
    let other = scene.stage.sentry.add_project("acme", "other");
    let key = scene.stage.sentry.add_key("acme", "other", "of before");
    let record = json!({
        "version": 1, "sequence": 1, "previous": null, "time": "2026-01-01T00:00:00Z", "function": "retire-keys",
        "request_id": "r", "kind": "current", "secret_arn": scene.stage.secret, "version_id": null, "project_id": other,
        "key_id": key.id, "class": "ours", "why": "it is what applications read", "answer": null, "attempt": 0,
    });
    let (_, suffix) = scene.stage.secret.rsplit_once('-').unwrap();
    scene.retirement.bucket.put(&format!("ledger/{suffix}/{}/00000001.json", key.id), record.to_string());
    scene.fails(&scene.order(&key.id), "Revocation.NotOurs", &["another project"]);
    assert!(scene.stage.sentry.keys("acme", "other").iter().all(|key| key.is_active));
    assert_eq!(scene.kinds(&key.id), ["current"]);
}

#[test]
fn the_default_key_of_before_is_revoked_because_somebody_asks_for_just_that() {
    let scene = Scene::new();
    assert_eq!(scene.keys()[0].label, "Default");
    let reply = scene.revoked(&scene.leaked);
    assert_only_it_is_dead(&scene, &scene.leaked, &reply);
    assert_eq!(scene.retirement.ledger(&scene.leaked)[0]["class"], "adopted");
}

#[test]
fn a_key_that_is_deleted_already_is_said_to_be_deleted_and_applications_get_another() {
    let scene = Scene::new();
    scene.stage.sentry.delete_key(&scene.leaked);
    let reply = scene.revoked(&scene.leaked);
    assert_eq!((&reply["state"], &reply["replacement_key_id"]), (&"deleted".into(), &scene.current().into()));
    assert_eq!(reply["proof"]["grade"], "object");
    assert_ne!(scene.current(), scene.leaked);
    assert_eq!(scene.kinds(&scene.leaked), ["deleted"]);
}

#[test]
fn a_key_that_was_disabled_already_is_found_so_and_proven() {
    let scene = Scene::new();
    let old = scene.rotation();
    scene.stage.sentry.edit_key(&old, |key| key.is_active = false);
    let reply = scene.revoked(&old);
    assert_only_it_is_dead(&scene, &old, &reply);
    assert_eq!(scene.changes(), 0);
    let record = &scene.retirement.ledger(&old)[0];
    assert_eq!((&record["kind"], &record["attempt"]), (&"disabled".into(), &0.into()));
}
