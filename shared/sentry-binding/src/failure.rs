//! Calls that Sentry or Secrets Manager refused, in words that tell an operator what to do.

use function_kit::Failure;
use sentry_client::Kind;

use crate::role::Role;

/// The failure of a call to Sentry whose kind says all: the others are looked into by [`crate::diagnose`].
#[must_use]
pub fn of_sentry(error: sentry_client::Error, role: &Role) -> Failure {
    let Role { variable, again, .. } = role;
    let (code, sentence) = match error.kind() {
        Kind::Unauthorized => (
            "Rotation.TokenInvalid",
            format!(
                "Sentry does not accept the management token: store a valid one in the secret that {variable} names"
            ),
        ),
        Kind::RateLimited => (
            "Rotation.SentryRateLimited",
            format!("Sentry's rate limit lasted longer than this invocation could wait; {again}"),
        ),
        Kind::DeadlineNear => return deadline_near(role).because(error),
        Kind::Rejected => (
            "Rotation.SentryUnavailable",
            "Sentry does not take a request as it is; compare the versions of Sentry and of this function".to_owned(),
        ),
        Kind::Unavailable | Kind::Forbidden | Kind::NotFound | Kind::Moved(_) => (
            "Rotation.SentryUnavailable",
            format!(
                "Sentry gave no usable answer; {again}; if this recurs, check SENTRY_URL, the network and Sentry's status"
            ),
        ),
    };
    Failure::new(code, sentence).because(error)
}

/// Whether a failure is the secret's own doing: what it says of itself is refused. Everything else is a matter of the moment.
#[must_use]
pub fn is_refused_secret(failure: &Failure) -> bool {
    matches!(failure.code(), "Rotation.BindingMismatch" | "Rotation.DocumentInvalid")
}

/// The failure of an invocation whose time is nearly over.
#[must_use]
pub fn deadline_near(role: &Role) -> Failure {
    Failure::new(
        "Rotation.DeadlineNear",
        format!(
            "the function's time was nearly over; {}; if this recurs, raise the function's timeout to what the template sets",
            role.again
        ),
    )
}

/// The failure of a call to Secrets Manager.
#[must_use]
pub fn of_store(error: secret_store::Error, role: &Role) -> Failure {
    use secret_store::Kind;
    let action = error.action();
    let again = role.again;
    let (code, sentence) = match error.kind() {
        Kind::ValueExists | Kind::LabelMoved => (
            "Rotation.StoreConflict",
            format!("another invocation or a person changed the secret's versions at the same time; {again}"),
        ),
        Kind::Denied => (
            "Rotation.StoreUnavailable",
            format!(
                "this function may not call secretsmanager:{action}{}: its role must allow {}, and neither the secret's \
                 resource policy nor the KMS key's policy may deny it",
                error.secret_id().map(|id| format!(" on {id}")).unwrap_or_default(),
                error.permission()
            ),
        ),
        Kind::NotFound => (
            "Rotation.StoreUnavailable",
            "the secret, or the version, does not exist in Secrets Manager any more".to_owned(),
        ),
        Kind::Throttled => ("Rotation.StoreUnavailable", format!("Secrets Manager throttles; {again}")),
        Kind::Rejected => (
            "Rotation.StoreUnavailable",
            format!("Secrets Manager does not take a secretsmanager:{action} as it is: look up the code that it gives"),
        ),
        Kind::Unavailable => ("Rotation.StoreUnavailable", format!("Secrets Manager gave no usable answer; {again}")),
    };
    Failure::new(code, sentence).because(error)
}
