//! The organization's audit log.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::place::{Place, text};

fn reader(at: &Place) -> String {
    at.token(&["org:write"])
}

#[track_caller]
fn rows(at: &Place, query: &str) -> Vec<Value> {
    let answer = at.get(&reader(at), &format!("{}{query}", at.organization_path("audit-logs/"))).is(200);
    answer.json()["rows"].as_array().unwrap().clone()
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "the-log-is-an-object",
        "The audit log is an object with `rows` and `options`, and pages like a list.",
        "observed 50",
        "`audit_log`",
        |at| {
            let answer = at.get(&reader(at), &at.organization_path("audit-logs/")).is(200);
            let body = answer.json();
            assert!(
                body["rows"].is_array() && body["options"].as_array().unwrap().contains(&json!("projectkey.create")),
                "{body}"
            );
            assert_eq!(answer.links().len(), 2);
        },
    ),
    fact(
        "each-change-of-a-key-leaves-a-row",
        "Making, changing and deleting a key leave a row each, the newest first.",
        "observed 50",
        "the audit says who made a key",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.put(&token, &path, &json!({"isActive": false})).is(200);
            at.delete(&token, &path).is(204);
            let events: Vec<String> = rows(at, "")
                .iter()
                .map(|row| text(row, "event"))
                .filter(|event| event.starts_with("projectkey."))
                .collect();
            assert_eq!(events, ["projectkey.remove", "projectkey.edit", "projectkey.create"]);
        },
    ),
    fact(
        "a-row-carries-the-secret-half",
        "The row of a key carries label, state and both halves in clear.",
        "observed 50",
        "rows never reach a log or a report",
        |at| {
            let key = at.create(&at.admin(), &json!({"name": "x", "rateLimit": {"count": 5, "window": 60}}));
            let row = rows(at, "?event=projectkey.create").remove(0);
            let data = &row["data"];
            assert_eq!(
                (&data["public_key"], &data["secret_key"], &data["label"]),
                (&key["public"], &key["secret"], &key["label"])
            );
            assert_eq!(
                (&data["status"], &data["rate_limit_count"], &data["rate_limit_window"]),
                (&json!(0), &json!(5), &json!(60))
            );
        },
    ),
    fact(
        "disabling-is-an-edit",
        "Disabling a key is logged as an edit whose `status` is 1.",
        "observed 50",
        "the audit reads states from edits",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.put(&token, &path, &json!({"isActive": false})).is(200);
            assert_eq!(rows(at, "?event=projectkey.edit").remove(0)["data"]["status"], 1);
        },
    ),
    fact(
        "an-integration-is-an-actor-without-an-address",
        "The actor of an integration is its user, without an address.",
        "observed 50",
        "the audit tells robots from people",
        |at| {
            let (slug, token) = at.server.control.integration(&at.organization, "maker", &["project:write"]);
            at.create(&token, &json!({"name": "x"}));
            let actor = rows(at, "?event=projectkey.create").remove(0)["actor"].clone();
            assert_eq!(actor["email"], "");
            assert!(text(&actor, "username").starts_with(&slug), "{actor}");
        },
    ),
    fact(
        "rows-by-event",
        "`event` chooses rows; an event that nobody knows has none.",
        "observed 50",
        "the audit asks for the events of keys alone",
        |at| {
            at.create(&at.admin(), &json!({"name": "x"}));
            assert_eq!(rows(at, "?event=projectkey.create").len(), 1);
            assert_eq!(rows(at, "?event=projectkey.remove").len(), 0);
            assert_eq!(rows(at, "?event=no.such.event").len(), 0);
        },
    ),
    fact("rows-by-actor", "`actor` chooses rows by the id of a user.", "observed 50", "none yet", |at| {
        let token = at.admin();
        at.create(&token, &json!({"name": "x"}));
        let user = text(&at.get(&token, "/api/0/").is(200).json()["user"], "id");
        assert_eq!(rows(at, &format!("?event=projectkey.create&actor={user}")).len(), 1);
        assert_eq!(rows(at, "?event=projectkey.create&actor=999999999").len(), 0);
    }),
    fact(
        "times-do-not-choose",
        "`start` and `end` are ignored.",
        "observed 50",
        "the audit stops at the time that it wants itself",
        |at| {
            at.create(&at.admin(), &json!({"name": "x"}));
            assert_eq!(rows(at, "?event=projectkey.create&start=2001-01-01T00:00:00&end=2001-01-02T00:00:00").len(), 1);
        },
    )
    .only(crate::fact::Holds::Observed),
    fact(
        "the-log-pages-through",
        "The pages of the log together hold each row once.",
        "observed 15",
        "`audit_log` reads pages",
        |at| {
            let token = at.admin();
            for number in 0..5 {
                at.create(&token, &json!({ "name": number }));
            }
            let reader = reader(at);
            let path = format!("{}?event=projectkey.create&per_page=2", at.organization_path("audit-logs/"));
            let mut seen = Vec::new();
            let mut next = Some(String::new());
            while let Some(cursor) = next {
                assert!(seen.len() < 20);
                let answer = at.get(&reader, &format!("{path}&cursor={cursor}")).is(200);
                seen.extend(answer.json()["rows"].as_array().unwrap().iter().map(|row| text(&row["data"], "label")));
                next = answer.next();
            }
            assert_eq!(seen, ["4", "3", "2", "1", "0"]);
        },
    ),
    fact(
        "a-refused-write-leaves-no-row",
        "A write that is refused leaves no row.",
        "tried on 23.7.1",
        "the audit sees deeds, not tries",
        |at| {
            let token = at.token(&["project:read"]);
            at.post(&token, &at.keys_path(), &json!({"name": "x"})).is(403);
            assert_eq!(rows(at, "?event=projectkey.create").len(), 0);
        },
    ),
];
