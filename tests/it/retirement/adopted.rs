//! Keys that this system did not make: reported, and retired only with a person's consent.

use super::stage::{DUE, FOR_EVER, TABLES, World, consent, policy, verdict};

fn with_consent(key_id: &str, until: &str) -> String {
    policy("act", &format!("{DUE}delete = true\n"), &format!("{TABLES}{}", consent(key_id, "OPS-7", until)))
}

/// A world whose first key, `Default`, was superseded; its id.
fn adopted() -> (World, String) {
    let world = World::new();
    let default = world.rotation();
    (world, default)
}

#[test]
fn the_default_key_of_before_is_reported_and_spared() {
    let (world, default) = adopted();
    world.forget_calls();
    for _ in 0..3 {
        let row = world.row(&default);
        assert_eq!(verdict(&row), ["adopted", "superseded", "-", "none"], "{row:#}");
        assert_eq!(row["code"], "Retirement.ConsentNeeded");
        let remedy = row["remedy"].as_str().unwrap();
        assert!(remedy.contains("[[consent]]") && remedy.contains(&default), "{remedy}");
        assert!(world.writes().is_empty() && world.key(&default).is_active);
    }
    assert_eq!(world.kinds(&default), ["adopted"]);
    let events = world.events("Key Adopted");
    assert_eq!(events.len(), 1, "one event a day, not two at first sight: {events:#?}");
    let message = events[0]["message"].as_str().unwrap();
    assert!(message.contains(&format!("[[consent]] key_id = \"{default}\"")), "{message}");
    assert_eq!(events[0]["code"], "Retirement.ConsentNeeded");
    world.pass(86_400);
    world.run();
    assert_eq!(world.events("Key Adopted").len(), 2, "the next day again");
}

#[test]
fn with_consent_it_is_retired_and_never_deleted() {
    let (mut world, default) = adopted();
    world.run();
    world.set_policy(&with_consent(&default, FOR_EVER));
    let row = world.row(&default);
    assert_eq!(verdict(&row), ["adopted", "disabled", "disable", "done"], "{row:#}");
    // Ingestion has not heard of the key before, and takes the first probe.
    assert_eq!(world.kinds(&default), ["adopted", "disabling", "disabled", "proven"]);
    let records = world.retirement.ledger(&default);
    for record in records.iter().filter(|record| ["disabling", "disabled"].contains(&record["kind"].as_str().unwrap()))
    {
        assert_eq!(record["ticket"], "OPS-7", "{record:#}");
    }
    let _more = [world.run(), world.run()];
    assert_eq!(world.kinds(&default)[3..], ["proven", "refused", "refused", "proven"]);
    let row = world.row(&default);
    assert_eq!(verdict(&row), ["adopted", "disabled", "-", "none"], "{row:#}");
    assert_eq!(row["reason"], "it is disabled and proven dead");
    assert!(!world.key(&default).is_active);
}

#[test]
fn a_consent_that_is_over_or_is_for_another_key_is_none() {
    let (mut world, default) = adopted();
    world.run();
    let other = world.current();
    for (key_id, until) in [(&default, "2026-01-01"), (&other, FOR_EVER)] {
        world.set_policy(&with_consent(key_id, until));
        let row = world.row(&default);
        assert_eq!(verdict(&row), ["adopted", "superseded", "-", "none"], "{row:#}");
        assert!(world.key(&default).is_active && world.key(&other).is_active);
    }
}

#[test]
fn a_consent_for_what_applications_read_disables_nothing() {
    let mut world = World::new();
    let default = world.current();
    world.set_policy(&with_consent(&default, FOR_EVER));
    world.forget_calls();
    for _ in 0..2 {
        assert_eq!(verdict(&world.row(&default)), ["untouchable", "active", "-", "none"]);
    }
    assert!(world.writes().is_empty());
}

#[test]
fn a_dsn_that_a_person_stored_by_hand_is_adopted_as_well() {
    let world = World::new();
    world.rotation();
    world.run();
    let by_hand = world.stage.sentry.add_key("acme", "storefront", "made by hand");
    let value = world.value(&by_hand, "storefront");
    world.stage.store.add_version(
        &world.stage.secret,
        "7e570000-0000-4000-8000-000000000001",
        Some(&value),
        &["AWSCURRENT"],
    );
    world.run();
    world.rotation();
    assert_eq!(verdict(&world.row(&by_hand.id)), ["adopted", "superseded", "-", "none"]);
    assert!(world.key(&by_hand.id).is_active);
}
