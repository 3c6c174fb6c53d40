//! What an invocation has to say beside its reply: its metrics.

use std::time::Duration;

use function_kit::metrics::{Metrics, Unit};
use jiff::Timestamp;

use crate::FUNCTION;
use crate::totals::BySeverity;

/// What is counted in one invocation.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Calls to Sentry with the audit's own token.
    pub(crate) calls: u32,
    /// Events that the bus did not take.
    pub(crate) lost: u32,
    /// Open findings, and things that could not be seen: of a review of everything that came to its end. Half of one would
    /// look like a better day.
    pub(crate) found: Option<(BySeverity, u64)>,
    /// When the last whole review of everything was made.
    pub(crate) last: Option<Timestamp>,
}

impl Said {
    /// Writes the metrics of this invocation.
    pub(crate) fn measure(&self, now: Timestamp, took: Duration) {
        let mut metrics = Metrics::new(FUNCTION);
        let mut count = |name, value: u64| metrics.add(name, Unit::Count, as_float(value));
        if let Some((open, unknown)) = self.found {
            count("FindingsCritical", open.critical);
            count("FindingsHigh", open.high);
            count("FindingsMedium", open.medium);
            count("FindingsLow", open.low);
            count("UnknownSubjects", unknown);
        }
        count("SentryCalls", self.calls.into());
        count("EventsFailed", self.lost.into());
        if let Some(last) = self.last {
            let age: Duration = now.duration_since(last).try_into().unwrap_or_default();
            metrics.add("AuditAgeDays", Unit::Count, age.as_secs_f64() / 86_400.0);
        }
        metrics.add("StepDuration", Unit::Milliseconds, took.as_secs_f64() * 1000.0);
        metrics.publish(now);
    }
}

fn as_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
