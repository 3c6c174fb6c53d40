//! The token by which retirement acts: what an operator mends is seen, and one that is none is never taken for a quiet run.

use serde_json::json;

use super::stage::{DUE, TABLES, World, policy, verdict};

const MANAGEMENT: &str = "sentry/management";

/// Lets Sentry forget the management token.
fn revoke(world: &World) {
    let value = world.stage.store.value_at(MANAGEMENT, "AWSCURRENT").unwrap();
    world.stage.sentry.revoke_token(value.split('"').nth(3).unwrap());
}

#[test]
fn a_revoked_token_that_is_replaced_in_its_secret_works_in_the_next_run_of_the_same_sandbox() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.run_observing(&old);
    revoke(&world);
    for _ in 0..2 {
        let message = world.fails("Rotation.TokenInvalid");
        assert!(message.contains("SENTRY_AUTH_SECRET_ID"), "{message}");
    }
    let token = json!({"token": world.stage.sentry.add_token("acme", &["project:write"])}).to_string();
    world.stage.store.add_version(MANAGEMENT, &crate::support::version(5), Some(&token), &["AWSCURRENT"]);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    assert_eq!(world.retire.starts(), 1);
}

#[test]
fn a_token_that_is_none_fails_the_first_run_that_there_is_as_well() {
    let (mut world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.retirement.bucket.remove(&world.state_name());
    world.cool_down();
    revoke(&world);
    world.forget_calls();
    world.fails("Rotation.TokenInvalid");
    assert!(world.writes().is_empty() && world.key(&old).is_active);
}
