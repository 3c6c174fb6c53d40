//! An organization's own integrations, which Sentry's API calls apps, and where integrations are installed.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use crate::api::Api;
use crate::body;
use crate::error::Error;
use crate::page::List;
use crate::project::{Organization, slug};

const INTEGRATIONS: &str = "GET /organizations/{org}/sentry-apps/";
const INSTALLATIONS: &str = "GET /organizations/{org}/sentry-app-installations/";

/// An integration that an organization owns. Its client id and secret, which Sentry shows to some callers in clear, are
/// never read out of the answer (facts/sentry-23.7.1-observed.md, A5.38).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Integration {
    /// The slug, with which the username of its tokens begins.
    #[serde(deserialize_with = "slug")]
    pub slug: String,
    /// The name, cut after 200 characters. Not unique.
    #[serde(deserialize_with = "body::text")]
    pub name: String,
    /// `internal`, `unpublished` or `published`; what a later server says instead is kept as it is.
    #[serde(deserialize_with = "body::text")]
    pub status: String,
    /// What each of its tokens may do. An answer without them is refused: no scopes would say that it may do nothing.
    #[serde(deserialize_with = "body::texts")]
    pub scopes: BTreeSet<String>,
    /// When it was made, RFC 3339, where the server says so. 23.7.1 does not.
    #[serde(default, deserialize_with = "body::optional_text")]
    pub date_created: Option<String>,
}

/// An integration of anybody's in an organization. Its grant code is never read out of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Installation {
    /// The id of the installation, by which its tokens are minted.
    #[serde(deserialize_with = "slug")]
    pub uuid: String,
    /// The integration's slug.
    #[serde(deserialize_with = "app")]
    pub app: String,
    /// `installed` or `pending`; what a later server says instead is kept as it is.
    #[serde(deserialize_with = "body::text")]
    pub status: String,
}

#[derive(Deserialize)]
struct App {
    #[serde(deserialize_with = "slug")]
    slug: String,
}

fn app<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(App::deserialize(deserializer)?.slug)
}

impl Api<'_> {
    /// Every integration that the organization owns, internal ones included.
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails; it needs `org:read` (A5.38).
    pub async fn integrations(&self, organization: &Organization) -> Result<Vec<Integration>, Error> {
        self.all(List::of(INTEGRATIONS, &["organizations", &organization.slug, "sentry-apps"])).await
    }

    /// Every integration that is installed in the organization, others' included.
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails. An integration's own token gets [`crate::Kind::NotFound`], because the
    /// user that it acts as is no member of the organization (A5.39): then it is unknown what is installed. A person's
    /// needs `org:read` or `org:integrations`.
    pub async fn installations(&self, organization: &Organization) -> Result<Vec<Installation>, Error> {
        self.all(List::of(INSTALLATIONS, &["organizations", &organization.slug, "sentry-app-installations"])).await
    }
}
