//! Rate limits: waited for as long as they last, and given up where that is too long.

use std::time::Duration;

use sentry_client::{Kind, RetryPolicy};
use testkit::http::Response;
use tokio::time::Instant;

use crate::fixtures::{KEYS, list, new_key, project};
use crate::script::{NOW, json, on, quick, script};

/// A 429 of sentry.io's (A6.52): no Retry-After, a bare JSON string that calls itself HTML, and the word None.
fn limited(reset: i64) -> Response {
    let body = r#""You are attempting to use this endpoint too frequently. Limit is 5 requests in 1 seconds""#;
    Response::text(429, "text/html", body)
        .with_header("x-sentry-rate-limit-remaining", "0")
        .with_header("x-sentry-rate-limit-limit", "5")
        .with_header("x-sentry-rate-limit-reset", reset.to_string())
        .with_header("x-sentry-rate-limit-concurrentremaining", "None")
        .with_header("x-sentry-rate-limit-concurrentlimit", "None")
}

fn at_once(started: Instant) -> bool {
    started.elapsed() < Duration::from_secs(2)
}

#[tokio::test]
async fn the_end_of_the_window_is_waited_for() {
    let sentry = script([on(list(), limited(NOW + 1)), on(list(), json(200, "[]"))]);
    let api = sentry.api();
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(299), "the window ends 0.3 s after the clock's time");
    sentry.done(&api);
}

#[tokio::test]
async fn a_window_that_is_over_is_not_waited_for() {
    let sentry = script([on(list(), limited(NOW - 100)), on(list(), json(200, "[]"))]);
    let api = sentry.api();
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    assert!(at_once(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_proxys_retry_after_goes_before_the_window() {
    let sentry = script([on(list(), limited(NOW + 20).with_header("retry-after", "0")), on(list(), json(200, "[]"))]);
    let api = sentry.api();
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    assert!(at_once(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_limit_without_any_time_is_tried_again_like_an_outage() {
    for header in ["", "None", "soon"] {
        let limit = Response::empty(429).with_header("x-sentry-rate-limit-reset", header);
        let sentry = script([on(list(), limit), on(list(), json(200, "[]"))]);
        let api = sentry.api();
        api.keys(&project()).await.unwrap();
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_window_beyond_the_patience_is_given_up_at_once() {
    let sentry = script([on(list(), limited(NOW + 32))]);
    let api = sentry.api();
    let started = Instant::now();
    let error = api.keys(&project()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.is_unclear()), (&Kind::RateLimited, Some(429), false));
    assert!(at_once(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_time_that_no_clock_can_hold_is_given_up_and_does_not_panic() {
    for (name, text) in [("retry-after", "99999999999"), ("retry-after", "18446744073709551615")] {
        let sentry = script([on(list(), Response::empty(429).with_header(name, text))]);
        let api = sentry.api();
        assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::RateLimited, "{name}: {text}");
        sentry.done(&api);
    }
    let sentry = script([on(list(), limited(i64::MAX))]);
    let api = sentry.api();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::RateLimited);
    sentry.done(&api);
}

#[tokio::test]
async fn a_window_beyond_the_deadline_is_given_up_at_once() {
    let sentry = script([on(list(), limited(NOW + 5))]);
    let api = sentry.api_for(Duration::from_secs(3));
    let started = Instant::now();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::RateLimited);
    assert!(at_once(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_limit_that_does_not_end_is_given_up_after_the_last_try() {
    let post = || format!("POST {KEYS}");
    let sentry = script([0; 3].map(|_| on(post(), limited(NOW))));
    let api = sentry.api();
    let error = api.create_key(&project(), &new_key()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unclear()), (&Kind::RateLimited, false));
    sentry.done(&api);
}

#[tokio::test]
async fn less_patience_gives_up_sooner() {
    let mut sentry = script([on(list(), limited(NOW + 1))]);
    sentry.retry(RetryPolicy { longest: Duration::from_millis(100), ..quick() });
    let api = sentry.api();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::RateLimited);
    sentry.done(&api);
}
