//! Tokens, and what `GET /api/0/` says of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};
use crate::servers::{Holder, Validity};

const INDEX: &str = "/api/0/";

fn index(at: &Place, token: &str) -> Value {
    at.get(token, INDEX).is(200).json()
}

fn scopes(index: &Value) -> BTreeSet<String> {
    index["auth"]["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()
}

fn set(scopes: &[&str]) -> BTreeSet<String> {
    scopes.iter().map(|&scope| scope.to_owned()).collect()
}

/// A request with this `Authorization` is refused with this sentence, at the index and at a key list alike.
#[track_caller]
fn refused(at: &Place, authorization: &str, detail: &str) {
    for path in [INDEX.to_owned(), at.keys_path()] {
        at.send("GET", &path, |request| request.header("authorization", authorization)).refuses(401, detail);
    }
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "nobody-is-answered-200-with-nulls",
        "Without credentials the index answers 200 with `auth` and `user` null: the status says nothing about a token.",
        "observed 1",
        "`identity`: a token counts only if `auth` is there",
        |at| at.send("GET", INDEX, |request| request).says(200, &json!({"version": "0", "auth": null, "user": null})),
    ),
    fact(
        "nobody-is-refused-elsewhere",
        "Without credentials every other endpoint answers 401, `Authentication credentials were not provided.`",
        "observed 4",
        "telling a missing token from a bad one",
        |at| {
            for path in [at.keys_path(), at.organization_path(""), "/api/0/projects/".to_owned()] {
                at.send("GET", &path, |request| request).refuses(401, "Authentication credentials were not provided.");
            }
        },
    ),
    fact(
        "the-index-lists-the-scopes-of-an-integration",
        "The index lists the scopes of an integration's token.",
        "observed 2",
        "testSecret alone, and the audit, learn the scopes there",
        |at| {
            let token = at.token(&["project:read", "event:read", "org:read"]);
            assert_eq!(scopes(&index(at, &token)), set(&["event:read", "org:read", "project:read"]));
        },
    ),
    fact(
        "a-hierarchy-is-spelled-out-by-whoever-grants",
        "A token whose grant spells its hierarchy out is listed so: write and read stand beside admin.",
        "sentry-api section 4",
        "the audit compares with the closure of what was asked for",
        |at| {
            let token = at.token(&["project:admin", "project:write", "project:read"]);
            assert_eq!(scopes(&index(at, &token)), set(&["project:admin", "project:read", "project:write"]));
        },
    ),
    fact(
        "the-index-adds-nothing-to-a-grant",
        "The index lists what was granted, and not what that implies.",
        "tried on 23.7.1",
        "a function asks whether the token has any one of the scopes that do",
        |at| {
            for holder in [Holder::Integration, Holder::Owner] {
                let token = at.token_of(&["project:write"], holder);
                assert_eq!(scopes(&index(at, &token)), set(&["project:write"]));
            }
        },
    )
    .only(Holds::Observed),
    fact(
        "a-role-bounds-what-a-scope-implies",
        "A member's token with project:write alone sees no project; one with project:read beside it sees the project and its keys, and makes none.",
        "tried on 23.7.1",
        "`diagnose`: a role that is too small",
        |at| {
            let write = at.token_of(&["project:write"], Holder::Member);
            at.get(&write, &at.project_path("")).is(403);
            let both = at.token_of(&["project:read", "project:write"], Holder::Member);
            at.get(&both, &at.project_path("")).is(200);
            at.get(&both, &at.keys_path()).is(200);
            at.post(&both, &at.keys_path(), &json!({"name": "x"})).is(403);
            for token in [write, both] {
                assert_eq!(at.get(&token, "/api/0/projects/").is(200).list().len(), 0);
            }
        },
    )
    .only(Holds::Observed),
    fact(
        "an-integration-acts-as-a-user-without-an-address",
        "An integration's token acts as a user whose address is empty and whose name begins with the integration's slug.",
        "observed 2",
        "the audit tells integrations from people",
        |at| {
            let (slug, token) = at.server.control.integration(&at.organization, "robot", &["project:read"]);
            let user = index(at, &token)["user"].clone();
            assert_eq!(user["email"], "");
            assert!(text(&user, "username").starts_with(&slug), "{user}");
        },
    ),
    fact(
        "a-person-has-an-address",
        "A person's token shows the person with an address.",
        "observed 2",
        "the audit tells people from integrations",
        |at| {
            let token = at.token_of(&["project:read"], Holder::Owner);
            let index = index(at, &token);
            assert!(text(&index["user"], "email").contains('@'), "{index}");
            assert!(text(&index["user"], "id").parse::<u64>().is_ok(), "{index}");
        },
    ),
    fact(
        "an-organization-token-is-nobody-with-org-ci",
        "An organization token has the scope `org:ci` and no user.",
        "observed 2",
        "the audit tells organization tokens from the others",
        |at| {
            let token = at.token_of(&[], Holder::Organization);
            let index = index(at, &token);
            assert_eq!((scopes(&index), &index["user"]), (set(&["org:ci"]), &Value::Null));
        },
    ),
    fact(
        "an-organization-token-cannot-see-keys",
        "An organization token cannot list client keys, projects or the organization: 403.",
        "observed 47",
        "such a token is refused as a management token",
        |at| {
            let token = at.token_of(&[], Holder::Organization);
            for path in [at.keys_path(), at.organization_path("projects/"), at.project_path("")] {
                at.get(&token, &path).refuses(403, "You do not have permission to perform this action.");
            }
        },
    ),
    fact(
        "an-unknown-token-is-invalid",
        "A token that nobody knows is answered 401, `Invalid token`.",
        "observed 4",
        "`Kind::Unauthorized`: a new management token is asked for",
        |at| refused(at, &format!("Bearer {}", "a1".repeat(32)), "Invalid token"),
    ),
    fact(
        "an-unknown-organization-token-is-invalid",
        "An organization token that nobody knows is answered 401, `Invalid org token`.",
        "observed 4",
        "the audit calls such a token refused",
        |at| refused(at, "Bearer sntrys_eyJpYXQiOjF9_of-nobody", "Invalid org token"),
    ),
    fact(
        "a-revoked-token-is-invalid-at-once",
        "A token that was revoked is answered 401 at once.",
        "observed 44",
        "the audit's `TOKEN_REFUSED`",
        |at| {
            let token = at.token(&["project:read"]);
            at.keys(&token);
            at.server.control.revoke(&token);
            refused(at, &format!("Bearer {token}"), "Invalid token");
        },
    ),
    fact(
        "an-expired-token-says-so",
        "A token past its end is answered 401, `Token expired`.",
        "observed 4",
        "`Kind::Unauthorized`, whatever the sentence",
        |at| {
            let expired = Validity::Expired;
            let token = at.server.control.token(&at.organization, &["project:read"], Holder::Integration, expired);
            refused(at, &format!("Bearer {token}"), "Token expired");
        },
    ),
    fact(
        "a-token-with-a-blank-in-it-is-refused",
        "A bearer token with a blank in it is answered 401 with a sentence about spaces.",
        "observed 4",
        "a badly copied token is told from one that nobody knows",
        |at| refused(at, "Bearer one two", "Invalid token header. Token string should not contain spaces."),
    ),
    fact(
        "an-empty-bearer-is-refused",
        "The word Bearer alone is answered 401 with a sentence about missing credentials.",
        "observed 4",
        "an empty secret is told from a bad one",
        |at| refused(at, "Bearer", "Invalid token header. No credentials provided."),
    ),
    fact(
        "the-scheme-has-no-case",
        "The scheme of the `Authorization` header is read without regard to case.",
        "RFC 9110; tried on 23.7.1",
        "any proxy that rewrites headers",
        |at| {
            let token = at.token(&["project:read"]);
            at.send("GET", &at.keys_path(), |request| request.header("authorization", format!("bEaReR {token}")))
                .is(200);
        },
    ),
    fact(
        "another-scheme-is-no-credentials",
        "A scheme that nobody knows counts as no credentials at all.",
        "observed 4",
        "401 with this sentence means that our header did not arrive",
        |at| {
            at.send("GET", &at.keys_path(), |request| request.header("authorization", "Token abc"))
                .refuses(401, "Authentication credentials were not provided.");
        },
    ),
    fact(
        "an-unknown-api-key-is-invalid",
        "Basic credentials that nobody knows are answered 401, `API key is not valid`.",
        "observed 4",
        "legacy keys are reported by the audit, never used",
        |at| refused(at, "Basic bm9ib2R5Og==", "API key is not valid"),
    ),
    fact(
        "every-401-names-its-scheme",
        "Every 401 of the API carries `WWW-Authenticate: xBasic realm=\"api\"`.",
        "observed 4",
        "a 401 of the API is told from one of a proxy",
        |at| {
            for authorization in ["Bearer nobody", "Bearer", "Token abc"] {
                let answer =
                    at.send("GET", &at.keys_path(), |request| request.header("authorization", authorization)).is(401);
                assert_eq!(answer.header("www-authenticate"), Some("xBasic realm=\"api\""), "{authorization}");
            }
        },
    ),
    fact(
        "a-403-names-no-scope",
        "A missing scope is answered 403 with one sentence that names no scope.",
        "observed 5",
        "our refusals name the scope themselves",
        |at| {
            let token = at.token(&["event:read"]);
            at.get(&token, &at.keys_path()).refuses(403, "You do not have permission to perform this action.");
        },
    ),
    fact(
        "the-scopes-come-first",
        "A missing scope is answered 403 even where the project or the key does not exist.",
        "observed 7; tried on 23.7.1",
        "`Rotation.ScopeMissing` is named before `Rotation.ProjectNotFound`",
        |at| {
            let token = at.token(&["event:read"]);
            for path in [at.organization_path("projects/").replace("acme", "nobody"), at.key_path(&"0".repeat(32))] {
                at.get(&token, &path).refuses(403, "You do not have permission to perform this action.");
            }
        },
    ),
    fact(
        "a-role-bounds-a-persons-token",
        "A member's token lists `project:admin` and may not write keys all the same: only a try tells.",
        "observed 3",
        "the first refused write is reported as a missing right, not as a defect",
        |at| {
            let token = at.token_of(&["project:read", "project:write", "project:admin"], Holder::Member);
            assert!(scopes(&index(at, &token)).contains("project:admin"));
            at.post(&token, &at.keys_path(), &json!({"name": "x"}))
                .refuses(403, "You do not have permission to perform this action.");
        },
    ),
    fact(
        "an-owner-outside-the-teams-sees-every-key",
        "The token of an owner who is in no team reads and writes the keys of every project.",
        "sentry-api section 5.3; tried on 23.7.1",
        "a person's token can be a management token",
        |at| {
            let token = at.token_of(&["project:read", "project:write"], Holder::Owner);
            assert_eq!(at.keys(&token).len(), 1);
            at.create(&token, &json!({"name": "by a person"}));
        },
    ),
    fact(
        "a-foreign-organization-is-403-an-unknown-one-404",
        "An organization or project of somebody else is answered 403; one that does not exist is answered 404.",
        "observed 7",
        "two causes with two sentences: a wrong token, a wrong name",
        |at| {
            let other = at.elsewhere();
            let token = at.admin();
            let denied = "You do not have permission to perform this action.";
            at.get(&token, &other.keys_path()).refuses(403, denied);
            at.get(&token, &other.organization_path("projects/")).refuses(403, denied);
            let unknown = "The requested resource does not exist";
            at.get(&token, &at.keys_path().replace("storefront", "nothing")).refuses(404, unknown);
            at.get(&token, "/api/0/organizations/nobody/projects/").refuses(404, unknown);
            at.get(&token, "/api/0/projects/nobody/storefront/keys/").refuses(404, unknown);
        },
    ),
    fact(
        "a-token-of-another-organization-changes-nothing",
        "A token with every scope in one organization can write nothing in another: 403.",
        "observed 7",
        "the binding of secrets to organizations rests on it",
        |at| {
            let other = at.elsewhere();
            let (ours, theirs) = (at.admin(), other.admin());
            let key = text(&at.keys(&ours)[0], "id");
            at.post(&theirs, &at.keys_path(), &json!({"name": "x"})).is(403);
            at.put(&theirs, &at.key_path(&key), &json!({"isActive": false})).is(403);
            at.delete(&theirs, &at.key_path(&key)).is(403);
            assert_eq!(at.key(&ours, &key)["isActive"], true);
            assert_eq!(at.keys(&ours).len(), 1);
        },
    ),
    fact(
        "a-token-does-not-admit-an-origin",
        "A request with a token and an `Origin` is answered 400 with a bare string.",
        "sentry-api section 7",
        "the client sends no Origin",
        |at| {
            let token = at.token(&["project:read"]);
            let answer = at.send("GET", &at.keys_path(), |request| {
                request.bearer_auth(&token).header("origin", "https://shop.example")
            });
            answer.says(400, &json!("Invalid origin: https://shop.example"));
        },
    ),
    fact(
        "a-person-lists-with-any-scope",
        "`org:read` of a person lists every project of the organization.",
        "observed 18",
        "the audit with a person's token",
        |at| {
            let token = at.token_of(&["org:read"], Holder::Owner);
            assert_eq!(at.get(&token, &at.organization_path("projects/")).is(200).list().len(), 1);
        },
    ),
    fact(
        "self-hosted-names-no-limits",
        "A self-hosted server sends no `X-Sentry-Rate-Limit` headers.",
        "observed 51",
        "the client's budget does without them",
        |at| {
            let answer = at.get(&at.token(&["project:read"]), &at.keys_path()).is(200);
            assert_eq!(answer.header("x-sentry-rate-limit-remaining"), None);
            assert_eq!(answer.header("x-sentry-rate-limit-reset"), None);
        },
    )
    .only(Holds::Observed),
];
