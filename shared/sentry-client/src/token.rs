//! The management token.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A bearer token of Sentry's Web API. There is no way to read it back: it leaves only as a header that is marked
/// sensitive.
#[derive(Clone)]
pub struct AuthToken(SecretString);

impl AuthToken {
    /// Takes a token as it was stored.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }

    /// The `Authorization` header; `None` where the token holds a byte that no header can carry.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        #[expect(clippy::disallowed_methods, reason = "the bytes go into the Authorization header and nowhere else")]
        let token = self.0.expose_secret();
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthToken(redacted)")
    }
}
