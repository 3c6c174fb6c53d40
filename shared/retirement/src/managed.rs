//! Which secrets are managed.

use secret_store::ListedSecret;

/// The tag by which a secret is managed.
const KIND_TAG: &str = "sentry:kind";

/// The value of that tag for the secrets of client keys.
const CLIENT_KEY: &str = "client-key";

/// The name of the function that rotates client keys, with which the name of its deployed copy ends.
const ROTATED_BY: &str = "rotate-client-key";

/// Whether a secret is managed as one of a client key: by its tag; without one, by the function that rotates it.
#[must_use]
pub fn is_managed(secret: &ListedSecret) -> bool {
    match secret.tags.get(KIND_TAG) {
        Some(kind) => kind == CLIENT_KEY,
        None => secret.rotation_function.as_ref().is_some_and(|function| {
            let name = function.split(":function:").nth(1).unwrap_or_default();
            name.split(':').next().unwrap_or_default().ends_with(ROTATED_BY)
        }),
    }
}
