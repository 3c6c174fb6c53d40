//! Who the token is.

use std::time::Duration;

use sentry_client::{AuthToken, Kind};
use tokio::time::Instant;

use crate::script::{TOKEN, json, on, script, script_below, spoken};

const ROOT: &str = "GET /api/0/";

#[tokio::test]
async fn the_scopes_are_those_that_sentry_expanded() {
    let body = r#"{"version":"0","auth":{"scopes":["project:read","project:write","project:admin","org:read"]},
        "user":{"id":"3","username":"rotator-1b2c","email":""}}"#;
    let sentry = script([on(ROOT, json(200, body))]);
    let api = sentry.api();
    let identity = api.identity().await.unwrap();
    assert_eq!(
        identity.scopes.iter().map(String::as_str).collect::<Vec<_>>(),
        ["org:read", "project:admin", "project:read", "project:write"]
    );
    assert!(identity.has_any(&["org:write", "project:write"]));
    assert!(!identity.has_any(&["org:write", "team:read"]));
    assert!(!identity.has_any(&[]));
    sentry.done(&api);
}

#[tokio::test]
async fn an_organization_token_has_scopes_and_no_user() {
    let sentry = script([on(ROOT, json(200, r#"{"version":"0","auth":{"scopes":["org:ci"]},"user":null}"#))]);
    let api = sentry.api();
    assert!(api.identity().await.unwrap().has_any(&["org:ci"]));
    sentry.done(&api);
}

#[tokio::test]
async fn two_hundred_with_auth_null_is_nobody() {
    let sentry = script([on(ROOT, json(200, r#"{"version":"0","auth":null,"user":null}"#))]);
    let api = sentry.api();
    let error = api.identity().await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unauthorized);
    assert!(!error.is_unclear());
    sentry.done(&api);
}

#[tokio::test]
async fn a_refused_token_is_unauthorized_and_not_tried_again() {
    for detail in
        ["Invalid token", "Token expired", "Invalid org token", "Authentication credentials were not provided."]
    {
        let body = format!(r#"{{"detail":"{detail}"}}"#);
        let answer = json(401, &body).with_header("www-authenticate", "xBasic realm=\"api\"");
        let sentry = script([on(ROOT, answer)]);
        let api = sentry.api();
        let error = api.identity().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (&Kind::Unauthorized, Some(401)));
        assert_eq!(error.to_string(), "GET /api/0/ was answered with status 401");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_path_prefix_of_the_base_url_stands_before_the_api() {
    let sentry = script_below(
        "/tools/sentry/",
        [on("GET /tools/sentry/api/0/", json(200, r#"{"auth":{"scopes":[]},"user":null}"#))],
    );
    let api = sentry.api();
    assert!(api.identity().await.unwrap().scopes.is_empty());
    sentry.done(&api);
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_not_sent_and_not_repeated() {
    let sentry = script([]);
    for text in [format!("{TOKEN}\n"), format!("{TOKEN}\r\nX-Evil: 1"), format!("{TOKEN}\0")] {
        let token = AuthToken::new(text.into());
        let api = sentry.client().api(&token, Instant::now() + Duration::from_secs(60));
        let error = api.identity().await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unauthorized);
        assert!(!error.is_unclear());
        assert!(!spoken(&error).contains(TOKEN));
        sentry.done(&api);
    }
}
