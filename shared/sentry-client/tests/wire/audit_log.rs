//! The audit log: read as far back as is asked, and nothing of it that is secret.

use jiff::Timestamp;
use sentry_client::{AuditEntry, AuditLog, Kind, RetryPolicy};
use serde_json::{Value, json};
use testkit::http::Response;

use crate::fixtures::{KEY, MARKER, REFUSALS, acme, link};
use crate::script::{TOKEN, json as answer, on, quick, script, spoken, value};

const EDIT: &str = "projectkey.edit";
const SINCE: &str = "2026-01-01T00:00:00Z";

fn path(cursor: &str) -> String {
    let cursor = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
    format!("GET /api/0/organizations/acme/audit-logs/?event={EDIT}&per_page=100{cursor}")
}

fn since() -> Timestamp {
    SINCE.parse().unwrap()
}

/// A row with the secret key in clear (A5.50).
fn row(at: &str) -> Value {
    json!({
        "id": "9", "event": EDIT, "ipAddress": "192.0.2.1", "note": format!("edited project key {MARKER}"),
        "targetObject": 171, "targetUser": null, "dateCreated": at,
        "actor": {"id": "3", "name": "Ada", "username": "ada", "email": "ada@acme.example", "emails": [MARKER]},
        "data": {"label": MARKER, "public_key": KEY, "secret_key": MARKER, "roles": 1, "status": 1,
            "rate_limit_count": null, "rate_limit_window": null},
    })
}

fn entry(at: &str) -> AuditEntry {
    AuditEntry {
        event: EDIT.to_owned(),
        actor: Some("Ada".to_owned()),
        at: at.to_owned(),
        key_id: Some(KEY.to_owned()),
    }
}

/// A page; an empty cursor ends the list.
fn page(rows: &[Value], next: &str) -> Response {
    let next = link("https://sentry.example", if next.is_empty() { "1:0:0" } else { next }, !next.is_empty());
    value(200, &json!({"rows": rows, "options": [EDIT, MARKER]})).with_header("link", next)
}

#[tokio::test]
async fn a_log_that_ends_is_complete_and_holds_no_secret() {
    let sentry = script([
        on(path(""), page(&[row("2026-03-01T00:00:00Z")], "1772000000000:0:0")),
        on(path("1772000000000:0:0"), page(&[row("2026-02-01T00:00:00.5Z"), row(SINCE)], "")),
    ]);
    let api = sentry.api();
    let log = api.audit_log(&acme(), EDIT, since(), 9).await.unwrap();
    let entries = vec![entry("2026-03-01T00:00:00Z"), entry("2026-02-01T00:00:00.5Z"), entry(SINCE)];
    assert_eq!(log, AuditLog { entries, complete: true });
    let said = format!("{log:?} {log:#?}");
    assert!(!said.contains(MARKER) && !said.contains(TOKEN) && !said.contains("192.0.2.1"));
    sentry.done(&api);
}

#[tokio::test]
async fn reading_ends_with_the_page_on_which_older_rows_begin() {
    let rows = ["2026-01-01T00:00:00.000001Z", "2025-12-31T23:59:59.999999Z", "2020-01-01T00:00:00Z"].map(row);
    let sentry = script([on(path(""), page(&rows, "1772000000000:0:0"))]);
    let api = sentry.api();
    let log = api.audit_log(&acme(), EDIT, since(), 9).await.unwrap();
    assert_eq!(log, AuditLog { entries: vec![entry("2026-01-01T00:00:00.000001Z")], complete: true });
    sentry.done(&api);
}

#[tokio::test]
async fn where_older_rows_begin_a_repeated_cursor_does_not_matter() {
    let (new, old) = (row("2026-02-01T00:00:00Z"), row("2020-01-01T00:00:00Z"));
    let sentry = script([on(path(""), page(&[new], "3:0:0")), on(path("3:0:0"), page(&[old], "3:0:0"))]);
    let api = sentry.api();
    let log = api.audit_log(&acme(), EDIT, since(), 9).await.unwrap();
    assert_eq!(log, AuditLog { entries: vec![entry("2026-02-01T00:00:00Z")], complete: true });
    sentry.done(&api);
}

#[tokio::test]
async fn more_pages_than_are_allowed_make_a_log_incomplete() {
    for most in 0..4 {
        let cursors = ["", "3:0:0", "2:0:0", ""];
        let steps = (0..most.min(3))
            .map(|number| on(path(cursors[number]), page(&[row("2026-02-01T00:00:00Z")], cursors[number + 1])));
        let sentry = script(steps.collect::<Vec<_>>());
        let api = sentry.api();
        let log = api.audit_log(&acme(), EDIT, since(), most).await.unwrap();
        assert_eq!((log.entries.len(), log.complete), (most.min(3), most >= 3));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_cursor_that_repeats_is_a_failure_not_the_end() {
    let sentry = script([on(path(""), page(&[], "3:0:0")), on(path("3:0:0"), page(&[], "3:0:0"))]);
    let api = sentry.api();
    let error = api.audit_log(&acme(), EDIT, since(), 9).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /organizations/{org}/audit-logs/ got a list that does not end");
    sentry.done(&api);
}

#[tokio::test]
async fn an_actor_whose_name_may_be_a_credential_is_not_named() {
    let uuid = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9";
    let legacy = "a legacy API key";
    let long = "é".repeat(201);
    let integration = format!("rotator-{uuid}");
    let cases = [
        (json!({"name": format!("{MARKER} (api key)")}), Some(legacy)),
        (json!({"name": "short (API key) "}), Some(legacy)),
        (json!({"name": MARKER}), Some(legacy)),
        (json!({"name": format!("key {}.", MARKER.to_uppercase())}), Some(legacy)),
        (json!({"name": format!("{}{MARKER}", "é".repeat(300))}), Some(legacy)),
        (json!({"name": "", "email": format!("{MARKER}@x.example")}), Some(legacy)),
        (json!({"name": integration, "email": ""}), Some(integration.as_str())),
        (json!({"name": "", "email": "ada@acme.example"}), Some("ada@acme.example")),
        (json!({"name": null, "email": "ada@acme.example"}), Some("ada@acme.example")),
        (json!({"name": "0123456789abcdef0123456789abcde"}), Some("0123456789abcdef0123456789abcde")),
        (json!({"name": long}), Some("cut")),
        (json!({"name": "", "email": ""}), None),
        (json!({}), None),
        (json!(null), None),
    ];
    for (actor, expected) in cases {
        let mut row = row(SINCE);
        row["actor"] = actor.clone();
        let sentry = script([on(path(""), page(&[row], ""))]);
        let api = sentry.api();
        let log = api.audit_log(&acme(), EDIT, since(), 1).await.unwrap();
        let cut = format!("{}…", "é".repeat(199));
        let expected = expected.map(|name| if name == "cut" { cut.as_str() } else { name });
        assert_eq!(log.entries[0].actor.as_deref(), expected, "{actor}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn only_what_is_a_key_id_is_taken_for_one() {
    let cases = [
        (json!({"public_key": KEY}), Some(KEY)),
        (json!({"public_key": KEY.to_uppercase()}), None),
        (json!({"public_key": format!("{KEY}0")}), None),
        (json!({"public_key": ""}), None),
        (json!({"public_key": 7}), None),
        (json!({"public_key": null}), None),
        // What an event about a legacy API key carries.
        (json!({"key": MARKER, "label": "Default"}), None),
        (json!([MARKER]), None),
        (json!(MARKER), None),
        (json!({}), None),
        (json!(null), None),
    ];
    for (data, expected) in cases {
        let mut row = row(SINCE);
        row["data"] = data.clone();
        let sentry = script([on(path(""), page(&[row], ""))]);
        let api = sentry.api();
        let log = api.audit_log(&acme(), EDIT, since(), 1).await.unwrap();
        assert_eq!(log.entries[0].key_id.as_deref(), expected, "{data}");
        assert!(!format!("{log:?}").contains(MARKER));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_placed_in_time_fails_the_log() {
    for (member, wrong) in [
        ("dateCreated", json!(null)),
        ("dateCreated", json!(1_772_000_000)),
        ("dateCreated", json!(MARKER)),
        ("dateCreated", json!("")),
        ("event", json!(null)),
        ("actor", json!(MARKER)),
    ] {
        let mut wrong_row = row(SINCE);
        wrong_row[member] = wrong;
        let sentry = script([on(path(""), page(&[row(SINCE), wrong_row.clone()], ""))]);
        let api = sentry.api();
        let error = api.audit_log(&acme(), EDIT, since(), 1).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unavailable, "{wrong_row}");
        assert!(!spoken(&error).contains(MARKER));
        sentry.done(&api);
    }
    for body in ["[]", "{}", r#"{"rows":null}"#, r#"{"rows":[7]}"#] {
        let sentry = script([on(path(""), answer(200, body))]);
        let api = sentry.api();
        let error = api.audit_log(&acme(), EDIT, since(), 1).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unavailable, "{body}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn refusals_keep_their_meaning_on_any_page() {
    for (status, body, kind) in REFUSALS {
        let mut sentry = script([
            on(path(""), answer(status, body)),
            on(path(""), page(&[row(SINCE)], "3:0:0")),
            on(path("3:0:0"), answer(status, body)),
        ]);
        sentry.retry(RetryPolicy { times: 0, ..quick() });
        let api = sentry.api();
        for _ in 0..2 {
            let error = api.audit_log(&acme(), EDIT, since(), 9).await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (&kind, "GET /organizations/{org}/audit-logs/"));
        }
        sentry.done(&api);
    }
}
