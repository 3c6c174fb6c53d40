//! Keys that earlier attempts made: found again, and bounded.

use testkit::fault::Fault;

use crate::support::{World, effects, label, set_secret, version};

#[test]
fn a_key_whose_version_was_never_stored_is_adopted_by_the_next_attempt() {
    for cold in [false, true] {
        let mut world = World::new();
        let token = world.begin();
        world.stage.store.deny("PutSecretValue");
        world.failed("createSecret", &token, "Rotation.StoreUnavailable", &["secretsmanager:PutSecretValue", "role"]);
        let made = world.keys();
        assert_eq!(made.len(), 2);
        world.stage.store.allow("PutSecretValue");
        world.forget_calls();
        if cold {
            world.cool_down();
        }

        let reply = world.done("createSecret", &token);

        assert_eq!(effects(&reply), ["store-pending"]);
        assert_eq!(world.sentry_calls(), ["GET project", "GET keys"]);
        assert_eq!(world.keys(), made);
        assert_eq!(world.key_id("AWSPENDING"), made[1].id);
    }
}

#[test]
fn of_several_keys_with_the_same_mark_the_oldest_is_adopted_and_ties_go_by_key_id() {
    let world = World::new();
    let token = world.begin();
    let [young, late, early] = [(); 3].map(|()| world.add_marked(&token).id);
    let (first, second) = if late < early { (&late, &early) } else { (&early, &late) };
    for (id, date) in
        [(&young, "2026-03-01T00:00:00Z"), (&late, "2026-02-01T00:00:00Z"), (&early, "2026-02-01T00:00:00Z")]
    {
        world.stage.sentry.edit_key(id, |key| key.date_created = date.to_owned());
    }
    let keys = world.keys();

    let reply = world.done("createSecret", &token);

    assert_eq!(effects(&reply), ["store-pending"]);
    assert_eq!(world.key_id("AWSPENDING"), *first);
    assert_eq!(world.keys(), keys, "none of them is touched");
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    assert_eq!(world.keys(), keys);
    assert!(world.keys().iter().any(|key| key.id == *second && key.is_active));
}

#[test]
fn a_marked_key_that_is_disabled_or_held_by_another_version_is_not_adopted() {
    type Hide = fn(&World, &str);
    let cases: [(&str, Hide); 5] = [
        ("disabled", |world, id| world.stage.sentry.edit_key(id, |key| key.is_active = false)),
        ("the value of AWSCURRENT", |world, id| hold(world, id, &["AWSCURRENT"])),
        ("the value of AWSPREVIOUS", |world, id| hold(world, id, &["AWSPREVIOUS"])),
        ("the value of a version without a label", |world, id| hold(world, id, &[])),
        ("the value of a version with a label of somebody's own", |world, id| hold(world, id, &["KEEP"])),
    ];
    for (about, hide) in cases {
        let world = World::with(about, |_| {});
        let token = world.begin();
        let marked = world.add_marked(&token);
        hide(&world, &marked.id);
        let before = world.keys();

        let reply = world.done("createSecret", &token);

        assert_eq!(effects(&reply), ["create-key", "store-pending"], "{about}");
        let after = world.keys();
        assert_eq!(after.len(), 3, "{about}");
        assert_eq!(after[..2], before[..], "{about}");
        assert_eq!(world.key_id("AWSPENDING"), after[2].id, "{about}");
    }
}

fn hold(world: &World, id: &str, stages: &[&str]) {
    let key = world.keys().into_iter().find(|key| key.id == id).unwrap();
    let value = format!(r#"{{"dsn":"{}"}}"#, world.stage.sentry.public_dsn(&key));
    world.stage.store.add_version(&world.stage.secret, &version(90), Some(&value), stages);
}

#[test]
fn a_key_whose_label_only_looks_like_the_mark_is_not_adopted() {
    let world = World::new();
    let token = world.begin();
    let ours = label("acme/storefront", &world.stage.secret, &token);
    for other in [
        format!("{ours} (copy)"),
        ours.to_uppercase(),
        label("acme/storefront", "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf", &token),
        ours.replace(" [", "["),
    ] {
        world.stage.sentry.add_key("acme", "storefront", &other);
    }
    let reply = world.done("createSecret", &token);
    assert_eq!(effects(&reply), ["create-key", "store-pending"]);
    assert_eq!(world.keys().len(), 6);
}

#[test]
fn four_keys_that_were_made_and_never_promoted_stop_the_next_and_three_do_not() {
    let world = World::new();
    let strays: Vec<_> = (0..4).map(|number| world.add_marked(&version(number + 50))).collect();
    let token = world.begin();
    world.refused(
        "createSecret",
        &token,
        "Rotation.TooManyUnpromoted",
        &["acme/storefront", "more than 3", "disable in Sentry"],
    );
    assert_eq!(world.events("Rotation Refused")[0]["code"], "Rotation.TooManyUnpromoted");

    world.stage.sentry.edit_key(&strays[2].id, |key| key.is_active = false);
    let reply = world.done("createSecret", &token);
    assert_eq!(effects(&reply), ["create-key", "store-pending"]);
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    let active = world.keys().into_iter().filter(|key| key.is_active).count();
    assert_eq!(active, 1 + 3 + 1, "the strays are somebody else's to clear away");
}

#[test]
fn versions_that_hold_another_key_or_none_do_not_make_a_stray_a_superseded_key() {
    let world = World::new();
    for number in 50..54 {
        world.add_marked(&version(number));
        let value = (number % 2 == 0).then(|| world.value("AWSCURRENT"));
        world.stage.store.add_version(&world.stage.secret, &version(number), value.as_deref(), &[]);
    }
    let token = world.begin();
    world.refused("createSecret", &token, "Rotation.TooManyUnpromoted", &["acme/storefront"]);
}

#[test]
fn an_earlier_attempt_of_this_version_is_adopted_however_many_strays_there_are() {
    let world = World::new();
    let token = world.begin();
    let ours = world.add_marked(&token);
    for number in 50..56 {
        world.add_marked(&version(number));
    }
    world.done("createSecret", &token);
    assert_eq!(world.key_id("AWSPENDING"), ours.id);
}

#[test]
fn superseded_keys_never_block_a_rotation() {
    for listable in [true, false] {
        let world = World::new();
        if !listable {
            world.stage.store.deny("ListSecretVersionIds");
        }
        for _ in 0..8 {
            world.rotate();
        }
        let keys = world.keys();
        assert_eq!(keys.len(), 9);
        assert!(keys.iter().all(|key| key.is_active));
        assert_eq!(world.key_id("AWSCURRENT"), keys[8].id);
        assert_eq!(world.key_id("AWSPREVIOUS"), keys[7].id);
    }
}

#[test]
fn two_secrets_of_one_project_do_not_disturb_each_other() {
    let mut world = World::new();
    let first = world.stage.secret.clone();
    let value = world.value("AWSCURRENT");
    // The first secret's attempt leaves a key behind that belongs to no version yet.
    let token = world.begin();
    world.stage.store.deny("PutSecretValue");
    world.failed("createSecret", &token, "Rotation.StoreUnavailable", &[]);
    world.stage.store.allow("PutSecretValue");
    let made_for_first = world.keys()[1].id.clone();

    // The second one names the same key as its current one.
    set_secret(&mut world.stage, "acme/second", Some(&value), &[]);
    for _ in 0..5 {
        world.rotate();
    }
    let keys = world.keys();
    assert_eq!(keys.len(), 7);
    assert_eq!(world.key_id("AWSCURRENT"), keys[6].id);

    world.stage.secret = first;
    world.done("createSecret", &token);
    assert_eq!(world.key_id("AWSPENDING"), made_for_first);
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    assert_eq!(world.keys(), keys);
}

#[test]
fn a_creation_that_sentry_carries_out_once_its_time_is_over_is_waited_for() {
    let world = World::new();
    world.stage.sentry_server.faults().on("POST keys", 0, Fault::ArriveLate);
    let token = world.begin();
    world.done("createSecret", &token);
    assert_eq!(world.keys().len(), 2);
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    assert_eq!(world.keys().len(), 2);
}
