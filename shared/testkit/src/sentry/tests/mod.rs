//! Behaviour that would mislead those who test against the stand-in if it were wrong.

mod audit_log;
mod keys;
mod organization_keys;
mod pages;
mod proof;
mod reach;
mod scale;
mod stats;
mod tokens;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use super::{Key, Sentry};
use crate::http::{Request, Response, StandIn as _};

const KEYS: &str = "/api/0/projects/acme/web/keys/";
const ALL: &[&str] = &["project:admin", "org:read"];

struct Rig {
    sentry: Arc<Sentry>,
    token: String,
}

fn rig() -> Rig {
    let sentry = Sentry::new();
    sentry.set_public_url("http://127.0.0.1:9000");
    sentry.add_organization("acme");
    sentry.add_project("acme", "web");
    sentry.add_project("umbrella", "lab");
    let token = sentry.add_token("acme", ALL);
    Rig { sentry, token }
}

fn header(response: &Response, name: &str) -> Option<String> {
    let found = response.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone())
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect::<HeaderMap>(),
        body: Bytes::from(body.to_owned()),
    }
}

impl Rig {
    fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let request = request(method, url, headers, body);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.sentry.answer(request))
    }

    fn call(&self, method: &str, url: &str, body: &Value) -> Response {
        self.call_as(&self.token, method, url, body)
    }

    fn call_as(&self, token: &str, method: &str, url: &str, body: &Value) -> Response {
        let bearer = format!("Bearer {token}");
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, url, &[("authorization", &bearer), ("content-type", "application/json")], &text)
    }

    fn ask(&self, dsn: &str, project: &str) -> Response {
        let path = format!("/api/0/projects/{project}/user-feedback/");
        let credentials = format!("DSN {dsn}");
        self.send("POST", &path, &[("authorization", &credentials), ("content-type", "application/json")], "{}")
    }

    fn default_key(&self) -> Key {
        self.sentry.keys("acme", "web").remove(0)
    }

    fn ingest(&self, key: &Key) -> u16 {
        let path = format!("/api/{}/envelope/?sentry_key={}", key.project_id, key.id);
        self.send("POST", &path, &[], "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[]}\n").status
    }
}
