//! What a first deployment does: it says what it would do, and touches nothing.

use super::stage::{DUE, TABLES, World, consent, policy, verdict};

const DAY: i64 = 86_400;

fn graceful(mode: &str) -> String {
    let terms = "grace = \"7d\"\ngrace_max = \"7d\"\nat_grace_max = \"disable\"\nquarantine = \"0s\"\n";
    policy(mode, terms, TABLES)
}

#[test]
fn observing_writes_down_what_is_seen_says_what_would_be_done_and_touches_nothing() {
    let (world, old) = World::superseded(&policy("observe", DUE, TABLES));
    let orphan = world.add_marked(&world.stage.store.version_at(&world.stage.secret, "AWSCURRENT").unwrap());
    let made: jiff::Timestamp = world.key(&world.current()).date_created.parse().unwrap();
    let before_it = (made - jiff::SignedDuration::from_millis(1)).to_string();
    world.stage.sentry.edit_key(&orphan, |key| key.date_created = before_it);
    let before = world.outside();
    world.forget_calls();
    for _ in 0..3 {
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "draining", "disable", "observed"], "{row:#}");
        assert!(world.writes().is_empty());
    }
    assert_eq!(world.outside(), before);
    assert_eq!(world.kinds(&old), ["current", "superseded"]);
    assert_eq!(verdict(&world.row(&orphan)), ["orphan", "draining", "disable", "observed"]);
    assert_eq!(world.kinds(&orphan), ["orphan"]);
    let metrics = world.metrics();
    assert_eq!((&metrics["KeysDisabled"], &metrics["OrphanKeys"]), (&0.0.into(), &1.0.into()), "{metrics}");
    let reply = world.run();
    assert_eq!(reply["counts"]["action"]["disable"], 2, "{reply:#}");
    assert_eq!(world.told(&old), [("Key Superseded".to_owned(), 1)]);
    assert!(world.retire.all_logs().contains("mode=observe"));
}

#[test]
fn a_rollback_to_a_disabled_key_is_only_told_of_while_observing() {
    let (mut world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.run();
    assert!(!world.key(&old).is_active);
    world.set_policy(&policy("observe", DUE, TABLES));
    world.roll_back();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["untouchable", "disabled", "enable", "observed"], "{row:#}");
    assert!(!world.key(&old).is_active);
    world.set_policy(&policy("act", DUE, TABLES));
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "enable", "done"]);
}

#[test]
fn the_grace_that_ran_while_observing_counts() {
    let (mut world, old) = World::superseded(&graceful("observe"));
    world.run();
    world.pass(6 * DAY);
    assert_eq!(verdict(&world.row(&old)), ["ours", "superseded", "-", "none"]);
    world.set_policy(&graceful("act"));
    assert_eq!(verdict(&world.row(&old)), ["ours", "superseded", "-", "none"]);
    world.pass(DAY);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    assert_eq!(world.kinds(&old), ["current", "superseded", "disabling", "disabled", "proven", "refused"]);
}

#[test]
fn a_policy_that_says_no_mode_and_no_policy_at_all_observe() {
    for policy in [graceful("observe").replace("mode = \"observe\"\n", ""), String::new()] {
        let world = World::with(&policy, |_, retirement| {
            if policy.is_empty() {
                retirement.retire = retirement.retire.clone().env("KEY_POLICY_PATH", "/nonexistent/policy.toml");
            }
        });
        let old = world.supersede();
        world.run();
        world.pass(3_000 * DAY);
        let before = world.outside();
        world.forget_calls();
        let row = world.row(&old);
        assert!(row["result"] == "observed" || row["action"].is_null(), "{row:#}");
        assert_eq!((world.outside(), world.writes()), (before, vec![]));
    }
}

#[test]
fn proof_and_deletion_wait_for_the_mode_as_well() {
    let (mut world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.run();
    world.set_policy(&policy("observe", DUE, TABLES));
    world.forget_calls();
    let kinds = world.kinds(&old);
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "prove", "observed"], "{row:#}");
    assert_eq!(world.kinds(&old), kinds);
    let asked = world.stage.sentry_server.call_names();
    assert!(asked.iter().all(|name| name.starts_with("GET ")), "{asked:?}");
    let adopted = world.keys()[0].id.clone();
    world.set_policy(&policy("observe", DUE, &format!("{TABLES}{}", consent(&adopted, "OPS-1", "2099-12-31"))));
    let row = world.row(&adopted);
    assert_eq!(verdict(&row), ["adopted", "draining", "disable", "observed"], "{row:#}");
}
