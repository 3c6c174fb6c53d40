//! When to send again, and how long to wait: arithmetic only, sleeping is the caller's.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use jiff::Timestamp;
use reqwest::header::HeaderMap;

/// How often and how patiently a request that is safe to repeat is sent again.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The first wait; later ones double.
    pub first: Duration,
    /// The longest wait between two tries, and for a rate limit's window to end.
    pub longest: Duration,
    /// How many times a request is sent again at most.
    pub times: usize,
}

impl Default for RetryPolicy {
    /// Two more tries after 0.2 and 0.4 seconds and some jitter; at most 30 seconds for a rate limit.
    fn default() -> Self {
        Self { first: Duration::from_millis(200), longest: Duration::from_secs(30), times: 2 }
    }
}

impl RetryPolicy {
    pub(crate) fn delays(self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.times)
            .with_jitter()
            .build()
    }
}

/// How long a 429 asks to wait: `Retry-After` in seconds where some proxy gives it, else the end of Sentry's window.
///
/// Sentry itself sends no `Retry-After` (facts/sentry-23.7.1-observed.md, A6.52).
pub(crate) fn rate_limit_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    match number(headers, "retry-after").filter(|seconds| *seconds >= 0.0) {
        Some(seconds) => Some(duration(seconds)),
        None => until_reset(headers, now),
    }
}

/// How long Sentry's window lasts: `X-Sentry-Rate-Limit-Reset` is in Unix seconds (A6.52). One that is over already
/// lasts no longer.
pub(crate) fn until_reset(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let reset = number(headers, "x-sentry-rate-limit-reset").filter(|reset| !reset.is_nan())?;
    Some(duration(reset - now.as_duration().as_secs_f64()))
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// What no duration can hold is a long wait, not none.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_wait_is_taken_from_the_headers_that_there_are() {
        type Case = (&'static [(&'static str, &'static str)], Option<Duration>);
        let now = Timestamp::from_second(1_000).unwrap();
        let cases: [Case; 11] = [
            (&[], None),
            (&[("x-sentry-rate-limit-reset", "1003")], Some(Duration::from_secs(3))),
            (&[("x-sentry-rate-limit-reset", "990")], Some(Duration::ZERO)),
            (&[("x-sentry-rate-limit-reset", "None")], None),
            (&[("retry-after", "2"), ("x-sentry-rate-limit-reset", "1003")], Some(Duration::from_secs(2))),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "NaN")], None),
            (&[("retry-after", "-1"), ("x-sentry-rate-limit-reset", "1003")], Some(Duration::from_secs(3))),
            (&[("retry-after", "1e30")], Some(Duration::MAX)),
            (&[("x-sentry-rate-limit-reset", "1e30")], Some(Duration::MAX)),
            (&[("x-sentry-rate-limit-reset", "NaN")], None),
        ];
        for (headers, expected) in cases {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
                .collect();
            assert_eq!(rate_limit_wait(&headers, now), expected, "{headers:?}");
        }
    }
}
