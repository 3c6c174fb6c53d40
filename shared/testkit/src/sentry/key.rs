//! A client key, and how the API shows it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::state::{Flavor, State};

/// The project default, to which a PUT that does not name a version resets the key (fact 26).
pub(super) const DEFAULT_SDK_VERSION: &str = "7.x";

/// A client key (DSN).
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// 32 hex digits: the id and the public half at once (fact 19).
    pub id: String,
    /// The secret half, which Sentry deprecated and still shows to every reader (fact 20).
    pub secret: String,
    /// The name, which nothing keeps unique (fact 21).
    pub label: String,
    /// Whether it is enabled.
    pub is_active: bool,
    /// Count and window in seconds; `None` is no limit.
    pub rate_limit: Option<(u64, u64)>,
    /// The version that the JavaScript loader serves.
    pub browser_sdk_version: String,
    /// What the JavaScript loader switches on; an absent option is off.
    pub loader_options: BTreeMap<String, bool>,
    /// RFC 3339.
    pub date_created: String,
    /// The project's numeric id.
    pub project_id: u64,
    /// The row in the database, by which lists are ordered and paged.
    pub row: u64,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("label", &self.label)
            .field("is_active", &self.is_active)
            .field("rate_limit", &self.rate_limit)
            .field("browser_sdk_version", &self.browser_sdk_version)
            .field("loader_options", &self.loader_options)
            .field("date_created", &self.date_created)
            .field("project_id", &self.project_id)
            .finish_non_exhaustive()
    }
}

impl Key {
    pub(super) fn public_dsn(&self, endpoint: &str) -> String {
        self.dsn(endpoint, &self.id)
    }

    fn dsn(&self, endpoint: &str, user: &str) -> String {
        match endpoint.split_once("://") {
            Some((scheme, rest)) => format!("{scheme}://{user}@{rest}/{}", self.project_id),
            // What Sentry does with an endpoint that is no URL (section 7).
            None => String::new(),
        }
    }

    /// Whether anything differs that a person can change.
    pub(super) fn differs_for_people(&self, other: &Self) -> bool {
        let changeable = |key: &Self| Self {
            label: key.label.clone(),
            is_active: key.is_active,
            rate_limit: key.rate_limit,
            browser_sdk_version: key.browser_sdk_version.clone(),
            loader_options: key.loader_options.clone(),
            ..self.clone()
        };
        *self != changeable(other)
    }

    /// The object of fact 19 and, for the newer flavor, of section 1.2.
    pub(super) fn show(&self, endpoint: &str, flavor: Flavor) -> Value {
        let mut shown = json!({
            "id": self.id,
            "name": self.label,
            "label": self.label,
            "public": self.id,
            "secret": self.secret,
            "projectId": self.project_id,
            "isActive": self.is_active,
            "rateLimit": self.rate_limit.map(|(count, window)| json!({"window": window, "count": count})),
            "dsn": self.show_dsn(endpoint, flavor),
            "browserSdkVersion": self.browser_sdk_version,
            "browserSdk": {"choices": [["latest", "latest"], ["7.x", "7.x"]]},
            "dateCreated": self.date_created,
            "dynamicSdkLoaderOptions": self.show_loader_options(flavor),
        });
        if let (Flavor::V2026, Some(members)) = (flavor, shown.as_object_mut()) {
            members.insert("useCase".to_owned(), json!("user"));
        }
        shown
    }

    fn show_dsn(&self, endpoint: &str, flavor: Flavor) -> Value {
        let (id, project) = (&self.id, self.project_id);
        let mut dsn = json!({
            "secret": self.dsn(endpoint, &format!("{id}:{}", self.secret)),
            "public": self.public_dsn(endpoint),
            "csp": format!("{endpoint}/api/{project}/csp-report/?sentry_key={id}"),
            "security": format!("{endpoint}/api/{project}/security/?sentry_key={id}"),
            "minidump": format!("{endpoint}/api/{project}/minidump/?sentry_key={id}"),
            "unreal": format!("{endpoint}/api/{project}/unreal/{id}/"),
            "cdn": format!("{endpoint}/js-sdk-loader/{id}.min.js"),
        });
        if let (Flavor::V2026, Some(members)) = (flavor, dsn.as_object_mut()) {
            let newer = [
                ("nel", format!("nel/?sentry_key={id}")),
                ("crons", format!("cron/___MONITOR_SLUG___/{id}/")),
                ("playstation", format!("playstation/?sentry_key={id}")),
                ("integration", "integration/".to_owned()),
                ("otlp_traces", "integration/otlp/v1/traces".to_owned()),
                ("otlp_logs", "integration/otlp/v1/logs".to_owned()),
            ];
            for (name, path) in newer {
                members.insert(name.to_owned(), json!(format!("{endpoint}/api/{project}/{path}")));
            }
        }
        dsn
    }

    fn show_loader_options(&self, flavor: Flavor) -> Map<String, Value> {
        loader_option_names(flavor)
            .iter()
            .map(|&name| (name.to_owned(), json!(self.loader_options.get(name).copied().unwrap_or_default())))
            .collect()
    }
}

/// The loader options that a version knows; it drops others in silence.
pub(super) fn loader_option_names(flavor: Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::V23_7_1 => &["hasReplay", "hasPerformance", "hasDebug"],
        Flavor::V2026 => &["hasReplay", "hasPerformance", "hasDebug", "hasFeedback", "hasLogsAndMetrics"],
    }
}

/// A new key with the project's defaults, already in the table.
pub(super) fn add(state: &mut State, project_id: u64, label: &str) -> Key {
    let key = blank(state, project_id, label.to_owned());
    state.keys.add(key.clone());
    key
}

/// A new key with the project's defaults, not yet in the table.
pub(super) fn blank(state: &mut State, project_id: u64, label: String) -> Key {
    let row = state.next_row();
    let secret = match &state.secret_marker {
        Some(marker) => marked_secret(marker, row),
        None => Uuid::new_v4().simple().to_string(),
    };
    Key {
        id: Uuid::new_v4().simple().to_string(),
        secret,
        label,
        is_active: true,
        rate_limit: None,
        browser_sdk_version: DEFAULT_SDK_VERSION.to_owned(),
        loader_options: [("hasReplay", true), ("hasPerformance", true)].map(|(name, on)| (name.to_owned(), on)).into(),
        date_created: state.next_date(),
        project_id,
        row,
    }
}

/// A secret that carries a marker; the row keeps it unique, as the database demands.
pub(super) fn marked_secret(marker: &str, row: u64) -> String {
    format!("{marker}{row:04}")
}
