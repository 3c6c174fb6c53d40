//! What is written down, and who may read it.

use serde_json::{Value, json};

use super::{KEYS, Rig, body, header, rig};
use crate::sentry::{Flavor, TokenKind};

const LOG: &str = "/api/0/organizations/acme/audit-logs/";

fn rows(rig: &Rig, token: &str, query: &str) -> Vec<Value> {
    let response = rig.call_as(token, "GET", &format!("{LOG}{query}"), &Value::Null);
    assert_eq!(response.status, 200);
    let shown = body(&response);
    assert!(shown["options"].as_array().unwrap().contains(&json!("projectkey.edit")));
    shown["rows"].as_array().unwrap().clone()
}

fn members(rows: &[Value], member: &str) -> Vec<String> {
    rows.iter().map(|row| row[member].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_happens_to_a_key_is_written_down_with_its_secret() {
    let rig = rig();
    let auditor = rig.sentry.add_token("acme", &["org:write", "project:admin"]);
    assert_eq!(rows(&rig, &auditor, ""), [] as [Value; 0], "the key of a new project is nobody's doing");
    let made =
        body(&rig.call_as(&auditor, "POST", KEYS, &json!({"name": "a", "rateLimit": {"count": 5, "window": 60}})));
    let path = format!("{KEYS}{}/", made["id"].as_str().unwrap());
    rig.call_as(&auditor, "PUT", &path, &json!({"isActive": false}));
    rig.call_as(&auditor, "DELETE", &path, &Value::Null);
    rig.call_as(&auditor, "DELETE", &path, &Value::Null);
    let all = rows(&rig, &auditor, "");
    assert_eq!(members(&all, "event"), ["projectkey.remove", "projectkey.edit", "projectkey.create"]);
    let data = json!({"label": "a", "public_key": made["id"], "secret_key": made["secret"], "roles": 1, "status": 1,
        "rate_limit_count": 5, "rate_limit_window": 60});
    assert_eq!(all[1]["data"], data);
    assert_eq!((&all[2]["data"]["status"], &all[2]["actor"]["email"]), (&json!(0), &json!("")));
    assert!(all[2]["actor"]["name"].as_str().unwrap().starts_with("stand-in-"));
    assert_eq!(members(&rows(&rig, &auditor, "?event=projectkey.edit"), "event"), ["projectkey.edit"]);
    assert_eq!(rows(&rig, &auditor, "?event=nonsense").len(), 0);
    let actor = all[0]["actor"]["id"].as_str().unwrap();
    assert_eq!(rows(&rig, &auditor, &format!("?actor={actor}")).len(), 3);
    assert_eq!(rows(&rig, &auditor, "?actor=999").len(), 0);
    rig.sentry.plant_secret("MARK");
    assert!(rows(&rig, &auditor, "").iter().all(|row| row["data"].to_string().contains("MARK")));
}

#[test]
fn what_is_done_behind_the_apis_back_is_a_persons_doing() {
    let rig = rig();
    let auditor = rig.sentry.add_token_of("acme", &["org:write"], TokenKind::Person);
    let key = rig.sentry.add_key("acme", "web", "b");
    rig.sentry.edit_key(&key.id, |key| key.is_active = false);
    rig.sentry.edit_key(&key.id, |key| key.date_created = "2020-01-01T00:00:00Z".to_owned());
    rig.sentry.set_key_created(&key.id, "2020-01-02T00:00:00Z");
    assert_eq!(rig.sentry.keys("acme", "web")[1].date_created, "2020-01-02T00:00:00Z");
    rig.sentry.delete_key(&key.id);
    rig.sentry.add_key("umbrella", "lab", "not of acme");
    let legacy = format!("{} (api key)", "f".repeat(32));
    rig.sentry.add_audit_row("acme", "api-key.edit", &legacy, "2020-01-01T00:00:00Z", json!({"key": "f"}));
    let all = rows(&rig, &auditor, "");
    let events = ["projectkey.remove", "projectkey.edit", "projectkey.create", "api-key.edit"];
    assert_eq!(members(&all, "event"), events);
    assert!(all[..3].iter().all(|row| row["actor"]["email"] == "olive@example.com"));
    assert_eq!(all[3]["actor"], json!({ "name": legacy }));
}

#[test]
fn rows_of_one_moment_are_paged_and_none_is_lost() {
    let rig = rig();
    let auditor = rig.sentry.add_token("acme", &["org:write"]);
    for number in 0..7 {
        let at = if number < 5 { "2026-01-01T00:00:00Z" } else { "2026-01-02T00:00:00Z" };
        rig.sentry.add_audit_row("acme", &format!("event.{number}"), "somebody", at, Value::Null);
    }
    for size in 1..=8 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..8 {
            let query = format!("{LOG}?per_page={size}&cursor={cursor}");
            let response = rig.call_as(&auditor, "GET", &query, &Value::Null);
            seen.extend(members(body(&response)["rows"].as_array().unwrap(), "event"));
            let links = header(&response, "link").unwrap();
            if links.contains("rel=\"next\"; results=\"true\"") {
                cursor = links.rsplit("cursor=\"").next().unwrap().trim_end_matches('"').to_owned();
            } else {
                break;
            }
        }
        let expected: Vec<String> = (0..7).rev().map(|number| format!("event.{number}")).collect();
        assert_eq!(seen, expected, "{size} a page");
    }
}

#[test]
fn exactly_the_scope_to_write_reads_it() {
    let rig = rig();
    let status = |scopes: &[&str], method: &str| {
        let token = rig.sentry.add_token("acme", scopes);
        rig.call_as(&token, method, LOG, &Value::Null).status
    };
    let administrator: &[&str] = &["org:admin", "org:read"];
    for (flavor, of_administrator) in [(Flavor::V23_7_1, 403), (Flavor::V2026, 200)] {
        rig.sentry.set_flavor(flavor);
        assert_eq!(status(&["org:write"], "GET"), 200);
        assert_eq!(status(administrator, "GET"), of_administrator);
        assert_eq!(status(&["org:read", "project:admin", "org:integrations"], "GET"), 403);
        assert_eq!((status(&["org:write"], "HEAD"), status(&["org:write"], "POST")), (403, 405));
    }
    assert_eq!(rig.send("GET", LOG, &[], "").status, 401);
    let outsider = rig.sentry.add_token("umbrella", &["org:write"]);
    assert_eq!(rig.call_as(&outsider, "GET", LOG, &Value::Null).status, 403);
}
