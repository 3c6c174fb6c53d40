//! Organization tokens, as a list shows them.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::api::Api;
use crate::body;
use crate::error::Error;
use crate::page::List;
use crate::project::{Organization, slug};

const OPERATION: &str = "GET /organizations/{org}/org-auth-tokens/";

/// An organization token without anything of its value: the last characters, which Sentry shows, are never read out of
/// the answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationToken {
    /// The id, which deletes it.
    #[serde(deserialize_with = "slug")]
    pub id: String,
    /// The name, cut after 200 characters. Not unique (facts/sentry-23.7.1-observed.md, A5.47).
    #[serde(deserialize_with = "body::text")]
    pub name: String,
    /// What it may do: `org:ci` so far. An answer without it is refused.
    #[serde(deserialize_with = "body::texts")]
    pub scopes: BTreeSet<String>,
    /// When it was made, RFC 3339.
    #[serde(default, deserialize_with = "body::optional_text")]
    pub date_created: Option<String>,
    /// When it was last used, RFC 3339; `None` where that is never, or not told.
    #[serde(default, deserialize_with = "body::optional_text")]
    pub date_last_used: Option<String>,
}

impl Api<'_> {
    /// Every organization token that is not revoked.
    ///
    /// # Errors
    /// [`Error`]: since September 2025 Sentry shows them to a browser's session alone, so that every token gets
    /// [`crate::Kind::Forbidden`] or [`crate::Kind::Unauthorized`] (facts/sentry-api.md section 3.2); before, it needs
    /// `org:read`.
    pub async fn organization_tokens(&self, organization: &Organization) -> Result<Vec<OrganizationToken>, Error> {
        self.all(List::of(OPERATION, &["organizations", &organization.slug, "org-auth-tokens"])).await
    }
}
