//! A client key's rate limit: so many events in so many seconds.

use crate::duration::parse_duration;
use crate::errors::Problems;
use crate::read::{Node, integer};

const LONGEST_WINDOW: u32 = 86_400;

/// `count` events in each `window`. Sentry counts errors only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    count: u32,
    window: u32,
}

/// Why two numbers are no rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateLimitError {
    /// Sentry reads a count of 0 as "no limit".
    #[error("count must be 1 or more (Sentry reads 0 as no limit)")]
    Count,
    /// Sentry takes 1 to 86 400 seconds.
    #[error("window must be between 1s and 86400s (1d)")]
    Window,
}

impl RateLimit {
    /// The cap of `sdk-store-only`.
    pub(crate) const SDK: Self = Self { count: 1_000, window: 60 };

    /// The cap of `sdk-client-side`.
    pub(crate) const CLIENT_SIDE: Self = Self { count: 300, window: 60 };

    /// `count` events in each window of `window` seconds.
    ///
    /// # Errors
    /// [`RateLimitError`] when the count is 0 or the window is not 1 to 86 400 seconds.
    pub const fn new(count: u32, window: u32) -> Result<Self, RateLimitError> {
        if count == 0 {
            Err(RateLimitError::Count)
        } else if window == 0 || window > LONGEST_WINDOW {
            Err(RateLimitError::Window)
        } else {
            Ok(Self { count, window })
        }
    }

    /// Events per window, 1 or more.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// Seconds, 1 to 86 400.
    #[must_use]
    pub const fn window(self) -> u32 {
        self.window
    }
}

/// `{count = 1000, window = "60s"}`; the window may be a whole number of seconds.
pub(crate) fn rate_limit(node: &Node<'_>, problems: &mut Problems) -> Option<RateLimit> {
    let mut table = node.table(problems)?;
    let count = table.required(problems, "count", |node, problems| {
        let count = integer(node, problems)?;
        if count < 1 {
            return node.fail(problems, RateLimitError::Count.to_string());
        }
        u32::try_from(count).ok().or_else(|| node.fail(problems, "count is too large"))
    });
    let window = table.required(problems, "window", window);
    table.finish(problems);
    RateLimit::new(count.good()?.value, window.good()?.value).ok()
}

fn window(node: &Node<'_>, problems: &mut Problems) -> Option<u32> {
    let seconds = if let Some(seconds) = node.as_integer() {
        u64::try_from(seconds).unwrap_or(0)
    } else {
        let text = node.text(problems)?;
        match parse_duration(text) {
            Ok(duration) => duration.as_secs(),
            Err(error) => return node.fail(problems, error.to_string()),
        }
    };
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=LONGEST_WINDOW).contains(seconds))
        .or_else(|| node.fail(problems, RateLimitError::Window.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_outside_sentrys_range_cannot_be_made() {
        assert_eq!(RateLimit::new(0, 60), Err(RateLimitError::Count));
        assert_eq!(RateLimit::new(1, 0), Err(RateLimitError::Window));
        assert_eq!(RateLimit::new(1, 86_401), Err(RateLimitError::Window));
        assert_eq!(RateLimit::new(1_000, 60), Ok(RateLimit::SDK));
        assert_eq!(RateLimit::new(300, 60), Ok(RateLimit::CLIENT_SIDE));
        assert!(RateLimit::new(u32::MAX, 86_400).is_ok());
    }
}
