//! The API's rate limit (facts 51 and 52).

use crate::http::Response;

use super::state::Flavor;

/// The numbers that sentry.io was seen with (section 1.9).
const WINDOW_LIMIT: u64 = 40;
const CONCURRENT_LIMIT: u64 = 25;

/// A reset in the past, for answers under no limit: there is no clock, and nobody has to wait.
const PAST_RESET: u64 = 1_767_225_600;

/// The limits in force.
#[derive(Default)]
pub(super) struct Limits {
    lasting: Option<Lasting>,
    shown: Option<Shown>,
    next: usize,
    next_reset: u64,
}

/// What the headers say of a window.
#[derive(Clone, Copy)]
struct Shown {
    limit: u64,
    remaining: u64,
    reset: u64,
}

struct Lasting {
    remaining: u64,
    reset: u64,
}

impl Limits {
    pub(super) fn limit(&mut self, remaining: u64, reset: u64) {
        self.lasting = Some(Lasting { remaining, reset });
    }

    pub(super) fn limit_next(&mut self, calls: usize, reset: u64) {
        self.next = calls;
        self.next_reset = reset;
    }

    pub(super) fn show(&mut self, limit: u64, remaining: u64, reset: u64) {
        self.shown = Some(Shown { limit, remaining, reset });
    }

    /// Counts a call; the refusal, where it is one too many.
    pub(super) fn refuse(&mut self) -> Option<Response> {
        if self.next > 0 {
            self.next -= 1;
            return Some(too_many(self.next_reset));
        }
        let lasting = self.lasting.as_mut()?;
        match lasting.remaining.checked_sub(1) {
            Some(remaining) => {
                lasting.remaining = remaining;
                None
            }
            None => Some(too_many(lasting.reset)),
        }
    }

    /// Adds the headers of a limited server; a self-hosted one sends none unless it was told to limit. `counted` says
    /// whether the call was in the token's bucket.
    pub(super) fn describe(&self, flavor: Flavor, counted: bool, response: Response) -> Response {
        let told = self.lasting.as_ref().map(|lasting| window(lasting.remaining, lasting.reset)).or(self.shown);
        match (told.filter(|_| counted), flavor) {
            (Some(told), _) => with_headers(response, told, "24"),
            (None, Flavor::V2026) => with_headers(response, window(WINDOW_LIMIT - 1, PAST_RESET), "24"),
            (None, Flavor::V23_7_1) => response,
        }
    }
}

/// A window of the size of sentry.io's, or of a larger one where a test wants so many calls.
fn window(remaining: u64, reset: u64) -> Shown {
    Shown { limit: WINDOW_LIMIT.max(remaining), remaining, reset }
}

/// A bare JSON string as HTML, and no `Retry-After`.
fn too_many(reset: u64) -> Response {
    let text = format!(
        "\"You are attempting to use this endpoint too frequently. Limit is {WINDOW_LIMIT} requests in 1 seconds\""
    );
    with_headers(Response::text(429, "text/html", text), window(0, reset), "None")
}

fn with_headers(response: Response, window: Shown, concurrent: &str) -> Response {
    [
        ("X-Sentry-Rate-Limit-Remaining", window.remaining.to_string()),
        ("X-Sentry-Rate-Limit-Limit", window.limit.to_string()),
        ("X-Sentry-Rate-Limit-Reset", window.reset.to_string()),
        ("X-Sentry-Rate-Limit-ConcurrentRemaining", concurrent.to_owned()),
        ("X-Sentry-Rate-Limit-ConcurrentLimit", CONCURRENT_LIMIT.to_string()),
    ]
    .into_iter()
    .fold(response, |response, (name, value)| response.with_header(name, value))
}
