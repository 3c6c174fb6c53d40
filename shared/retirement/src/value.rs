//! Which key a version holds.

use secret_store::{Document, Error, SecretStore};
use sentry_client::Dsn;

/// Why a version with AWSCURRENT that shows no value counts as unread, and not as one without a key: something is always
/// current, and values become visible late (facts/aws.md section 1.4).
pub const NOT_VISIBLE: &str = "it is current and shows no value yet";

/// What a version holds.
#[derive(Debug, Clone)]
pub enum Held {
    /// A DSN, and what else the document says.
    Dsn(Box<Dsn>, Document),
    /// A value without a usable DSN.
    Other(Option<Document>),
    /// No value.
    Nothing,
}

impl Held {
    /// The DSN, where there is one.
    #[must_use]
    pub fn dsn(&self) -> Option<&Dsn> {
        match self {
            Self::Dsn(dsn, _) => Some(dsn),
            Self::Other(_) | Self::Nothing => None,
        }
    }

    /// The key id, where there is a DSN.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.dsn().map(Dsn::key_id)
    }

    /// The document, where the value is one.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Dsn(_, document) => Some(document),
            Self::Other(document) => document.as_ref(),
            Self::Nothing => None,
        }
    }
}

/// Reads a version's value and keeps of it what is no secret.
///
/// # Errors
/// [`Error`] of `GetSecretValue`.
pub async fn read_version(store: &SecretStore, secret_id: &str, version_id: &str) -> Result<Held, Error> {
    let Some(value) = store.value_of(secret_id, version_id).await? else {
        return Ok(Held::Nothing);
    };
    let Ok(document) = Document::parse(&value) else {
        return Ok(Held::Other(None));
    };
    let dsn = document.dsn().and_then(|text| text.parse::<Dsn>().ok());
    Ok(match dsn {
        Some(dsn) => Held::Dsn(Box::new(dsn), document),
        None => Held::Other(Some(document)),
    })
}
