//! Sending a request: deadline, retries, rate limits, and the status read in one place.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::api::Api;
use crate::body;
use crate::budget::Budget;
use crate::error::{self, Cause, Error, Kind};
use crate::retry::rate_limit_wait;

/// The longest that one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// With less than this left before the deadline nothing is sent: the answer could not be used.
const LEAST_TIME: Duration = Duration::from_millis(500);

/// Whether a request may be sent again when it is open if it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Reading, or writing the same state again.
    Safe,
    /// Each one that arrives makes something new.
    Unsafe,
}

/// A request before it is sent.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Method and path template, for errors and logs.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) segments: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<Value>,
    pub(crate) repeat: Repeat,
}

impl<'a> Call<'a> {
    pub(crate) fn get(operation: &'static str, segments: &'a [&'a str]) -> Self {
        Self { operation, method: Method::GET, segments, query: &[], body: None, repeat: Repeat::Safe }
    }
}

impl Api<'_> {
    /// Sends a request with the token and gives back the answer if it is a success.
    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Response, Error> {
        let authorization = self.token.header().ok_or_else(|| Error {
            sent: false,
            ..Error::new(call.operation, Kind::Unauthorized, Cause::TokenUnsendable)
        })?;
        self.leave_to_others(call.operation).await?;
        let response = self.send_as(call, &authorization, self.budget.as_ref()).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let moved_to =
            if status.is_redirection() { body::moved_to(&body::lenient(call.operation, response).await) } else { None };
        Err(error::status(call.operation, status.as_u16(), moved_to))
    }

    /// Waits while what is left of the rate limit is for others.
    async fn leave_to_others(&self, operation: &'static str) -> Result<(), Error> {
        // Another call of this principal may lengthen the wait meanwhile.
        while let Some(wait) = self.budget.as_ref().and_then(Budget::wait) {
            self.time_for_one(operation)?;
            if Instant::now() + wait + LEAST_TIME >= self.deadline {
                return Err(Error { sent: false, ..Error::new(operation, Kind::RateLimited, Cause::LeftToOthers) });
            }
            tracing::debug!(operation, wait_ms = wait.as_millis(), "leaving the rest of the rate limit to others");
            sleep(wait).await;
        }
        Ok(())
    }

    /// Sends a request with any authorization and gives back the answer whatever its status, after retries. Where the
    /// authorization draws on a rate limit of which a part is left to others, `budget` is theirs.
    pub(crate) async fn send_as(
        &self,
        call: &Call<'_>,
        authorization: &HeaderValue,
        budget: Option<&Budget>,
    ) -> Result<Response, Error> {
        let mut delays = self.client.retry.delays();
        loop {
            let result = self.send_once(call, authorization).await;
            if let (Some(budget), Ok(response)) = (budget, &result) {
                budget.note(response.headers(), (self.client.clock)());
            }
            let wait = match &result {
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                    // Nothing was carried out, so any request may be sent again once the window is over.
                    let delay = delays.next();
                    delay.map(|delay| {
                        rate_limit_wait(response.headers(), (self.client.clock)()).map_or(delay, |wait| wait.max(delay))
                    })
                }
                Ok(response) if response.status().is_server_error() && call.repeat == Repeat::Safe => delays.next(),
                Err(error) if error.is_unclear() && call.repeat == Repeat::Safe => delays.next(),
                // A connection that was never made carried nothing.
                Err(error) if error.kind == Kind::Unavailable && !error.sent => delays.next(),
                Ok(_) | Err(_) => None,
            };
            let held = budget.and_then(Budget::wait).unwrap_or_default();
            match wait.map(|wait| wait.max(held)) {
                Some(wait)
                    if wait <= self.client.retry.longest && Instant::now() + wait + LEAST_TIME < self.deadline =>
                {
                    tracing::debug!(call.operation, wait_ms = wait.as_millis(), "asking Sentry again");
                    sleep(wait).await;
                }
                _ => return result,
            }
        }
    }

    async fn send_once(&self, call: &Call<'_>, authorization: &HeaderValue) -> Result<Response, Error> {
        let url = self.client.base.api(call.segments);
        let connections = match call.repeat {
            Repeat::Safe => &self.client.http,
            Repeat::Unsafe => &self.client.fresh,
        };
        let mut request = connections
            .request(call.method.clone(), url)
            .timeout(self.time_for_one(call.operation)?)
            .header(AUTHORIZATION, authorization);
        if !call.query.is_empty() {
            request = request.query(call.query);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        self.count_call();
        let started = Instant::now();
        let result = request.send().await.map_err(|error| error::transport(call.operation, &error));
        tracing::debug!(
            call.operation,
            status = result.as_ref().ok().map(|response| response.status().as_u16()),
            elapsed_ms = started.elapsed().as_millis(),
            "asked Sentry"
        );
        result
    }

    /// The time that one request may take now.
    pub(crate) fn time_for_one(&self, operation: &'static str) -> Result<Duration, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left < LEAST_TIME {
            return Err(Error { sent: false, ..Error::new(operation, Kind::DeadlineNear, Cause::Deadline) });
        }
        Ok(left.min(REQUEST_TIMEOUT))
    }
}
