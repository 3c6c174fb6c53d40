//! Gathering: what is read, from where. Nothing is judged here, and nothing is changed anywhere.

pub(crate) mod audit_log;
pub(crate) mod held;
pub(crate) mod organization;
pub(crate) mod ownership;
pub(crate) mod projects;
pub(crate) mod retirement;
pub(crate) mod secrets;
pub(crate) mod tokens;
pub(crate) mod unlisted;

use jiff::Timestamp;

/// Unix seconds as AWS gives them.
pub(crate) fn at(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// A date as Sentry gives it.
pub(crate) fn date(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}
