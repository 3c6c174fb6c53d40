//! Two invocations of one step at the same time: Secrets Manager retries while an earlier one still runs.

use std::sync::Arc;

use std::time::Duration;

use testkit::fault::Fault;
use testkit::lambda::Invocation;

use crate::support::{World, at_once};

/// Long enough that both have asked before either goes on.
const TOGETHER: Duration = Duration::from_millis(700);

fn assert_all_done(world: &World, invocations: &[Invocation]) {
    for invocation in invocations {
        assert!(matches!(invocation, Invocation::Reply(_)), "{invocation:?}");
    }
    let pending = world.key("AWSPENDING");
    assert!(pending.is_active);
    world.done("setSecret", &world.version_at("AWSPENDING").unwrap());
}

#[test]
fn two_create_secrets_that_see_each_others_key_agree_on_the_older_one() {
    let world = World::new();
    let token = world.begin();
    let keys = world.stage.sentry_server.faults();
    keys.on("GET keys", 0, Fault::Delay(TOGETHER));
    keys.on("GET keys", 1, Fault::Delay(TOGETHER));
    keys.on("POST keys", 0, Fault::Delay(TOGETHER));

    let invocations = at_once(&world.stage, &["createSecret", "createSecret"], &token);

    assert_all_done(&world, &invocations);
    let keys = world.keys();
    assert_eq!(keys.len(), 3, "both made one, and one of the two is an orphan");
    assert_eq!(world.key_id("AWSPENDING"), keys[1].id);
}

#[test]
fn a_create_secret_whose_value_comes_too_late_accepts_the_one_that_is_there() {
    let world = World::new();
    let token = world.begin();
    let keys = world.stage.sentry_server.faults();
    keys.on("GET keys", 0, Fault::Delay(TOGETHER));
    keys.on("GET keys", 1, Fault::Delay(TOGETHER));
    // Neither sees the other's key in the list, so that each stores its own.
    let empty =
        || Fault::Answer(200, vec![("content-type".to_owned(), "application/json".to_owned())], "[]".to_owned());
    keys.on("GET keys", 2, empty());
    keys.on("GET keys", 3, empty());

    let invocations = at_once(&world.stage, &["createSecret", "createSecret"], &token);

    keys.clear();
    assert_all_done(&world, &invocations);
    let keys = world.keys();
    assert_eq!(keys.len(), 3);
    assert!(keys[1..].iter().any(|key| key.id == world.key_id("AWSPENDING")));
    let puts = world.stage.store_server.calls().into_iter().filter(|call| call.name == "PutSecretValue");
    let mut statuses: Vec<_> = puts.filter_map(|call| call.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "one was refused: ResourceExistsException");
    let created = world.events("Key Created");
    assert!(created.iter().any(|event| event["key_id"] == world.key_id("AWSPENDING").as_str()));
    for event in &created {
        assert_eq!(event["key_id"], world.key_id("AWSPENDING").as_str(), "no event speaks of the orphan");
    }
}

#[test]
fn two_finish_secrets_move_the_label_once_and_both_succeed() {
    let world = World::new();
    let old = world.key_id("AWSCURRENT");
    let token = world.created();
    world.done("setSecret", &token);
    world.done("testSecret", &token);
    let new = world.key_id("AWSPENDING");
    world.stage.store_server.faults().on("UpdateSecretVersionStage", 0, Fault::Delay(TOGETHER));

    let invocations = at_once(&world.stage, &["finishSecret", "finishSecret"], &token);

    for invocation in invocations {
        assert!(matches!(invocation, Invocation::Reply(_)), "{invocation:?}");
    }
    assert_eq!(world.version_at("AWSCURRENT"), Some(token));
    assert_eq!((world.key_id("AWSCURRENT"), world.key_id("AWSPREVIOUS")), (new, old));
    let promoted = world.events("Key Promoted");
    assert_eq!(promoted.len(), 2);
    assert_eq!(promoted[0]["id"], promoted[1]["id"], "whoever counts them counts one");
}

#[test]
fn a_promotion_whose_answer_is_lost_is_looked_at_and_counts_as_made() {
    let world = World::new();
    let token = world.created();
    world.done("setSecret", &token);
    world.done("testSecret", &token);
    // The SDK sends it again, and is told that the label is not where it was.
    world.stage.store_server.faults().on("UpdateSecretVersionStage", 0, Fault::DropAfter);
    world.done("finishSecret", &token);
    assert_eq!(world.version_at("AWSCURRENT"), Some(token));
    assert_eq!(world.events("Key Promoted").len(), 1);
}

#[test]
fn all_four_steps_at_once_leave_one_new_key_and_a_retry_completes_the_rotation() {
    let world = World::new();
    let token = world.begin();
    at_once(&world.stage, &["createSecret", "setSecret", "testSecret", "finishSecret"], &token);
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        world.reply(step, &token);
    }
    assert_eq!(world.keys().len(), 2);
    assert_eq!(world.key_id("AWSCURRENT"), world.keys()[1].id);
    assert!(world.keys().iter().all(|key| key.is_active));
}

#[test]
fn a_rollback_in_the_moment_of_the_promotion_is_not_undone() {
    let world = World::new();
    world.rotate();
    let before = world.version_at("AWSPREVIOUS").unwrap();
    let token = world.created();
    world.done("setSecret", &token);
    world.done("testSecret", &token);
    let (store, secret, rolled_back_to) = (Arc::clone(&world.stage.store), world.stage.secret.clone(), before.clone());
    let faults = world.stage.store_server.faults();
    // Instead of killing anybody, the hook is the person who moves the label while the function's request is on its way.
    faults.on_kill(move || store.set_stage(&secret, "AWSCURRENT", Some(&rolled_back_to)));
    faults.on("UpdateSecretVersionStage", 1, Fault::KillBefore);

    world.failed("finishSecret", &token, "Rotation.StoreConflict", &["rollback", "AWSPENDING"]);

    assert_eq!(world.version_at("AWSCURRENT"), Some(before));
}
