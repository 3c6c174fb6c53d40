//! Requests as they are, and what comes back. The product's client is not asked: it is judged as well.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Sends requests and follows nothing.
pub(crate) struct Http {
    client: reqwest::Client,
    runtime: Runtime,
}

impl Http {
    pub(crate) fn new() -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            // The real server closes each connection after its answer, and does not say so.
            .pool_max_idle_per_host(0)
            .redirect(Policy::none())
            .tls_certs_only([])
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client, runtime }
    }

    pub(crate) fn send(&self, method: &str, url: &str, build: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Answer {
        let request = build(self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url));
        self.wait(async {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let headers = response.headers().iter().map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            });
            let headers = headers.collect();
            let text = response.text().await.unwrap();
            Answer { about: format!("{method} {url}"), status, headers, text }
        })
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    about: String,
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Answer {
    /// The answer has this status; the answer again.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.about, self.text);
        self
    }

    /// The answer has this status and this sentence as its `detail`.
    #[track_caller]
    pub(crate) fn refuses(self, status: u16, detail: &str) {
        let answer = self.is(status);
        assert_eq!(answer.json(), serde_json::json!({ "detail": detail }), "{}", answer.about);
    }

    /// The answer has this status and exactly this JSON.
    #[track_caller]
    pub(crate) fn says(self, status: u16, body: &Value) {
        let answer = self.is(status);
        assert_eq!(&answer.json(), body, "{}", answer.about);
    }

    /// The answer has this status and nothing else.
    #[track_caller]
    pub(crate) fn says_nothing(self, status: u16) {
        let answer = self.is(status);
        assert_eq!(answer.text, "", "{}", answer.about);
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}: {:?}", self.about, self.text))
    }

    /// The answer as a list.
    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        match self.json() {
            Value::Array(items) => items,
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                panic!("{}: no list: {other}", self.about)
            }
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The relations of the `Link` header, in order.
    #[track_caller]
    pub(crate) fn links(&self) -> Vec<Link> {
        let header = self.header("link").unwrap_or_else(|| panic!("{}: no Link", self.about));
        header.split(", <").map(Link::read).collect()
    }

    /// The cursor of the next page, while there is one.
    #[track_caller]
    pub(crate) fn next(&self) -> Option<String> {
        let links = self.links();
        let next = links.iter().find(|link| link.rel == "next").unwrap();
        next.results.then(|| next.cursor.clone())
    }
}

/// One relation of a `Link` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) rel: String,
    pub(crate) results: bool,
    pub(crate) cursor: String,
}

impl Link {
    fn read(text: &str) -> Self {
        let (url, rest) = text.trim_start_matches('<').split_once('>').unwrap();
        let value = |name: &str| {
            let (_, after) = rest.split_once(&format!("{name}=\"")).unwrap();
            after.split_once('"').unwrap().0.to_owned()
        };
        Self { url: url.to_owned(), rel: value("rel"), results: value("results") == "true", cursor: value("cursor") }
    }
}
