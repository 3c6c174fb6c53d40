//! What could not be seen. It is never counted as fine.

use key_policy::inventory::Unknown;
use sentry_client::{Error, Kind};

/// Something that could not be seen, and why.
pub(crate) fn unknown(subject: impl Into<String>, why: impl Into<String>, shown_by: Option<&str>) -> Unknown {
    Unknown { subject: subject.into(), why: why.into(), shown_by: shown_by.map(str::to_owned) }
}

/// Something that Sentry did not show. `scope` is the one that would show it.
pub(crate) fn of_sentry(subject: impl Into<String>, error: &Error, scope: &str) -> Unknown {
    let shown_by = match error.kind() {
        Kind::Unauthorized | Kind::Forbidden | Kind::NotFound => Some(scope),
        Kind::Moved(_) | Kind::RateLimited | Kind::Rejected | Kind::Unavailable | Kind::DeadlineNear => None,
    };
    unknown(subject, error.to_string(), shown_by)
}
