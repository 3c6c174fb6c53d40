//! One principal's view of Sentry during one invocation.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Instant;

use crate::client::Client;
use crate::token::AuthToken;

/// What one token may ask Sentry until one deadline. The methods are in the modules of what they ask about.
pub struct Api<'a> {
    pub(crate) client: &'a Client,
    pub(crate) token: &'a AuthToken,
    pub(crate) deadline: Instant,
    calls: AtomicU32,
}

impl fmt::Debug for Api<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("client", self.client).field("calls", &self.calls()).finish_non_exhaustive()
    }
}

impl<'a> Api<'a> {
    pub(crate) fn new(client: &'a Client, token: &'a AuthToken, deadline: Instant) -> Self {
        Self { client, token, deadline, calls: AtomicU32::new(0) }
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
