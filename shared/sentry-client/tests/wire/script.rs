//! A Sentry that answers by a script, and the client that talks to it.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use jiff::Timestamp;
use sentry_client::{Api, AuthToken, BaseUrl, Client, Error, RetryPolicy};
use serde_json::Value;
use testkit::fault::Fault;
use testkit::http::{FromFn, Request, Response, Server};
use tokio::time::Instant;

pub(crate) const AGENT: &str = "sentry-key-rotation/0.1.0";
pub(crate) const TOKEN: &str = "sntrys_tokentokentoken_1f2e3d4c";

/// The time of day in every test: 0.7 seconds after [`NOW`], so that waiting for the next full second takes 0.3.
pub(crate) const NOW: i64 = 1_700_000_000;

fn clock() -> Timestamp {
    Timestamp::new(NOW, 700_000_000).unwrap()
}

/// Two more tries, at once; rate limits are waited for as long as in production.
pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy { first: Duration::from_millis(1), ..RetryPolicy::default() }
}

pub(crate) fn client(url: &str) -> Client {
    static TLS: Once = Once::new();
    TLS.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    crate::log::begin();
    Client::new(BaseUrl::parse(url).unwrap(), AGENT, clock, &[]).unwrap().with_retry(quick())
}

pub(crate) fn token() -> AuthToken {
    AuthToken::new(TOKEN.into())
}

/// One expected request, and what becomes of it.
pub(crate) struct Step {
    request: String,
    response: Response,
    fault: Option<Fault>,
}

/// `METHOD path?query` (the path as sent, the query decoded), and its answer.
pub(crate) fn on(request: impl Into<String>, response: Response) -> Step {
    Step { request: request.into(), response, fault: None }
}

/// The same with something that goes wrong; what Sentry makes of it, where that matters, is an empty object.
pub(crate) fn failing(request: impl Into<String>, fault: Fault) -> Step {
    on(request, json(200, "{}")).but(fault)
}

impl Step {
    pub(crate) fn but(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }
}

/// An answer of Sentry's API.
pub(crate) fn json(status: u16, body: &str) -> Response {
    Response::text(status, "application/json", body)
}

pub(crate) fn value(status: u16, body: &Value) -> Response {
    Response::json(status, body)
}

pub(crate) struct Script {
    server: Server,
    expected: Vec<String>,
    client: Client,
    token: AuthToken,
}

/// Starts a Sentry that answers these requests in this order, and 599 to any other.
pub(crate) fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    script_below("", steps)
}

/// The same with a path prefix in the base URL.
pub(crate) fn script_below(prefix: &str, steps: impl IntoIterator<Item = Step>) -> Script {
    let mut expected = Vec::new();
    let mut answers = VecDeque::new();
    let mut faults = Vec::new();
    for (number, step) in steps.into_iter().enumerate() {
        expected.push(step.request.clone());
        let executed = !matches!(step.fault, Some(Fault::DropBefore | Fault::Status(_) | Fault::Answer(..)));
        faults.extend(step.fault.map(|fault| (number, fault)));
        if executed {
            answers.push_back((step.request, step.response));
        }
    }
    let answers = Arc::new(Mutex::new(answers));
    let server = Server::start(Arc::new(FromFn(move |request: &Request| {
        let mut answers = answers.lock().unwrap();
        match answers.front() {
            Some((expected, _)) if *expected == line(request) => answers.pop_front().unwrap().1,
            _ => Response::empty(599),
        }
    })))
    .unwrap();
    for (number, fault) in faults {
        server.faults().at(number, fault);
    }
    let client = client(&format!("{}{prefix}", server.url()));
    Script { server, expected, client, token: token() }
}

/// A server that must not be asked anything.
pub(crate) fn bait() -> Server {
    Server::start(Arc::new(FromFn(|_: &Request| json(200, "[]")))).unwrap()
}

pub(crate) fn line(request: &Request) -> String {
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{} {}{mark}{}", request.method, request.path, query.join("&"))
}

impl Script {
    pub(crate) fn api(&self) -> Api<'_> {
        self.api_for(Duration::from_secs(60))
    }

    pub(crate) fn api_for(&self, time: Duration) -> Api<'_> {
        self.client.api(&self.token, Instant::now() + time)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn retry(&mut self, policy: RetryPolicy) {
        self.client = self.client.clone().with_retry(policy);
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Asserts that exactly the expected requests arrived, that the client counted them, and that each carried what
    /// every request carries and nothing that none may carry. Gives them back for a closer look.
    #[track_caller]
    pub(crate) fn done(&self, api: &Api<'_>) -> Vec<Request> {
        let requests: Vec<Request> = self.server.calls().into_iter().map(|call| call.request).collect();
        let lines: Vec<String> = requests.iter().map(line).collect();
        assert_eq!(lines, self.expected);
        assert_eq!(api.calls() as usize, requests.len());
        for request in &requests {
            usual_headers(request);
        }
        assert!(!crate::log::written().contains(TOKEN), "a log line holds the token");
        requests
    }
}

/// What every request carries, and what none may carry.
#[track_caller]
fn usual_headers(request: &Request) {
    let what = line(request);
    let bearer = format!("Bearer {TOKEN}");
    let authorization = request.header("authorization");
    if request.path.ends_with("/envelope/") {
        assert_eq!(authorization, None, "{what}");
    } else if request.path.ends_with("/user-feedback/") {
        assert!(authorization.is_some_and(|value| value.starts_with("DSN ")), "{what}");
    } else {
        assert!(authorization == Some(&bearer), "{what}");
    }
    assert_eq!(request.headers.get_all("authorization").iter().count(), usize::from(authorization.is_some()), "{what}");
    assert_eq!(request.header("user-agent"), Some(AGENT), "{what}");
    for absent in ["origin", "referer", "cookie", "transfer-encoding"] {
        assert_eq!(request.header(absent), None, "{what}: {absent}");
    }
    match request.method.as_str() {
        "POST" | "PUT" => {
            let length = request.body.len().to_string();
            assert_eq!(request.header("content-length"), Some(length.as_str()), "{what}");
            let kind =
                if request.path.ends_with("/envelope/") { "application/x-sentry-envelope" } else { "application/json" };
            assert_eq!(request.header("content-type"), Some(kind), "{what}");
        }
        _ => {
            assert!(request.body.is_empty(), "{what}");
            assert_eq!(request.header("content-type"), None, "{what}");
        }
    }
}

/// All that an error can say of itself, its sources included.
pub(crate) fn spoken(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {:?}", error.operation());
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}
