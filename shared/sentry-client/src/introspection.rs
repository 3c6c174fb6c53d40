//! Who the token is.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::api::Api;
use crate::body;
use crate::call::Call;
use crate::error::{Cause, Error, Kind};

const OPERATION: &str = "GET /api/0/";

/// What Sentry knows of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The token's scopes; newer versions list beside each what it implies, 23.7.1 only what was granted. For a person's
    /// token they are a ceiling: the role may allow less (facts/sentry-23.7.1-observed.md, A1.3).
    pub scopes: BTreeSet<String>,
    /// Whom the token acts as; `None` for an organization token and for a legacy API key (A1.2).
    pub user: Option<User>,
}

/// The user that a token acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The username, cut after 200 characters: often a person's e-mail address; `<slug>-<uuid>` for the user that Sentry
    /// made for an integration (A1.2).
    pub name: String,
    /// Whether this is a person: whoever has an e-mail address, or a username that does not end with a UUID as an
    /// integration's does. A doubt says that it is one, because a person's token is what should not run programs.
    pub is_person: bool,
}

impl User {
    /// What is not there is empty: it must not fail those who ask for the scopes alone.
    fn read(user: &Value) -> Option<Self> {
        let text = |member| user.get(member).and_then(Value::as_str).unwrap_or_default();
        let (username, email) = (text("username"), text("email"));
        let is_person = !email.is_empty() || !is_of_integration(username);
        user.is_object().then(|| Self { name: body::bounded(username), is_person })
    }
}

/// Whether a username is a slug, a hyphen and a UUID.
fn is_of_integration(username: &str) -> bool {
    let Some((slug, uuid)) = username.len().checked_sub(36).and_then(|at| username.split_at_checked(at)) else {
        return false;
    };
    let is_group = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    slug.strip_suffix('-').is_some_and(|slug| !slug.is_empty())
        && uuid.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && uuid.split('-').all(is_group)
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
    #[serde(default)]
    user: Value,
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
        let Answer { auth, user } = body::object(OPERATION, response).await?;
        let auth = auth.ok_or_else(|| Error::new(OPERATION, Kind::Unauthorized, Cause::Incomplete("auth")))?;
        Ok(Identity { scopes: auth.scopes, user: User::read(&user) })
    }
}
