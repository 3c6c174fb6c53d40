//! Leaving a part of a shared rate limit to others.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::retry::until_reset;

/// Longer than any invocation, and short enough for any clock.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A part of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u8);

impl Share {
    /// So many hundredths; more than a hundred are a hundred.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }
}

/// How much is left to others, and until when nothing may be sent for their sake.
#[derive(Debug)]
pub(crate) struct Budget {
    share: Share,
    until: Mutex<Option<Instant>>,
}

impl Budget {
    pub(crate) fn leaving(share: Share) -> Self {
        Self { share, until: Mutex::default() }
    }

    /// Takes note of what an answer says of its rate limit.
    ///
    /// Endpoints have limits of their own or share one, and no header says which (facts/sentry-api.md section 1.9). So
    /// a limit that ran low holds everything back until its window ends, whatever an answer under another limit says.
    pub(crate) fn note(&self, headers: &HeaderMap, now: Timestamp) {
        if !self.is_low(headers) {
            return;
        }
        let Some(wait) = until_reset(headers, now).filter(|wait| !wait.is_zero()) else { return };
        let reset = Instant::now() + wait.min(LONGEST);
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(until.map_or(reset, |until| until.max(reset)));
    }

    /// How long to wait now, if at all.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|until| until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Sentry writes the word None where it has no number (facts/sentry-23.7.1-observed.md, A6.52).
    fn is_low(&self, headers: &HeaderMap) -> bool {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        match (number("x-sentry-rate-limit-remaining"), number("x-sentry-rate-limit-limit")) {
            (Some(remaining), Some(limit)) => {
                u128::from(remaining) * 100 <= u128::from(limit) * u128::from(self.share.0)
            }
            (Some(_) | None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(numbers: &[(&str, &str)]) -> HeaderMap {
        let name = |name| format!("x-sentry-rate-limit-{name}").parse::<HeaderName>().unwrap();
        numbers.iter().map(|(what, value)| (name(what), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn is_low(percent: u8, numbers: &[(&str, &str)]) -> bool {
        Budget::leaving(Share::percent(percent)).is_low(&headers(numbers))
    }

    #[test]
    fn a_limit_is_low_where_no_more_than_the_share_is_left() {
        for (remaining, low) in [("0", true), ("11", true), (" 12 ", true), ("13", false), ("40", false)] {
            assert_eq!(is_low(30, &[("remaining", remaining), ("limit", "40")]), low, "{remaining}");
        }
        assert!(is_low(100, &[("remaining", "40"), ("limit", "40")]));
        assert_eq!(Share::percent(250), Share::percent(100));
        assert!(is_low(0, &[("remaining", "0"), ("limit", "40")]));
        assert!(!is_low(0, &[("remaining", "1"), ("limit", "40")]));
        let most = u64::MAX.to_string();
        assert!(!is_low(30, &[("remaining", &most), ("limit", &most)]));
    }

    #[test]
    fn what_is_no_number_says_nothing() {
        let cases: [&[(&str, &str)]; 8] = [
            &[],
            &[("remaining", "0")],
            &[("limit", "40")],
            &[("remaining", "None"), ("limit", "None")],
            &[("remaining", "0"), ("limit", "None")],
            &[("remaining", "-1"), ("limit", "40")],
            &[("remaining", ""), ("limit", "40")],
            &[("concurrentremaining", "0"), ("concurrentlimit", "25")],
        ];
        for headers in cases {
            assert!(!is_low(100, headers), "{headers:?}");
        }
    }

    #[test]
    fn a_limit_that_ran_low_holds_back_until_its_end_whatever_another_has_left() {
        let now = Timestamp::from_second(1_000).unwrap();
        let budget = Budget::leaving(Share::percent(30));
        let note = |remaining, reset| {
            budget.note(&headers(&[("remaining", remaining), ("limit", "40"), ("reset", reset)]), now);
            budget.wait().map(|wait| wait.as_secs_f64().ceil())
        };
        assert_eq!(note("13", "1060"), None);
        assert_eq!(note("12", "1000"), None, "its window is over");
        assert_eq!(note("12", "1060"), Some(60.0));
        assert_eq!(note("39", "1300"), Some(60.0), "another limit, of which enough is left");
        assert_eq!(note("5", "1030"), Some(60.0), "another limit, whose window ends sooner");
        assert_eq!(note("0", "1090"), Some(90.0));
        assert_eq!(note("0", "1e30"), Some(86_400.0));
    }
}
