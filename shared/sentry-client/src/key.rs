//! Client keys.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::body;
use crate::call::{Call, Repeat};
use crate::dsn::Dsn;
use crate::error::{Cause, Error, Kind};
use crate::page::{List, Page};
use crate::project::{Project, numeric_id};

const LIST: &str = "GET /projects/{org}/{project}/keys/";
const CREATE: &str = "POST /projects/{org}/{project}/keys/";
const GET: &str = "GET /projects/{org}/{project}/keys/{key}/";
const UPDATE: &str = "PUT /projects/{org}/{project}/keys/{key}/";
const DELETE: &str = "DELETE /projects/{org}/{project}/keys/{key}/";

/// At most `count` errors in `window` seconds. Sentry applies it to errors only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct RateLimit {
    /// Events; never 0, which Sentry takes for "no limit" (facts/sentry-23.7.1-observed.md, A3.27).
    pub count: u32,
    /// Seconds, 1 to 86400.
    pub window: u32,
}

/// What a key can be set to, and what a new key does not inherit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySettings {
    /// The limit; `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// The version of the JavaScript SDK that the loader serves; `None` leaves the project's default.
    pub browser_sdk_version: Option<String>,
    /// What the loader switches on, by Sentry's own names; an empty map leaves them as they are.
    pub loader_options: BTreeMap<String, bool>,
}

/// A client key as Sentry shows it, without its secrets: those are never read out of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// The key id, which is the public key: 32 hex digits.
    pub id: String,
    /// The label, called name in requests. Not unique.
    pub label: String,
    /// The numeric id of the project.
    pub project_id: u64,
    /// Whether it is enabled.
    pub is_active: bool,
    /// Its settings.
    pub settings: KeySettings,
    /// The public DSN of today; `None` where a self-hosted server does not know its own name.
    pub dsn: Option<Dsn>,
    /// When it was made, RFC 3339 in UTC.
    pub date_created: Option<String>,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The label, 64 code points at most.
    pub label: String,
    /// The limit; the other settings cannot be given at birth (A3.24).
    pub rate_limit: Option<RateLimit>,
}

/// What a key shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUpdate {
    /// The label.
    pub label: String,
    /// Whether it is enabled.
    pub is_active: bool,
    /// All settings: a PUT that leaves `browserSdkVersion` out resets it (A3.26).
    pub settings: KeySettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    label: String,
    #[serde(deserialize_with = "numeric_id")]
    project_id: u64,
    is_active: bool,
    #[serde(default)]
    rate_limit: Option<WireRateLimit>,
    #[serde(default)]
    dsn: WireDsn,
    #[serde(default)]
    browser_sdk_version: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    dynamic_sdk_loader_options: BTreeMap<String, Value>,
    #[serde(default)]
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct WireRateLimit {
    count: Option<u32>,
    window: Option<u32>,
}

#[derive(Deserialize, Default)]
struct WireDsn {
    #[serde(default)]
    public: Option<String>,
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl<'de> Deserialize<'de> for ClientKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let rate_limit = wire.rate_limit.and_then(|limit| match (limit.count, limit.window) {
            (Some(count @ 1..), Some(window @ 1..)) => Some(RateLimit { count, window }),
            _ => None,
        });
        let loader_options = wire
            .dynamic_sdk_loader_options
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_bool()?)))
            .collect();
        let dsn = wire.dsn.public.and_then(|dsn| dsn.parse::<Dsn>().ok()).filter(|dsn| dsn.key_id() == wire.id);
        Ok(Self {
            id: wire.id,
            label: wire.label,
            project_id: wire.project_id,
            is_active: wire.is_active,
            settings: KeySettings { rate_limit, browser_sdk_version: wire.browser_sdk_version, loader_options },
            dsn,
            date_created: wire.date_created,
        })
    }
}

impl RateLimit {
    fn to_json(self) -> Value {
        json!({"count": self.count, "window": self.window})
    }
}

impl NewKey {
    /// `rateLimit` is left out where there is none: null, or half a pair, is a 500 (A3.25).
    fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("name".to_owned(), self.label.clone().into());
        body.extend(self.rate_limit.map(|limit| ("rateLimit".to_owned(), limit.to_json())));
        body.into()
    }
}

impl KeyUpdate {
    /// What a key is now: change one member of it, and nothing else of the key changes.
    #[must_use]
    pub fn of(key: &ClientKey) -> Self {
        Self { label: key.label.clone(), is_active: key.is_active, settings: key.settings.clone() }
    }

    fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("name".to_owned(), self.label.clone().into());
        body.insert("isActive".to_owned(), self.is_active.into());
        // Null clears the limit, on PUT only (A3.27).
        body.insert("rateLimit".to_owned(), self.settings.rate_limit.map_or(Value::Null, RateLimit::to_json));
        body.extend(self.settings.browser_sdk_version.clone().map(|pin| ("browserSdkVersion".to_owned(), pin.into())));
        if !self.settings.loader_options.is_empty() {
            body.insert("dynamicSdkLoaderOptions".to_owned(), json!(self.settings.loader_options));
        }
        body.into()
    }
}

fn path(project: &Project) -> [&str; 4] {
    ["projects", &project.organization.slug, &project.slug, "keys"]
}

impl Api<'_> {
    /// Every key of a project, active or not, newest first.
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails.
    pub async fn keys(&self, project: &Project) -> Result<Vec<ClientKey>, Error> {
        self.all(List::of(LIST, &path(project))).await
    }

    /// The newest keys of a project, a hundred at most: enough to see what was made since [`Api::keys`].
    ///
    /// # Errors
    /// [`Error`] of the one call.
    pub async fn newest_keys(&self, project: &Project) -> Result<Vec<ClientKey>, Error> {
        let page: Page<Vec<ClientKey>> = self.page(List::of(LIST, &path(project)), None).await?;
        Ok(page.content)
    }

    /// The keys with these ids, as far as they exist: from the first page of the list, which holds the newest hundred,
    /// and one by one for the others.
    ///
    /// # Errors
    /// [`Error`], as of the first call that fails.
    pub async fn keys_by_id(&self, project: &Project, ids: &[&str]) -> Result<Vec<ClientKey>, Error> {
        let mut found: Vec<ClientKey> = Vec::new();
        let mut whole_list_seen = false;
        if ids.len() > 1 {
            let page: Page<Vec<ClientKey>> = self.page(List::of(LIST, &path(project)), None).await?;
            whole_list_seen = page.next.is_none();
            found.extend(page.content.into_iter().filter(|key| ids.contains(&key.id.as_str())));
        }
        for id in ids {
            if !whole_list_seen && !found.iter().any(|key| key.id == *id) {
                found.extend(self.key(project, id).await?);
            }
        }
        Ok(found)
    }

    /// One key; `None` where the project has no such key.
    ///
    /// # Errors
    /// [`Error`] for everything but a 404.
    pub async fn key(&self, project: &Project, id: &str) -> Result<Option<ClientKey>, Error> {
        let [projects, organization, slug, keys] = path(project);
        match self.send(&Call::get(GET, &[projects, organization, slug, keys, id])).await {
            Ok(response) => Ok(Some(body::object(GET, response).await?)),
            Err(error) if *error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a key. Not repeatable: a request whose answer is lost may have made one (see [`Error::is_unclear`]), and
    /// names are not unique (A3.21), so look for it by its label before sending another.
    ///
    /// # Errors
    /// [`Error`]; a rejected limit is [`Kind::Rejected`].
    pub async fn create_key(&self, project: &Project, key: &NewKey) -> Result<ClientKey, Error> {
        let call = Call {
            operation: CREATE,
            method: Method::POST,
            segments: &path(project),
            query: &[],
            body: Some(key.to_json()),
            repeat: Repeat::Unsafe,
        };
        let response = self.send(&call).await?;
        let created: ClientKey = body::object(CREATE, response).await?;
        // A proxy that loses the body makes Sentry invent a name (A3.21): then the mark is not there.
        if created.label == key.label { Ok(created) } else { Err(incomplete(CREATE, "label")) }
    }

    /// Brings a key to a wanted state. Repeatable: the same request twice leaves the same state.
    ///
    /// The answer is the key as it is now; unknown and plan-gated members are dropped in silence, so compare it.
    ///
    /// # Errors
    /// [`Error`]; [`Kind::NotFound`] where the key is gone.
    pub async fn update_key(&self, project: &Project, id: &str, update: &KeyUpdate) -> Result<ClientKey, Error> {
        let [projects, organization, slug, keys] = path(project);
        let call = Call {
            operation: UPDATE,
            method: Method::PUT,
            segments: &[projects, organization, slug, keys, id],
            query: &[],
            body: Some(update.to_json()),
            repeat: Repeat::Safe,
        };
        let response = self.send(&call).await?;
        body::object(UPDATE, response).await
    }

    /// Deletes a key; says whether it was there. One that is gone already is a success.
    ///
    /// # Errors
    /// [`Error`] for everything but a 404; it needs `project:admin` (A3.18).
    pub async fn delete_key(&self, project: &Project, id: &str) -> Result<bool, Error> {
        let [projects, organization, slug, keys] = path(project);
        let call = Call {
            operation: DELETE,
            method: Method::DELETE,
            segments: &[projects, organization, slug, keys, id],
            query: &[],
            body: None,
            repeat: Repeat::Safe,
        };
        match self.send(&call).await {
            Ok(_) => Ok(true),
            Err(error) if *error.kind() == Kind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn incomplete(operation: &'static str, member: &'static str) -> Error {
    Error::new(operation, Kind::Unavailable, Cause::Incomplete(member))
}
