//! The DSN question.

use std::time::Duration;

use sentry_client::{Answer, Dsn};
use serde_json::json;
use testkit::fault::Fault;
use testkit::http::Response;
use tokio::time::Instant;

use crate::fixtures::{KEY, MARKER, QUESTION, dsn, project};
use crate::raw::{Then, partial, raw};
use crate::script::{TOKEN, client, failing, json as answer, on, script, token};

const ALIVE: &str = r#"{"name":["This field is required."],"email":["This field is required."],
    "comments":["This field is required."],"event_id":["This field is required."]}"#;

#[tokio::test]
async fn it_is_asked_at_the_base_url_with_the_public_dsn_and_without_the_token() {
    let sentry = script([on(QUESTION, answer(400, ALIVE))]);
    let api = sentry.api();
    let stored: Dsn = format!("https://{KEY}:{MARKER}@ingest.invalid/42").parse().unwrap();
    assert_eq!(api.ask_dsn(&project(), &stored).await.unwrap(), Answer::Alive);
    let requests = sentry.done(&api);
    let sent = requests[0].header("authorization").unwrap();
    assert_eq!(sent, format!("DSN https://{KEY}@ingest.invalid/42"));
    assert_eq!(requests[0].json().unwrap(), json!({}));
    assert!(requests[0].headers.values().all(|value| !value.to_str().unwrap().contains(TOKEN)));
}

#[tokio::test]
async fn an_answer_is_read_up_to_64_kib_and_no_further() {
    let dead = r#"{"detail":"Invalid dsn"}"#;
    for (length, expected) in [(64 << 10, Answer::Dead), ((64 << 10) + 1, Answer::Unknown)] {
        let sentry = script([on(QUESTION, answer(401, &format!("{dead}{}", " ".repeat(length - dead.len()))))]);
        assert_eq!(sentry.api().ask_dsn(&project(), &dsn()).await.unwrap(), expected, "{length}");
    }
}

#[tokio::test]
async fn only_two_answers_say_something() {
    let limit = r#""You are attempting to use this endpoint too frequently. Limit is 5 requests in 1 seconds""#;
    let html = |status| Response::text(status, "text/html", "<html>event_id Invalid dsn</html>");
    let cases = [
        ("a live key", answer(400, ALIVE), Answer::Alive),
        ("a dead key", answer(401, r#"{"detail":"Invalid dsn"}"#), Answer::Dead),
        ("a live key of another project, 23.7.1", Response::empty(400), Answer::Unknown),
        ("a live key of another project, newer", Response::empty(401), Answer::Unknown),
        ("a live key of another organization", answer(403, r#"{"detail":"Invalid dsn"}"#), Answer::Unknown),
        ("a bad token, if ever one were asked about", answer(401, r#"{"detail":"Invalid token"}"#), Answer::Unknown),
        ("another case", answer(401, r#"{"detail":"invalid DSN"}"#), Answer::Unknown),
        ("a list", answer(401, r#"{"detail":["Invalid dsn"]}"#), Answer::Unknown),
        ("an object", answer(401, r#"{"detail":{"message":"Invalid dsn"}}"#), Answer::Unknown),
        ("a bare string", answer(401, r#""Invalid dsn""#), Answer::Unknown),
        ("an error of the JSON", answer(400, r#"{"detail":"JSON parse error - event_id"}"#), Answer::Unknown),
        ("a field list that is no object", answer(400, r#"["event_id"]"#), Answer::Unknown),
        ("a renamed project", answer(302, r#"{"slug":"new","event_id":"x"}"#), Answer::Unknown),
        ("a server that dropped it", Response::text(404, "text/html", ""), Answer::Unknown),
        ("an unknown project", answer(404, r#"{"detail":"Invalid dsn"}"#), Answer::Unknown),
        ("an accepted feedback", answer(200, ALIVE), Answer::Unknown),
        ("a proxy's 400", html(400), Answer::Unknown),
        ("a proxy's 401", html(401), Answer::Unknown),
        ("a proxy's 200", html(200), Answer::Unknown),
    ];
    for (name, response, expected) in cases {
        let sentry = script([on(QUESTION, response)]);
        let api = sentry.api();
        assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), expected, "{name}");
        sentry.done(&api);
    }
    let sentry = script([0; 3].map(|_| on(QUESTION, Response::text(429, "text/html", limit))));
    let api = sentry.api();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Unknown, "a limit");
    sentry.done(&api);
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_nothing() {
    for (status, body) in [(401, r#"{"detail":"Invalid dsn"}"#), (400, r#"{"event_id":["x"]}"#)] {
        let (client, token) = (client(&raw(partial(status, body), Then::Close)), token());
        let api = client.api(&token, Instant::now() + Duration::from_secs(60));
        assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Unknown);
        assert_eq!(api.calls(), 1);
    }
}

#[tokio::test]
async fn an_answer_longer_than_any_of_sentrys_says_nothing() {
    let body = format!(r#"{{"detail":"Invalid dsn","x":"{}"}}"#, "x".repeat(65 << 10));
    let sentry = script([on(QUESTION, answer(401, &body))]);
    let api = sentry.api();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Unknown);
    sentry.done(&api);
}

#[tokio::test]
async fn it_is_asked_again_after_an_outage_and_a_limit() {
    let sentry = script([
        failing(QUESTION, Fault::DropBefore),
        on(QUESTION, Response::text(429, "text/html", "\"slow down\"")),
        on(QUESTION, answer(401, r#"{"detail":"Invalid dsn"}"#)),
    ]);
    let api = sentry.api();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Dead);
    sentry.done(&api);
}

#[tokio::test]
async fn a_lasting_outage_is_no_answer() {
    for fault in [Fault::DropBefore, Fault::Status(500), Fault::Status(503)] {
        let sentry = script([0; 3].map(|_| failing(QUESTION, fault.clone())));
        let api = sentry.api();
        assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Unknown);
        sentry.done(&api);
    }
}
