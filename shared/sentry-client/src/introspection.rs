//! Who the token is.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::api::Api;
use crate::body;
use crate::call::Call;
use crate::error::{Cause, Error, Kind};

const OPERATION: &str = "GET /api/0/";

/// What Sentry knows of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The token's scopes, expanded by Sentry's hierarchy. For a person's token they are a ceiling: the role may allow
    /// less (facts/sentry-23.7.1-observed.md, A1.3).
    pub scopes: BTreeSet<String>,
}

impl Identity {
    /// Whether the token carries any of these scopes: Sentry asks for one of a set, never for all.
    #[must_use]
    pub fn has_any(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.scopes.contains(*scope))
    }
}

#[derive(Deserialize)]
struct Answer {
    /// Null for nobody; its absence is no answer of Sentry's.
    #[serde(deserialize_with = "Option::deserialize")]
    auth: Option<Auth>,
}

#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    scopes: BTreeSet<String>,
}

impl Api<'_> {
    /// Asks who the token is.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] for a bad token, and where Sentry answers 200 with `auth: null`, which is what it says to
    /// nobody (A1.1).
    pub async fn identity(&self) -> Result<Identity, Error> {
        let response = self.send(&Call::get(OPERATION, &[])).await?;
        let Answer { auth } = body::json(OPERATION, response).await?;
        let auth = auth.ok_or_else(|| Error::new(OPERATION, Kind::Unauthorized, Cause::Incomplete("auth")))?;
        Ok(Identity { scopes: auth.scopes })
    }
}
