//! A key that another managed secret holds as well: somebody pasted the DSN.

use integration_tests::TIMEOUT;
use serde_json::{Value, json};
use testkit::lambda::Restarting;

use super::scene::Scene;
use crate::support::version;

const KIND: &[(&str, &str)] = &[("sentry:kind", "client-key")];

/// The DSN of the leaked key is the current value of another managed secret, and retirement has seen it.
fn pasted() -> (Scene, String) {
    let scene = Scene::new();
    let value = scene.stage.store.value_at(&scene.stage.secret, "AWSCURRENT").unwrap();
    let other = scene.stage.store.create_secret("acme/checkout-page", Some(&value), KIND);
    scene.stage.store.enable_rotation(&other, true);
    remember(&scene);
    (scene, other)
}

fn remember(scene: &Scene) {
    let retire = Restarting::new(scene.retirement.retire.clone());
    assert!(retire.invoke(&json!({}), TIMEOUT).reply().is_some(), "{}", retire.all_logs());
}

#[test]
fn a_key_that_another_secret_gives_to_its_applications_is_not_taken_from_them() {
    let (scene, other) = pasted();
    let order = scene.order(&scene.leaked);
    let words = ["acme/checkout-page", "nothing was disabled", "allow_outage"];
    scene.fails(&order, "Revocation.NoReplacement", &words);
    assert!(scene.is_active(&scene.leaked));
    assert_eq!(scene.changes(), 0);
    assert!(!scene.store_server.call_names().contains(&"RotateSecret".to_owned()));
    assert_eq!(scene.events("Key Revoked"), [Value::Null; 0]);
    // Once that secret was rotated, the same order is carried out, whatever is remembered.
    let key = scene.stage.sentry.add_key("acme", "storefront", "another");
    let document = json!({"dsn": scene.stage.sentry.public_dsn(&key), "organization": "acme", "project": "storefront"});
    scene.stage.store.add_version(&other, &version(900), Some(&document.to_string()), &["AWSCURRENT"]);
    scene.revoked(&scene.leaked);
    assert!(!scene.is_active(&scene.leaked) && scene.is_active(&key.id));
}

#[test]
fn the_outage_of_the_other_secret_can_be_allowed() {
    let (scene, _) = pasted();
    let mut order = scene.order(&scene.leaked);
    order["allow_outage"] = true.into();
    let reply = scene.replied(&order);
    assert_eq!(reply["state"], "disabled");
    assert_eq!(reply["replacement_key_id"], scene.current());
    let logs = scene.revoke.all_logs();
    assert!(logs.lines().any(|line| line.contains("ERROR") && line.contains("acme/checkout-page")), "{logs}");
}

#[test]
fn a_key_that_is_dead_already_can_be_taken_from_nobody() {
    let (scene, _) = pasted();
    scene.stage.sentry.edit_key(&scene.leaked, |key| key.is_active = false);
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
}

#[test]
fn a_secret_that_is_gone_or_is_about_to_be_deleted_is_no_obstacle() {
    let (scene, other) = pasted();
    scene.stage.store.schedule_deletion(&other);
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
    let (scene, other) = pasted();
    scene.stage.store.delete_secret(&other);
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
}

#[test]
fn what_cannot_be_looked_at_is_told_and_stops_nothing() {
    let (scene, _) = pasted();
    scene.stage.store.deny("ListSecrets");
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
    let logs = scene.revoke.all_logs();
    assert!(logs.lines().any(|line| line.contains("ERROR") && line.contains("not known of every secret")), "{logs}");
}

#[test]
fn without_a_memory_every_secret_is_looked_at() {
    let name = "state/retire-keys.json";
    let cases: [&dyn Fn(&Scene); 5] = [
        &|scene| scene.retirement.bucket.remove(name),
        &|scene| scene.retirement.bucket.put(name, "{\"version\":1,\"secrets\":[]}"),
        &|scene| scene.retirement.bucket.put(name, "not json"),
        &|scene| scene.retirement.bucket.put(name, "{\"version\":2}"),
        &|scene| scene.retirement.bucket_server.faults().every("GetObject", testkit::fault::Fault::Status(500)),
    ];
    for prepare in cases {
        let (scene, _) = pasted();
        prepare(&scene);
        scene.fails(&scene.order(&scene.leaked), "Revocation.NoReplacement", &["acme/checkout-page"]);
        assert!(scene.is_active(&scene.leaked));
    }
}

#[test]
fn a_secret_without_the_tag_is_looked_at_where_our_function_rotates_it() {
    let (scene, other) = pasted();
    scene.stage.store.set_tags(&other, &[]);
    scene.revoked(&scene.leaked);
    let (scene, other) = pasted();
    scene.stage.store.set_tags(&other, &[]);
    let function = "arn:aws:lambda:us-east-1:123456789012:function:keys-rotate-client-key";
    scene.stage.store.set_rotation_lambda(&other, function);
    scene.fails(&scene.order(&scene.leaked), "Revocation.NoReplacement", &["acme/checkout-page"]);
    assert!(scene.is_active(&scene.leaked));
}

#[test]
fn another_current_value_that_is_not_visible_yet_is_told_and_stops_nothing() {
    let (scene, other) = pasted();
    scene.stage.store.add_version(&other, &version(900), None, &["AWSCURRENT"]);
    assert_eq!(scene.revoked(&scene.leaked)["state"], "disabled");
    let logs = scene.revoke.all_logs();
    assert!(logs.lines().any(|line| line.contains("ERROR") && line.contains("shows no value yet")), "{logs}");
}
