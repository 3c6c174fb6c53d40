//! The keys of many projects at once.

use sentry_client::{Kind, RetryPolicy};
use serde_json::{Value, json};
use testkit::http::Response;

use crate::fixtures::{KEY, MARKER, OTHER_KEY, REFUSALS, acme, key, key_json, link};
use crate::script::{TOKEN, json as answer, on, quick, script, spoken, value};

fn path(query: &str) -> String {
    format!("GET /api/0/organizations/acme/project-keys/?{query}")
}

fn page(keys: &[Value], next: &str, results: bool) -> Response {
    value(200, &json!(keys)).with_header("link", link("https://sentry.example", next, results))
}

fn of_project(id: u64, key: &str) -> Value {
    let mut body = key_json(key, "a");
    body["projectId"] = json!(id);
    body
}

#[tokio::test]
async fn every_page_is_asked_for_the_named_projects() {
    let sentry = script([
        on(path("project=42&project=43&per_page=100"), page(&[key_json(KEY, "a")], "71:0:0", true)),
        on(
            path("project=42&project=43&per_page=100&cursor=71:0:0"),
            page(&[key_json(OTHER_KEY, "b")], "70:0:0", false),
        ),
    ]);
    let api = sentry.api();
    let found = api.organization_keys(&acme(), &[42, 43]).await.unwrap();
    assert_eq!(found, Some(vec![key(KEY, "a"), key(OTHER_KEY, "b")]));
    let said = format!("{found:?}");
    assert!(!said.contains(MARKER) && !said.contains(TOKEN));
    sentry.done(&api);
}

#[tokio::test]
async fn no_projects_need_no_request() {
    let sentry = script([]);
    let api = sentry.api();
    assert_eq!(api.organization_keys(&acme(), &[]).await.unwrap(), Some(vec![]));
    sentry.done(&api);
}

#[tokio::test]
async fn many_projects_are_asked_for_a_hundred_at_a_time() {
    let ids: Vec<u64> = (1..=201).collect();
    let query = |ids: &[u64]| {
        let named: String = ids.iter().map(|id| format!("project={id}&")).collect();
        path(&format!("{named}per_page=100"))
    };
    // A server that ignores the parameter answers for all projects each time.
    let all = json!([of_project(1, KEY), of_project(201, OTHER_KEY), of_project(999, &"a".repeat(32))]);
    let sentry = script(ids.chunks(100).map(|ids| on(query(ids), value(200, &all))));
    let api = sentry.api();
    let found = api.organization_keys(&acme(), &ids).await.unwrap().unwrap();
    assert_eq!(found.iter().map(|key| key.project_id).collect::<Vec<_>>(), [1, 201]);
    sentry.done(&api);
}

#[tokio::test]
async fn a_server_without_the_list_is_told_from_a_list_that_breaks_off() {
    let first = path("project=42&per_page=100");
    let sentry = script([on(first, Response::text(404, "text/html", ""))]);
    let api = sentry.api();
    assert_eq!(api.organization_keys(&acme(), &[42]).await.unwrap(), None);
    sentry.done(&api);

    let ids: Vec<u64> = (1..=101).collect();
    let named: String = ids.iter().take(100).map(|id| format!("project={id}&")).collect();
    let sentry = script([
        on(path(&format!("{named}per_page=100")), answer(200, "[]")),
        on(path("project=101&per_page=100"), answer(404, "{}")),
    ]);
    let api = sentry.api();
    assert_eq!(*api.organization_keys(&acme(), &ids).await.unwrap_err().kind(), Kind::NotFound);
    sentry.done(&api);
}

#[tokio::test]
async fn other_refusals_are_errors() {
    for (status, body, kind) in REFUSALS.into_iter().filter(|(status, ..)| *status != 404) {
        let mut sentry = script([on(path("project=42&per_page=100"), answer(status, body))]);
        sentry.retry(RetryPolicy { times: 0, ..quick() });
        let api = sentry.api();
        let error = api.organization_keys(&acme(), &[42]).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&kind, "GET /organizations/{org}/project-keys/"));
        assert!(!spoken(&error).contains("acme"));
        sentry.done(&api);
    }
}
