//! The life of a superseded key, from its birth record to its end.

use integration_tests::evidence::digest;

use super::stage::{World, policy, verdict};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Real durations.
fn slow() -> String {
    policy(
        "act",
        "grace = \"7d\"\ngrace_max = \"30d\"\nat_grace_max = \"disable\"\nquarantine = \"14d\"\n",
        "[orphan]\ngrace = \"3d\"\n[proof]\ndeadline = \"1h\"\nrefusals = 2\n",
    )
}

#[test]
fn a_key_of_ours_is_disabled_proven_and_its_whole_life_is_on_record() {
    let world = World::new();
    world.rotation();
    world.run();
    let old = world.rotation();
    let new = world.current();
    let before = world.outside();
    world.forget_calls();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "{row:#}");
    assert_eq!(world.writes(), ["PUT key"]);
    let mut after = world.outside();
    let key = after.keys.iter_mut().find(|key| key.id == old).unwrap();
    assert!(!std::mem::replace(&mut key.is_active, true));
    assert_eq!(after, before, "nothing else changed");
    assert!(world.key(&new).is_active);
    assert_eq!(world.kinds(&old), ["current", "superseded", "disabling", "disabled", "proven", "refused"]);
    assert_eq!(row["proof"]["grade"], "question");
    let metrics = world.metrics();
    assert_eq!((&metrics["KeysDisabled"], &metrics["KeysAwaitingProof"]), (&1.0.into(), &1.0.into()), "{metrics}");
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["proof"]["grade"]), (&"prove".into(), &"ingestion".into()), "{row:#}");
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["result"]), (&serde_json::Value::Null, &"none".into()), "{row:#}");
    let metrics = world.metrics();
    assert_eq!((&metrics["KeysDisabled"], &metrics["KeysAwaitingProof"]), (&0.0.into(), &0.0.into()), "{metrics}");
    world.check_chains().unwrap();
}

#[test]
fn every_event_carries_the_digest_of_the_record_that_it_tells_of() {
    let (world, old) = World::superseded(&slow());
    world.run();
    world.pass(31 * DAY);
    world.run();
    let records: Vec<String> = world
        .retirement
        .bucket
        .keys()
        .iter()
        .filter(|name| name.contains(&old))
        .map(|name| digest(&world.retirement.bucket.object(name).unwrap()))
        .collect();
    assert_eq!(world.kinds(&old), ["current", "superseded", "disabling", "disabled", "proven", "refused"]);
    for (what, at) in [("Key Disabled", 3), ("Key Proven Dead", 4)] {
        let event = world.events(what).into_iter().find(|event| event["key_id"] == old.as_str()).unwrap();
        assert_eq!(event["evidence"], records[at], "{what}");
        assert_eq!((&event["version"], &event["function"]), (&1.into(), &"retire-keys".into()));
        assert_eq!((&event["organization"], &event["project"]), (&"acme".into(), &"storefront".into()));
        assert_eq!(
            (&event["secret_arn"], &event["owner"]),
            (&world.stage.secret.as_str().into(), &"storefront-team".into())
        );
        assert_eq!(event["version_id"], world.stage.store.version_at(&world.stage.secret, "AWSPREVIOUS").unwrap());
    }
    let told = [("Key Disabled".to_owned(), 1), ("Key Proven Dead".to_owned(), 1), ("Key Superseded".to_owned(), 1)];
    assert_eq!(world.told(&old), told);
    let row = world.row(&old);
    let names: Vec<String> = world.retirement.bucket.keys().into_iter().filter(|name| name.contains(&old)).collect();
    let newest = digest(&world.retirement.bucket.object(names.last().unwrap()).unwrap());
    assert_eq!((&row["ledger"]["sha256"], &row["ledger"]["sequence"]), (&newest.into(), &names.len().into()));
}

#[test]
fn grace_and_the_longest_grace_are_measured_from_the_first_observation() {
    let (world, old) = World::superseded(&slow());
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "superseded", "-", "none"], "{row:#}");
    assert_eq!(world.metrics()["KeysSuperseded"], 2.0, "this one, and the first key, which is adopted");
    world.pass(7 * DAY - HOUR);
    assert_eq!(verdict(&world.row(&old)), ["ours", "superseded", "-", "none"]);
    world.pass(2 * HOUR);
    assert_eq!(verdict(&world.row(&old)), ["ours", "draining", "-", "none"]);
    world.pass(23 * DAY - 2 * HOUR);
    assert_eq!(verdict(&world.row(&old)), ["ours", "draining", "-", "none"]);
    assert!(world.key(&old).is_active);
    world.pass(2 * HOUR);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    assert!(!world.key(&old).is_active);
}

#[test]
fn the_state_is_reset_when_a_key_is_current_again() {
    let (world, old) = World::superseded(&slow());
    world.run();
    world.pass(29 * DAY);
    assert_eq!(verdict(&world.row(&old)), ["ours", "draining", "-", "none"]);
    world.roll_back();
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "-", "none"]);
    let kinds = world.kinds(&old);
    assert_eq!(kinds.last().unwrap(), "current", "{kinds:?}");
    world.roll_back();
    world.run();
    world.pass(2 * DAY);
    assert_eq!(verdict(&world.row(&old)), ["ours", "superseded", "-", "none"]);
    assert_eq!(world.kinds(&old), ["current", "superseded", "current", "superseded"]);
    assert!(world.key(&old).is_active);
}

#[test]
fn a_key_that_is_previous_when_it_is_first_seen_gets_its_birth_record_then_and_its_grace_begins_there() {
    let world = World::with_policy(&slow());
    world.rotation();
    let old = world.rotation();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "superseded", "-", "none"], "{row:#}");
    assert_eq!(world.kinds(&old), ["superseded"]);
    world.pass(6 * DAY);
    assert_eq!(world.row(&old)["state"], "superseded");
}

#[test]
fn a_current_key_gets_its_birth_record_once() {
    let world = World::new();
    world.rotation();
    let current = world.current();
    for _ in 0..3 {
        assert_eq!(verdict(&world.row(&current)), ["untouchable", "active", "-", "none"]);
    }
    assert_eq!(world.kinds(&current), ["current"]);
    assert_eq!(world.told(&current), []);
}

#[test]
fn quarantine_and_the_deadline_of_the_proof_are_measured_from_the_disablement() {
    let (world, old) = World::superseded(&slow().replace("quarantine", "delete = true\nquarantine"));
    world.run();
    world.pass(31 * DAY);
    world.run();
    let row = world.row(&old);
    assert_eq!(row["proof"]["grade"], "ingestion", "{row:#}");
    world.pass(13 * DAY);
    let row = world.row(&old);
    assert!(row["reason"].as_str().unwrap().contains("is kept until"), "{row:#}");
    world.pass(2 * DAY);
    let row = world.row(&old);
    assert!(row["reason"].as_str().unwrap().contains("SENTRY_DELETE_AUTH_SECRET_ID"), "{row:#}");
    assert_eq!(verdict(&row), ["ours", "disabled", "-", "none"]);
}

#[test]
fn a_key_that_a_person_deletes_is_told_of_once_and_then_forgotten() {
    let (world, old) = World::superseded(&slow());
    world.run();
    world.stage.sentry.delete_key(&old);
    assert_eq!(verdict(&world.row(&old)), ["ours", "deleted", "-", "none"]);
    assert_eq!(world.kinds(&old), ["current", "superseded", "deleted"]);
    let reply = world.run();
    assert!(world.retirement.rows(&reply).iter().all(|row| row["key_id"] != old.as_str()));
    assert_eq!(world.told(&old), [("Key Deleted".to_owned(), 1), ("Key Superseded".to_owned(), 1)]);
}
