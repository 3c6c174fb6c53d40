//! Sentry's answers, and whatever else answers in its place: status, headers and body, through the client as it is shipped.
//!
//! An input is a status on a line of its own, headers, an empty line and the body.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sentry_client::{
    Answer, Api, AuthToken, BaseUrl, Client, Dsn, Error, Kind, Organization, Probe, Project, RetryPolicy,
};
use serde_json::Value;
use testkit::http::{FromFn, Request, Response, Server};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::engine::{MARKER, fuzz};

const WORDS: [&str; 34] = [
    "200\n",
    "302\n",
    "400\n",
    "401\n",
    "403\n",
    "404\n",
    "429\n",
    "500\n",
    "link: ",
    "rel=\"next\"",
    "rel=\"previous\"",
    "results=\"true\"",
    "results=\"false\"",
    "cursor=\"0:100:0\"",
    "cursor=\"\"",
    "<https://elsewhere.example/>; ",
    "retry-after: 5\n",
    "x-sentry-rate-limit-reset: 1e30\n",
    "x-sentry-rate-limit-remaining: 0\n",
    "\"detail\":\"Invalid dsn\"",
    "\"detail\":{\"extra\":{\"slug\":\"new\"}}",
    "\"detail\":\"QzLeak7x ProjectId\"",
    "\"event_id\":[\"QzLeak7x\"]",
    "\"slug\":\"QzLeak7x/../x\"",
    "\"slug\":\"shop\"",
    "\"isActive\":",
    "\"rateLimit\":{\"count\":0}",
    "\"projectId\":\"42\"",
    "\"secret\":\"QzLeak7x\"",
    "\"dsn\":{\"public\":null}",
    "\"dateCreated\":",
    "\"data\":{\"public_key\":",
    "<html>",
    "\n\n",
];

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// What the stand-in answers to any request.
type Next = Arc<Mutex<Response>>;

/// A Sentry that answers everything alike, and the client that talks to it.
struct World {
    _server: Server,
    next: Next,
    client: Client,
    token: AuthToken,
    project: Project,
    dsn: Dsn,
    runtime: Runtime,
}

// What a failed input leaves behind is an answer, which the next input replaces.
impl UnwindSafe for World {}
impl RefUnwindSafe for World {}

impl World {
    fn new() -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
        let next: Next = Arc::new(Mutex::new(Response::empty(500)));
        let answer = Arc::clone(&next);
        let stand_in = FromFn(move |_: &Request| answer.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let server = Server::start(Arc::new(stand_in)).unwrap();
        let base = BaseUrl::parse(&server.url()).unwrap();
        let once = RetryPolicy { times: 0, ..RetryPolicy::default() };
        let client = Client::new(base, "fuzz/1", || Timestamp::UNIX_EPOCH, &[]).unwrap().with_retry(once);
        let organization = Organization { id: 1, slug: "acme".to_owned() };
        Self {
            dsn: format!("http://{KEY}@{}/42", server.address()).parse().unwrap(),
            _server: server,
            next,
            client,
            token: AuthToken::new("sntrys_token".into()),
            project: Project::remembered(42, "storefront", organization).unwrap(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    fn ask<T>(&self, question: impl AsyncFnOnce(&Api<'_>) -> T) -> (T, u32) {
        self.runtime.block_on(async {
            let api = self.client.api(&self.token, Instant::now() + Duration::from_secs(60));
            let answer = question(&api).await;
            (answer, api.calls())
        })
    }
}

#[test]
fn answer() {
    let world = World::new();
    fuzz("answer", &WORDS, |input| {
        let response = read(input);
        // Where it cannot be read as a whole, a part of it that nobody asks for is at fault, or all of it.
        let body = serde_json::from_slice::<Value>(&response.body).ok();
        *world.next.lock().unwrap_or_else(PoisonError::into_inner) = response.clone();
        lists(&world, &response, body.as_ref());
        questions(&world, &response, body.as_ref());
        audit_log(&world, &response, body.as_ref());
        objects(&world, &response, body.as_ref());
    });
}

fn read(input: &[u8]) -> Response {
    let mut rest = input;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    };
    // Without a body there is nothing to read in these.
    let status =
        line().trim().parse().ok().filter(|status| (200..=599).contains(status) && ![204, 205, 304].contains(status));
    let mut response = Response::empty(status.unwrap_or(200));
    loop {
        let header = line();
        let Some((name, value)) = header.split_once(':') else { break };
        let known =
            ["link", "retry-after", "x-sentry-rate-limit-reset", "x-sentry-rate-limit-remaining", "content-type"];
        // More than a hundred headers are no answer to any HTTP library.
        if response.headers.len() < 50 && known.contains(&name) && http::HeaderValue::from_str(value.trim()).is_ok() {
            response.headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    response.body = rest.to_vec();
    response
}

/// A status means the same wherever it comes from, and nothing of an answer is in the words about it.
#[track_caller]
fn classified(error: &Error, response: &Response) {
    let expected: &[&str] = match response.status {
        401 => &["Unauthorized"],
        403 => &["Forbidden"],
        404 => &["NotFound"],
        429 => &["RateLimited"],
        301 | 302 | 307 | 308 => &["Moved"],
        400..=499 => &["Rejected"],
        // A success that cannot be read.
        200..=299 => &["Unavailable", "Unauthorized"],
        _ => &["Unavailable"],
    };
    let kind = format!("{:?}", error.kind());
    assert!(expected.iter().any(|expected| kind.starts_with(expected)), "{}: {kind}", response.status);
    let is_success = (200..=299).contains(&response.status);
    assert_eq!(error.status(), (!is_success).then_some(response.status));
    if let Kind::Moved(Some(slug)) = error.kind() {
        assert!((1..=100).contains(&slug.len()), "{slug}");
        assert!(slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{slug}");
    }
    let spoken = format!("{error} {error:?} {:?} {}", std::error::Error::source(error).is_some(), error.operation());
    assert!(!spoken.contains(MARKER) && !spoken.contains("127.0.0.1"), "{spoken}");
    assert!(spoken.len() < 500, "{} bytes", spoken.len());
}

fn lists(world: &World, response: &Response, body: Option<&Value>) {
    let (keys, calls) = world.ask(async |api| api.keys(&world.project).await);
    assert!(calls <= 2, "a cursor that leads nowhere is followed once, not {calls} times");
    match keys {
        Ok(keys) => {
            assert_eq!(calls, 1, "a list that does not end is no list");
            let Some(rows) = body.and_then(Value::as_array) else { return };
            assert_eq!(keys.len(), rows.len());
            let mut shown = String::new();
            for (key, row) in keys.iter().zip(rows) {
                assert_eq!(key.id, row["id"]);
                assert_eq!(key.is_active, row["isActive"]);
                assert!(
                    row["projectId"] == key.project_id
                        || row["projectId"].as_str().unwrap().parse() == Ok(key.project_id)
                );
                assert!(
                    key.dsn.as_ref().is_none_or(|dsn| dsn.key_id() == key.id),
                    "a DSN of another key is none of this one's"
                );
                assert!(key.settings.rate_limit.is_none_or(|limit| limit.count > 0 && limit.window > 0));
                for name in ["id", "label", "dateCreated", "browserSdkVersion", "dynamicSdkLoaderOptions"] {
                    shown.push_str(&row[name].to_string());
                }
                shown.push_str(&row["dsn"]["public"].to_string());
            }
            assert!(shown.contains(MARKER) || !format!("{keys:?}").contains(MARKER), "a secret half was kept");
        }
        Err(error) => classified(&error, response),
    }
}

fn questions(world: &World, response: &Response, body: Option<&Value>) {
    let detail = body.and_then(|body| body.as_object()?.get("detail")?.as_str());
    let expected = match response.status {
        400 if body.and_then(Value::as_object).is_some_and(|body| body.contains_key("event_id")) => Answer::Alive,
        401 if detail == Some("Invalid dsn") => Answer::Dead,
        _ => Answer::Unknown,
    };
    let (answer, _) = world.ask(async |api| api.ask_dsn(&world.project, &world.dsn).await);
    assert_eq!(answer.unwrap(), expected, "{}", response.status);
    let expected = match response.status {
        200..=299 => Probe::Accepted,
        401 => Probe::Refused,
        403 if detail.is_some_and(|detail| detail.contains("ProjectId")) => Probe::RefusedForNow,
        _ => Probe::Inconclusive,
    };
    let (probe, _) = world.ask(async |api| api.probe(&world.dsn).await);
    assert_eq!(probe.unwrap(), expected, "{}", response.status);
}

fn audit_log(world: &World, response: &Response, body: Option<&Value>) {
    let ask = async |api: &Api<'_>| {
        api.audit_log(&world.project.organization, "projectkey.create", Timestamp::UNIX_EPOCH, 3).await
    };
    let (log, calls) = world.ask(ask);
    assert!(calls <= 2, "{calls}");
    match log {
        Ok(log) => {
            let rows = body.and_then(|body| body["rows"].as_array());
            assert!(rows.is_none_or(|rows| log.entries.len() <= rows.len()) && log.complete);
            for entry in &log.entries {
                let texts = [Some(&entry.event), entry.actor.as_ref(), Some(&entry.at), entry.key_id.as_ref()];
                assert!(texts.into_iter().flatten().all(|text| text.chars().count() <= 200), "a text is bounded");
                let hex = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                assert!(entry.key_id.as_deref().is_none_or(hex));
                let long =
                    |actor: &str| actor.split(|letter: char| !letter.is_ascii_hexdigit()).any(|run| run.len() >= 32);
                assert!(!entry.actor.as_deref().is_some_and(long), "an API key is no name");
            }
        }
        Err(error) => classified(&error, response),
    }
}

fn objects(world: &World, response: &Response, body: Option<&Value>) {
    let (key, _) = world.ask(async |api| api.key(&world.project, KEY).await);
    match key {
        Ok(None) => assert_eq!(response.status, 404),
        Ok(Some(key)) => assert!(body.is_none_or(|body| body["id"] == key.id)),
        Err(error) => classified(&error, response),
    }
    let (organization, _) = world.ask(async |api| api.organization("acme").await);
    match organization {
        Ok(found) => assert!(body.is_none_or(|body| body["slug"] == found.slug)),
        Err(error) => classified(&error, response),
    }
    let (identity, _) = world.ask(async |api| api.identity().await);
    match identity {
        Ok(_) => {
            assert!(body.is_none_or(|body| body["auth"].is_object()), "who is not authenticated has no identity");
        }
        Err(error) => classified(&error, response),
    }
}
