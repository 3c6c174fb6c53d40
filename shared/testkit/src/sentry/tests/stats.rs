//! What is counted, and what a client with a budget reads.

use serde_json::{Value, json};

use super::{KEYS, Rig, body, header, rig};
use crate::sentry::{Flavor, Key};

const DAY: u64 = 1_790_000_000 / 86_400 * 86_400;

fn stats(rig: &Rig, key: &Key) -> (u16, Value) {
    let url = format!("{KEYS}{}/stats/?since={DAY}&until={}&resolution=1h", key.id, DAY + 7_200);
    let response = rig.call("GET", &url, &Value::Null);
    (response.status, body(&response))
}

fn accepted(rig: &Rig, key: &Key) -> Vec<u64> {
    let (_, buckets) = stats(rig, key);
    buckets.as_array().unwrap().iter().map(|bucket| bucket["accepted"].as_u64().unwrap()).collect()
}

fn send(rig: &Rig, key: &Key, kind: &str) -> u16 {
    let path = format!("/api/{}/envelope/?sentry_key={}", key.project_id, key.id);
    rig.send("POST", &path, &[], &format!("{{}}\n{{\"type\":\"{kind}\"}}\n{{}}\n")).status
}

#[test]
fn accepted_errors_are_counted_by_the_clock_of_the_test_and_nothing_else_is() {
    let rig = rig();
    let key = rig.default_key();
    send(&rig, &key, "event");
    assert_eq!(accepted(&rig, &key), [0, 0, 0]);
    rig.sentry.set_stats_clock(DAY + 10);
    for kind in ["event", "event", "transaction", "client_report", "session"] {
        assert_eq!(send(&rig, &key, kind), 200);
    }
    rig.sentry.set_stats_clock(DAY + 3_700);
    send(&rig, &key, "event");
    assert_eq!(accepted(&rig, &key), [2, 1, 0]);
    rig.sentry.edit_key(&key.id, |key| key.is_active = false);
    rig.sentry.refresh_ingest_cache();
    assert_eq!(send(&rig, &key, "event"), 403);
    let path = format!("/api/{}/envelope/?sentry_key={}", key.project_id, key.id);
    rig.sentry.edit_key(&key.id, |key| key.is_active = true);
    rig.sentry.refresh_ingest_cache();
    assert_eq!(rig.send("POST", &path, &[("content-encoding", "gzip")], "packed").status, 200);
    assert_eq!(accepted(&rig, &key), [2, 2, 0]);
    assert_eq!(accepted(&rig, &rig.sentry.add_key("acme", "web", "another")), [0, 0, 0]);
}

#[test]
fn a_server_without_its_event_store_blames_the_request() {
    let rig = rig();
    let key = rig.default_key();
    rig.sentry.fail_stats(true);
    assert_eq!(stats(&rig, &key), (400, json!({"detail": "Invalid request data"})));
    rig.sentry.fail_stats(false);
    assert_eq!(stats(&rig, &key).0, 200);
}

#[test]
fn a_window_is_told_as_the_test_wants_it() {
    let rig = rig();
    let window = |rig: &Rig| {
        let response = rig.call("GET", KEYS, &Value::Null);
        ["Limit", "Remaining", "Reset"].map(|name| header(&response, &format!("X-Sentry-Rate-Limit-{name}")))
    };
    let told = |numbers: [u64; 3]| numbers.map(|number| Some(number.to_string()));
    assert_eq!(window(&rig), [None, None, None]);
    for flavor in [Flavor::V23_7_1, Flavor::V2026] {
        rig.sentry.set_flavor(flavor);
        rig.sentry.set_rate_limit_headers(100, 29, 2_000_000_000);
        assert_eq!(window(&rig), told([100, 29, 2_000_000_000]));
        assert_eq!(window(&rig), told([100, 29, 2_000_000_000]));
        rig.sentry.unlimit_api();
    }
    assert_eq!(window(&rig), told([40, 39, 1_767_225_600]));
}
