//! What Sentry's counts of events say, and what they do not.

use testkit::fault::Fault;

use super::stage::{TABLES, World, policy, unix_now, verdict};

const DAY: i64 = 86_400;

/// A use case that sends errors alone, and one that does not say so.
fn terms(declared: bool, at_grace_max: &str) -> String {
    let signals = if declared { "signals = [\"errors\"]\nquiet_for = \"2d\"\n" } else { "" };
    let terms = format!(
        "grace = \"1d\"\ngrace_max = \"10d\"\nat_grace_max = \"{at_grace_max}\"\nquarantine = \"0s\"\n{signals}"
    );
    policy("act", &terms, TABLES)
}

/// A key whose grace is over, with these counts of the last hours by it and by the current key.
fn drained(policy: &str, old_events: u64, new_events: u64) -> (World, String) {
    let (world, old) = World::superseded(policy);
    world.run();
    world.pass(2 * DAY);
    count(&world, &old, old_events);
    count(&world, &world.current(), new_events);
    (world, old)
}

fn count(world: &World, key_id: &str, events: u64) {
    world.stage.sentry.set_stats(key_id, vec![(unix_now() - 3_600, events)]);
}

#[test]
fn a_silent_key_beside_a_speaking_one_is_quiet_where_that_is_declared() {
    let (world, old) = drained(&terms(true, "keep"), 0, 7);
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "{row:#}");
    let kinds = world.kinds(&old);
    assert_eq!(kinds, ["current", "superseded", "quiet", "disabling", "disabled", "proven", "refused"]);
    assert_eq!((&row["traffic"]["moved_percent"], &row["traffic"]["days"][0]["new"]), (&100.into(), &7.into()));
}

#[test]
fn everything_else_is_unknown_and_not_quiet() {
    let cases = [
        (false, 0, 7, "does not declare that its senders send errors alone"),
        (true, 0, 0, "it is silent, but so is the new key"),
        (true, 1, 7, "it still sends events"),
        (false, 1, 7, "it still sends events"),
        (true, 5, 0, "it still sends events"),
    ];
    for (declared, old_events, new_events, words) in cases {
        let (world, old) = drained(&terms(declared, "disable"), old_events, new_events);
        world.forget_calls();
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "draining", "-", "none"], "{words}: {row:#}");
        assert!(row["reason"].as_str().unwrap().contains(words), "{row:#}");
        assert!(world.writes().is_empty() && world.key(&old).is_active);
        assert_eq!(world.kinds(&old), ["current", "superseded"]);
        world.pass(9 * DAY);
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "at the longest grace: {row:#}");
        assert!(row["reason"].as_str().unwrap().contains(words), "{row:#}");
    }
}

#[test]
fn counts_that_cannot_be_read_are_never_silence() {
    let faults = [
        Fault::Status(500),
        Fault::Status(403),
        Fault::Status(404),
        Fault::DropBefore,
        Fault::Body("[]".to_owned()),
        Fault::Body("not json".to_owned()),
        Fault::Body("[[1,2],[3]]".to_owned()),
        Fault::TruncatedBody,
    ];
    for fault in faults.into_iter().map(Some).chain([None]) {
        let (world, old) = drained(&terms(true, "disable"), 0, 7);
        match &fault {
            Some(fault) => world.stage.sentry_server.faults().every("GET stats", fault.clone()),
            None => world.stage.sentry.fail_stats(true),
        }
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "draining", "-", "none"], "{fault:?}: {row:#}");
        assert!(world.key(&old).is_active, "{fault:?}");
        world.stage.sentry_server.faults().clear();
        world.stage.sentry.fail_stats(false);
        assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"], "{fault:?}");
    }
}

#[test]
fn a_key_that_the_policy_keeps_is_reported_once_a_day() {
    let (world, old) = drained(&terms(true, "keep"), 3, 1);
    world.pass(9 * DAY);
    for _ in 0..3 {
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "still-in-use", "-", "none"], "{row:#}");
        assert_eq!(row["code"], "Retirement.StillInUse");
    }
    assert_eq!(world.metrics()["KeysStillInUse"], 1.0);
    let events = world.events("Key Still In Use");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["code"], &events[0]["key_id"]), (&"Retirement.StillInUse".into(), &old.as_str().into()));
    let message = events[0]["message"].as_str().unwrap();
    assert!(message.contains("25 % of the events have moved"), "{message}");
    assert!(message.contains("by day: ") && message.contains(" 3 old, 1 new"), "{message}");
    world.pass(DAY);
    world.row(&old);
    let events = world.events("Key Still In Use");
    assert_eq!(events.len(), 2, "the next day again");
    assert!(world.key(&old).is_active);
    assert_eq!(world.kinds(&old), ["current", "superseded"]);
}

#[test]
fn the_row_tells_day_by_day_what_has_moved() {
    let (world, old) = drained(&terms(true, "keep"), 0, 0);
    let day = unix_now() / 86_400 * 86_400;
    world.stage.sentry.set_stats(&old, vec![(day - 86_400 + 60, 4), (day - 9 * 86_400, 99)]);
    world.stage.sentry.set_stats(&world.current(), vec![(day - 86_400 + 60, 5), (unix_now() - 1, 7)]);
    let row = world.row(&old);
    let traffic = &row["traffic"];
    assert_eq!(traffic["moved_percent"], 75, "{traffic:#}");
    let days: Vec<_> = traffic["days"].as_array().unwrap().iter().map(|day| (&day["old"], &day["new"])).collect();
    assert_eq!(days, [(&4.into(), &5.into()), (&0.into(), &7.into())], "{traffic:#}");
    let yesterday = traffic["days"][0]["day"].as_str().unwrap();
    let expected = jiff::Timestamp::from_second((day - 86_400).try_into().unwrap()).unwrap().to_string();
    assert!(expected.starts_with(yesterday), "{yesterday} {expected}");
}

#[test]
fn a_key_that_speaks_again_before_it_is_disabled_stays() {
    let (mut world, old) = drained(&terms(true, "keep").replace("\"act\"", "\"observe\""), 0, 7);
    assert_eq!(verdict(&world.row(&old)), ["ours", "draining", "disable", "observed"]);
    assert_eq!(world.kinds(&old), ["current", "superseded", "quiet"]);
    count(&world, &old, 1);
    world.set_policy(&terms(true, "keep"));
    assert_eq!(verdict(&world.row(&old)), ["ours", "draining", "-", "none"]);
    assert!(world.key(&old).is_active);
}

#[test]
fn counts_are_asked_for_only_where_they_decide() {
    let (world, old) = drained(&terms(true, "disable"), 0, 7);
    world.run();
    assert!(!world.key(&old).is_active);
    world.run();
    world.forget_calls();
    world.run();
    let asked = world.stage.sentry_server.call_names();
    // The first key is adopted and waits for a consent: how much it is used is what a person asks first.
    assert!(asked.iter().filter(|name| *name == "GET stats").count() <= 2, "{asked:?}");
}
