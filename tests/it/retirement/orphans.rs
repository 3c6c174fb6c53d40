//! Keys that a rotation made and no version holds.

use std::sync::{Arc, Mutex};

use integration_tests::TIMEOUT;
use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::secrets_manager::rotation;

use super::stage::{DUE, FOR_EVER, TABLES, World, consent, now, policy, unix_now, verdict};

const DAY: i64 = 86_400;

fn graceful() -> String {
    policy("act", DUE, "[orphan]\ngrace = \"3d\"\n[proof]\ndeadline = \"1h\"\nrefusals = 2\n")
}

/// A rotation whose process dies when the key is made: the pending version stays empty. The token, and the key.
fn killed_rotation(world: &World) -> (String, String) {
    let token = world.stage.store.begin_rotation(&world.stage.secret).unwrap();
    let faults = world.stage.sentry_server.faults();
    faults.on_kill(world.rotate.killer());
    world.stage.sentry_server.forget_calls();
    faults.on("POST keys", 0, Fault::KillAfter);
    let event = rotation::event("createSecret", &world.stage.secret, &token, None);
    let outcome = world.rotate.invoke(&event, TIMEOUT);
    assert!(outcome.clone().reply().is_none(), "{outcome:?}");
    faults.clear();
    (token, world.keys().last().unwrap().id.clone())
}

/// Secrets Manager tries a rotation again, and it completes.
fn complete(world: &World, token: &str) {
    let finished = rotation::reattempt(&world.stage.store, &world.stage.secret, token, 1, &mut |event| {
        world.rotate.invoke(&event, TIMEOUT).into_step_result()
    });
    assert!(finished.succeeded, "{finished:#?}");
}

fn abandon(world: &World) {
    world.stage.store.set_stage(&world.stage.secret, "AWSPENDING", None);
}

/// A world in which a killed rotation was ended by a person; its token, and its key.
fn abandoned() -> (World, String, String) {
    let world = World::new();
    world.rotation();
    world.run();
    let (token, key) = killed_rotation(&world);
    abandon(&world);
    (world, token, key)
}

#[test]
fn the_key_of_a_rotation_that_is_under_way_is_never_touched() {
    let world = World::new();
    world.rotation();
    world.run();
    let (token, key) = killed_rotation(&world);
    world.forget_calls();
    for _ in 0..3 {
        assert_eq!(verdict(&world.row(&key)), ["untouchable", "active", "-", "none"]);
    }
    assert!(world.writes().is_empty());
    assert_eq!(world.kinds(&key), [""; 0]);
    complete(&world, &token);
    assert_eq!(world.current(), key);
    assert_eq!(verdict(&world.row(&key)), ["untouchable", "active", "-", "none"]);
}

#[test]
fn the_key_of_an_abandoned_rotation_is_disabled_after_a_grace_of_its_own_and_never_deleted() {
    let mut world = World::with_policy(&graceful().replace("quarantine", "delete = true\nquarantine"));
    world.retirement.retire = with_deleter(&world);
    world.cool_down();
    world.rotation();
    world.run();
    let (_, key) = killed_rotation(&world);
    abandon(&world);
    let row = world.row(&key);
    assert_eq!(verdict(&row), ["orphan", "superseded", "-", "none"], "{row:#}");
    assert_eq!(world.metrics()["OrphanKeys"], 1.0);
    world.pass(2 * DAY);
    assert_eq!(verdict(&world.row(&key)), ["orphan", "superseded", "-", "none"]);
    world.pass(DAY);
    assert_eq!(verdict(&world.row(&key)), ["orphan", "disabled", "disable", "done"]);
    assert_eq!(world.kinds(&key), ["orphan", "disabling", "disabled", "proven"]);
    let _proofs = [world.run(), world.run()];
    world.pass(30 * DAY);
    for _ in 0..2 {
        assert_eq!(verdict(&world.row(&key)), ["orphan", "disabled", "-", "none"]);
    }
    assert!(!world.key(&key).is_active);
    let told: Vec<_> = world.told(&key).into_iter().map(|(what, count)| format!("{what} {count}")).collect();
    assert_eq!(told, ["Key Disabled 1", "Key Orphaned 1", "Key Proven Dead 2"]);
}

#[test]
fn an_orphan_whose_rotation_came_back_unseen_has_the_whole_grace_of_a_superseded_key() {
    let grace = "grace = \"7d\"\ngrace_max = \"7d\"\nat_grace_max = \"disable\"\nquarantine = \"0s\"\n";
    let world = World::with_policy(&graceful().replace(DUE, grace));
    world.rotation();
    world.run();
    let (token, key) = killed_rotation(&world);
    abandon(&world);
    assert_eq!(verdict(&world.row(&key)), ["orphan", "superseded", "-", "none"]);
    world.stage.store.set_stage(&world.stage.secret, "AWSPENDING", Some(&token));
    complete(&world, &token);
    assert_eq!(world.current(), key);
    world.roll_back();
    world.rotation();
    // Over the grace of an orphan; applications read it a moment ago.
    world.pass(4 * DAY);
    for _ in 0..2 {
        assert_eq!(verdict(&world.row(&key)), ["ours", "superseded", "-", "none"]);
    }
    assert_eq!(world.kinds(&key), ["orphan", "superseded"]);
    world.pass(7 * DAY);
    assert_eq!(verdict(&world.row(&key)), ["ours", "disabled", "disable", "done"]);
    world.check_chains().unwrap();
}

fn with_deleter(world: &World) -> testkit::lambda::Function {
    let token = world.stage.sentry.add_token("acme", &["project:admin"]);
    world.stage.store.create_secret("sentry/deletion", Some(&format!(r#"{{"token":"{token}"}}"#)), &[]);
    world.retirement.retire.clone().env("SENTRY_DELETE_AUTH_SECRET_ID", "sentry/deletion")
}

#[test]
fn with_consent_an_orphan_is_deleted_as_well() {
    let mut world = World::new();
    world.retirement.retire = with_deleter(&world);
    world.rotation();
    world.run();
    let (_, key) = killed_rotation(&world);
    abandon(&world);
    let terms = format!("{DUE}delete = true\n");
    world.set_policy(&policy("act", &terms, &format!("{TABLES}{}", consent(&key, "OPS-9", FOR_EVER))));
    world.run();
    assert!(!world.key(&key).is_active);
    let _proofs = [world.run(), world.run()];
    assert_eq!(verdict(&world.row(&key)), ["orphan", "deleted", "delete", "done"]);
    assert!(world.keys().iter().all(|other| other.id != key));
}

#[test]
fn of_two_versions_in_one_second_neither_is_taken_for_the_next() {
    let (world, token, key) = abandoned();
    let (store, secret) = (&world.stage.store, &world.stage.secret);
    let made: jiff::Timestamp = world.key(&key).date_created.parse().unwrap();
    let before = f64::from(u32::try_from(made.as_second() - 1).unwrap());
    store.set_version_created(secret, &token, before);
    // Whatever the order of the list, one of these comes after it.
    for other in ["00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-8fff-ffffffffffff"] {
        store.add_version(secret, other, None, &[]);
        store.set_version_created(secret, other, before);
    }
    assert_eq!(verdict(&world.row(&key)), ["orphan", "disabled", "disable", "done"]);
}

#[test]
fn of_two_keys_for_one_version_the_one_that_it_does_not_hold_is_an_orphan() {
    let world = World::new();
    world.rotation();
    world.run();
    let token = world.stage.store.begin_rotation(&world.stage.secret).unwrap();
    let second = world.add_marked(&token);
    // The older of the two is taken: this one is younger.
    world.stage.sentry.edit_key(&second, |key| key.is_active = false);
    complete(&world, &token);
    let current = world.current();
    assert_ne!(current, second);
    world.stage.sentry.edit_key(&second, |key| key.is_active = true);
    let (older, made) = (world.key(&second).date_created, world.key(&current).date_created);
    // Nobody can copy a mark that no key bears yet. A later one may be a copy, were it made in the same instant.
    world.stage.sentry.edit_key(&second, |key| key.date_created = made);
    assert_eq!(verdict(&world.row(&second)), ["foreign", "active", "-", "none"]);
    world.stage.sentry.edit_key(&second, |key| key.date_created = older);
    assert_eq!(verdict(&world.row(&second)), ["orphan", "disabled", "disable", "done"]);
    assert!(world.key(&current).is_active);
}

#[test]
fn of_two_keys_with_a_mark_whose_version_holds_a_persons_value_only_the_first_is_an_orphan() {
    let world = World::new();
    world.rotation();
    world.run();
    let (token, first) = killed_rotation(&world);
    let copied = world.add_marked(&token);
    // A person writes the value that the dead attempt did not: of a key of theirs, younger than both.
    let theirs = world.stage.sentry.add_key("acme", "storefront", "made by hand");
    world.made_now(&theirs.id);
    world.stage.store.purge_version(&world.stage.secret, &token);
    world.stage.store.add_version(&world.stage.secret, &token, Some(&world.value(&theirs, "storefront")), &[]);
    let reply = world.run();
    assert_eq!(verdict(&world.row_of(&reply, &copied)), ["foreign", "active", "-", "none"]);
    assert_eq!(verdict(&world.row_of(&reply, &first)), ["orphan", "disabled", "disable", "done"]);
    assert!(world.key(&copied).is_active && world.key(&theirs.id).is_active);
}

#[test]
fn a_key_that_a_person_made_after_the_promotion_with_a_copied_label_is_foreign() {
    let world = World::new();
    world.rotation();
    world.run();
    let current = world.stage.store.version_at(&world.stage.secret, "AWSCURRENT").unwrap();
    let copied = world.add_marked(&current);
    let later = (now() + jiff::SignedDuration::from_secs(3_600)).to_string();
    world.stage.sentry.edit_key(&copied, |key| key.date_created = later);
    for _ in 0..2 {
        let row = world.row(&copied);
        assert_eq!(verdict(&row), ["foreign", "active", "-", "none"], "{row:#}");
        assert!(row["reason"].as_str().unwrap().contains("copied label"), "{row:#}");
    }
    // Nor is it an orphan once its version is superseded, or gone.
    world.rotation();
    assert_eq!(verdict(&world.row(&copied)), ["foreign", "active", "-", "none"]);
    world.rotation();
    assert_eq!(verdict(&world.row(&copied)), ["foreign", "active", "-", "none"]);
    world.stage.store.purge_version(&world.stage.secret, &current);
    assert_eq!(verdict(&world.row(&copied)), ["foreign", "active", "-", "none"]);
    assert!(world.key(&copied).is_active);
    assert_eq!(world.kinds(&copied), [""; 0]);
}

#[test]
fn an_orphan_that_sends_events_is_spared() {
    let (world, _, key) = abandoned();
    let now: u64 = unix_now();
    world.stage.sentry.set_stats(&key, vec![(now - 600, 1)]);
    for _ in 0..2 {
        let row = world.row(&key);
        assert_eq!(verdict(&row), ["orphan", "still-in-use", "-", "none"], "{row:#}");
    }
    assert!(world.key(&key).is_active);
    assert_eq!(world.events("Key Still In Use").len(), 1);
    world.stage.sentry.set_stats(&key, vec![]);
    assert_eq!(verdict(&world.row(&key)), ["orphan", "disabled", "disable", "done"]);
}

/// A run whose list of secrets was read before a rotation began, and its list of keys after it made its key: the row of that
/// key, and its id.
/// `is_stored` says whether it is AWSPENDING's value by then.
fn run_beside_a_rotation(world: &World, is_stored: bool) -> (Value, String) {
    world.rotation();
    world.run();
    let (store, sentry, secret) =
        (Arc::clone(&world.stage.store), Arc::clone(&world.stage.sentry), world.stage.secret.clone());
    let made = Arc::new(Mutex::new(String::new()));
    let key = Arc::clone(&made);
    let faults = world.stage.sentry_server.faults();
    world.stage.sentry_server.forget_calls();
    faults.on_kill(move || {
        let token = store.begin_rotation(&secret).unwrap();
        let label = crate::support::label("acme/storefront", &secret, &token);
        let made = sentry.add_key("acme", "storefront", &label);
        if is_stored {
            let dsn = sentry.public_dsn(&made);
            let document = json!({"dsn": dsn, "organization": "acme", "project": "storefront"}).to_string();
            store.add_version(&secret, &token, Some(&document), &["AWSPENDING"]);
        }
        *key.lock().unwrap() = made.id;
    });
    // The request is sent again, and sees the new key.
    faults.on("GET keys", 0, Fault::KillBefore);
    let reply = world.run();
    let made = made.lock().unwrap().clone();
    (world.row_of(&reply, &made), made)
}

#[test]
fn a_key_of_a_rotation_that_began_after_the_secrets_were_listed_is_not_touched() {
    let world = World::new();
    let (row, made) = run_beside_a_rotation(&world, false);
    assert_eq!(verdict(&row), ["untouchable", "active", "-", "none"], "{row:#}");
    assert!(world.key(&made).is_active);
    assert_eq!(world.kinds(&made), [""; 0]);
}

/// Found by exploration: its records said "superseded" before it was ever current, and its grace was counted from there.
#[test]
fn a_key_that_was_stored_as_pending_after_the_secrets_were_listed_is_not_taken_for_superseded() {
    let world = World::new();
    let (row, made) = run_beside_a_rotation(&world, true);
    assert_eq!(verdict(&row), ["untouchable", "active", "-", "none"], "{row:#}");
    assert_eq!(world.kinds(&made), [""; 0]);
}
