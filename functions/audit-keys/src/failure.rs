//! Everything that can stop an audit as a whole. What it could not see of a single subject is told as unknown.

use function_kit::Failure;
use sentry_binding::{Need, Role};

/// What this function needs of its own token.
const READ: Need = Need {
    scopes: &["project:read", "project:write", "project:admin"],
    least: "project:read",
    permission: "Project: Read and Organization: Read",
};

/// What this function does with its own token.
pub const ROLE: Role = Role {
    variable: "SENTRY_AUTH_SECRET_ID",
    task: "reading projects and their client keys",
    need: READ,
    again: "the next audit tries again",
};

/// The codes of this function, as alarms match them. Each has an entry in `docs/troubleshooting.md`; what is found about
/// keys and tokens has codes of its own, in `docs/findings.md`.
pub const CODES: [&str; 14] = [
    "Audit.EvidenceUnavailable",
    "Audit.NotAReviewer",
    "Audit.ReviewNotFound",
    "Audit.SpoolUnavailable",
    "Configuration.Invalid",
    "Event.Invalid",
    "Internal.Defect",
    "Rotation.DeadlineNear",
    "Rotation.OrganizationNotVisible",
    "Rotation.ScopeMissing",
    "Rotation.SentryRateLimited",
    "Rotation.SentryUnavailable",
    "Rotation.StoreUnavailable",
    "Rotation.TokenInvalid",
];

/// The failure of a call to the evidence bucket.
pub(crate) fn evidence(error: evidence_store::Error) -> Failure {
    Failure::new(
        "Audit.EvidenceUnavailable",
        "the evidence bucket cannot be used, and a review that is not kept is none: check EVIDENCE_BUCKET and the function's role; the next audit begins anew",
    )
    .because(error)
}

/// The failure of a file in the folder for temporary files.
pub(crate) fn spool(error: std::io::Error) -> Failure {
    Failure::new(
        "Audit.SpoolUnavailable",
        "the report cannot be collected in the folder for temporary files: raise the function's ephemeral storage; the next audit begins anew",
    )
    .because(error)
}

/// Something that cannot happen.
pub(crate) fn defect(what: &'static str) -> Failure {
    Failure::new("Internal.Defect", what)
}
