//! Everything that can stop a run as a whole. What concerns single keys is told by the rows of the run.

use sentry_binding::{Need, Role};

/// What this function does with the management token.
pub const ROLE: Role = Role {
    variable: "SENTRY_AUTH_SECRET_ID",
    task: "retiring client keys",
    need: Need::WRITE,
    again: "the next run tries again",
};

/// What this function does with the token that may delete.
pub const DELETE_ROLE: Role = Role {
    variable: "SENTRY_DELETE_AUTH_SECRET_ID",
    task: "deleting client keys",
    need: Need::ADMIN,
    again: "the next run tries again",
};

/// The codes of this function, as alarms match them: those of failed runs, and those of single keys in events and in the
/// record of a run. Each has an entry in `docs/troubleshooting.md`.
pub const CODES: [&str; 15] = [
    "Configuration.Invalid",
    "Event.Invalid",
    "Internal.Defect",
    "Retirement.ConsentNeeded",
    "Retirement.Frozen",
    "Retirement.LedgerUnavailable",
    "Retirement.ProofOverdue",
    "Retirement.StillInUse",
    "Rotation.DeadlineNear",
    "Rotation.ScopeMissing",
    "Rotation.SentryRateLimited",
    "Rotation.SentryUnavailable",
    "Rotation.StoreConflict",
    "Rotation.StoreUnavailable",
    "Rotation.TokenInvalid",
];
