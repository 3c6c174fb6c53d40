//! What another run, another function or a person does between two looks of a run.

use std::sync::Arc;

use integration_tests::{Retirement, TIMEOUT};
use serde_json::json;
use testkit::fault::Fault;
use testkit::lambda::Restarting;

use super::stage::{AT, DUE, TABLES, World, policy, roll_back, verdict};

/// Another run, from its beginning to its end.
fn other_run(world: &World) -> impl FnMut() + Send + 'static {
    let other = Restarting::new(world.retirement.retire.clone());
    move || {
        let invocation = other.invoke(&json!({}), TIMEOUT);
        assert!(invocation.clone().reply().is_some(), "{invocation:?}\n{}", other.all_logs());
    }
}

/// Lets the next run remember what was remembered before these were at work: of runs at once the last one to end is remembered.
fn with_older_memory(world: &World, others: impl FnOnce()) {
    let name = world.state_name();
    let memory = world.retirement.bucket.object(&name).unwrap();
    others();
    world.retirement.bucket.put(&name, memory);
}

#[test]
fn a_key_that_another_run_gave_back_is_not_written_down_as_disabled() {
    let (world, old) = World::overdue();
    with_older_memory(&world, || {
        assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    });
    let (mut other, store, secret) = (other_run(&world), Arc::clone(&world.stage.store), world.stage.secret.clone());
    // Rolled back and forth again, with a run of somebody else's after each.
    world.once_keys_are_listed(move || {
        for _ in 0..2 {
            roll_back(&store, &secret);
            other();
        }
    });
    let before = world.kinds(&old).len();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "superseded", "-", "none"], "{row:#}");
    assert_eq!(world.kinds(&old)[before..], ["current", "superseded"], "{row:#}");
    assert!(world.key(&old).is_active);
    // Its grace goes on, and ends.
    assert_eq!(verdict(&world.row(&old)), ["ours", "superseded", "-", "none"]);
    world.pass(3_600);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    world.check_chains().unwrap();
}

#[test]
fn a_key_that_another_run_disabled_is_not_written_down_as_enabled_by_somebody() {
    let (world, old) = World::overdue();
    let other = other_run(&world);
    world.once_keys_are_listed(other);
    let row = world.row(&old);
    assert_eq!(verdict(&row)[..2], ["ours", "disabled"], "{row:#}");
    assert!(!world.kinds(&old).contains(&"reinstated".to_owned()), "{:?}", world.kinds(&old));
    // A rollback gives it back: nobody else has touched it.
    world.roll_back();
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "enable", "done"]);
    world.check_chains().unwrap();
}

#[test]
fn a_key_that_seemed_to_be_current_and_enabled_while_another_run_disabled_it_is_given_back() {
    let (world, old) = World::overdue();
    world.roll_back();
    let (mut other, store, secret) = (other_run(&world), Arc::clone(&world.stage.store), world.stage.secret.clone());
    // Both lists were read before: by them the key is current, and enabled.
    world.once_keys_are_listed(move || {
        roll_back(&store, &secret);
        other();
        roll_back(&store, &secret);
    });
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["untouchable", "active", "enable", "done"], "{row:#}");
    assert!(world.key(&old).is_active);
    world.check_chains().unwrap();
}

#[test]
fn a_key_that_was_revoked_while_a_run_was_about_to_give_it_back_stays_disabled() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.run();
    world.roll_back();
    Retirement::connect_rotation(&world.stage);
    let revoke = Restarting::new(world.retirement.revoke.clone());
    let order = Retirement::order(&world.stage, &old);
    let (store, secret) = (Arc::clone(&world.stage.store), world.stage.secret.clone());
    let version = store.version_at(&secret, "AWSCURRENT").unwrap();
    world.once_keys_are_listed(move || {
        let invocation = revoke.invoke(&order, TIMEOUT);
        assert!(invocation.clone().reply().is_some(), "{invocation:?}\n{}", revoke.all_logs());
        store.join_rotations();
        store.set_stage(&secret, "AWSCURRENT", Some(&version));
    });
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["untouchable", "disabled", "-", "none"], "{row:#}");
    assert!(!world.key(&old).is_active, "{row:#}");
}

#[test]
fn a_current_value_that_is_not_visible_yet_may_be_the_key() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let (store, secret) = (Arc::clone(&world.stage.store), world.stage.secret.clone());
    // The label is visible, and the value not yet.
    world.once_keys_are_listed(move || store.add_version(&secret, AT[0], None, &["AWSCURRENT"]));
    world.forget_calls();
    let row = world.row(&old);
    assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("the value of acme/storefront cannot be read"), "{row:#}");
    assert!(world.writes().is_empty() && world.key(&old).is_active, "{:?}", world.writes());
}

#[test]
fn a_key_that_becomes_pending_beside_a_hidden_value_is_given_back() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let (store, secret) = (Arc::clone(&world.stage.store), world.stage.secret.clone());
    let previous = store.version_at(&secret, "AWSPREVIOUS").unwrap();
    let faults = world.stage.sentry_server.faults();
    faults.on_kill(move || {
        store.add_version(&secret, AT[0], None, &["AWSCURRENT"]);
        store.set_stage(&secret, "AWSPENDING", Some(&previous));
    });
    world.forget_calls();
    faults.on("PUT key", 0, Fault::KillAfter);
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["result"]), (&"disable".into(), &"undone".into()), "{row:#}");
    assert!(world.key(&old).is_active);
}

/// A world whose key is due, and what a person does then: they store it in another secret of its project, under this label.
fn about_to_be_taken(stage: &'static str) -> (World, String, impl Fn() + Send + Sync + 'static) {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let (other, _) = world.add_secret("acme/storefront-2", "storefront");
    world.run_observing(&old);
    let (store, value) = (Arc::clone(&world.stage.store), world.value(&world.key(&old), "storefront"));
    (world, old, move || store.add_version(&other, AT[0], Some(&value), &[stage]))
}

#[test]
fn a_key_that_another_secret_has_taken_since_the_lists_were_read_is_left_alone() {
    for stage in ["AWSCURRENT", "AWSPENDING"] {
        let (world, old, take) = about_to_be_taken(stage);
        world.once_keys_are_listed(take);
        world.forget_calls();
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["untouchable", "active", "-", "none"], "{stage}: {row:#}");
        assert!(world.writes().is_empty() && world.key(&old).is_active, "{stage}: {:?}", world.writes());
    }
}

#[test]
fn a_key_that_another_secret_takes_while_it_is_disabled_is_given_back_at_once() {
    for stage in ["AWSCURRENT", "AWSPENDING"] {
        let (world, old, take) = about_to_be_taken(stage);
        let faults = world.stage.sentry_server.faults();
        faults.on_kill(take);
        world.forget_calls();
        faults.on("PUT key", 0, Fault::KillAfter);
        let row = world.row(&old);
        assert_eq!((&row["action"], &row["result"]), (&"disable".into(), &"undone".into()), "{stage}: {row:#}");
        assert!(world.key(&old).is_active, "{stage}");
        assert_eq!(world.events("Key Reinstated").len(), 1, "{stage}");
        world.check_chains().unwrap();
    }
}
