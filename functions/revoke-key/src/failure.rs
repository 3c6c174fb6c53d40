//! Everything that can stop a revocation, in words that tell an operator what to do.

use sentry_binding::{Need, Role};

/// What this function does with its token.
pub const ROLE: Role = Role {
    variable: "SENTRY_AUTH_SECRET_ID",
    task: "revoking a client key",
    need: Need::WRITE,
    again: "invoke this function again with the same event",
};

/// The codes of this function. Each has an entry in `docs/troubleshooting.md`.
pub const CODES: [&str; 16] = [
    "Configuration.Invalid",
    "Event.Invalid",
    "Internal.Defect",
    "Revocation.NoReplacement",
    "Revocation.NotOurs",
    "Rotation.BindingMismatch",
    "Rotation.DeadlineNear",
    "Rotation.DocumentInvalid",
    "Rotation.OrganizationNotVisible",
    "Rotation.ProjectNotFound",
    "Rotation.ScopeMissing",
    "Rotation.SentryRateLimited",
    "Rotation.SentryUnavailable",
    "Rotation.StoreConflict",
    "Rotation.StoreUnavailable",
    "Rotation.TokenInvalid",
];
