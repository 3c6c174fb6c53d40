//! Why a call to Sentry failed, classified in one place.

use std::fmt;

/// What a failure means to a caller. The status alone decides; bodies vary too much (facts/sentry-api.md section 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// 401: the token is unknown, expired or revoked.
    Unauthorized,
    /// 403: a scope is missing, or the object belongs to somebody else. Sentry does not say which.
    Forbidden,
    /// 404: there is no such object, or the token may not know of it.
    NotFound,
    /// 301, 302, 307 or 308: the project has another slug now, if Sentry told it.
    Moved(Option<String>),
    /// 429, for longer than the call could wait; or not sent, to leave the rest of the limit to others ([`crate::Share`]).
    RateLimited,
    /// Any other 4xx: Sentry does not take the request as it is.
    Rejected,
    /// Nothing definite came back: no connection, no answer in time, a 5xx, an answer that cannot be read.
    Unavailable,
    /// The invocation's time is nearly over; nothing was sent.
    DeadlineNear,
}

/// A call that failed: which one, and how. It never holds a body, a URL or a header.
pub struct Error {
    pub(crate) operation: &'static str,
    pub(crate) kind: Kind,
    pub(crate) status: Option<u16>,
    pub(crate) cause: Cause,
    pub(crate) sent: bool,
}

/// The part of a failure that is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    Status,
    Connect,
    Timeout,
    Interrupted,
    TooLarge,
    NotJson { line: usize, column: usize },
    Incomplete(&'static str),
    TokenUnsendable,
    Deadline,
    LeftToOthers,
    EndlessList,
}

impl Error {
    pub(crate) fn new(operation: &'static str, kind: Kind, cause: Cause) -> Self {
        Self { operation, kind, status: None, cause, sent: true }
    }

    /// What the failure means.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The call: method and path template, such as `POST /projects/{org}/{project}/keys/`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The status, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether the answer did not come in time: then the request may even still be on its way.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.cause == Cause::Timeout
    }

    /// Whether it is open if Sentry carried the request out.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        self.sent && self.kind == Kind::Unavailable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.operation)?;
        match &self.cause {
            Cause::Status => match self.status {
                Some(status) => write!(f, "was answered with status {status}"),
                None => f.write_str("failed"),
            },
            Cause::Connect => f.write_str("found no connection"),
            Cause::Timeout => f.write_str("got no answer in time"),
            Cause::Interrupted => f.write_str("lost its connection"),
            Cause::TooLarge => f.write_str("got an answer larger than any that Sentry gives"),
            Cause::NotJson { line, column } => {
                write!(f, "got an answer that is not the expected JSON (line {line}, column {column})")
            }
            Cause::Incomplete(member) => write!(f, "got an answer without a usable `{member}`"),
            Cause::TokenUnsendable => {
                f.write_str("was not sent: the token holds a character that no HTTP header can carry")
            }
            Cause::Deadline => f.write_str("was not sent: the invocation's time is nearly over"),
            Cause::LeftToOthers => {
                f.write_str("was not sent: the rest of the rate limit is left to others for longer than it could wait")
            }
            Cause::EndlessList => f.write_str("got a list that does not end"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sentry_client::Error({self})")
    }
}

impl std::error::Error for Error {}

/// Turns a transport failure into what it means; its text, which holds the URL, is dropped.
pub(crate) fn transport(operation: &'static str, error: &reqwest::Error) -> Error {
    let cause = if error.is_timeout() {
        Cause::Timeout
    } else if error.is_connect() {
        Cause::Connect
    } else {
        Cause::Interrupted
    };
    let mut failure = Error::new(operation, Kind::Unavailable, cause);
    failure.sent = !error.is_connect();
    failure
}

/// Turns a status that is no success into what it means.
pub(crate) fn status(operation: &'static str, status: u16, moved_to: Option<String>) -> Error {
    let kind = match status {
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        301 | 302 | 307 | 308 => Kind::Moved(moved_to),
        429 => Kind::RateLimited,
        400..=499 => Kind::Rejected,
        _ => Kind::Unavailable,
    };
    Error { status: Some(status), ..Error::new(operation, kind, Cause::Status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_did_not_come_in_time_is_a_timeout() {
        let causes =
            [Cause::Status, Cause::Connect, Cause::Timeout, Cause::Interrupted, Cause::Deadline, Cause::EndlessList];
        for cause in causes {
            let is_timeout = cause == Cause::Timeout;
            assert_eq!(Error::new("GET /", Kind::Unavailable, cause).is_timeout(), is_timeout);
        }
    }
}
