//! Who the token is.

use std::time::Duration;

use sentry_client::{AuthToken, Kind, User};
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
async fn a_person_is_told_from_an_integration_and_a_doubt_says_person() {
    let uuid = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9";
    let long = "é".repeat(250);
    let cases = [
        (format!("rotator-{uuid}"), "", false),
        (format!("rotator-{}", uuid.to_uppercase()), "", false),
        (format!("rotator-{uuid}"), "ada@acme.example", true),
        ("ada@acme.example".to_owned(), "ada@acme.example", true),
        ("ada".to_owned(), "", true),
        (String::new(), "", true),
        (uuid.to_owned(), "", true),
        (format!("-{uuid}"), "", true),
        (format!("rotator{uuid}"), "", true),
        (format!("rotator-{}", uuid.replace('-', "")), "", true),
        (format!("rotator-{uuid}x"), "", true),
        (format!("rotator-{}", uuid.replace('1', "x")), "", true),
        (format!("é{}", uuid.replacen('1', "é", 1)), "", true),
        (long.clone(), "", true),
    ];
    for (username, email, is_person) in cases {
        let body = serde_json::json!({
            "auth": {"scopes": []}, "user": {"id": "3", "name": "Ada", "username": username, "email": email},
        });
        let sentry = script([on(ROOT, json(200, &body.to_string()))]);
        let api = sentry.api();
        let name = if username == long { format!("{}…", "é".repeat(199)) } else { username.clone() };
        assert_eq!(api.identity().await.unwrap().user, Some(User { name, is_person }), "{username} {email}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_user_of_another_shape_does_not_hide_the_scopes() {
    let nameless = Some(User { name: String::new(), is_person: true });
    for (user, expected) in [
        (r#","user":{}"#, nameless.clone()),
        (r#","user":{"username":7,"email":null}"#, nameless),
        (r#","user":"ada""#, None),
        (r#","user":null"#, None),
        ("", None),
    ] {
        let sentry = script([on(ROOT, json(200, &format!(r#"{{"auth":{{"scopes":["org:read"]}}{user}}}"#)))]);
        let api = sentry.api();
        let identity = api.identity().await.unwrap();
        assert!(identity.has_any(&["org:read"]));
        assert_eq!(identity.user, expected, "{user}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn an_organization_token_has_scopes_and_no_user() {
    let sentry = script([on(ROOT, json(200, r#"{"version":"0","auth":{"scopes":["org:ci"]},"user":null}"#))]);
    let api = sentry.api();
    let identity = api.identity().await.unwrap();
    assert!(identity.has_any(&["org:ci"]));
    assert_eq!(identity.user, None);
    sentry.done(&api);
}

#[tokio::test]
async fn a_list_is_nobody_whatever_is_in_it() {
    let sentry = script([on(ROOT, json(200, r#"[{"scopes":["org:admin"]},{"username":"ada"}]"#))]);
    let api = sentry.api();
    let error = api.identity().await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert_eq!(error.to_string(), "GET /api/0/ got an answer that is not the expected JSON (line 1, column 1)");
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
