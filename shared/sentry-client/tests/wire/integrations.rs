//! Integrations, and where they are installed.

use sentry_client::{Installation, Integration, Kind, RetryPolicy};
use serde_json::{Value, json};

use crate::fixtures::{MARKER, REFUSALS, acme, link, of_acme};
use crate::script::{TOKEN, json as answer, on, quick, script, spoken, value};

const UUID: &str = "0b6c1a52-9d3e-4f70-8a11-22c3d4e5f607";

/// An integration as a person sees it who may do all that it may: with its client secret in clear (A5.38).
fn integration_json(slug: &str) -> Value {
    json!({
        "allowedOrigins": [], "author": "acme", "avatars": [], "events": ["issue"], "featureData": [],
        "isAlertable": false, "metadata": {"x": MARKER}, "name": "Deployer", "overview": MARKER, "popularity": 1,
        "redirectUrl": format!("https://hook.example/{MARKER}"), "schema": {}, "scopes": ["project:read", "org:read"],
        "slug": slug, "status": "internal", "uuid": UUID, "verifyInstall": false, "webhookUrl": MARKER,
        "clientId": MARKER, "clientSecret": MARKER, "owner": {"id": 7, "slug": "acme"},
    })
}

fn integration(slug: &str) -> Integration {
    Integration {
        slug: slug.to_owned(),
        name: "Deployer".to_owned(),
        status: "internal".to_owned(),
        scopes: ["org:read", "project:read"].map(str::to_owned).into(),
        date_created: None,
    }
}

fn installation_json(slug: &str) -> Value {
    json!({
        "app": {"uuid": UUID, "slug": slug, "sentryAppId": 3}, "organization": {"slug": "acme", "id": 7},
        "uuid": UUID, "status": "installed", "code": MARKER,
    })
}

#[tokio::test]
async fn integrations_are_read_page_by_page_without_their_secrets() {
    let mut dated = integration_json("b-1a2b3c");
    dated["dateCreated"] = json!("2026-01-02T03:04:05Z");
    dated["status"] = json!("s".repeat(300));
    dated["name"] = json!("🔑".repeat(300));
    dated["scopes"] = json!(["x".repeat(300)]);
    let list = of_acme("sentry-apps");
    let sentry = script([
        on(
            list.as_str(),
            value(200, &json!([integration_json("deployer")]))
                .with_header("link", link("https://sentry.example", "100:1:0", true)),
        ),
        on(format!("{list}&cursor=100:1:0"), value(200, &json!([dated]))),
    ]);
    let api = sentry.api();
    let found = api.integrations(&acme()).await.unwrap();
    let second = Integration {
        name: format!("{}…", "🔑".repeat(199)),
        status: format!("{}…", "s".repeat(199)),
        scopes: [format!("{}…", "x".repeat(199))].into(),
        date_created: Some("2026-01-02T03:04:05Z".to_owned()),
        ..integration("b-1a2b3c")
    };
    assert_eq!(found, [integration("deployer"), second]);
    let said = format!("{found:?} {found:#?}");
    assert!(!said.contains(MARKER) && !said.contains(TOKEN));
    sentry.done(&api);
}

#[tokio::test]
async fn installations_are_read_without_their_grant_codes() {
    let list = of_acme("sentry-app-installations");
    let next = link("https://sentry.example", "100:1:0", true);
    let sentry = script([
        on(list.as_str(), value(200, &json!([installation_json("deployer")])).with_header("link", next)),
        on(format!("{list}&cursor=100:1:0"), value(200, &json!([installation_json("other")]))),
    ]);
    let api = sentry.api();
    let found = api.installations(&acme()).await.unwrap();
    let expected = ["deployer", "other"].map(|app| Installation {
        uuid: UUID.to_owned(),
        app: app.to_owned(),
        status: "installed".to_owned(),
    });
    assert_eq!(found, expected);
    assert!(!format!("{found:?}").contains(MARKER));
    sentry.done(&api);
}

#[tokio::test]
async fn an_item_that_cannot_be_fails_the_whole_list() {
    let without = |mut item: Value, member: &str| {
        item.as_object_mut().unwrap().remove(member);
        item
    };
    let with = |mut item: Value, member: &str, value: Value| {
        item[member] = value;
        item
    };
    let (app, installed) = (integration_json("deployer"), installation_json("deployer"));
    let hostile = format!("../{MARKER}");
    let cases = [
        ("sentry-apps", without(app.clone(), "scopes")),
        ("sentry-apps", without(app.clone(), "status")),
        ("sentry-apps", with(app.clone(), "scopes", json!(null))),
        ("sentry-apps", with(app.clone(), "slug", json!(hostile))),
        ("sentry-apps", with(app.clone(), "slug", json!("a\u{202e}b"))),
        ("sentry-apps", with(app, "name", json!(7))),
        ("sentry-app-installations", without(installed.clone(), "app")),
        ("sentry-app-installations", with(installed.clone(), "app", json!({"slug": hostile}))),
        ("sentry-app-installations", with(installed.clone(), "uuid", json!(hostile))),
        ("sentry-app-installations", with(installed, "status", json!(null))),
    ];
    for (list, item) in cases {
        let sentry = script([on(of_acme(list), value(200, &json!([item])))]);
        let api = sentry.api();
        let error = match list {
            "sentry-apps" => api.integrations(&acme()).await.unwrap_err(),
            _ => api.installations(&acme()).await.unwrap_err(),
        };
        assert_eq!(*error.kind(), Kind::Unavailable, "{item}");
        assert!(!spoken(&error).contains(MARKER));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn refusals_keep_their_meaning() {
    for (status, body, kind) in REFUSALS {
        let lists = ["sentry-apps", "sentry-app-installations"].map(|list| on(of_acme(list), answer(status, body)));
        let mut sentry = script(lists);
        sentry.retry(RetryPolicy { times: 0, ..quick() });
        let api = sentry.api();
        let error = api.integrations(&acme()).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&kind, "GET /organizations/{org}/sentry-apps/"));
        let error = api.installations(&acme()).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&kind, "GET /organizations/{org}/sentry-app-installations/"));
        sentry.done(&api);
    }
}
