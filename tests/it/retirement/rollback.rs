//! A rollback to a key that was disabled, and what people do in the meantime.

use std::sync::Arc;

use integration_tests::{Retirement, TIMEOUT};
use serde_json::json;
use testkit::fault::Fault;
use testkit::lambda::Restarting;

use super::stage::{DUE, FOR_EVER, TABLES, World, consent, policy, verdict};

/// A world whose superseded key of ours is disabled; the key.
fn disabled() -> (World, String) {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.run();
    assert!(!world.key(&old).is_active);
    (world, old)
}

#[test]
fn a_rollback_to_a_disabled_key_is_healed_and_told_of_loudly() {
    let (world, old) = disabled();
    world.roll_back();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["untouchable", "active", "enable", "done"], "{row:#}");
    assert!(world.key(&old).is_active);
    assert_eq!(world.kinds(&old).last().unwrap(), "current");
    let events = world.events("Key Reinstated");
    assert_eq!((events.len(), &events[0]["key_id"]), (1, &old.as_str().into()), "{events:?}");
    assert_eq!(events[0]["evidence"], row["ledger"]["sha256"]);
    let logs = world.retire.all_logs();
    assert!(logs.lines().any(|line| line.contains("ERROR") && line.contains("rolled back")), "{logs}");
    // The key that was current before is ours and superseded now, and under these terms it is due.
    world.run();
    assert!(world.key(&old).is_active);
    world.check_chains().unwrap();
}

#[test]
fn a_rollback_is_healed_in_every_phase_of_a_broken_disablement() {
    for fault in ["before the record of the end", "found disabled by the next run"] {
        let (world, old) = World::superseded(&policy("act", DUE, TABLES));
        let bucket = world.retirement.bucket_server.faults();
        bucket.on_kill(world.retire.killer());
        world.forget_calls();
        // The state, the superseded record, `disabling`, then `disabled`: the process dies before it is written.
        let faults = world.stage.sentry_server.faults();
        faults.on_kill(world.retire.killer());
        faults.on("PUT key", 0, Fault::KillAfter);
        let invocation = world.retire.invoke(&json!({}), TIMEOUT);
        assert!(invocation.reply().is_none());
        faults.clear();
        assert!(!world.key(&old).is_active);
        assert_eq!(world.kinds(&old).last().unwrap(), "disabling");
        if fault.starts_with("found") {
            world.run();
            assert_eq!(world.kinds(&old)[3], "disabled");
        }
        world.roll_back();
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["untouchable", "active", "enable", "done"], "{fault}: {row:#}");
        assert!(world.key(&old).is_active, "{fault}");
        assert_eq!(world.events("Key Reinstated").len(), 1, "{fault}");
    }
}

/// The label moves exactly between the last look and the PUT, or with it.
#[test]
fn a_rollback_between_the_decision_and_the_put_is_undone_at_once() {
    for (call, fault) in [("GET key", Fault::KillBefore), ("PUT key", Fault::KillAfter), ("PUT key", Fault::KillBefore)]
    {
        for stage in ["AWSCURRENT", "AWSPENDING"] {
            let (world, old) = World::superseded(&policy("act", DUE, TABLES));
            let (store, secret) = (Arc::clone(&world.stage.store), world.stage.secret.clone());
            let previous = store.version_at(&secret, "AWSPREVIOUS").unwrap();
            world.forget_calls();
            let faults = world.stage.sentry_server.faults();
            faults.on_kill(move || store.set_stage(&secret, stage, Some(&previous)));
            faults.on(call, 0, fault.clone());
            let row = world.row(&old);
            assert!(world.key(&old).is_active, "{call} {fault:?} {stage}: {row:#}");
            assert_eq!(verdict(&row)[0], "untouchable", "{call} {fault:?} {stage}: {row:#}");
            assert_eq!((&row["action"], &row["result"]), (&"disable".into(), &"undone".into()), "{call} {fault:?}");
            assert_eq!(
                world.kinds(&old),
                ["current", "superseded", "disabling", "current"],
                "{call} {fault:?} {stage}"
            );
            assert_eq!(world.events("Key Reinstated").len(), 1);
            faults.clear();
            world.run();
            assert!(world.key(&old).is_active);
            world.check_chains().unwrap();
        }
    }
}

#[test]
fn an_undo_that_fails_is_made_up_for_by_the_next_run() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let (store, secret) = (Arc::clone(&world.stage.store), world.stage.secret.clone());
    let previous = store.version_at(&secret, "AWSPREVIOUS").unwrap();
    world.forget_calls();
    let faults = world.stage.sentry_server.faults();
    faults.on_kill(move || store.set_stage(&secret, "AWSCURRENT", Some(&previous)));
    faults.on("PUT key", 0, Fault::KillAfter);
    for nth in 1..=6 {
        faults.on("PUT key", nth, Fault::Status(503));
    }
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["result"]), (&"enable".into(), &"failed".into()), "{row:#}");
    assert_eq!(world.metrics()["ActionsFailed"], 1.0);
    faults.clear();
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "enable", "done"]);
    assert!(world.key(&old).is_active);
    assert_eq!(world.events("Key Reinstated").len(), 1);
}

#[test]
fn a_change_that_sentry_takes_and_does_not_make_is_never_on_record_as_made() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let faults = world.stage.sentry_server.faults();
    let ignored = |world: &World| {
        let key = world.key(&old);
        let as_before =
            json!({"id": key.id, "label": key.label, "projectId": key.project_id, "isActive": key.is_active});
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Fault::Answer(200, headers, as_before.to_string())
    };

    faults.every("PUT key", ignored(&world));
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "draining", "disable", "failed"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("took the request and did not disable the key"), "{row:#}");
    assert_eq!(world.kinds(&old).last().unwrap(), "disabling");
    assert!(world.key(&old).is_active && world.events("Key Disabled").is_empty());
    faults.clear();
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);

    world.roll_back();
    faults.every("PUT key", ignored(&world));
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["result"]), (&"enable".into(), &"failed".into()), "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("took the request and did not enable the key"), "{row:#}");
    assert!(!world.key(&old).is_active && world.events("Key Reinstated").is_empty());
    faults.clear();
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "enable", "done"]);
    world.check_chains().unwrap();
}

#[test]
fn a_label_that_moved_after_the_list_was_read_is_seen_before_anything_is_done() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    // The list of secrets is late by minutes: it still shows what was true before the rollback.
    let late = world.listed();
    world.roll_back();
    world.stage.store_server.faults().every("ListSecrets", late);
    world.forget_calls();
    let row = world.row(&old);
    assert_eq!(verdict(&row)[0], "untouchable", "{row:#}");
    assert!(world.writes().is_empty(), "{:?}", world.writes());
    assert!(world.key(&old).is_active);
}

#[test]
fn a_late_list_gives_no_disabled_key_back() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.roll_back();
    let late = world.listed();
    world.roll_back();
    world.run();
    assert!(!world.key(&old).is_active);
    // For once the list shows the key as current again, as it was before.
    world.stage.store_server.faults().every("ListSecrets", late);
    world.forget_calls();
    let row = world.row(&old);
    assert!(!world.key(&old).is_active, "{row:#}");
    assert!(world.writes().is_empty(), "{row:#}");
    world.stage.store_server.faults().clear();
    assert_eq!(verdict(&world.row(&old))[..2], ["ours", "disabled"]);
    assert_eq!(world.events("Key Reinstated").len(), 0);
}

#[test]
fn a_key_that_a_person_enables_again_is_left_alone() {
    let (world, old) = disabled();
    world.stage.sentry.edit_key(&old, |key| key.is_active = true);
    world.forget_calls();
    for _ in 0..3 {
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "reinstated", "-", "none"], "{row:#}");
        assert!(row["remedy"].as_str().unwrap().contains("[[consent]]"), "{row:#}");
    }
    assert!(world.writes().is_empty() && world.key(&old).is_active);
    assert_eq!(world.kinds(&old).last().unwrap(), "reinstated");
    assert_eq!(world.events("Key Reinstated").len(), 1);
    world.pass(1_000 * 86_400);
    assert_eq!(verdict(&world.row(&old)), ["ours", "reinstated", "-", "none"]);
}

#[test]
fn a_new_consent_clears_a_reinstated_key() {
    let (mut world, old) = disabled();
    world.stage.sentry.edit_key(&old, |key| key.is_active = true);
    world.run();
    world.set_policy(&policy("act", DUE, &format!("{TABLES}{}", consent(&old, "OPS-3", FOR_EVER))));
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    // It is used up by that.
    world.stage.sentry.edit_key(&old, |key| key.is_active = true);
    for _ in 0..2 {
        assert_eq!(verdict(&world.row(&old)), ["ours", "reinstated", "-", "none"]);
    }
    assert!(world.key(&old).is_active);
}

#[test]
fn a_consent_that_held_already_when_a_person_enabled_the_key_clears_nothing() {
    let (mut world, old) = disabled();
    world.set_policy(&policy("act", DUE, &format!("{TABLES}{}", consent(&old, "OPS-3", FOR_EVER))));
    world.run();
    world.stage.sentry.edit_key(&old, |key| key.is_active = true);
    world.forget_calls();
    for _ in 0..3 {
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "reinstated", "-", "none"], "{row:#}");
    }
    assert!(world.writes().is_empty() && world.key(&old).is_active);
    world.set_policy(&policy("act", DUE, &format!("{TABLES}{}", consent(&old, "OPS-4", FOR_EVER))));
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
}

#[test]
fn a_person_clears_a_reinstated_key_by_disabling_it() {
    let (world, old) = disabled();
    world.stage.sentry.edit_key(&old, |key| key.is_active = true);
    world.run();
    world.stage.sentry.edit_key(&old, |key| key.is_active = false);
    let row = world.row(&old);
    assert_eq!(verdict(&row)[..2], ["ours", "disabled"], "{row:#}");
    world.run();
    let row = world.row(&old);
    assert_eq!(row["proof"]["grade"], "ingestion", "{row:#}");
    // That disablement is the person's: a rollback to it is not undone behind the person's back.
    world.roll_back();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["untouchable", "active", "-", "none"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("somebody disabled it"), "{row:#}");
}

#[test]
fn a_key_that_somebody_revoked_is_not_given_back_by_a_rollback() {
    let world = World::new();
    world.rotation();
    let leaked = world.current();
    world.run();
    Retirement::connect_rotation(&world.stage);
    let revoke = Restarting::new(world.retirement.revoke.clone());
    assert!(revoke.invoke(&Retirement::order(&world.stage, &leaked), TIMEOUT).reply().is_some());
    world.stage.store.join_rotations();
    let version = world.stage.store.version_at(&world.stage.secret, "AWSPREVIOUS").unwrap();
    world.stage.store.set_stage(&world.stage.secret, "AWSCURRENT", Some(&version));
    let row = world.row(&leaked);
    assert_eq!(verdict(&row), ["untouchable", "disabled", "-", "none"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("revoked"), "{row:#}");
    assert!(!world.key(&leaked).is_active);
    // A person can: from then on it is a current key like any other.
    world.stage.sentry.edit_key(&leaked, |key| key.is_active = true);
    assert_eq!(verdict(&world.row(&leaked)), ["untouchable", "active", "-", "none"]);
}

#[test]
fn the_last_key_that_works_is_not_disabled_while_the_one_that_took_its_place_does_not() {
    let world = World::new();
    world.rotation();
    world.run();
    let old = world.rotation();
    let current = world.current();
    world.stage.sentry.edit_key(&current, |key| key.is_active = false);
    let row = world.row(&old);
    assert_eq!((&row["state"], &row["action"]), (&"draining".into(), &serde_json::Value::Null), "{row:#}");
    assert!(world.key(&old).is_active);
    world.stage.sentry.edit_key(&current, |key| key.is_active = true);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
}
