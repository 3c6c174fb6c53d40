//! One principal's view of Sentry during one invocation.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Instant;

use crate::budget::{Budget, Share};
use crate::client::Client;
use crate::token::AuthToken;

/// What one token may ask Sentry until one deadline. The methods are in the modules of what they ask about.
pub struct Api<'a> {
    pub(crate) client: &'a Client,
    pub(crate) token: &'a AuthToken,
    pub(crate) deadline: Instant,
    pub(crate) budget: Option<Budget>,
    calls: AtomicU32,
}

impl fmt::Debug for Api<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("client", self.client).field("calls", &self.calls()).finish_non_exhaustive()
    }
}

impl<'a> Api<'a> {
    pub(crate) fn new(client: &'a Client, token: &'a AuthToken, deadline: Instant) -> Self {
        Self { client, token, deadline, budget: None, calls: AtomicU32::new(0) }
    }

    /// Leaves this share of each rate limit to others: once an answer showed that no more than that is left, the next
    /// call waits for the end of the limit's window. One that would have to wait beyond the deadline is not sent, and
    /// fails with [`crate::Kind::RateLimited`].
    ///
    /// All integration tokens of an organization draw on the same limits (facts/sentry-api.md section 1.9): work that
    /// can wait leaves some to work that cannot. Probes and questions carry no such token: they neither wait nor count.
    /// What must not wait, such as enabling a key again that applications read, is asked by an `Api` that leaves nothing.
    #[must_use]
    pub fn leaving(mut self, share: Share) -> Self {
        self.budget = Some(Budget::leaving(share));
        self
    }

    /// How many requests were sent so far, probes and questions included.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}
