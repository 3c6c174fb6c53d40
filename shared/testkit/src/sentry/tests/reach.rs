//! What can be reached, by whom, and how often.

use serde_json::{Value, json};

use super::{KEYS, body, header, rig};
use crate::sentry::Flavor;

#[test]
fn a_renamed_project_redirects_every_method() {
    let rig = rig();
    rig.sentry.rename_project("acme", "web", "shop");
    for method in ["GET", "POST"] {
        let response = rig.call(method, &format!("{KEYS}?per_page=5"), &Value::Null);
        assert_eq!(response.status, 302);
        assert_eq!(header(&response, "location").unwrap(), "/api/0/projects/acme/shop/keys/?per_page=5");
        assert_eq!(body(&response)["detail"]["extra"]["slug"], "shop");
    }
    assert_eq!(rig.sentry.keys("acme", "shop").len(), 1);
    rig.sentry.delete_project("acme", "shop");
    assert_eq!(rig.call("GET", KEYS, &Value::Null).status, 403);
    assert_eq!(rig.call("GET", "/api/0/projects/acme/shop/keys/", &Value::Null).status, 404);
}

#[test]
fn a_limit_answers_as_the_middleware_does() {
    let rig = rig();
    rig.sentry.limit_api(1, 2_000_000_000);
    let last = rig.call("GET", KEYS, &Value::Null);
    assert_eq!((last.status, header(&last, "x-sentry-rate-limit-remaining").unwrap()), (200, "0".to_owned()));
    let refused = rig.call("GET", KEYS, &Value::Null);
    assert_eq!(refused.status, 429);
    assert!(body(&refused).is_string());
    assert_eq!(header(&refused, "content-type").unwrap(), "text/html");
    assert_eq!(header(&refused, "retry-after"), None);
    assert_eq!(header(&refused, "x-sentry-rate-limit-reset").unwrap(), "2000000000");
    assert_eq!(header(&refused, "x-sentry-rate-limit-concurrentremaining").unwrap(), "None");
    rig.sentry.unlimit_api();
    rig.sentry.limit_next(1, 2_000_000_000);
    let after = [rig.call("GET", KEYS, &Value::Null), rig.call("GET", KEYS, &Value::Null)];
    assert_eq!(after.map(|response| response.status), [429, 200]);
}

#[test]
fn scopes_and_visibility_have_causes_of_their_own() {
    let rig = rig();
    let write = rig.sentry.add_token("acme", &["project:write"]);
    let key = format!("{KEYS}{}/", rig.default_key().id);
    let status = |token: &str, method: &str, path: &str| rig.call_as(token, method, path, &Value::Null).status;
    assert_eq!(status(&write, "GET", KEYS), 200);
    assert_eq!(status(&write, "DELETE", &key), 403);
    assert_eq!(status(&write, "GET", "/api/0/projects/"), 200);
    assert_eq!(status(&write, "GET", "/api/0/organizations/acme/projects/"), 403);
    assert_eq!(status(&write, "GET", "/api/0/projects/umbrella/lab/keys/"), 403);
    assert_eq!(status(&write, "GET", "/api/0/projects/umbrella/none/keys/"), 404);
    assert_eq!(status(&write, "HEAD", KEYS), 403);
    assert_eq!(status(&write, "POST", &key), 405);
    assert_eq!(status("nonsense", "GET", KEYS), 401);
    assert_eq!(status(&rig.token, "DELETE", &key), 204);
    assert_eq!(status(&rig.token, "DELETE", &key), 404);
    for (flavor, scopes) in
        [(Flavor::V2026, json!(["project:read", "project:write"])), (Flavor::V23_7_1, json!(["project:write"]))]
    {
        rig.sentry.set_flavor(flavor);
        let shown = body(&rig.call_as(&write, "GET", "/api/0/", &Value::Null));
        assert_eq!(shown["auth"]["scopes"], scopes);
    }
    let anonymous = rig.send("GET", "/api/0/", &[], "");
    assert_eq!((anonymous.status, &body(&anonymous)["auth"]), (200, &Value::Null));
    rig.sentry.revoke_token(&write);
    let revoked = rig.call_as(&write, "GET", "/api/0/", &Value::Null);
    assert_eq!((revoked.status, &body(&revoked)["detail"]), (401, &json!("Invalid token")));
    assert!(header(&revoked, "www-authenticate").is_some());
}

#[test]
fn a_prefix_moves_everything() {
    let rig = rig();
    rig.sentry.set_path_prefix("/sentry");
    assert_eq!(rig.call("GET", KEYS, &Value::Null).status, 404);
    assert_eq!(rig.call("GET", &format!("/sentry{KEYS}"), &Value::Null).status, 200);
    assert!(rig.sentry.public_dsn(&rig.default_key()).contains("@127.0.0.1:9000/sentry/"));
    rig.sentry.plant_secret("MARK");
    let shown = body(&rig.call("GET", &format!("/sentry{KEYS}"), &Value::Null));
    assert!(shown[0]["secret"].as_str().unwrap().contains("MARK"));
    assert!(shown[0]["dsn"]["secret"].as_str().unwrap().contains("MARK"));
}
