//! Applications get another key first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use integration_tests::{Application, Retirement, TIMEOUT};
use serde_json::{Value, json};
use testkit::secrets_manager::SecretsManager;
use testkit::sentry::Key;

use super::scene::Scene;
use crate::support::version;

/// What [`Scene::fails_within`] needs so that a rotation that never ends is waited for about two seconds.
const SHORT: Duration = Duration::from_secs(53);

fn seconds(time: &Value) -> f64 {
    let text = time.as_str().unwrap();
    let (_, time) = text.trim_end_matches('Z').split_once('T').unwrap();
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

/// What AWSCURRENT held whenever a key was about to be changed in Sentry.
fn currents_at_each_change(scene: &Scene) -> Arc<Mutex<Vec<Option<String>>>> {
    let seen = Arc::<Mutex<Vec<_>>>::default();
    let (store, secret, notes) = (Arc::downgrade(&scene.stage.store), scene.stage.secret.clone(), Arc::clone(&seen));
    scene.sentry.before(move |name| {
        if name == "PUT key" {
            let value = store.upgrade().and_then(|store| store.value_at(&secret, "AWSCURRENT"));
            notes.lock().unwrap().push(value);
        }
    });
    seen
}

#[test]
fn the_label_moves_before_the_key_dies_and_an_application_that_reads_each_time_loses_nothing() {
    let scene = Scene::new();
    Retirement::connect_rotation(&scene.stage);
    let seen = currents_at_each_change(&scene);
    // It reads the secret for each event, and sends one after every call that the function makes to Secrets Manager.
    let application = Arc::new(Mutex::new(Application::new(&scene.stage.store, &scene.stage.secret, 1)));
    let sender = Arc::clone(&application);
    scene.store.after(move |_| drop(sender.lock().unwrap().send("checkout failed")));
    let mut order = scene.order(&scene.leaked);
    order["hold_seconds"] = 2.into();
    let reply = scene.replied(&order);
    scene.stage.store.join_rotations();
    drop(application.lock().unwrap().send("after the end"));
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1, "one change: {seen:?}");
    assert!(!seen[0].as_ref().unwrap().contains(&scene.leaked));
    let sent = application.lock().unwrap().sent().to_vec();
    assert!(sent.iter().all(|sent| sent.status == 200), "{sent:?}");
    assert!(sent.iter().any(|sent| sent.key_id == scene.leaked) && sent.last().unwrap().key_id == scene.current());
    let times = &reply["times"];
    let [started, promoted, disabled, proven] =
        ["started", "promoted", "disabled", "proven"].map(|name| seconds(&times[name]));
    assert!(started <= promoted && promoted + 2.0 <= disabled && disabled <= proven, "{times:#}");
    assert!(proven - started < 60.0, "{times:#}");
}

#[test]
fn nothing_else_of_the_key_is_changed() {
    let scene = Scene::new();
    scene.stage.sentry.edit_key(&scene.leaked, |key| {
        key.rate_limit = Some((100, 60));
        key.browser_sdk_version = "6.x".to_owned();
        key.loader_options.insert("hasDebug".to_owned(), true);
    });
    let before = scene.keys().remove(0);
    scene.revoked(&scene.leaked);
    assert_eq!(scene.keys().remove(0), Key { is_active: false, ..before });
}

#[test]
fn an_unfinished_rotation_is_cleared_first() {
    let scene = Scene::new();
    let dangling = scene.stage.store.begin_rotation(&scene.stage.secret).unwrap();
    scene.revoked(&scene.leaked);
    let names = scene.store_server.call_names();
    let place = |wanted: &str| names.iter().position(|name| name == wanted);
    assert!(place("UpdateSecretVersionStage").unwrap() < place("RotateSecret").unwrap(), "{names:?}");
    assert_eq!(scene.stage.store.versions(&scene.stage.secret)[&dangling], [""; 0]);
    assert_eq!(scene.stage.store.version_at(&scene.stage.secret, "AWSPENDING"), None);
}

#[test]
fn labels_and_values_that_become_visible_late_cost_no_second_rotation() {
    for reads in [1, 3] {
        let scene = Scene::new();
        Retirement::connect_rotation(&scene.stage);
        scene.stage.store.late_visibility(reads);
        scene.revoked(&scene.leaked);
        scene.stage.store.join_rotations();
        assert_eq!(scene.keys().len(), 2, "{:#?}", scene.keys());
        assert!(!scene.is_active(&scene.leaked) && scene.is_active(&scene.current()));
    }
}

/// A way in which there is no other key: what it is, how it comes about, and what the sentence says of it.
type Obstacle = (&'static str, fn(&Scene), &'static str);

fn obstacles() -> Vec<Obstacle> {
    vec![
        ("off", |scene| scene.stage.store.enable_rotation(&scene.stage.secret, false), "rotation is not enabled"),
        ("denied", |scene| scene.stage.store.deny("RotateSecret"), "a rotation could not be started"),
        (
            "denied to clear",
            |scene| {
                scene.stage.store.begin_rotation(&scene.stage.secret).unwrap();
                scene.stage.store.deny("UpdateSecretVersionStage");
            },
            "an unfinished rotation could not be cleared",
        ),
        ("a replica", |scene| scene.stage.store.set_primary_region(&scene.stage.secret, "eu-central-1"), "rotation"),
        ("never ends", |scene| scene.stage.store.on_rotate(|_, _| {}), "did not come to its end in time"),
        (
            "fails",
            |scene| {
                Retirement::connect_rotation(&scene.stage);
                // The rotation's own calls, not those of the revocation.
                let fault = testkit::fault::Fault::Status(500);
                scene.stage.sentry_server.faults().every("POST keys", fault);
            },
            "see the log of rotate-client-key",
        ),
    ]
}

#[test]
fn without_another_key_nothing_is_disabled() {
    let wrong = integration_tests::check_all(&obstacles(), 3, |(what, prepare, words)| {
        let scene = Scene::new();
        prepare(&scene);
        let order = scene.order(&scene.leaked);
        let message = scene.fails_within(&order, SHORT, "Revocation.NoReplacement", &[words]);
        scene.stage.store.join_rotations();
        for word in ["nothing was disabled", "allow_outage", &scene.leaked] {
            assert!(message.contains(word), "{what}: {message}");
        }
        assert!(scene.is_active(&scene.leaked), "{what}");
        assert_eq!(scene.changes(), 0, "{what}");
        assert_eq!(scene.events("Key Revoked"), [Value::Null; 0], "{what}");
        assert!(scene.retirement.bucket.keys().is_empty(), "{what}");
        Ok(())
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn an_outage_that_is_allowed_is_no_obstacle() {
    let wrong = integration_tests::check_all(&obstacles(), 3, |(what, prepare, _)| {
        let scene = Scene::new();
        prepare(&scene);
        let mut order = scene.order(&scene.leaked);
        order["allow_outage"] = true.into();
        let invocation = scene.revoke.invoke(&order, SHORT);
        let Some(reply) = invocation.clone().reply() else {
            return Err(format!("{what}: {invocation:?}\n{}", scene.revoke.all_logs()));
        };
        scene.stage.store.join_rotations();
        assert_eq!((&reply["state"], &reply["replacement_key_id"]), (&"disabled".into(), &Value::Null), "{what}");
        assert_eq!(reply["proof"]["grade"], "object", "{what}: {reply:#}");
        assert!(!scene.is_active(&scene.leaked), "{what}");
        assert!(scene.revoke.all_logs().contains("as allowed"), "{what}");
        Ok(())
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn an_outage_that_is_allowed_is_not_sought() {
    let scene = Scene::new();
    let mut order = scene.order(&scene.leaked);
    order["allow_outage"] = true.into();
    let reply = scene.replied(&order);
    assert_eq!(reply["replacement_key_id"], scene.current());
    assert_ne!(scene.current(), scene.leaked);
}

#[test]
fn a_hold_that_was_cut_off_is_resumed_and_not_begun_anew() {
    let scene = Scene::new();
    let old = scene.rotation();
    let mut order = scene.order(&old);
    order["hold_seconds"] = 3.into();
    let reply = scene.replied(&order);
    let [promoted, disabled] = ["promoted", "disabled"].map(|name| seconds(&reply["times"][name]));
    // Secrets Manager's date has whole seconds for the function.
    assert!((2.9..6.0).contains(&(disabled - promoted)), "{reply:#}");
    assert!(!scene.is_active(&old));
    // The three seconds are over since.
    let calls = scene.store_server.calls().len();
    let again = scene.replied(&order);
    assert_eq!(again["times"]["promoted"], Value::Null);
    assert!(scene.store_server.calls().len() > calls);
    assert_eq!(scene.revoke.all_logs().matches("holding").count(), 1);
}

#[test]
fn a_process_that_dies_while_it_holds_is_followed_by_one_that_holds_for_the_rest() {
    let scene = Scene::new();
    scene.store_server.faults().on_kill(scene.revoke.killer());
    // The look that shows the promotion is the second.
    scene.store_server.faults().on("DescribeSecret", 1, testkit::fault::Fault::KillAfter);
    let mut order = scene.order(&scene.leaked);
    order["hold_seconds"] = 3.into();
    assert_eq!(scene.invoke(&order), testkit::lambda::Invocation::Exited(None));
    assert!(scene.is_active(&scene.leaked) && scene.current() != scene.leaked);
    let reply = scene.replied(&order);
    let [promoted, disabled] = ["promoted", "disabled"].map(|name| seconds(&reply["times"][name]));
    assert!((2.9..6.0).contains(&(disabled - promoted)), "{reply:#}");
    assert_eq!(scene.keys().len(), 2, "no second rotation");
    assert!(!scene.is_active(&scene.leaked) && scene.is_active(&scene.current()));
}

#[test]
fn a_promotion_that_secrets_manager_has_no_date_of_is_held_for_as_well() {
    // A person moved the label, or the process died before the rotation was complete.
    let scene = Scene::new();
    let old = scene.leaked.clone();
    let key = scene.stage.sentry.add_key("acme", "storefront", "by hand");
    let document = json!({"dsn": scene.stage.sentry.public_dsn(&key), "organization": "acme", "project": "storefront"});
    let before = scene.stage.store.version_at(&scene.stage.secret, "AWSCURRENT");
    scene.stage.store.add_version(&scene.stage.secret, &version(900), Some(&document.to_string()), &["AWSCURRENT"]);
    scene.stage.store.set_stage(&scene.stage.secret, "AWSPREVIOUS", before.as_deref());
    let mut order = scene.order(&old);
    order["hold_seconds"] = 3.into();
    scene.replied(&order);
    assert_eq!(scene.revoke.all_logs().matches("holding").count(), 1, "{}", scene.revoke.all_logs());
    assert!(!scene.is_active(&old));
}

#[test]
fn a_hold_that_the_functions_time_does_not_allow_is_refused_before_anything_is_done() {
    let scene = Scene::new();
    let mut order = scene.order(&scene.leaked);
    order.as_object_mut().unwrap().remove("hold_seconds");
    // By default it is as long as this function's whole time.
    scene.fails(&order, "Event.Invalid", &["hold_seconds is 300", "raise the function's timeout"]);
    assert_eq!(scene.store_server.call_names(), [""; 0]);
    assert_eq!(scene.sentry_server.call_names(), [""; 0]);
}

/// Rolls the secret back to the leaked key the first time that a call of this name was carried out.
fn roll_back_after(scene: &Scene, call: &'static str, nth: usize) {
    let (store, secret) = (Arc::downgrade(&scene.stage.store), scene.stage.secret.clone());
    let (first, count) =
        (scene.stage.store.version_at(&scene.stage.secret, "AWSCURRENT").unwrap(), AtomicUsize::new(0));
    let roll_back = move |name: &str| {
        if name == call && count.fetch_add(1, Ordering::Relaxed) == nth {
            store.upgrade().unwrap().set_stage(&secret, "AWSCURRENT", Some(&first));
        }
    };
    scene.sentry.after(roll_back);
}

#[test]
fn a_rollback_in_the_very_moment_gives_the_key_back() {
    let scene = Scene::new();
    // The one option that a key from the user interface is not born with.
    scene.stage.sentry.edit_key(&scene.leaked, |key| key.loader_options.extend([("hasDebug".to_owned(), true)]));
    let before = scene.keys().remove(0);
    roll_back_after(&scene, "PUT key", 0);
    let order = scene.order(&scene.leaked);
    let message = scene.fails(&order, "Revocation.NoReplacement", &["came back to", "was enabled again"]);
    assert!(!message.contains("nothing was disabled"), "{message}");
    assert_eq!(scene.keys().remove(0), before);
    assert_eq!(scene.events("Key Revoked"), [Value::Null; 0]);
    // The same again replaces and disables it.
    scene.revoked(&scene.leaked);
    assert!(!scene.is_active(&scene.leaked) && scene.is_active(&scene.current()));
}

#[test]
fn a_key_that_cannot_be_given_back_is_not_said_to_be_untouched() {
    let scene = Scene::new();
    roll_back_after(&scene, "PUT key", 0);
    // Three tries, and nothing more.
    for nth in 1..8 {
        scene.sentry_server.faults().on("PUT key", nth, testkit::fault::Fault::Status(500));
    }
    let order = scene.order(&scene.leaked);
    let message = scene.fails(&order, "Revocation.NoReplacement", &["could not be enabled again", "rotate"]);
    assert!(!message.contains("nothing was disabled"), "{message}");
    assert!(!scene.is_active(&scene.leaked));
    scene.sentry_server.faults().clear();
    scene.revoked(&scene.leaked);
    assert!(scene.is_active(&scene.current()));
}

#[test]
fn a_rollback_before_the_key_is_disabled_leaves_it_alone() {
    let scene = Scene::new();
    // The look right before the disablement is the third of the secret after the rotation began.
    let (store, secret) = (Arc::downgrade(&scene.stage.store), scene.stage.secret.clone());
    let first = scene.stage.store.version_at(&scene.stage.secret, "AWSCURRENT").unwrap();
    let looks = AtomicUsize::new(0);
    scene.store.before(move |name| {
        if name == "DescribeSecret" && looks.fetch_add(1, Ordering::Relaxed) == 2 {
            store.upgrade().unwrap().set_stage(&secret, "AWSCURRENT", Some(&first));
        }
    });
    let order = scene.order(&scene.leaked);
    scene.fails(&order, "Revocation.NoReplacement", &["came back to it", "nothing was disabled"]);
    assert!(scene.is_active(&scene.leaked));
    assert_eq!(scene.changes(), 0);
}

#[test]
fn a_key_that_was_dead_before_is_not_enabled_by_a_rollback() {
    let scene = Scene::new();
    scene.stage.sentry.edit_key(&scene.leaked, |key| key.is_active = false);
    roll_back_after(&scene, "GET key", 1);
    let order = scene.order(&scene.leaked);
    scene.fails(&order, "Revocation.NoReplacement", &["came back to it"]);
    assert!(!scene.is_active(&scene.leaked));
}

#[test]
fn two_revocations_at_the_same_time_end_with_one_dead_key() {
    let scene = Scene::new();
    Retirement::connect_rotation(&scene.stage);
    let other = testkit::lambda::Restarting::new(scene.retirement.revoke.clone());
    let order = scene.order(&scene.leaked);
    let replies = std::thread::scope(|scope| {
        let calls = [&scene.revoke, &other].map(|lambda| scope.spawn(|| lambda.invoke(&order, TIMEOUT)));
        calls.map(|call| call.join().unwrap())
    });
    scene.stage.store.join_rotations();
    for invocation in &replies {
        let failed = invocation.error_type();
        assert!(failed.is_none() || failed == Some("Revocation.NoReplacement"), "{invocation:?}");
    }
    assert!(replies.iter().any(|invocation| invocation.error_type().is_none()), "{replies:?}");
    scene.revoked(&scene.leaked);
    let keys = scene.keys();
    assert!(!scene.is_active(&scene.leaked) && scene.is_active(&scene.current()));
    assert!(keys.iter().filter(|key| key.id != scene.leaked).all(|key| key.is_active), "{keys:#?}");
    assert!(keys.len() <= 3, "{keys:#?}");
    scene.check_chain(&scene.leaked).unwrap();
}

/// Puts AWSCURRENT on a version that shows no value, and AWSPREVIOUS on the one that was current.
fn hide(store: &SecretsManager, secret: &str) {
    let before = store.version_at(secret, "AWSCURRENT").filter(|before| *before != version(900));
    store.add_version(secret, &version(900), None, &["AWSCURRENT"]);
    if before.is_some() {
        store.set_stage(secret, "AWSPREVIOUS", before.as_deref());
    }
}

const HIDDEN: [&str; 3] = ["shows no value yet", "invoke this function again", "allow_outage"];

#[test]
fn a_current_value_that_is_not_visible_yet_may_be_the_key() {
    let scene = Scene::new();
    hide(&scene.stage.store, &scene.stage.secret);
    scene.fails(&scene.order(&scene.leaked), "Rotation.StoreConflict", &HIDDEN);
    assert!(scene.is_active(&scene.leaked));
    assert_eq!(scene.changes(), 0);
    // Whoever accepts an outage does not wait for it, and a key that is dead already is no reason to.
    let mut order = scene.order(&scene.leaked);
    order["allow_outage"] = true.into();
    assert_eq!(scene.replied(&order)["state"], "disabled");
    let scene = Scene::new();
    scene.stage.sentry.edit_key(&scene.leaked, |key| key.is_active = false);
    hide(&scene.stage.store, &scene.stage.secret);
    let words = ["shows no value yet", "is disabled, and whether AWSCURRENT came back to it"];
    scene.fails(&scene.order(&scene.leaked), "Rotation.StoreConflict", &words);
    assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"]);
}

#[test]
fn a_value_that_hides_right_before_or_with_the_disablement_is_told() {
    for call in ["GET key", "PUT key"] {
        let scene = Scene::new();
        scene.rotation();
        let (store, secret) = (Arc::downgrade(&scene.stage.store), scene.stage.secret.clone());
        scene.sentry.before(move |name| {
            if let Some(store) = store.upgrade().filter(|_| name == call) {
                hide(&store, &secret);
            }
        });
        let order = scene.order(&scene.leaked);
        if call == "GET key" {
            // The first look at the key.
            scene.fails(&order, "Rotation.StoreConflict", &HIDDEN);
            assert!(scene.is_active(&scene.leaked));
        } else {
            let words = ["is disabled, and whether AWSCURRENT came back to it meanwhile is not known"];
            scene.fails(&order, "Rotation.StoreConflict", &words);
            assert!(!scene.is_active(&scene.leaked));
            assert_eq!(scene.kinds(&scene.leaked), ["disabled", "proven"]);
            assert_eq!(scene.events("Key Revoked").len(), 1);
        }
    }
}
