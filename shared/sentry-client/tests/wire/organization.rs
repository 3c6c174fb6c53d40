//! An organization by its name, and the domains that a project admits.

use sentry_client::Kind;
use serde_json::json;

use crate::fixtures::{REFUSALS, acme, project, project_json};
use crate::script::{json as answer, on, quick, script, value};

const ACME: &str = "GET /api/0/organizations/acme/";
const SHOP: &str = "GET /api/0/projects/acme/shop/";

#[tokio::test]
async fn an_organization_is_read_by_its_slug() {
    let body = json!({"id": "7", "slug": "acme", "name": "Acme", "links": {"regionUrl": "https://elsewhere.example"}});
    let sentry = script([on(ACME, value(200, &body))]);
    let api = sentry.api();
    assert_eq!(api.organization("acme").await.unwrap(), acme());
    sentry.done(&api);
}

#[tokio::test]
async fn an_organization_that_cannot_be_is_refused() {
    for body in ["[]", "{}", r#"{"id":"7"}"#, r#"{"id":"x","slug":"acme"}"#, r#"{"id":"7","slug":"../admin"}"#] {
        let sentry = script([on(ACME, answer(200, body))]);
        let api = sentry.api();
        assert_eq!(*api.organization("acme").await.unwrap_err().kind(), Kind::Unavailable, "{body}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn the_domains_of_a_project_are_read_and_nothing_else_of_it() {
    let long = format!("{}.example", "a".repeat(300));
    let mut body = project_json(42, "shop");
    for (domains, expected) in [
        (json!(["*"]), vec!["*".to_owned()]),
        (json!(["shop.example", "*.shop.example"]), vec!["shop.example".to_owned(), "*.shop.example".to_owned()]),
        (json!([long]), vec![format!("{}…", "a".repeat(199))]),
        (json!([]), vec![]),
    ] {
        body["allowedDomains"] = domains;
        let sentry = script([on(SHOP, value(200, &body))]);
        let api = sentry.api();
        assert_eq!(api.allowed_domains(&project()).await.unwrap(), expected);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn domains_that_are_not_told_are_not_any_domain() {
    for domains in ["", r#""allowedDomains":null"#, r#""allowedDomains":"*""#, r#""allowedDomains":[7]"#] {
        let sentry = script([on(SHOP, answer(200, &format!("{{{domains}}}")))]);
        let api = sentry.api();
        assert_eq!(*api.allowed_domains(&project()).await.unwrap_err().kind(), Kind::Unavailable, "{domains}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn refusals_keep_their_meaning_and_a_renamed_project_is_not_followed() {
    for (status, body, kind) in REFUSALS {
        let mut sentry = script([on(ACME, answer(status, body)), on(SHOP, answer(status, body))]);
        sentry.retry(sentry_client::RetryPolicy { times: 0, ..quick() });
        let api = sentry.api();
        assert_eq!(*api.organization("acme").await.unwrap_err().kind(), kind);
        assert_eq!(*api.allowed_domains(&project()).await.unwrap_err().kind(), kind);
        sentry.done(&api);
    }
    let sentry =
        script([on(SHOP, answer(302, r#"{"slug":"new"}"#).with_header("location", "/api/0/projects/acme/new/"))]);
    let api = sentry.api();
    assert_eq!(*api.allowed_domains(&project()).await.unwrap_err().kind(), Kind::Moved(Some("new".to_owned())));
    sentry.done(&api);
}
