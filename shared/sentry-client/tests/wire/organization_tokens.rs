//! Organization tokens as a list.

use sentry_client::{Kind, OrganizationToken, RetryPolicy};
use serde_json::{Value, json};

use crate::fixtures::{MARKER, REFUSALS, acme, link, of_acme};
use crate::script::{json as answer, on, quick, script, spoken, value};

const LIST: &str = "org-auth-tokens";

/// As 23.7.1 shows one, and with a value that no list shows (A5.47).
fn token_json(id: &str) -> Value {
    json!({
        "id": id, "name": "release", "scopes": ["org:ci"], "tokenLastCharacters": MARKER, "token": MARKER,
        "dateCreated": "2026-01-02T03:04:05.678901Z", "dateLastUsed": null, "projectLastUsedId": null,
    })
}

fn token(id: &str) -> OrganizationToken {
    OrganizationToken {
        id: id.to_owned(),
        name: "release".to_owned(),
        scopes: ["org:ci".to_owned()].into(),
        date_created: Some("2026-01-02T03:04:05.678901Z".to_owned()),
        date_last_used: None,
    }
}

#[tokio::test]
async fn the_list_comes_at_once_and_nothing_of_a_value_is_read() {
    let mut used = token_json("12");
    used["dateLastUsed"] = json!("2026-02-02T00:00:00Z");
    used["name"] = json!("é".repeat(201));
    let sentry = script([on(of_acme(LIST), value(200, &json!([token_json("11"), used])))]);
    let api = sentry.api();
    let found = api.organization_tokens(&acme()).await.unwrap();
    let second = OrganizationToken {
        name: format!("{}…", "é".repeat(199)),
        date_last_used: Some("2026-02-02T00:00:00Z".to_owned()),
        ..token("12")
    };
    assert_eq!(found, [token("11"), second]);
    assert!(!format!("{found:?}").contains(MARKER));
    sentry.done(&api);
}

#[tokio::test]
async fn a_list_that_comes_to_be_paged_is_read_to_its_end() {
    let next = link("https://sentry.example", "100:1:0", true);
    let sentry = script([
        on(of_acme(LIST), value(200, &json!([token_json("11")])).with_header("link", next)),
        on(format!("{}&cursor=100:1:0", of_acme(LIST)), value(200, &json!([token_json("12")]))),
    ]);
    let api = sentry.api();
    assert_eq!(api.organization_tokens(&acme()).await.unwrap(), [token("11"), token("12")]);
    sentry.done(&api);
}

#[tokio::test]
async fn a_token_that_cannot_be_fails_the_whole_list() {
    for (member, wrong) in [
        ("id", json!(null)),
        ("id", json!("../1")),
        ("name", json!(null)),
        ("scopes", json!(null)),
        ("scopes", json!("org:ci")),
        ("dateLastUsed", json!(7)),
    ] {
        let mut item = token_json("11");
        item[member] = wrong;
        let sentry = script([on(of_acme(LIST), value(200, &json!([token_json("10"), item])))]);
        let api = sentry.api();
        let error = api.organization_tokens(&acme()).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unavailable, "{item}");
        assert!(!spoken(&error).contains(MARKER));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn refusals_keep_their_meaning() {
    for (status, body, kind) in REFUSALS {
        let mut sentry = script([on(of_acme(LIST), answer(status, body))]);
        sentry.retry(RetryPolicy { times: 0, ..quick() });
        let api = sentry.api();
        let error = api.organization_tokens(&acme()).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&kind, "GET /organizations/{org}/org-auth-tokens/"));
        sentry.done(&api);
    }
}
