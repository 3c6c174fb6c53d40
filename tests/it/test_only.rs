//! `RotateImmediately=false`: testSecret alone, on a pending version that is empty or a copy.

use testkit::secrets_manager::rotation::{self, PendingContent, StepResult};

use crate::support::{World, notices, set_current, set_token};

const CONTENTS: [PendingContent; 2] = [PendingContent::Empty, PendingContent::CopyOfCurrent];

fn test_only(world: &World, content: PendingContent) -> StepResult {
    rotation::test_only(&world.stage.store, &world.stage.secret, content, &mut |event| {
        world.lambda.invoke(&event, integration_tests::TIMEOUT).into_step_result()
    })
    .unwrap()
}

fn refusal(world: &World, content: PendingContent) -> (String, String) {
    let result = test_only(world, content);
    let StepResult::Err { error_type, error_message } = result else { panic!("{content:?}: {result:?}") };
    (error_type, error_message)
}

#[test]
fn the_current_key_the_configuration_and_the_tokens_scopes_are_tested_and_nothing_is_changed() {
    for content in CONTENTS {
        let world = World::new();
        let state = world.state();
        let StepResult::Ok(reply) = test_only(&world, content) else { panic!("{}", world.lambda.all_logs()) };
        assert_eq!((&reply["outcome"], notices(&reply)), (&"done".into(), Vec::new()), "{content:?}");
        assert_eq!((world.state(), world.writes()), (state, Vec::new()), "{content:?}");
        assert_eq!(world.sentry_calls(), ["GET project", "GET /", "GET key", "POST question", "POST envelope"]);
    }
}

#[test]
fn a_current_key_that_is_disabled_or_gone_is_reported() {
    for content in CONTENTS {
        let world = World::new();
        let current = world.key_id("AWSCURRENT");
        world.stage.sentry.edit_key(&current, |key| key.is_active = false);
        let (code, message) = refusal(&world, content);
        assert_eq!(code, "Rotation.KeyInactive", "{message}");
        assert!(message.contains("acme/storefront") && message.contains("enable it"), "{message}");
        world.stage.sentry.delete_key(&current);
        let (code, message) = refusal(&world, content);
        assert_eq!(code, "Rotation.KeyInactive", "{message}");
        assert!(message.contains("was deleted in Sentry: rotate at once"), "{message}");
        assert_eq!(world.writes(), [""; 0]);
    }
}

#[test]
fn a_current_key_that_sentry_or_ingestion_refuses_is_reported() {
    let world = World::new();
    world.stage.sentry.set_question(Some((401, r#"{"detail":"Invalid dsn"}"#.to_owned())));
    assert_eq!(refusal(&world, PendingContent::CopyOfCurrent).0, "Rotation.KeyRefused");
    world.stage.sentry.set_question(None);
    world.stage.sentry.refuse_ingest(&world.key_id("AWSCURRENT"), Some((401, "{}".to_owned())));
    assert_eq!(refusal(&world, PendingContent::CopyOfCurrent).0, "Rotation.IngestionRefused");
}

#[test]
fn a_secret_without_a_key_passes_with_a_notice() {
    let world = World::with("", |stage| set_current(stage, r#"{"dsn":null,"project":"storefront"}"#));
    for content in CONTENTS {
        let StepResult::Ok(reply) = test_only(&world, content) else { panic!("{}", world.lambda.all_logs()) };
        assert_eq!(notices(&reply), ["no-current-key"], "{content:?}");
    }
    assert_eq!(world.keys().len(), 1);
}

#[test]
fn a_token_that_could_not_rotate_is_found_out() {
    for content in CONTENTS {
        let world = World::with("", |stage| {
            let token = stage.sentry.add_token("acme", &["project:read", "org:read"]);
            set_token(stage, &token);
        });
        let (code, message) = refusal(&world, content);
        assert_eq!(code, "Rotation.ScopeMissing", "{message}");
        for word in ["sentry/management", "project:write", "org:read, project:read", "Custom Integrations"] {
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn a_binding_that_does_not_hold_is_found_out() {
    let world = World::with("", |stage| {
        stage.store.set_tags(&stage.secret, &[("sentry:organization", "umbrella")]);
    });
    assert_eq!(refusal(&world, PendingContent::CopyOfCurrent).0, "Rotation.BindingMismatch");
}
