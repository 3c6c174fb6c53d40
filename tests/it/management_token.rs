//! The token by which the function acts: what it lacks is named, and what an operator mends is seen.

use testkit::fault::Fault;

use crate::support::{World, env, set_token};

fn json(status: u16, body: &str) -> Fault {
    Fault::Answer(status, vec![("content-type".to_owned(), "application/json".to_owned())], body.to_owned())
}

fn with_scopes(scopes: &[&str]) -> World {
    World::with(&scopes.join(" "), |stage| set_token(stage, &stage.sentry.add_token("acme", scopes)))
}

#[test]
fn a_missing_scope_is_named_with_the_place_where_it_is_granted() {
    let cases: [(&[&str], &[&str]); 4] = [
        (&["project:read"], &["lacks the scope project:write", "it has project:read", "Project: Read & Write"]),
        (&["project:read", "org:read"], &["lacks the scope project:write", "org:read, project:read"]),
        (&["org:read"], &["lacks the scope project:", "it has org:read", "Project: Read"]),
        (&[], &["lacks the scope project:", "it has no scope"]),
    ];
    for (scopes, words) in cases {
        let world = with_scopes(scopes);
        let state = world.state();
        let token = world.begin();
        let message = world.failed("createSecret", &token, "Rotation.ScopeMissing", words);
        for word in ["sentry/management", "Settings > Custom Integrations", "store its token"] {
            assert!(message.contains(word), "{message}");
        }
        assert_ne!(world.state(), state, "the pending version is there");
        assert_eq!(world.keys().len(), 1);
        assert_eq!(world.version_at("AWSPENDING"), Some(token.clone()));
        assert_eq!(world.stage.store.value_of(&world.stage.secret, &token), None);
        let refused = world.events("Rotation Refused");
        assert_eq!(refused[0]["code"], "Rotation.ScopeMissing");
    }
}

#[test]
fn a_scope_that_is_lacking_for_set_secret_alone_is_named_as_well() {
    let mut world = World::new();
    world.stage.sentry.edit_key(&world.key_id("AWSCURRENT"), |key| key.browser_sdk_version = "6.x".to_owned());
    let token = world.created();
    set_token(&world.stage, &world.stage.sentry.add_token("acme", &["project:read"]));
    world.cool_down();
    world.failed("setSecret", &token, "Rotation.ScopeMissing", &["project:write", "sentry/management"]);
    assert_eq!(world.key("AWSPENDING").browser_sdk_version, "7.x");
    assert!(world.events("Rotation Refused")[0]["message"].as_str().unwrap().contains("project:write"));
}

#[test]
fn a_revoked_token_that_is_replaced_in_its_secret_works_at_the_next_attempt_of_the_same_sandbox() {
    let world = World::new();
    let token = world.created();
    let management = world.stage.store.value_at("sentry/management", "AWSCURRENT").unwrap();
    world.stage.sentry.revoke_token(management.split('"').nth(3).unwrap());
    let words = ["does not accept the management token", "SENTRY_AUTH_SECRET_ID"];
    world.refused("setSecret", &token, "Rotation.TokenInvalid", &words);
    world.refused("setSecret", &token, "Rotation.TokenInvalid", &words);

    set_token(&world.stage, &world.stage.sentry.add_token("acme", &["project:write"]));

    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    assert_eq!((world.lambda.starts(), world.keys().len()), (1, 2));
}

#[test]
fn a_token_that_was_replaced_between_two_steps_fails_nothing() {
    let world = World::new();
    let token = world.created();
    let management = world.stage.store.value_at("sentry/management", "AWSCURRENT").unwrap();
    set_token(&world.stage, &world.stage.sentry.add_token("acme", &["project:write"]));
    world.stage.sentry.revoke_token(management.split('"').nth(3).unwrap());
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.done(step, &token);
    }
    assert_eq!(world.lambda.starts(), 1);
}

#[test]
fn a_scope_that_is_granted_to_the_token_is_seen_by_the_same_sandbox() {
    let world = with_scopes(&["project:read"]);
    let token = world.begin();
    world.failed("createSecret", &token, "Rotation.ScopeMissing", &["project:write"]);
    let management = world.stage.store.value_at("sentry/management", "AWSCURRENT").unwrap();
    world.stage.sentry.add_token_value("acme", &management, &["project:write"]);
    world.done("createSecret", &token);
}

#[test]
fn a_secret_that_holds_no_token_is_named_with_what_it_should_hold() {
    let cases = [
        ("{}", "holds no token"),
        (r#"{"token":""}"#, "holds no token"),
        (r#"{"token":"marker with spaces"}"#, "holds no token"),
        ("marker with spaces", "holds no token"),
        (r#"{"token":"marker"#, "holds no token"),
    ];
    for (value, why) in cases {
        let world = World::with(value, |stage| set_token(stage, value));
        let token = world.begin();
        let words = ["sentry/management", "SENTRY_AUTH_SECRET_ID", why, r#"{"token": "…"}"#];
        let message = world.refused("createSecret", &token, "Rotation.TokenInvalid", &words);
        assert!(!message.contains("marker"), "{message}");
        assert_eq!(world.sentry_calls(), [""; 0]);
    }
    let missing = World::with("missing", |stage| env(stage, "SENTRY_AUTH_SECRET_ID", "sentry/nowhere"));
    let token = missing.begin();
    let words = ["sentry/nowhere", "SENTRY_AUTH_SECRET_ID", "does not exist", r#"{"token": "…"}"#];
    missing.refused("createSecret", &token, "Rotation.TokenInvalid", &words);
}

#[test]
fn a_bare_token_is_taken_and_one_that_is_no_header_or_unknown_is_invalid() {
    let world = World::with("", |stage| {
        set_token(stage, &format!(" {}\n", stage.sentry.add_token("acme", &["project:write"])));
    });
    world.rotate();
    let unknown = World::with("", |stage| set_token(stage, "sntrys_unknown"));
    let token = unknown.begin();
    let message = unknown.refused("createSecret", &token, "Rotation.TokenInvalid", &["SENTRY_AUTH_SECRET_ID"]);
    assert!(!message.contains("sntrys_unknown"));
}

#[test]
fn an_index_that_knows_nobody_means_an_invalid_token() {
    let nobody = r#"{"version":"0","auth":null,"user":null}"#;
    let world = World::new();
    world.stage.sentry_server.faults().every("GET project", json(403, r#"{"detail":["no"]}"#));
    world.stage.sentry_server.faults().every("GET /", json(200, nobody));
    let token = world.begin();
    world.refused("createSecret", &token, "Rotation.TokenInvalid", &["SENTRY_AUTH_SECRET_ID"]);

    let world = World::new();
    world.stage.sentry_server.faults().every("GET /", json(200, nobody));
    let token = world.pending(&world.value("AWSCURRENT"));
    world.refused("testSecret", &token, "Rotation.TokenInvalid", &["SENTRY_AUTH_SECRET_ID"]);
}

#[test]
fn a_persons_token_that_its_role_limits_is_told_from_one_that_lacks_a_scope() {
    let world = World::new();
    world.stage.sentry_server.faults().every("POST keys", json(403, r#"{"detail":"no"}"#));
    let token = world.begin();
    world.failed("createSecret", &token, "Rotation.ScopeMissing", &["storefront", "role", "custom integration"]);
    assert_eq!(world.keys().len(), 1);
}

#[test]
fn a_persons_role_is_named_although_no_list_shows_the_project_to_a_person_in_none_of_its_teams() {
    let member = |scopes: &[&str]| {
        let world = World::with("", |stage| set_token(stage, &stage.sentry.add_member_token("acme", scopes)));
        let token = world.begin();
        (world, token)
    };
    let (world, token) = member(&["project:read", "project:write"]);
    let words = ["carries project:write", "storefront", "role", "custom integration"];
    world.failed("createSecret", &token, "Rotation.ScopeMissing", &words);
    assert_eq!(world.keys().len(), 1);
    // This one sees nothing at all, as another organization's would.
    let (world, token) = member(&["project:write"]);
    world.failed("createSecret", &token, "Rotation.OrganizationNotVisible", &["acme", "role", "custom integration"]);
    assert_eq!(world.keys().len(), 1);
}
