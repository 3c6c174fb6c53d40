//! Secrets that have no key yet: rotation makes the first one.

use crate::support::{World, label, notices, set_current, set_secret};

const LIMITED: &str = "rate_limit = { count = 7, window = \"60s\" }\n";
const REQUIRED: &str = "rate_limit = { count = 7, window = \"60s\" }\nrate_limit_required = true\n";

#[test]
fn a_document_without_a_dsn_gets_a_key_with_the_presets_rate_limit_and_keeps_its_other_members() {
    let cases = [
        (r#"{"project":"storefront","n":1.0}"#, r#"{"project":"storefront","n":1.0,"dsn":DSN}"#),
        (r#"{"dsn":null,"project":"storefront","n":[ 1 ]}"#, r#"{"dsn":DSN,"project":"storefront","n":[ 1 ]}"#),
        (
            r#"{"organization":"acme","dsn":"","project":"storefront"}"#,
            r#"{"organization":"acme","dsn":DSN,"project":"storefront"}"#,
        ),
    ];
    for (before, after) in cases {
        let world = World::with(before, |stage| set_current(stage, before));
        let token = world.rotate();
        let keys = world.keys();
        assert_eq!(keys.len(), 2);
        let new = &keys[1];
        assert_eq!((new.is_active, new.rate_limit), (true, Some((1000, 60))));
        assert_eq!(new.label, label("acme/storefront", &world.stage.secret, &token));
        let dsn = format!("{:?}", world.stage.sentry.public_dsn(new));
        assert_eq!(world.value("AWSCURRENT"), after.replace("DSN", &dsn));
        assert_eq!(keys[0].label, "Default", "the key that was there is nobody's business");
    }
}

#[test]
fn a_secret_without_any_current_version_is_told_by_its_tags_and_promoted_without_a_holder() {
    let world = World::with("", |stage| {
        set_secret(stage, "new", None, &[("sentry:organization", "acme"), ("sentry:project", "storefront")]);
    });
    let token = world.rotate();
    let new = world.key("AWSCURRENT");
    let dsn = world.stage.sentry.public_dsn(&new);
    assert_eq!(world.value("AWSCURRENT"), format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"storefront"}}"#));
    assert_eq!(new.rate_limit, Some((1000, 60)));
    assert_eq!(world.version_at("AWSCURRENT"), Some(token.clone()));
    assert_eq!(world.version_at("AWSPREVIOUS"), None);
    let calls = world.stage.store_server.calls();
    let moved = calls.iter().find(|call| call.name == "UpdateSecretVersionStage").unwrap().request.json().unwrap();
    assert_eq!(moved.get("RemoveFromVersionId"), None);
    assert_eq!(moved["MoveToVersionId"], token);
    world.rotate();
    assert_eq!(world.version_at("AWSPREVIOUS"), Some(token), "the second rotation is like any other");
}

#[test]
fn a_secret_that_names_no_project_is_refused_before_sentry_is_asked() {
    for (about, value) in [("no version", None), ("an empty object", Some("{}")), ("null", Some(r#"{"dsn":null}"#))] {
        let world = World::with(about, |stage| set_secret(stage, "new", value, &[("sentry:organization", "acme")]));
        let token = world.begin();
        world.refused("createSecret", &token, "Rotation.DocumentInvalid", &["new", "`project`", "sentry:project"]);
        assert_eq!(world.sentry_calls(), [""; 0]);
    }
}

#[test]
fn a_long_name_is_cut_by_code_points_and_the_mark_stays_whole() {
    let name = "пример/очень-длинное-имя-секрета-которое-не-помещается-в-метку-ключа";
    let world = World::with("", |stage| set_secret(stage, name, Some(r#"{"project":"storefront"}"#), &[]));
    let token = world.rotate();
    let new = world.key("AWSCURRENT");
    assert_eq!(new.label, label(name, &world.stage.secret, &token));
    assert_eq!(new.label.chars().count(), 64);
}

#[test]
fn the_use_cases_own_rate_limit_wins_over_the_presets() {
    let world = World::with_policy("", LIMITED, |stage| set_current(stage, r#"{"dsn":null,"project":"storefront"}"#));
    world.rotate();
    assert_eq!(world.key("AWSCURRENT").rate_limit, Some((7, 60)));
}

#[test]
fn a_rate_limit_that_the_plan_drops_is_reported_and_fails_nothing() {
    let world = World::with("", |stage| {
        stage.sentry.set_plan("acme", false);
        set_current(stage, r#"{"dsn":null,"project":"storefront"}"#);
    });
    let token = world.created();
    for step in ["setSecret", "testSecret"] {
        assert_eq!(notices(&world.done(step, &token)), ["rate-limit-dropped-by-plan"], "{step}");
    }
    world.done("finishSecret", &token);
    assert_eq!(world.key("AWSCURRENT").rate_limit, None);
    assert!(world.lambda.all_logs().contains("rate-limit-dropped-by-plan"));
}

#[test]
fn a_required_rate_limit_that_the_plan_drops_is_fatal_before_a_key_is_made() {
    let cases = [("a first key", Some(r#"{"dsn":null,"project":"storefront"}"#)), ("a key without a limit", None)];
    for (about, value) in cases {
        let world = World::with_policy(about, REQUIRED, |stage| {
            stage.sentry.set_plan("acme", false);
            if let Some(value) = value {
                set_current(stage, value);
            }
        });
        let token = world.begin();
        world.refused(
            "createSecret",
            &token,
            "Rotation.SettingsDiffer",
            &["acme/storefront", "plan", "rate_limit_required"],
        );
    }
}
