//! A stage with the marker in every place of a secret.

use integration_tests::{Binary, Stage};
use serde_json::json;
use testkit::http::Request;

use super::detector::MARK;

pub(super) const ROTATION_TOKEN: &str = "QzLeak7x-QzLeak7x-QzLeak7x-QzLeak7x-rotation";
pub(super) const MANAGEMENT_TOKEN: &str = "sntrys_QzLeak7x.QzLeak7x-QzLeak7x_QzLeak7x";

/// Which build runs, and how it logs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Build {
    binary: Binary,
    level: &'static str,
    json: bool,
}

impl Build {
    pub(super) const DEV_TEXT: Self = Self { binary: Binary::Dev, level: "trace", json: false };
    pub(super) const DEV_JSON: Self = Self { binary: Binary::Dev, level: "trace", json: true };

    /// One of the release build's ways to log: ten consecutive numbers give all of them.
    pub(super) fn release(number: usize) -> Self {
        let level = ["trace", "debug", "info", "warn", "error"][number % 5];
        Self { binary: Binary::Release, level, json: number / 5 % 2 == 1 }
    }

    pub(super) fn all() -> Vec<Self> {
        [Self::DEV_TEXT, Self::DEV_JSON].into_iter().chain((0..10).map(Self::release)).collect()
    }

    pub(super) fn writes_info(self) -> bool {
        matches!(self.level, "trace" | "debug" | "info")
    }

    /// The release build has no line below INFO, whatever it is asked for.
    pub(super) fn writes_debug(self) -> bool {
        self.binary == Binary::Dev
    }
}

/// The stage, planted.
pub(super) struct Planted {
    pub(super) stage: Stage,
}

impl Planted {
    pub(super) fn new(build: Build) -> Self {
        let stage = Stage::new(build.binary).unwrap();
        stage.sentry.plant_secret(MARK);
        let mut planted = Self { stage };
        planted.token(MANAGEMENT_TOKEN, "acme", &["project:write"]);
        planted.management_secret(&json!({ "token": MANAGEMENT_TOKEN, "note": MARK, MARK: MARK }).to_string());
        let key = planted.stage.sentry.keys("acme", "storefront").remove(0);
        planted.stage.sentry.edit_key(&key.id, |key| key.browser_sdk_version = "6.x".to_owned());
        let document = planted.document(&key.id, &key.secret, planted.stage.project_id);
        planted.current(&document);
        planted.stage.store.require_rotation_token(Some(ROTATION_TOKEN));
        planted.set("AWS_SECRET_ACCESS_KEY", "QzLeak7x/QzLeak7x+QzLeak7x");
        planted.set("AWS_SESSION_TOKEN", "QzLeak7x//QzLeak7x/QzLeak7x==");
        planted.set("LOG_LEVEL", build.level);
        planted.set("AWS_LAMBDA_LOG_FORMAT", if build.json { "JSON" } else { "Text" });
        planted
    }

    /// A document with a secret in every place that can have one.
    pub(super) fn document(&self, key: &str, secret: &str, project: u64) -> String {
        let host = self.stage.sentry_server.address();
        json!({
            "dsn": format!("http://{key}:{secret}@{host}/{project}"),
            "organization": "acme",
            "project": "storefront",
            "database_password": MARK,
            MARK: format!("{MARK}{MARK}"),
            "nested": { MARK: [MARK, { "deeper": MARK }] },
        })
        .to_string()
    }

    /// Sets a variable of the function.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.stage.function.environment.retain(|(known, _)| known != name);
        self.stage.function.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Replaces the current value.
    pub(super) fn current(&self, value: &str) {
        let id = "00000000-0000-4000-8000-00000000c0de";
        self.stage.store.add_version(&self.stage.secret, id, Some(value), &["AWSCURRENT"]);
    }

    /// Replaces the value of the secret with the management token.
    pub(super) fn management_secret(&self, value: &str) {
        let id = "00000000-0000-4000-8000-0000000070c3";
        self.stage.store.add_version("sentry/management", id, Some(value), &["AWSCURRENT"]);
    }

    pub(super) fn token(&self, token: &str, organization: &str, scopes: &[&str]) {
        self.stage.sentry.add_token_value(organization, token, scopes);
    }
}

/// A request to Sentry but for the one place where the management token belongs.
pub(super) fn without_token(request: &Request) -> String {
    let headers = request.headers.iter().filter(|(name, _)| *name != "authorization");
    let headers: Vec<String> =
        headers.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect();
    format!("{} {:?}\n{}\n{}", request.path, request.query, headers.join("\n"), String::from_utf8_lossy(&request.body))
}
