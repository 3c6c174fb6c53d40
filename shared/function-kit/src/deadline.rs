//! The end of an invocation.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// What is kept back for the reply: the last log line, the event, the metrics.
const RESERVE: Duration = Duration::from_millis(300);

/// The moment by which an invocation must have answered.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    work: Instant,
}

impl Deadline {
    /// The deadline of the Runtime API (`Lambda-Runtime-Deadline-Ms`, Unix milliseconds) on this process's own clock.
    #[must_use]
    pub fn from_unix_millis(deadline: u64, now: Timestamp) -> Self {
        let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let left = Duration::from_millis(deadline.saturating_sub(now)).saturating_sub(RESERVE);
        Self { work: Instant::now() + left }
    }

    /// The moment by which the work must be over.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.work
    }

    /// The time that is left for work.
    #[must_use]
    pub fn left(self) -> Duration {
        self.work.saturating_duration_since(Instant::now())
    }
}
