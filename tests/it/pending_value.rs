//! What became of the pending value between two steps, and pending values that this function did not write.

use serde_json::json;
use testkit::fault::Fault;
use testkit::sentry::Key;

use crate::support::{World, at_once, effects, first_dsn};

/// The steps that judge a pending value.
const JUDGES: [&str; 3] = ["setSecret", "testSecret", "finishSecret"];

fn clearing_command(token: &str) -> String {
    format!(
        "aws secretsmanager update-secret-version-stage --secret-id acme/storefront --version-stage AWSPENDING \
         --remove-from-version-id {token}"
    )
}

#[test]
fn a_pending_key_that_somebody_disabled_is_enabled_by_set_secret_and_by_no_other_step() {
    let world = World::new();
    let token = world.created();
    let pending = world.key_id("AWSPENDING");
    world.stage.sentry.edit_key(&pending, |key| key.is_active = false);
    for step in ["testSecret", "finishSecret"] {
        world.refused(
            step,
            &token,
            "Rotation.KeyInactive",
            &["acme/storefront", "enable it", &clearing_command(&token)],
        );
    }
    assert_eq!(effects(&world.done("createSecret", &token)), [""; 0]);
    assert_eq!(effects(&world.done("setSecret", &token)), ["update-key"]);
    assert!(world.key("AWSPENDING").is_active);
    world.done("testSecret", &token);
    world.stage.sentry.edit_key(&pending, |key| key.is_active = false);
    world.refused("finishSecret", &token, "Rotation.KeyInactive", &["acme/storefront"]);
    world.stage.sentry.edit_key(&pending, |key| key.is_active = true);
    world.done("finishSecret", &token);
    assert_eq!(world.key_id("AWSCURRENT"), pending);
}

#[test]
fn a_pending_key_that_was_deleted_is_reported_with_the_exact_command_that_clears_it() {
    let world = World::new();
    let token = world.created();
    world.stage.sentry.delete_key(&world.key_id("AWSPENDING"));
    assert_eq!(effects(&world.done("createSecret", &token)), [""; 0], "createSecret does not judge a value");
    for step in JUDGES {
        world.refused(step, &token, "Rotation.PendingKeyGone", &["acme/storefront", &token, &clearing_command(&token)]);
    }
    // The operator runs the command; the next rotation starts anew.
    world.stage.store.set_stage(&world.stage.secret, "AWSPENDING", None);
    world.rotate();
    assert_eq!(world.keys().len(), 2);
}

#[test]
fn a_pending_value_that_is_not_ours_to_promote_is_refused_by_every_step_and_cleared_by_a_command() {
    type Value = fn(&World) -> String;
    let marker = "sntryu_marker";
    let cases: [(&str, Value, &[&str]); 10] = [
        ("a token", |_| "sntryu_marker".to_owned(), &["no Sentry document"]),
        ("a list", |_| r#"["sntryu_marker"]"#.to_owned(), &["no Sentry document"]),
        ("a broken object", |_| r#"{"dsn":"sntryu_marker"#.to_owned(), &["no Sentry document"]),
        ("a number", |_| r#"{"dsn":42,"note":"sntryu_marker"}"#.to_owned(), &["no Sentry document"]),
        ("an invalid DSN", |_| r#"{"dsn":"https://sntryu_marker@sentry.io/1"}"#.to_owned(), &["no Sentry document"]),
        ("no DSN", |_| r#"{"dsn":null,"note":"sntryu_marker"}"#.to_owned(), &["no Sentry document"]),
        (
            "a key of another project",
            |world| {
                let id = world.stage.sentry.keys("acme", "checkout")[0].clone();
                format!(r#"{{"dsn":"{}"}}"#, world.stage.sentry.public_dsn(&id))
            },
            &["another organization or project"],
        ),
        (
            "our key under the id of another project",
            |world| {
                let (dsn, id) = (first_dsn(&world.stage), world.stage.project_id);
                format!(r#"{{"dsn":"{}"}}"#, dsn.replace(&format!("/{id}"), &format!("/{}", id + 1)))
            },
            &["another organization or project", "AWSCURRENT"],
        ),
        ("another project's name", |world| named(world, "acme", "checkout"), &["another organization or project"]),
        (
            "another organization's name",
            |world| named(world, "umbrella", "storefront"),
            &["another organization or project"],
        ),
    ];
    for (about, value, words) in cases {
        let world = World::with(about, |stage| {
            stage.sentry.add_project("acme", "checkout");
        });
        let token = world.pending(&value(&world));
        assert_eq!(effects(&world.done("createSecret", &token)), [""; 0], "{about}");
        for step in JUDGES {
            let invocation = world.step(step, &token);
            // A copy of the current key is what a test without rotation may find.
            let copy = words.contains(&"AWSCURRENT");
            let words: Vec<&str> = words.iter().copied().filter(|word| !copy || *word != "AWSCURRENT").collect();
            let message = world.check_failure(&invocation, "Rotation.PendingInvalid", &words);
            assert!(message.contains(&clearing_command(&token)), "{about}: {message}");
            assert!(!message.contains(marker), "{about}: {message}");
        }
        assert_eq!(world.writes(), [""; 0], "{about}");
        assert!(!world.lambda.all_logs().contains(marker), "{about}");
    }
}

/// A document with a fresh key of the right project and these names.
fn named(world: &World, organization: &str, project: &str) -> String {
    let key = world.stage.sentry.add_key("acme", "storefront", "by hand");
    let dsn = world.stage.sentry.public_dsn(&key);
    format!(r#"{{"dsn":"{dsn}","organization":"{organization}","project":"{project}"}}"#)
}

#[test]
fn a_copy_of_the_current_value_is_never_promoted() {
    let world = World::new();
    let token = world.pending(&world.value("AWSCURRENT"));
    for step in ["setSecret", "finishSecret"] {
        let words = ["acme/storefront", "the key that AWSCURRENT holds", &clearing_command(&token)];
        world.refused(step, &token, "Rotation.PendingInvalid", &words);
    }
}

#[test]
fn a_version_without_a_value_is_nothing_to_set_or_to_promote() {
    let world = World::new();
    let token = world.begin();
    let state = world.state();
    for invocation in at_once(&world.stage, &["setSecret", "finishSecret"], &token) {
        world.check_failure(&invocation, "Rotation.PendingInvalid", &["has no value yet", &clearing_command(&token)]);
    }
    assert_eq!(world.state(), state);
    assert_eq!(world.writes(), [""; 0]);
}

#[test]
fn a_pending_key_with_another_ingestion_host_than_the_current_key_has_now_is_refused() {
    let world = World::new();
    let token = world.created();
    let keys = world.keys();
    let shown = |key: &Key, host: &str| {
        let dsn = format!("https://{}@{host}/{}", key.id, key.project_id);
        json!({"id": key.id, "label": key.label, "projectId": key.project_id, "isActive": true, "dsn": {"public": dsn}})
    };
    let list = json!([shown(&keys[1], "o1.ingest.de.sentry.io"), shown(&keys[0], "o1.ingest.us.sentry.io")]);
    world.stage.sentry_server.faults().every("GET keys", Fault::Body(list.to_string()));
    for step in JUDGES {
        let words = ["acme/storefront", "another ingestion host", &clearing_command(&token)];
        world.refused(step, &token, "Rotation.PendingInvalid", &words);
    }
}

#[test]
fn a_live_key_that_somebody_else_made_pending_is_used_as_it_is() {
    let world = World::new();
    let token = world.pending(&named(&world, "acme", "storefront"));
    let keys = world.keys();
    assert_eq!(effects(&world.done("createSecret", &token)), [""; 0]);
    for step in JUDGES {
        world.done(step, &token);
    }
    assert_eq!(world.keys(), keys);
    assert_eq!(world.key_id("AWSCURRENT"), keys[1].id);
}

#[test]
fn a_rotation_that_failed_is_taken_up_with_its_token_and_its_key() {
    let world = World::new();
    let token = world.created();
    let made = world.key_id("AWSPENDING");
    world.stage.sentry.refuse_ingest(&made, Some((401, "{}".to_owned())));
    world.failed("testSecret", &token, "Rotation.IngestionRefused", &[]);
    let refusal = world.stage.store.begin_rotation(&world.stage.secret).unwrap_err();
    assert!(refusal.contains("A previous rotation isn't complete"), "the service itself refuses another: {refusal}");
    world.stage.sentry.refuse_ingest(&made, None);
    world.forget_calls();

    let rotation = testkit::secrets_manager::rotation::reattempt(
        &world.stage.store,
        &world.stage.secret,
        &token,
        1,
        &mut |event| world.lambda.invoke(&event, integration_tests::TIMEOUT).into_step_result(),
    );

    assert!(rotation.succeeded, "{rotation:#?}");
    assert_eq!(world.key_id("AWSCURRENT"), made);
    assert_eq!(world.keys().len(), 2);
    assert_eq!(world.writes(), ["UpdateSecretVersionStage"]);
    assert_eq!(world.version_at("AWSPENDING"), None);
}
