//! The new key behaves like the one that it replaces.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::sentry::{Flavor, Key};

use crate::support::{World, effects, notices};

/// Settings that no new key has by itself.
fn unusual(key: &mut Key) {
    key.rate_limit = Some((100, 60));
    key.browser_sdk_version = "6.x".to_owned();
    key.loader_options = [("hasReplay", false), ("hasPerformance", true), ("hasDebug", true)]
        .map(|(name, on)| (name.to_owned(), on))
        .into();
}

fn settings(key: &Key) -> (Option<(u64, u64)>, String, BTreeMap<String, bool>) {
    (key.rate_limit, key.browser_sdk_version.clone(), key.loader_options.clone())
}

fn edited(edit: impl FnOnce(&mut Key)) -> World {
    let world = World::new();
    world.stage.sentry.edit_key(&world.key_id("AWSCURRENT"), edit);
    world
}

#[test]
fn rate_limit_sdk_version_and_loader_options_are_carried_over_and_read_back() {
    for flavor in [Flavor::V23_7_1, Flavor::V2026] {
        let world = edited(unusual);
        world.stage.sentry.set_flavor(flavor);
        let newer = flavor == Flavor::V2026;
        if newer {
            let old = world.key_id("AWSCURRENT");
            world.stage.sentry.edit_key(&old, |key| key.loader_options.extend([("hasFeedback".to_owned(), true)]));
        }
        let token = world.created();
        assert_eq!(world.key("AWSPENDING").rate_limit, Some((100, 60)), "a new key is limited from its first second");
        world.forget_calls();

        let reply = world.done("setSecret", &token);

        assert_eq!(effects(&reply), ["update-key"]);
        assert_eq!(world.sentry_calls(), ["GET keys", "PUT key", "GET keys"]);
        let calls = world.stage.sentry_server.calls();
        let put = calls.iter().find(|call| call.name == "PUT key").unwrap().request.json().unwrap();
        let mut options = json!({"hasReplay": false, "hasPerformance": true, "hasDebug": true});
        if newer {
            options["hasFeedback"] = true.into();
            options["hasLogsAndMetrics"] = false.into();
        }
        assert_eq!(put["rateLimit"], json!({"count": 100, "window": 60}));
        assert_eq!(put["browserSdkVersion"], "6.x");
        assert_eq!(put["dynamicSdkLoaderOptions"], options);
        for step in ["testSecret", "finishSecret"] {
            world.done(step, &token);
        }
        let new = world.key("AWSCURRENT");
        assert_eq!((new.rate_limit, new.browser_sdk_version.as_str()), (Some((100, 60)), "6.x"));
        for (name, on) in options.as_object().unwrap() {
            assert_eq!(new.loader_options.get(name), on.as_bool().as_ref(), "{name}");
        }
        let old = world.key("AWSPREVIOUS");
        assert_eq!((old.rate_limit, old.browser_sdk_version.as_str(), old.is_active), (Some((100, 60)), "6.x", true));
    }
}

#[test]
fn a_key_that_is_as_wanted_is_not_written_to_again() {
    let world = World::new();
    let token = world.created();
    world.forget_calls();
    assert_eq!(effects(&world.done("setSecret", &token)), [""; 0]);
    assert_eq!(world.sentry_calls(), ["GET keys"]);
}

#[test]
fn what_somebody_changes_on_the_current_key_meanwhile_is_carried_over_by_set_secret() {
    let world = World::new();
    let token = world.created();
    world.stage.sentry.edit_key(&world.key_id("AWSCURRENT"), unusual);
    let refused = ["acme/storefront", "rate limit, SDK version, loader options"];
    world.refused("testSecret", &token, "Rotation.SettingsDiffer", &refused);
    world.done("setSecret", &token);
    world.done("testSecret", &token);
    world.done("finishSecret", &token);
    assert_eq!(settings(&world.key("AWSCURRENT")), settings(&world.key("AWSPREVIOUS")));
}

#[test]
fn no_rate_limit_is_carried_over_as_well() {
    let world = World::new();
    let token = world.created();
    world.stage.sentry.edit_key(&world.key_id("AWSPENDING"), |key| key.rate_limit = Some((1, 60)));
    assert_eq!(effects(&world.done("setSecret", &token)), ["update-key"]);
    assert_eq!(world.key("AWSPENDING").rate_limit, None);
}

#[test]
fn a_put_whose_effect_sentry_drops_is_a_failure() {
    type Edit = fn(&mut Key);
    let cases: [(&str, Edit); 3] = [
        ("the rate limit", |key| key.rate_limit = Some((100, 60))),
        ("the SDK version", |key| key.browser_sdk_version = "6.x".to_owned()),
        ("the loader options", |key| key.loader_options.extend([("hasDebug".to_owned(), true)])),
    ];
    for (about, edit) in cases {
        let world = World::with(about, |_| {});
        let token = world.created();
        world.stage.sentry.edit_key(&world.key_id("AWSCURRENT"), edit);
        let new = world.key("AWSPENDING");
        let accepted = json!({"id": new.id, "label": new.label, "projectId": new.project_id, "isActive": true});
        let json = vec![("content-type".to_owned(), "application/json".to_owned())];
        world.stage.sentry_server.faults().every("PUT key", Fault::Answer(200, json, accepted.to_string()));
        world.failed("setSecret", &token, "Rotation.SettingsDiffer", &["acme/storefront", "compare the two keys"]);
        assert_eq!(world.writes(), ["POST keys", "PUT key", "PutSecretValue"], "{about}: asked once, not for ever");
        world.refused("testSecret", &token, "Rotation.SettingsDiffer", &["acme/storefront"]);
    }
}

#[test]
fn a_limit_that_the_plan_offers_no_more_is_reported_and_stops_nothing() {
    let world = edited(unusual);
    world.stage.sentry.set_plan("acme", false);
    let token = world.created();
    let reply = world.done("setSecret", &token);
    assert_eq!((effects(&reply), notices(&reply)), (vec!["update-key"], vec!["rate-limit-dropped-by-plan"]));
    let reply = world.done("testSecret", &token);
    assert_eq!(notices(&reply), ["rate-limit-dropped-by-plan"]);
    world.done("finishSecret", &token);
    let new = world.key("AWSCURRENT");
    assert_eq!((new.rate_limit, new.browser_sdk_version.as_str()), (None, "6.x"), "the rest is carried over");
}

#[test]
fn a_required_limit_that_is_dropped_after_the_key_was_made_is_never_promoted_by_a_rotation() {
    let policy = "rate_limit = { count = 7, window = \"60s\" }\nrate_limit_required = true\n";
    let mut world = World::with_policy("", policy, |_| {});
    let token = world.created();
    assert_eq!(world.key("AWSPENDING").rate_limit, Some((7, 60)), "required where the current key has none");
    world.stage.sentry.set_plan("acme", false);
    world.stage.sentry.edit_key(&world.key_id("AWSPENDING"), |key| key.rate_limit = None);
    // A new sandbox asks again what the plan offers.
    world.cool_down();
    for step in ["setSecret", "testSecret"] {
        world.refused(step, &token, "Rotation.SettingsDiffer", &["acme/storefront", "plan", "rate_limit_required"]);
    }
}

#[test]
fn a_current_key_that_is_disabled_or_gone_blocks_no_rotation() {
    let world = edited(|key| {
        unusual(key);
        key.is_active = false;
    });
    world.rotate();
    assert_eq!(
        settings(&world.key("AWSCURRENT")),
        settings(&world.key("AWSPREVIOUS")),
        "a dead key still has settings"
    );

    let world = World::new();
    world.stage.sentry.delete_key(&world.key_id("AWSCURRENT"));
    world.rotate();
    let new = world.key("AWSCURRENT");
    assert_eq!((new.rate_limit, world.keys().len()), (Some((1000, 60)), 1), "the preset's, as for a first key");
}

#[test]
fn a_label_that_a_person_edited_is_left_as_it_is() {
    let world = World::new();
    let token = world.created();
    let pending = world.key_id("AWSPENDING");
    world.stage.sentry.edit_key(&pending, |key| {
        key.label = "Shop, new".to_owned();
        key.rate_limit = Some((3, 60));
    });
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    let new = world.key("AWSCURRENT");
    assert_eq!((new.label.as_str(), new.rate_limit), ("Shop, new", None));
    assert_eq!(world.events("Key Promoted")[0]["key_id"], Value::from(pending));
}
