//! What is secret comes out nowhere: not in a value, not in an error, not in a log line.

use sentry_client::NewKey;
use serde_json::json;

use crate::fixtures::{
    KEY, KEYS, MARKER, OTHER_KEY, QUESTION, at_key, dsn, key_json, list, project, project_json, update,
};
use crate::log;
use crate::script::{Script, TOKEN, json as answer, on, script, value};

fn all_of_it() -> Script {
    script([
        on(
            "GET /api/0/",
            value(200, &json!({"auth": {"scopes": ["org:read"], "token": MARKER}, "user": {"x": MARKER}})),
        ),
        on("GET /api/0/projects/acme/shop/", value(200, &project_json(42, "shop"))),
        on("GET /api/0/projects/?per_page=100", value(200, &json!([project_json(42, "shop")]))),
        on(list(), value(200, &json!([key_json(KEY, "a"), key_json(OTHER_KEY, "b")]))),
        on(at_key("GET", KEY), value(200, &key_json(KEY, "a"))),
        on(format!("POST {KEYS}"), value(201, &key_json(KEY, "a"))),
        on(at_key("PUT", KEY), value(200, &key_json(KEY, "a"))),
        on(QUESTION, answer(401, r#"{"detail":"Invalid dsn"}"#)),
        on("POST /api/42/envelope/", answer(403, &format!(r#"{{"detail":"ProjectId {MARKER}"}}"#))),
        on(list(), answer(403, &format!(r#"{{"detail":"{MARKER}"}}"#))),
        on(list(), answer(500, &format!(r#"{{"detail":"{MARKER}"}}"#))),
        on(list(), answer(200, &format!(r#"[{{"secret":"{MARKER}"}}]"#))),
    ])
}

#[tokio::test]
async fn no_value_and_no_log_line_holds_a_secret() {
    log::forget();
    let sentry = all_of_it();
    let api = sentry.api();
    let project = project();
    let new = NewKey { label: "a".to_owned(), rate_limit: None };
    let here = format!("http://{KEY}:{MARKER}@{}/42", sentry.server().address()).parse().unwrap();
    let identity = api.identity().await.unwrap();
    let found = api.project("acme", "shop").await.unwrap();
    let projects = api.projects("acme").await.unwrap();
    let keys = api.keys(&project).await.unwrap();
    let key = api.key(&project, KEY).await.unwrap();
    let created = api.create_key(&project, &new).await.unwrap();
    let updated = api.update_key(&project, KEY, &update()).await.unwrap();
    let question = api.ask_dsn(&project, &dsn()).await.unwrap();
    let probe = api.probe(&here).await.unwrap();
    let refused = api.keys(&project).await.unwrap_err();
    let unreadable = api.keys(&project).await.unwrap_err();
    sentry.done(&api);

    let token = crate::script::token();
    let values = format!(
        "{identity:#?} {found:#?} {projects:#?} {keys:#?} {key:#?} {created:#?} {updated:#?} {question:#?} {probe:#?} \
         {here:#?} {here} {refused:#?} {unreadable:#?} {api:#?} {:#?} {:#?} {token:#?} {:#?} {:#?}",
        sentry.client(),
        sentry.client().base_url(),
        refused.kind(),
        unreadable.kind(),
    );
    assert_eq!(keys.len(), 2, "the keys themselves were read");
    for secret in [MARKER, TOKEN] {
        assert!(!values.contains(secret), "a value holds a secret");
    }

    let log = log::written();
    assert_eq!(log.matches("asked Sentry").count(), 11, "each call with the token or a DSN is logged");
    assert!(log.contains("asking Sentry again"));
    for secret in [MARKER, TOKEN, KEY, OTHER_KEY, "Bearer"] {
        assert!(!log.contains(secret), "a log line holds a secret or a key");
    }
    assert!(!log.contains("/acme/"), "a log line holds a path, not its template");
    let ours = log.lines().filter(|line| line.starts_with("sentry_client"));
    assert!(ours.clone().count() >= 12 && ours.into_iter().all(|line| !line.contains("127.0.0.1")));
}
