//! Sentry's objects as 23.7.1 shows them.

use jiff::Timestamp;
use sentry_client::{ClientKey, Dsn, KeySettings, KeyUpdate, Kind, NewKey, Organization, Project, RateLimit};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";
pub(crate) const THIRD_KEY: &str = "aaaabbbbccccddddaaaabbbbccccdddd";

/// Stands in every secret member of the answers, and in hostile bodies.
pub(crate) const MARKER: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75e";

pub(crate) const KEYS: &str = "/api/0/projects/acme/shop/keys/";
pub(crate) const QUESTION: &str = "POST /api/0/projects/acme/shop/user-feedback/";

pub(crate) fn list() -> String {
    format!("GET {KEYS}?per_page=100")
}

pub(crate) fn list_from(cursor: &str) -> String {
    format!("GET {KEYS}?per_page=100&cursor={cursor}")
}

pub(crate) fn at_key(method: &str, id: &str) -> String {
    format!("{method} {KEYS}{id}/")
}

/// The `Link` header of a page, whose URLs name this host.
pub(crate) fn link(host: &str, next: &str, results: bool) -> String {
    format!(
        "<{host}/api/0/projects/acme/shop/keys/?&cursor=100:0:1>; rel=\"previous\"; results=\"false\"; \
         cursor=\"100:0:1\", <{host}/api/0/projects/acme/shop/keys/?per_page=100&cursor={next}>; rel=\"next\"; \
         results=\"{results}\"; cursor=\"{next}\""
    )
}

pub(crate) fn project_json(id: u64, slug: &str) -> Value {
    json!({
        "id": id.to_string(), "slug": slug, "name": slug, "platform": "rust", "isPublic": false,
        "securityToken": MARKER, "features": ["rate-limits", "minidump"],
        "organization": {"id": "7", "slug": "acme", "name": "Acme", "status": {"id": "active", "name": "active"}},
    })
}

pub(crate) fn project() -> Project {
    serde_json::from_value(project_json(42, "shop")).unwrap()
}

/// A key with all members that 23.7.1 shows, secrets in clear included (A3.19, A3.20).
pub(crate) fn key_json(id: &str, label: &str) -> Value {
    let host = "o1.ingest.us.sentry.io";
    json!({
        "id": id, "name": label, "label": label, "public": id, "secret": MARKER, "projectId": 42, "isActive": true,
        "rateLimit": {"window": 3600, "count": 100},
        "dsn": {
            "secret": format!("https://{id}:{MARKER}@{host}/42"),
            "public": format!("https://{id}@{host}/42"),
            "csp": format!("https://{host}/api/42/csp-report/?sentry_key={id}"),
            "security": format!("https://{host}/api/42/security/?sentry_key={id}"),
            "minidump": format!("https://{host}/api/42/minidump/?sentry_key={id}"),
            "unreal": format!("https://{host}/api/42/unreal/{id}/"),
            "cdn": format!("https://js.sentry-cdn.com/{id}.min.js"),
        },
        "browserSdkVersion": "7.x", "browserSdk": {"choices": [["latest", "latest"], ["7.x", "7.x"]]},
        "dateCreated": "2026-01-02T03:04:05.678901Z",
        "dynamicSdkLoaderOptions": {"hasReplay": true, "hasPerformance": false, "hasDebug": false},
    })
}

pub(crate) fn dsn() -> Dsn {
    format!("https://{KEY}@o1.ingest.us.sentry.io/42").parse().unwrap()
}

pub(crate) fn settings() -> KeySettings {
    KeySettings {
        rate_limit: Some(RateLimit { count: 100, window: 3600 }),
        browser_sdk_version: Some("7.x".to_owned()),
        loader_options: [("hasReplay", true), ("hasPerformance", false), ("hasDebug", false)]
            .map(|(name, on)| (name.to_owned(), on))
            .into(),
    }
}

/// What is read out of [`key_json`].
pub(crate) fn key(id: &str, label: &str) -> ClientKey {
    ClientKey {
        id: id.to_owned(),
        label: label.to_owned(),
        project_id: 42,
        is_active: true,
        settings: settings(),
        dsn: Some(format!("https://{id}@o1.ingest.us.sentry.io/42").parse().unwrap()),
        date_created: Some("2026-01-02T03:04:05.678901Z".to_owned()),
    }
}

pub(crate) fn new_key() -> NewKey {
    NewKey { label: "shop [abc1234/def56789]".to_owned(), rate_limit: None }
}

pub(crate) fn update() -> KeyUpdate {
    KeyUpdate { label: "shop".to_owned(), is_active: true, settings: settings() }
}

pub(crate) fn since() -> Timestamp {
    Timestamp::from_second(1_795_395_600).unwrap()
}

/// Two hours and a part of a second later.
pub(crate) fn until() -> Timestamp {
    Timestamp::new(1_795_402_800, 900_000_000).unwrap()
}

pub(crate) fn acme() -> Organization {
    project().organization
}

/// A list of an organization.
pub(crate) fn of_acme(list: &str) -> String {
    format!("GET /api/0/organizations/acme/{list}/?per_page=100")
}

/// What no token with another scope, no foreign token, no missing object and no exhausted limit gets.
pub(crate) const REFUSALS: [(u16, &str, Kind); 4] = [
    (401, r#"{"detail":"Invalid token"}"#, Kind::Unauthorized),
    (403, r#"{"detail":"You do not have permission to perform this action."}"#, Kind::Forbidden),
    (404, r#"{"detail":"Not found."}"#, Kind::NotFound),
    (429, r#""You are attempting to use this endpoint too frequently.""#, Kind::RateLimited),
];
