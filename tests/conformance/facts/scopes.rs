//! Which scopes each endpoint takes: every scope is tried alone.

use serde_json::json;

use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};

/// The scopes of tokens.
const ALL: [&str; 18] = [
    "org:read",
    "org:write",
    "org:admin",
    "org:integrations",
    "member:read",
    "member:write",
    "member:admin",
    "team:read",
    "team:write",
    "team:admin",
    "project:read",
    "project:write",
    "project:admin",
    "project:releases",
    "event:read",
    "event:write",
    "event:admin",
    "alerts:read",
];

const READ: &[&str] = &["project:read", "project:write", "project:admin"];
const WRITE: &[&str] = &["project:write", "project:admin"];
const ORGANIZATION: &[&str] = &["org:read", "org:write", "org:admin"];

/// What a call is answered with each scope alone: 403 without one of these, anything else with one.
#[track_caller]
fn takes(at: &Place, enough: &[&str], call: impl Fn(&str) -> u16, answered: u16) {
    let mut wrong = Vec::new();
    let tokens = at.server.control.tokens_of_one_scope(&at.organization, &ALL);
    for (scope, token) in ALL.into_iter().zip(tokens) {
        let status = call(&token);
        let expected = if enough.contains(&scope) { answered } else { 403 };
        if status != expected {
            wrong.push(format!("{scope}: {status} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn default_key(at: &Place) -> String {
    text(&at.keys(&at.admin())[0], "id")
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "list-keys",
        "The keys of a project are listed with project:read, :write or :admin, and no other scope.",
        "observed 18",
        "the least scopes in `docs/permissions.md`",
        |at| {
            takes(at, READ, |token| at.get(token, &at.keys_path()).status, 200);
        },
    ),
    fact(
        "create-key",
        "A key is made with project:write or :admin, and no other scope.",
        "observed 18",
        "rotation asks for project:write",
        |at| {
            takes(at, WRITE, |token| at.post(token, &at.keys_path(), &json!({"name": "x"})).status, 201);
        },
    ),
    fact(
        "get-key",
        "A key is read with project:read, :write or :admin, and no other scope.",
        "observed 18",
        "the least scopes in `docs/permissions.md`",
        |at| {
            let key = default_key(at);
            takes(at, READ, |token| at.get(token, &at.key_path(&key)).status, 200);
        },
    ),
    fact(
        "change-key",
        "A key is changed with project:write or :admin, and no other scope.",
        "observed 18",
        "retirement disables with project:write",
        |at| {
            let key = default_key(at);
            takes(at, WRITE, |token| at.put(token, &at.key_path(&key), &json!({"isActive": true})).status, 200);
        },
    ),
    fact(
        "delete-key",
        "A key is deleted with project:admin, and no other scope.",
        "observed 18",
        "deletion has an identity of its own",
        |at| {
            let maker = at.admin();
            let delete = |token: &str| {
                let key = text(&at.create(&maker, &json!({"name": "to go"})), "id");
                at.delete(token, &at.key_path(&key)).status
            };
            takes(at, &["project:admin"], delete, 204);
        },
    ),
    fact(
        "key-statistics",
        "A key's statistics are asked for with project:read, :write or :admin, and no other scope.",
        "sentry-api section 1.1",
        "retirement's use of statistics",
        |at| {
            let key = default_key(at);
            let answered = if at.server.is_newer() { 200 } else { 400 };
            takes(at, READ, |token| at.get(token, &at.key_path(&format!("{key}/stats"))).status, answered);
        },
    ),
    fact(
        "read-project",
        "A project is read with project:read, :write or :admin; org:read is not enough.",
        "observed 55",
        "allowed domains are read there",
        |at| {
            takes(at, READ, |token| at.get(token, &at.project_path("")).status, 200);
        },
    ),
    fact(
        "list-all-projects",
        "The projects of the caller are listed with project:read, :write or :admin.",
        "observed 18",
        "a rotation without org:read finds its project there",
        |at| {
            takes(at, READ, |token| at.get(token, "/api/0/projects/").status, 200);
        },
    ),
    fact(
        "read-organization",
        "The organization is read with org:read, :write or :admin.",
        "sentry-api section 5.5",
        "the audit resolves its organization",
        |at| {
            takes(at, ORGANIZATION, |token| at.get(token, &at.organization_path("")).status, 200);
        },
    ),
    fact(
        "list-organization-projects",
        "The organization's projects are listed with org:read, :write or :admin; project scopes are not enough.",
        "observed 18",
        "the audit asks for org:read",
        |at| {
            takes(at, ORGANIZATION, |token| at.get(token, &at.organization_path("projects/")).status, 200);
        },
    ),
    fact(
        "list-integrations",
        "The organization's integrations are listed with org:read, :write or :admin; org:integrations is not enough.",
        "observed 38",
        "the audit asks for org:read",
        |at| {
            takes(at, ORGANIZATION, |token| at.get(token, &at.organization_path("sentry-apps/")).status, 200);
        },
    ),
    fact(
        "list-organization-tokens",
        "Organization tokens are listed with org:read, :write or :admin.",
        "observed 47",
        "the audit's list of organization tokens",
        |at| {
            takes(at, ORGANIZATION, |token| at.get(token, &at.organization_path("org-auth-tokens/")).status, 200);
        },
    )
    .only(Holds::Observed),
    fact(
        "read-audit-log",
        "The audit log is read with exactly org:write; org:admin without it is refused.",
        "observed 50",
        "the audit does without a log that it may not read",
        |at| {
            takes(at, &["org:write"], |token| at.get(token, &at.organization_path("audit-logs/")).status, 200);
        },
    )
    .only(Holds::Observed),
    fact(
        "read-audit-log-newer",
        "The audit log is read with org:write, which newer versions add to a token with org:admin.",
        "sentry-api section 6",
        "the audit's use of the log",
        |at| {
            takes(
                at,
                &["org:write", "org:admin"],
                |token| at.get(token, &at.organization_path("audit-logs/")).status,
                200,
            );
        },
    )
    .only(Holds::Newer),
    fact(
        "list-organization-keys",
        "All keys of an organization are listed with org:read, :write or :admin.",
        "sentry-api section 1.1",
        "the audit's quick way on newer servers",
        |at| {
            takes(at, ORGANIZATION, |token| at.get(token, &at.organization_path("project-keys/")).status, 200);
        },
    )
    .only(Holds::Newer),
    fact(
        "question-with-a-token",
        "The DSN question can be asked with a token too, of project:write or :admin, and says nothing about a key then.",
        "tried on 23.7.1",
        "the client never sends a token with the question",
        |at| {
            takes(at, WRITE, |token| at.post(token, &at.project_path("user-feedback/"), &json!({})).status, 400);
        },
    ),
];
