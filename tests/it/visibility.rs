//! Secrets Manager shows labels and values late, and checks by a token who writes a pending value.

use testkit::secrets_manager::rotation;

use crate::support::{STEPS, World};

#[test]
fn values_and_labels_that_become_visible_late_are_waited_for() {
    for reads in 1..=3 {
        for cold in [false, true] {
            let mut world = World::with(&format!("{reads} late reads, cold: {cold}"), |_| {});
            world.stage.store.late_visibility(reads);
            let token = world.begin();
            for step in STEPS {
                if cold {
                    world.cool_down();
                }
                world.done(step, &token);
            }
            let keys = world.keys();
            assert_eq!(keys.len(), 2);
            assert_eq!(world.key_id("AWSCURRENT"), keys[1].id);
            assert_eq!(world.writes(), ["POST keys", "PutSecretValue", "UpdateSecretVersionStage"]);
        }
    }
}

#[test]
fn a_create_secret_that_does_not_see_its_own_value_yet_stores_the_same_again() {
    let world = World::new();
    world.stage.store.late_visibility(1);
    let token = world.created();
    let pending = world.value("AWSPENDING");
    world.done("createSecret", &token);
    assert_eq!((world.value("AWSPENDING"), world.keys().len()), (pending, 2));
}

#[test]
fn a_finish_secret_that_does_not_see_its_own_promotion_yet_looks_again() {
    for reads in 1..=3 {
        let world = World::with(&format!("{reads} late reads"), |_| {});
        let token = world.created();
        world.done("setSecret", &token);
        world.done("testSecret", &token);
        world.stage.store.late_visibility(reads);
        world.done("finishSecret", &token);
        let state = world.state();
        world.reply("finishSecret", &token);
        assert_eq!(world.state(), state);
    }
}

#[test]
fn the_rotation_token_is_passed_on_and_never_written_down() {
    let marker = "rotation-token-marker-0123456789-abcdef";
    let world = World::new();
    world.stage.store.require_rotation_token(Some(marker));
    world.rotate();
    let calls = world.stage.store_server.calls();
    let put = calls.iter().find(|call| call.name == "PutSecretValue").unwrap().request.json().unwrap();
    assert_eq!(put["RotationToken"], marker);
    assert_eq!(put["VersionStages"], serde_json::json!(["AWSPENDING"]));
    assert!(!world.lambda.all_logs().contains(marker));
    assert!(world.stage.bus.entries().iter().all(|entry| !entry.detail.to_string().contains(marker)));
}

#[test]
fn a_rotation_token_that_secrets_manager_does_not_take_fails_the_step_and_leaves_the_key_to_the_next() {
    let world = World::new();
    world.stage.store.require_rotation_token(Some("rotation-token-marker-0123456789-abcdef"));
    let token = world.begin();
    let wrong = "another-rotation-token-0123456789-abcdef";
    let event = rotation::event("createSecret", &world.stage.secret, &token, Some(wrong));
    let invocation = world.lambda.invoke(&event, integration_tests::TIMEOUT);
    world.check_failure(&invocation, "Rotation.StoreUnavailable", &[]);
    assert_eq!(world.keys().len(), 2);
    world.stage.store.require_rotation_token(None);
    world.done("createSecret", &token);
    assert_eq!(world.keys().len(), 2);
}
