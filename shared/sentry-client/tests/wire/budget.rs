//! A share of the rate limit is left to others.

use std::time::Duration;

use sentry_client::{Answer, Api, Kind, Probe, Share};
use testkit::fault::Fault;
use testkit::http::Response;
use tokio::time::Instant;

use crate::fixtures::{KEY, KEYS, QUESTION, at_key, dsn, key_json, link, list, list_from, new_key, project};
use crate::script::{NOW, Script, failing, json as answer, on, script, value};

/// Longer than any of these tests may wait.
const FAR: i64 = NOW + 1_000;

/// An answer under a limit of 40 calls, as sentry.io gives it (A6.52).
fn under(response: Response, remaining: &str, reset: i64) -> Response {
    response
        .with_header("x-sentry-rate-limit-remaining", remaining)
        .with_header("x-sentry-rate-limit-limit", "40")
        .with_header("x-sentry-rate-limit-reset", reset.to_string())
        .with_header("x-sentry-rate-limit-concurrentremaining", "0")
        .with_header("x-sentry-rate-limit-concurrentlimit", "25")
}

fn empty(remaining: &str, reset: i64) -> Response {
    under(answer(200, "[]"), remaining, reset)
}

fn sparing(sentry: &Script) -> Api<'_> {
    sentry.api().leaving(Share::percent(30))
}

/// The window ends 0.3 s after the clock's time.
fn waited(started: Instant) -> bool {
    started.elapsed() >= Duration::from_millis(299)
}

fn at_once(started: Instant) -> bool {
    started.elapsed() < Duration::from_secs(2)
}

#[tokio::test]
async fn the_next_call_waits_for_the_end_of_the_window() {
    let created = value(201, &key_json(KEY, &new_key().label));
    let sentry = script([on(list(), empty("12", NOW + 1)), on(format!("POST {KEYS}"), created)]);
    let api = sparing(&sentry);
    api.keys(&project()).await.unwrap();
    let started = Instant::now();
    api.create_key(&project(), &new_key()).await.unwrap();
    assert!(waited(started));
    sentry.done(&api);
}

#[tokio::test]
async fn once_the_window_is_over_nothing_is_waited_for() {
    let steps = (0..20).map(|_| on(list(), answer(200, "[]")));
    let sentry = script([on(list(), empty("0", NOW + 1))].into_iter().chain(steps));
    let api = sparing(&sentry);
    let started = Instant::now();
    for _ in 0..=20 {
        api.keys(&project()).await.unwrap();
    }
    assert!(waited(started) && at_once(started), "20 waits would take 6 s");
    sentry.done(&api);
}

#[tokio::test]
async fn the_pages_of_a_list_wait_as_well() {
    let sentry = script([
        on(list(), empty("12", NOW + 1).with_header("link", link("http://127.0.0.1", "0:100:0", true))),
        on(list_from("0:100:0"), answer(200, "[]")),
    ]);
    let api = sparing(&sentry);
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    assert!(waited(started));
    sentry.done(&api);
}

#[tokio::test]
async fn what_leaves_enough_or_says_nothing_is_not_waited_for() {
    let cases = [
        ("more than the share is left", empty("13", FAR)),
        ("the window is over", empty("0", NOW)),
        ("no headers", answer(200, "[]")),
        ("words in place of numbers", empty("None", FAR)),
        ("no limit", answer(200, "[]").with_header("x-sentry-rate-limit-remaining", "0")),
        (
            "no end",
            answer(200, "[]")
                .with_header("x-sentry-rate-limit-remaining", "0")
                .with_header("x-sentry-rate-limit-limit", "40"),
        ),
        ("the word None for an end", {
            let mut response = empty("0", FAR);
            response.headers[3].1 = "None".to_owned();
            response
        }),
    ];
    for (name, response) in cases {
        let sentry = script([on(list(), response), on(list(), answer(200, "[]"))]);
        let api = sparing(&sentry);
        let started = Instant::now();
        api.keys(&project()).await.unwrap();
        api.keys(&project()).await.unwrap();
        assert!(at_once(started), "{name}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn who_leaves_nothing_uses_all() {
    let sentry = script([on(list(), empty("0", FAR)), on(list(), answer(200, "[]"))]);
    let api = sentry.api();
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    api.keys(&project()).await.unwrap();
    assert!(at_once(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_window_that_outlasts_the_deadline_sends_nothing() {
    for reset in [FAR, i64::MAX] {
        let sentry = script([on(list(), empty("12", reset))]);
        let api = sparing(&sentry);
        api.keys(&project()).await.unwrap();
        let started = Instant::now();
        let errors = [
            api.keys(&project()).await.unwrap_err(),
            api.create_key(&project(), &new_key()).await.unwrap_err(),
            api.delete_key(&project(), KEY).await.unwrap_err(),
        ];
        assert!(at_once(started));
        for error in errors {
            assert_eq!((error.kind(), error.status(), error.is_unclear()), (&Kind::RateLimited, None, false));
        }
        let text = "was not sent: the rest of the rate limit is left to others for longer than it could wait";
        assert!(api.keys(&project()).await.unwrap_err().to_string().ends_with(text));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_window_that_leaves_no_time_for_the_call_sends_nothing() {
    let sentry = script([on(list(), empty("12", NOW + 3))]);
    let waits = Duration::from_millis(2_300);
    let api = sentry.api_for(waits + Duration::from_millis(300)).leaving(Share::percent(30));
    api.keys(&project()).await.unwrap();
    let error = api.keys(&project()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unclear()), (&Kind::RateLimited, false));
    sentry.done(&api);
}

#[tokio::test]
async fn questions_and_probes_neither_wait_nor_count() {
    let low = |status| under(answer(status, r#"{"detail":"Invalid dsn"}"#), "0", FAR);
    let sentry = script([
        on(QUESTION, low(401)),
        on("POST /api/42/envelope/", low(401)),
        on(list(), empty("0", FAR)),
        on(QUESTION, low(401)),
        on("POST /api/42/envelope/", low(401)),
    ]);
    let api = sparing(&sentry);
    let here = format!("http://{KEY}@{}/42", sentry.server().address()).parse().unwrap();
    let started = Instant::now();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Dead);
    assert_eq!(api.probe(&here).await.unwrap(), Probe::Refused);
    api.keys(&project()).await.unwrap();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Dead);
    assert_eq!(api.probe(&here).await.unwrap(), Probe::Refused);
    assert!(at_once(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_refusal_tells_how_much_is_left_as_well() {
    let sentry = script([on(at_key("DELETE", KEY), under(answer(403, "{}"), "3", FAR))]);
    let api = sparing(&sentry);
    assert_eq!(*api.delete_key(&project(), KEY).await.unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::RateLimited);
    sentry.done(&api);
}

#[tokio::test]
async fn a_repetition_waits_too_and_what_was_sent_is_never_told_as_not_sent() {
    let outage = |reset| under(answer(503, ""), "5", reset);
    let sentry = script([on(at_key("DELETE", KEY), outage(NOW + 1)), on(at_key("DELETE", KEY), Response::empty(204))]);
    let api = sparing(&sentry);
    let started = Instant::now();
    api.delete_key(&project(), KEY).await.unwrap();
    assert!(waited(started));
    sentry.done(&api);

    let sentry = script([on(at_key("DELETE", KEY), outage(FAR))]);
    let api = sparing(&sentry);
    let error = api.delete_key(&project(), KEY).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.is_unclear()), (&Kind::Unavailable, Some(503), true));
    sentry.done(&api);
}

#[tokio::test]
async fn a_limit_that_was_reached_is_left_to_others_too() {
    let limited = || under(answer(429, "\"slow down\""), "0", NOW + 1);
    let sentry = script([on(list(), limited()), on(list(), answer(200, "[]"))]);
    let api = sparing(&sentry);
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    assert!(waited(started));
    sentry.done(&api);
}

#[tokio::test]
async fn a_lost_answer_says_nothing_of_a_limit() {
    let sentry = script([failing(list(), Fault::DropAfter), on(list(), answer(200, "[]"))]);
    let api = sparing(&sentry);
    let started = Instant::now();
    api.keys(&project()).await.unwrap();
    assert!(at_once(started));
    sentry.done(&api);
}
