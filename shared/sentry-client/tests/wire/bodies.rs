//! Bodies of every shape: the status decides, and nothing of a body comes out in an error.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sentry_client::{Api, Error, Kind, Resolution, RetryPolicy};
use testkit::http::{FromFn, Request, Response, Server};
use tokio::time::Instant;

use crate::fixtures::{KEY, MARKER, list, new_key, project, since, until, update};
use crate::raw::{Then, partial, raw};
use crate::script::{TOKEN, client, json, on, quick, script, spoken, token};

const MINUTE: Duration = Duration::from_secs(60);

/// Every shape that an answer was seen to have, each with the marker in it where it can hold one.
fn shapes() -> Vec<(&'static str, Response)> {
    let json = |body: String| Response::text(200, "application/json", body);
    vec![
        ("a detail that is text", json(format!(r#"{{"detail":"{MARKER} {TOKEN}"}}"#))),
        ("a detail that is a list", json(format!(r#"{{"detail":["{MARKER}","{TOKEN}"]}}"#))),
        ("a detail that is an object", json(format!(r#"{{"detail":{{"code":"x","message":"{MARKER}{TOKEN}"}}}}"#))),
        ("field errors", json(format!(r#"{{"name":["{MARKER}"],"{TOKEN}":{{"window":["x"]}}}}"#))),
        ("a bare string", json(format!(r#""{MARKER} {TOKEN}""#))),
        ("a list of the wrong things", json(format!(r#"["{MARKER}","{TOKEN}"]"#))),
        (
            "wrong types",
            json(format!(r#"{{"auth":"{TOKEN}","id":"{MARKER}","projectId":"{MARKER}","isActive":"{TOKEN}"}}"#)),
        ),
        ("a list of wrong types", json(format!(r#"[{{"id":"{MARKER}","slug":["{TOKEN}"],"projectId":"{TOKEN}"}}]"#))),
        ("a redirect's slug", json(format!(r#"{{"slug":"{MARKER}/{TOKEN}"}}"#))),
        ("malformed JSON", json(format!(r#"{{"id":"{MARKER}","secret":"{TOKEN}"#))),
        ("JSON with more behind it", json(format!(r"[]{MARKER}{TOKEN}"))),
        ("HTML", Response::text(200, "text/html", format!("<html><h1>{MARKER}</h1>{TOKEN}</html>"))),
        ("HTML that says that it is JSON", json(format!("<!DOCTYPE html>{MARKER}{TOKEN}"))),
        ("bytes that are no text", {
            let mut response = json(String::new());
            response.body = [b"{\"id\":\"\xff\xfe".as_slice(), MARKER.as_bytes()].concat();
            response
        }),
        ("deep nesting", json(format!("{}{MARKER}", "[".repeat(10_000)))),
        ("nothing", Response::empty(200)),
    ]
}

/// A server that gives one answer to everything, until it is given another.
struct Constant {
    server: Server,
    answer: Arc<Mutex<Response>>,
}

impl Constant {
    fn start() -> Self {
        let answer = Arc::new(Mutex::new(Response::empty(599)));
        let given = Arc::clone(&answer);
        let server = Server::start(Arc::new(FromFn(move |_: &Request| given.lock().unwrap().clone()))).unwrap();
        Self { server, answer }
    }

    fn answers(&self, response: Response) {
        *self.answer.lock().unwrap() = response;
        self.server.forget_calls();
    }
}

/// All that can fail, as far as it does with this server.
async fn failures(api: &Api<'_>) -> Vec<Error> {
    let project = project();
    let acme = &project.organization;
    [
        api.identity().await.err(),
        api.project("acme", "shop").await.err(),
        api.projects("acme").await.err(),
        api.keys(&project).await.err(),
        api.key(&project, KEY).await.err(),
        api.create_key(&project, &new_key()).await.err(),
        api.update_key(&project, KEY, &update()).await.err(),
        api.delete_key(&project, KEY).await.err(),
        api.key_stats(&project, KEY, since(), until(), Resolution::Day).await.err(),
        api.organization("acme").await.err(),
        api.allowed_domains(&project).await.err(),
        api.organization_keys(acme, &[42]).await.err(),
        api.integrations(acme).await.err(),
        api.installations(acme).await.err(),
        api.organization_tokens(acme).await.err(),
        api.audit_log(acme, "projectkey.edit", since(), 3).await.err(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[track_caller]
fn says_nothing(error: &Error, url: &str, name: &str) {
    let said = spoken(error);
    let address = url.trim_start_matches("http://");
    for secret in [MARKER, TOKEN, url, address, "acme", "shop", KEY] {
        assert!(!said.contains(secret), "{name}: an error repeats {secret}");
    }
    assert!(said.len() < 1_000, "{name}: an error is long");
}

#[tokio::test]
async fn the_status_decides_whatever_the_body_and_no_error_repeats_it() {
    let statuses = [
        (302, Kind::Moved(None), 16),
        (400, Kind::Rejected, 16),
        (401, Kind::Unauthorized, 16),
        (403, Kind::Forbidden, 16),
        // A key that is not there is none, and deleted; a list of all keys that is not there is not offered.
        (404, Kind::NotFound, 13),
        (429, Kind::RateLimited, 16),
        (500, Kind::Unavailable, 16),
        (503, Kind::Unavailable, 16),
    ];
    let sentry = Constant::start();
    let url = sentry.server.url();
    let (client, token) = (client(&url).with_retry(RetryPolicy { times: 0, ..quick() }), token());
    for (name, shape) in shapes() {
        for (status, kind, count) in &statuses {
            sentry.answers(Response { status: *status, ..shape.clone() });
            let api = client.api(&token, Instant::now() + MINUTE);
            let errors = failures(&api).await;
            assert_eq!(errors.len(), *count, "{name} with {status}");
            for error in errors {
                assert_eq!((error.kind(), error.status()), (kind, Some(*status)), "{name} with {status}: {error}");
                says_nothing(&error, &url, name);
            }
            assert_eq!(api.calls() as usize, sentry.server.calls().len());
        }
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_unavailable_and_not_repeated_in_the_error() {
    let sentry = Constant::start();
    let url = sentry.server.url();
    let (client, token) = (client(&url), token());
    for (name, shape) in shapes() {
        sentry.answers(shape);
        let api = client.api(&token, Instant::now() + MINUTE);
        let errors = failures(&api).await;
        assert!(errors.len() >= 14, "{name}: {errors:?}");
        for error in errors {
            // An object without `auth` says that nobody is logged in.
            let nobody = error.operation() == "GET /api/0/" && *error.kind() == Kind::Unauthorized;
            assert!(nobody || *error.kind() == Kind::Unavailable, "{name}: {error}");
            says_nothing(&error, &url, name);
        }
        assert_eq!(sentry.server.calls().len(), 16, "{name}: one request each");
    }
}

/// What the first key list of a client makes of these bytes.
async fn of_bytes(bytes: String) -> Error {
    let url = raw(bytes, Then::Close);
    let (client, token) = (client(&url), token());
    let api = client.api(&token, Instant::now() + MINUTE);
    let error = api.keys(&project()).await.unwrap_err();
    says_nothing(&error, &url, "bytes");
    assert_eq!(api.calls(), 1);
    error
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_unclear_failure() {
    for body in [format!(r#"[{{"id":"{MARKER}","secret":"{TOKEN}"}}]"#), "[]".to_owned(), String::new()] {
        let error = of_bytes(partial(200, &body)).await;
        assert_eq!((error.kind(), error.is_unclear()), (&Kind::Unavailable, true));
        assert_eq!(error.to_string(), "GET /projects/{org}/{project}/keys/ lost its connection");
    }
}

#[tokio::test]
async fn the_status_decides_though_the_body_breaks_off() {
    for (status, kind) in [(302, Kind::Moved(None)), (401, Kind::Unauthorized), (403, Kind::Forbidden)] {
        assert_eq!(*of_bytes(partial(status, r#"{"slug":"new","detail":"x"}"#)).await.kind(), kind);
    }
}

#[tokio::test]
async fn an_answer_larger_than_any_of_sentrys_is_not_read_to_its_end() {
    let body = format!(r#"["{}"]"#, MARKER.repeat((9 << 20) / MARKER.len()));
    let sentry = script([on(list(), json(200, &body))]);
    let api = sentry.api();
    let error = api.keys(&project()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unclear()), (&Kind::Unavailable, true));
    assert!(error.to_string().ends_with("got an answer larger than any that Sentry gives"), "{error}");
    says_nothing(&error, &sentry.server().url(), "oversized");
    sentry.done(&api);
}

#[tokio::test]
async fn a_redirect_with_an_oversized_body_tells_no_slug() {
    let body = format!(r#"{{"slug":"new","x":"{}"}}"#, "x".repeat(9 << 20));
    let sentry = script([on(list(), json(302, &body))]);
    let api = sentry.api();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::Moved(None));
    sentry.done(&api);
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_an_unclear_failure() {
    for garbage in [format!("{MARKER} {TOKEN}\r\n\r\n"), format!("HTTP/1.1 200 OK\r\n{MARKER}\r\n\r\n")] {
        let url = raw(garbage, Then::Close);
        let (client, token) = (client(&url), token());
        let api = client.api(&token, Instant::now() + MINUTE);
        let error = api.create_key(&project(), &new_key()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unclear()), (&Kind::Unavailable, true));
        says_nothing(&error, &url, "no HTTP");
        assert_eq!(api.calls(), 1);
    }
}
