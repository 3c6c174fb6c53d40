//! An S3 that answers by a script, and the store that talks to it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Config, Credentials, Region};
use aws_smithy_http_client::Builder;
use evidence_store::{Error, EvidenceStore};
use testkit::http::{FromFn, Request, Response, Server};

pub(crate) const BUCKET: &str = "acme-bucket";
pub(crate) const REQUEST_ID: &str = "KQ9S0W2MK5P1RBGX";

/// Stands in bodies, keys and hostile answers.
pub(crate) const MARKER: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75e";

fn client(url: &str, attempts: u32) -> Client {
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
        .endpoint_url(url)
        .retry_config(retries)
        .http_client(Builder::new().build_http());
    Client::from_conf(config.build())
}

/// A store that asks once and is told what became of that.
pub(crate) fn store(url: &str, prefix: &str) -> EvidenceStore {
    EvidenceStore::new(client(url, 1), BUCKET.to_owned(), prefix.to_owned())
}

/// The same in another bucket.
pub(crate) fn in_bucket(url: &str, bucket: &str) -> EvidenceStore {
    EvidenceStore::new(client(url, 1), bucket.to_owned(), String::new())
}

/// A store whose SDK asks twice where it is open what became of the first request.
pub(crate) fn patient(url: &str) -> EvidenceStore {
    EvidenceStore::new(client(url, 2), BUCKET.to_owned(), String::new())
}

/// An S3 that gives these answers in this order, whatever it is asked.
pub(crate) fn script(answers: impl IntoIterator<Item = Response>) -> Server {
    let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
    let next = move |_: &Request| answers.lock().unwrap().pop_front().unwrap_or_else(|| Response::empty(599));
    Server::start(Arc::new(FromFn(next))).unwrap()
}

pub(crate) fn written() -> Response {
    Response::empty(200).with_header("etag", "\"1\"").with_header("x-amz-request-id", REQUEST_ID)
}

pub(crate) fn object(bytes: impl Into<Vec<u8>>) -> Response {
    Response { body: bytes.into(), ..Response::empty(200) }.with_header("x-amz-request-id", REQUEST_ID)
}

/// A refusal as S3 writes it; what it repeats of the request holds the marker.
pub(crate) fn refusal(status: u16, code: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>No: {MARKER}</Message>\
         <Key>{MARKER}</Key><RequestId>{REQUEST_ID}</RequestId><HostId>{MARKER}</HostId></Error>"
    );
    Response::text(status, "application/xml", body).with_header("x-amz-request-id", REQUEST_ID)
}

/// The requests so far, each as `METHOD path`.
pub(crate) fn asked(server: &Server) -> Vec<String> {
    server.calls().iter().map(|call| format!("{} {}", call.request.method, call.request.path)).collect()
}

/// What an error says of itself, which must be nothing of an answer or of what was sent; where, it may say.
#[track_caller]
pub(crate) fn spoken(error: &Error) -> String {
    let said = format!("{error} {error:?} {error:#?}");
    assert!(!said.contains(MARKER), "an error repeats what it must not");
    assert!(std::error::Error::source(error).is_none());
    said
}
