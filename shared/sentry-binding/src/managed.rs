//! Which secrets are managed.

use secret_store::ListedSecret;

/// The tag by which a secret is managed; its value says what the secret holds.
pub const KIND_TAG: &str = "sentry:kind";

/// The value of [`KIND_TAG`] for a DSN.
const CLIENT_KEY: &str = "client-key";

/// Whether one of these functions rotates a secret: deployed functions have the name of their stack before their own.
#[must_use]
pub fn is_rotated_by(secret: &ListedSecret, functions: &[&str]) -> bool {
    secret.rotation_function.as_ref().is_some_and(|arn| {
        let name = arn.split(":function:").nth(1).unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        functions.iter().any(|function| name.ends_with(function))
    })
}

/// Whether a secret is managed as one of a client key: by its tag; without one, by the function that rotates it.
#[must_use]
pub fn is_for_client_key(secret: &ListedSecret) -> bool {
    match secret.tags.get(KIND_TAG) {
        Some(kind) => kind == CLIENT_KEY,
        None => is_rotated_by(secret, &["rotate-client-key"]),
    }
}
