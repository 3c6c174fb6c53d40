//! The management token.

use function_kit::Failure;
use secret_store::{SecretStore, auth_token};
use sentry_client::AuthToken;
use tokio::time::{Instant, timeout_at};

use crate::failure::{deadline_near, of_store};
use crate::role::Principal;

/// Reads the token out of its secret.
///
/// # Errors
/// `Rotation.TokenInvalid` where there is none; otherwise as reading the secret fails.
pub async fn management_token(
    store: &SecretStore,
    principal: Principal<'_>,
    end: Instant,
) -> Result<AuthToken, Failure> {
    let Principal { role, secret_id } = principal;
    let variable = role.variable;
    let invalid = |why: &str| {
        Failure::new("Rotation.TokenInvalid", format!("the secret {secret_id} that {variable} names {why}"))
    };
    let value = timeout_at(end, store.current_value(secret_id)).await.map_err(|_elapsed| deadline_near(role))?;
    let value = value
        .map_err(|error| of_store(error, role))?
        .ok_or_else(|| invalid(r#"does not exist or has no value: store the token there as {"token": "…"}"#))?;
    Ok(AuthToken::new(auth_token(&value).map_err(|error| invalid(&error.to_string()))?))
}
