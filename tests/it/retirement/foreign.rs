//! What is none of ours is counted, and never touched.

use integration_tests::AT_ONCE;

use super::stage::{AT, World, now, verdict};
use crate::support;

#[test]
fn names_prove_nothing() {
    let world = World::new();
    world.rotation();
    world.run();
    let old = world.rotation();
    let (sentry, secret) = (&world.stage.sentry, &world.stage.secret);
    let ours = world.key(&old).label;
    let mut foreign = vec![
        sentry.add_key("acme", "storefront", "acme/storefront").id,
        sentry.add_key("acme", "storefront", "Default").id,
        sentry.add_key("acme", "storefront", "").id,
        sentry.add_key("acme", "storefront", &format!("{ours} copy")).id,
        sentry.add_key("acme", "storefront", &support::label("acme/storefront", secret, "no such version")).id,
        sentry.add_key("acme", "storefront", &support::label("acme/other", "arn:of:another-AbCdEf", "version")).id,
        sentry.add_key("acme", "storefront", "[0000000/00000000]").id,
    ];
    let copied = sentry.add_key("acme", "storefront", &ours).id;
    let later = (now() + jiff::SignedDuration::from_secs(3_600)).to_string();
    sentry.edit_key(&copied, |key| key.date_created = later);
    foreign.push(copied);
    let before: Vec<_> = foreign.iter().map(|id| world.key(id)).collect();
    for _ in 0..3 {
        let reply = world.run();
        for id in &foreign {
            let row = world.row_of(&reply, id);
            assert_eq!(verdict(&row), ["foreign", "active", "-", "none"], "{row:#}");
            assert!(row["secret_arn"].is_null() || row["reason"].as_str().unwrap().contains("label"), "{row:#}");
        }
        assert_eq!(reply["counts"]["ownership"]["foreign"], foreign.len(), "{reply:#}");
    }
    assert_eq!(foreign.iter().map(|id| world.key(id)).collect::<Vec<_>>(), before);
    assert!(foreign.iter().all(|id| world.kinds(id).is_empty() && world.told(id).is_empty()));
    assert!(!world.key(&old).is_active, "and ours was retired beside them");
}

#[test]
fn a_pasted_dsn_is_no_proof_and_what_any_managed_secret_holds_is_untouchable() {
    let world = World::new();
    let old = world.supersede();
    // Another team pasted our superseded DSN into its own secret, which is bound to the same project.
    let value = world.value(&world.key(&old), "storefront");
    let paste = world.stage.store.create_secret("acme/pasted", Some(&value), &[("sentry:kind", "client-key")]);
    for _ in 0..2 {
        assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "-", "none"]);
    }
    assert!(world.key(&old).is_active);
    world.stage.sentry.add_project("acme", "checkout");
    // Bound elsewhere, it protects the key all the same.
    world.stage.store.set_tags(&paste, &[("sentry:kind", "client-key"), ("sentry:project", "checkout")]);
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "-", "none"]);
    // Not managed, it does not: nobody said that it is a client key.
    world.stage.store.set_tags(&paste, &[]);
    world.stage.store.delete_secret(&paste);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
}

#[test]
fn a_key_of_another_project_is_never_touched_by_a_secret_that_names_it() {
    let world = World::new();
    world.rotation();
    world.run();
    world.stage.sentry.add_project("acme", "checkout");
    let theirs = world.stage.sentry.keys("acme", "checkout").remove(0);
    // The secret of storefront once held a key of checkout.
    let value = world.value(&theirs, "checkout");
    world.stage.store.add_version(&world.stage.secret, AT[0], Some(&value), &["AWSPREVIOUS"]);
    world.forget_calls();
    let _runs = [world.run(), world.run(), world.run()];
    assert!(world.writes().is_empty(), "{:?}", world.writes());
    assert!(world.stage.sentry.keys("acme", "checkout").iter().all(|key| key.is_active));
}

#[test]
fn a_key_whose_secret_moved_to_another_project_is_not_forgotten_and_not_touched() {
    let world = World::new();
    let old = world.supersede();
    let current = world.current();
    world.stage.sentry.add_project("acme", "checkout");
    let theirs = world.stage.sentry.keys("acme", "checkout").remove(0);
    world.stage.store.set_tags(&world.stage.secret, &[("sentry:kind", "client-key"), ("sentry:hold", "moving")]);
    world.run();
    assert_eq!(world.kinds(&old), ["current", "superseded"]);
    let value = world.value(&theirs, "checkout");
    world.stage.store.set_tags(&world.stage.secret, &[("sentry:kind", "client-key")]);
    world.stage.store.add_version(&world.stage.secret, AT[0], Some(&value), &["AWSCURRENT"]);
    world.forget_calls();
    for _ in 0..2 {
        let reply = world.run();
        for key in [&old, &current] {
            let row = world.row_of(&reply, key);
            assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{row:#}");
        }
    }
    assert!(world.writes().is_empty());
    assert!(world.key(&old).is_active && world.key(&current).is_active);
}

#[test]
fn a_secret_that_contradicts_its_binding_has_no_say() {
    let world = World::new();
    let old = world.supersede();
    world.run_observing(&old);
    world
        .stage
        .store
        .set_tags(&world.stage.secret, &[("sentry:kind", "client-key"), ("sentry:organization", "umbrella")]);
    world.forget_calls();
    let row = world.row(&old);
    assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("umbrella"), "{row:#}");
    assert!(world.writes().is_empty() && world.key(&old).is_active);
}

#[test]
fn a_key_that_is_pending_in_a_secret_of_another_project_is_untouchable() {
    let world = World::new();
    let old = world.supersede();
    let value = world.value(&world.key(&old), "storefront");
    let (elsewhere, _) = world.add_secret("acme/checkout", "checkout");
    world.stage.store.add_version(&elsewhere, AT[0], Some(&value), &["AWSPENDING"]);
    for _ in 0..2 {
        assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "-", "none"]);
    }
    assert!(world.key(&old).is_active);
    world.stage.store.set_stage(&elsewhere, "AWSPENDING", None);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
}

#[test]
fn a_binding_that_was_remembered_holds_only_while_tags_and_policy_say_the_same() {
    fn bound(project: &str) -> String {
        format!(
            "{AT_ONCE}[[binding]]\nsecret_prefix = \"acme/\"\norganization = \"acme\"\nprojects = [\"{project}\"]\n"
        )
    }
    let by_policy = |world: &mut World| world.set_policy(&bound("checkout"));
    let by_tag = |world: &mut World| {
        let tags = [("sentry:kind", "client-key"), ("sentry:project", "checkout")];
        world.stage.store.set_tags(&world.stage.secret, &tags);
    };
    let contradict: [&dyn Fn(&mut World); 2] = [&by_policy, &by_tag];
    for contradict in contradict {
        let mut world = World::with_policy(&bound("storefront"));
        let old = world.supersede();
        world.run_observing(&old);
        world.stage.sentry.add_project("acme", "checkout");
        contradict(&mut world);
        world.forget_calls();
        let row = world.row(&old);
        assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{row:#}");
        assert!(world.writes().is_empty() && world.key(&old).is_active, "{:?}", world.writes());
    }
}
