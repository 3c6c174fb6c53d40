//! Making and changing keys.

use serde_json::{Value, json};

use super::{KEYS, Rig, body, rig};

#[test]
fn creation_is_not_idempotent_and_names_are_not_unique() {
    let rig = rig();
    for _ in 0..2 {
        assert_eq!(rig.call("POST", KEYS, &json!({"name": "  same "})).status, 201);
    }
    let labels: Vec<_> = rig.sentry.keys("acme", "web").into_iter().map(|key| key.label).collect();
    assert_eq!(labels, ["Default", "same", "same"]);
    let chosen = json!({"public": "a".repeat(32)});
    assert_eq!(rig.call("POST", KEYS, &chosen).status, 201);
    let again = rig.call("POST", KEYS, &chosen);
    assert_eq!((again.status, &body(&again)["detail"]), (500, &json!("Internal Error")));
}

#[test]
fn an_update_without_a_version_resets_it_and_merges_the_rest() {
    let rig = rig();
    let path = format!("{KEYS}{}/", rig.default_key().id);
    let set = json!({"browserSdkVersion": "6.x", "dynamicSdkLoaderOptions": {"hasDebug": true},
        "rateLimit": {"count": 5, "window": 60}});
    assert_eq!(body(&rig.call("PUT", &path, &set))["browserSdkVersion"], "6.x");
    let shown = body(&rig.call("PUT", &path, &json!({"isActive": false, "name": ""})));
    assert_eq!(shown["browserSdkVersion"], "7.x");
    assert_eq!(shown["label"], "Default");
    assert_eq!(shown["isActive"], false);
    assert_eq!(shown["rateLimit"], json!({"window": 60, "count": 5}));
    assert_eq!(shown["dynamicSdkLoaderOptions"], json!({"hasReplay": true, "hasPerformance": true, "hasDebug": true}));
    assert_eq!(body(&rig.call("PUT", &path, &json!({"rateLimit": null})))["rateLimit"], Value::Null);
}

#[test]
fn rate_limits_break_requests_as_they_do_at_sentry() {
    let rig = rig();
    let path = format!("{KEYS}{}/", rig.default_key().id);
    for (method, path, limit, status) in [
        ("POST", KEYS, json!({"count": 5, "window": 60}), 201),
        ("POST", KEYS, json!({"count": 0, "window": 60}), 201),
        ("POST", KEYS, json!({"count": "", "window": ""}), 201),
        ("POST", KEYS, Value::Null, 500),
        ("POST", KEYS, json!({}), 500),
        ("POST", KEYS, json!({"count": 5}), 500),
        ("POST", KEYS, json!({"count": 2_147_483_648_u64, "window": 60}), 500),
        ("POST", KEYS, json!({"count": -1, "window": 60}), 400),
        ("POST", KEYS, json!({"count": 5, "window": 86_401}), 400),
        ("PUT", path.as_str(), json!({}), 200),
        ("PUT", path.as_str(), json!({"count": null, "window": 60}), 200),
        ("PUT", path.as_str(), json!({"window": 8}), 500),
        ("PUT", path.as_str(), json!({"count": 8}), 500),
    ] {
        let response = rig.call(method, path, &json!({ "rateLimit": limit }));
        assert_eq!(response.status, status, "{method} {limit}");
    }
}

#[test]
fn a_plan_without_rate_limits_drops_them_in_silence() {
    let rig = rig();
    let features =
        |rig: &Rig| body(&rig.call("GET", "/api/0/projects/acme/web/", &Value::Null))["features"].to_string();
    assert!(features(&rig).contains("rate-limits"));
    rig.sentry.set_plan("acme", false);
    assert!(!features(&rig).contains("rate-limits"));
    let created = rig.call("POST", KEYS, &json!({"rateLimit": {"count": 5, "window": 60}}));
    assert_eq!((created.status, &body(&created)["rateLimit"]), (201, &Value::Null));
}
