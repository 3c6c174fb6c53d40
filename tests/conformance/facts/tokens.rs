//! Integrations, installations, organization tokens.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};
use crate::servers::Holder;

/// The integration of this slug, as a caller with this token sees it.
#[track_caller]
fn seen(at: &Place, token: &str, slug: &str) -> Value {
    let apps = at.get(token, &at.organization_path("sentry-apps/")).is(200).list();
    apps.into_iter().find(|app| app["slug"] == slug).unwrap()
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "integrations-show-scopes-and-kind",
        "Integrations are listed with their scopes, their slug and `internal` as their status.",
        "observed 38",
        "the audit's list of integrations",
        |at| {
            let (slug, _) = at.server.control.integration(&at.organization, "watcher", &["event:read", "team:read"]);
            let app = seen(at, &at.token(&["org:read"]), &slug);
            let scopes: BTreeSet<&str> =
                app["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
            assert_eq!((scopes, &app["status"]), (["event:read", "team:read"].into(), &json!("internal")));
            assert!(app["name"].is_string() && app["uuid"].is_string(), "{app}");
        },
    ),
    fact(
        "an-integration-sees-no-secrets-of-others",
        "A caller that is an integration sees no client id and no client secret.",
        "observed 38",
        "the audit with an integration's token reads no secret",
        |at| {
            let (slug, _) = at.server.control.integration(&at.organization, "watcher", &["event:read"]);
            let app = seen(at, &at.token(&["org:read", "event:read"]), &slug);
            assert_eq!((app.get("clientId"), app.get("clientSecret")), (None, None));
        },
    ),
    fact(
        "a-person-who-may-more-sees-the-secret",
        "A person whose scopes cover the integration's sees the client secret in clear; one whose do not sees asterisks.",
        "observed 38",
        "the client never keeps the member",
        |at| {
            let (slug, _) = at.server.control.integration(&at.organization, "watcher", &["event:read"]);
            let more = seen(at, &at.token_of(&["org:read", "event:read"], Holder::Owner), &slug);
            let less = seen(at, &at.token_of(&["org:read"], Holder::Owner), &slug);
            assert_eq!((text(&more, "clientSecret").len(), text(&more, "clientSecret").contains('*')), (64, false));
            assert_eq!(text(&less, "clientSecret"), "*".repeat(64));
        },
    ),
    fact(
        "only-own-integrations-are-listed",
        "Integrations of other organizations are not listed.",
        "observed 38; tried on 23.7.1",
        "the audit's list of integrations",
        |at| {
            let other = at.elsewhere();
            other.server.control.integration(&other.organization, "foreign", &["event:read"]);
            let token = at.token(&["org:read"]);
            assert_eq!(at.get(&token, &at.organization_path("sentry-apps/")).is(200).list().len(), 1);
        },
    ),
    fact(
        "installations-are-hidden-from-integrations",
        "Installations are answered 404, `Not found.`, to an integration.",
        "observed 39",
        "the audit does without them",
        |at| {
            at.get(&at.token(&["org:read"]), &at.organization_path("sentry-app-installations/"))
                .refuses(404, "Not found.");
        },
    )
    .only(Holds::Observed),
    fact(
        "a-person-sees-installations",
        "A person sees the installations, each with its app, its organization and its state.",
        "observed 39",
        "`installations`",
        |at| {
            let (slug, _) = at.server.control.integration(&at.organization, "watcher", &["event:read"]);
            for scope in ["org:read", "org:integrations"] {
                let token = at.token_of(&[scope], Holder::Owner);
                let all = at.get(&token, &at.organization_path("sentry-app-installations/")).is(200).list();
                let found = all.iter().find(|one| one["app"]["slug"] == slug.as_str()).unwrap();
                assert_eq!(
                    (&found["organization"]["slug"], &found["status"]),
                    (&json!(at.organization), &json!("installed"))
                );
            }
        },
    ),
    fact(
        "a-list-of-organization-tokens-has-no-token",
        "Organization tokens are listed with name, scopes and last characters, never with the token.",
        "observed 47",
        "`organization_tokens`",
        |at| {
            let token = at.token_of(&[], Holder::Organization);
            let answer = at.get(&at.token(&["org:read"]), &at.organization_path("org-auth-tokens/")).is(200);
            let listed = answer.list();
            assert_eq!(listed.len(), 1);
            assert!(!answer.text.contains(&token));
            assert!(token.ends_with(&text(&listed[0], "tokenLastCharacters")), "{}", listed[0]);
            assert_eq!((&listed[0]["scopes"], &listed[0]["dateLastUsed"]), (&json!(["org:ci"]), &Value::Null));
            assert!(text(&listed[0], "dateCreated").parse::<jiff::Timestamp>().is_ok());
        },
    )
    .only(Holds::Observed),
    fact(
        "the-organization-list-is-empty-for-integrations",
        "A token's use of one organization is not told by a list of organizations: its projects tell it.",
        "observed 39",
        "`Project` carries the organization",
        |at| {
            let projects = at.get(&at.token(&["project:read"]), "/api/0/projects/").is(200).list();
            assert_eq!(text(&projects[0]["organization"], "slug"), at.organization);
        },
    ),
    fact(
        "tokens-have-64-hex-digits",
        "An integration's token is 64 hexadecimal digits without a prefix.",
        "sentry-api section 3.1",
        "the audit's search for tokens beside DSNs",
        |at| {
            let token = at.token(&["event:read"]);
            assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
        },
    ),
    fact(
        "organization-tokens-have-their-prefix",
        "An organization token begins with `sntrys_` and has two underscores.",
        "sentry-api section 3.1",
        "the kinds of tokens are told by their shape",
        |at| {
            let token = at.token_of(&[], Holder::Organization);
            assert_eq!((token.starts_with("sntrys_"), token.matches('_').count()), (true, 2));
        },
    ),
];
