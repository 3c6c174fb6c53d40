//! The versions that there are, with labels or without.

use crate::error::Error;
use crate::store::SecretStore;

/// A version, with labels or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// When it was registered, in Unix seconds.
    pub created: Option<i64>,
}

impl SecretStore {
    /// Every version that Secrets Manager still has, those without labels too.
    ///
    /// # Errors
    /// [`Error`] of `ListSecretVersionIds`.
    pub async fn version_ids(&self, secret_id: &str) -> Result<Vec<Version>, Error> {
        const ACTION: &str = "ListSecretVersionIds";
        let mut ids = Vec::new();
        let mut pages =
            self.client.list_secret_version_ids().secret_id(secret_id).include_deprecated(true).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::from_sdk(ACTION, &error).about(secret_id))?;
            ids.extend(page.versions.unwrap_or_default().into_iter().filter_map(|version| {
                let created = version.created_date.map(|date| date.secs());
                Some(Version { id: version.version_id?, created })
            }));
        }
        Ok(ids)
    }
}
