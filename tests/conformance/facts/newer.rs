//! What the source and the schema of 2026 say, where they differ from 23.7.1. The stand-in's newer profile answers.

use serde_json::json;

use crate::fact::{Fact, Holds, fact};
use crate::place::{PROJECT, text};
use crate::servers::Holder;

pub(super) const FACTS: &[Fact] = &[
    fact(
        "numeric-ids-work-in-paths",
        "Numeric ids of projects and organizations work in paths.",
        "sentry-api section 1.1",
        "a rename does not stop a rotation",
        |at| {
            let token = at.admin();
            let path = at.keys_path().replace(PROJECT, &at.project_id.to_string());
            assert_eq!(at.get(&token, &path).is(200).list().len(), 1);
        },
    )
    .only(Holds::Newer),
    fact(
        "key-pages-hold-ten",
        "A page of keys holds 10 unless told otherwise.",
        "sentry-api section 1.8",
        "the client asks for 100 and reads all pages",
        |at| {
            let token = at.admin();
            for number in 0..11 {
                at.create(&token, &json!({ "name": number }));
            }
            let first = at.get(&token, &at.keys_path()).is(200);
            assert_eq!((first.list().len(), first.next().is_some()), (10, true));
            assert_eq!(at.get(&token, &format!("{}?per_page=100", at.keys_path())).is(200).list().len(), 12);
        },
    )
    .only(Holds::Newer),
    fact(
        "all-keys-of-an-organization",
        "One list has the keys of all projects, or of those that the query names.",
        "sentry-api section 1.1",
        "the audit's quick way",
        |at| {
            let token = at.token(&["org:read"]);
            let other = at.add_project("other");
            let path = at.organization_path("project-keys/");
            assert_eq!(at.get(&token, &path).is(200).list().len(), 2);
            let named = at.get(&token, &format!("{path}?project={other}")).is(200).list();
            assert_eq!((named.len(), &named[0]["projectId"]), (1, &json!(other)));
            at.get(&token, &format!("{path}?project={}", at.elsewhere().project_id)).is(403);
        },
    )
    .only(Holds::Newer),
    fact(
        "organization-tokens-are-for-browsers",
        "Organization tokens are listed for a browser's session alone: any token is answered 403.",
        "sentry-api sections 0 and 3.2",
        "the audit says that it cannot see them",
        |at| {
            let path = at.organization_path("org-auth-tokens/");
            at.get(&at.token(&["org:read", "org:write", "org:admin"]), &path).is(403);
            at.get("nobody", &path).is(403);
        },
    )
    .only(Holds::Newer),
    fact(
        "answers-name-the-limits",
        "Every answer of the API names limit, rest and end of the window.",
        "sentry-api section 1.9; observed 52",
        "the client's budget",
        |at| {
            let answer = at.get(&at.token(&["project:read"]), &at.keys_path()).is(200);
            for name in ["limit", "remaining", "reset", "concurrentlimit", "concurrentremaining"] {
                assert!(answer.header(&format!("x-sentry-rate-limit-{name}")).is_some(), "{name}");
            }
        },
    )
    .only(Holds::Newer),
    fact(
        "newer-members-of-a-dsn",
        "The `dsn` of a key has further members, and its loader options two more.",
        "sentry-api section 1.2",
        "only `public` and `secret` are asked for",
        |at| {
            let key = at.keys(&at.admin()).remove(0);
            for member in ["nel", "crons", "playstation", "integration", "otlp_traces", "otlp_logs"] {
                assert!(key["dsn"][member].is_string(), "{member}");
            }
            for option in ["hasFeedback", "hasLogsAndMetrics"] {
                assert!(key["dynamicSdkLoaderOptions"][option].is_boolean(), "{option}");
            }
        },
    )
    .only(Holds::Newer),
    fact(
        "personal-tokens-have-a-prefix",
        "A personal token begins with `sntryu_`.",
        "sentry-api section 3.1",
        "the kinds of tokens are told by their shape",
        |at| {
            let token = at.token_of(&["project:read"], Holder::Owner);
            assert_eq!((token.starts_with("sntryu_"), token.len()), (true, 71));
        },
    )
    .only(Holds::Newer),
    fact(
        "the-index-spells-a-hierarchy-out",
        "The index lists what a scope implies beside it.",
        "sentry-api section 4",
        "the audit compares closures",
        |at| {
            let index = at.get(&at.token(&["project:admin"]), "/api/0/").is(200).json();
            assert_eq!(index["auth"]["scopes"], json!(["project:admin", "project:read", "project:write"]));
        },
    )
    .only(Holds::Newer),
    fact(
        "installations-name-what-is-missing",
        "Installations are answered 404 to an integration, with a sentence of their own.",
        "sentry-api section 5; 2025 source",
        "the audit does without them",
        |at| {
            at.get(&at.token(&["org:read"]), &at.organization_path("sentry-app-installations/"))
                .refuses(404, "Could not find requested organization");
        },
    )
    .only(Holds::Newer),
    fact(
        "an-organization-names-its-region",
        "An organization names the host of its region.",
        "sentry-api section 7",
        "none yet",
        |at| {
            let shown = at.get(&at.token(&["org:read"]), &at.organization_path("")).is(200).json();
            assert!(text(&shown["links"], "regionUrl").starts_with("http"), "{shown}");
        },
    )
    .only(Holds::Newer),
    fact(
        "statistics-count-by-day",
        "A key's statistics are a list of times with accepted, dropped and filtered errors.",
        "sentry-api section 1.7",
        "`key_stats`",
        |at| {
            let token = at.admin();
            let key = text(&at.keys(&token)[0], "id");
            let listed = at
                .get(&token, &format!("{}stats/?since=1795402800&until=1795489200&resolution=1d", at.key_path(&key)))
                .is(200)
                .list();
            assert!(!listed.is_empty());
            for member in ["ts", "total", "accepted", "dropped", "filtered"] {
                assert!(listed[0][member].is_number(), "{member}");
            }
        },
    )
    .only(Holds::Newer),
];
