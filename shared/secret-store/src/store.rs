//! The connection to Secrets Manager; what can be asked over it is in the modules of what it is about.

use std::fmt;

use aws_sdk_secretsmanager::Client;

/// Secrets Manager in one Region.
#[derive(Clone)]
pub struct SecretStore {
    pub(crate) client: Client,
}

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretStore")
    }
}

impl SecretStore {
    /// Uses a client of the SDK; its retries and timeouts are the caller's choice.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}
