//! A Secrets Manager that answers by a script, the strict stand-in, and the store that talks to either.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{Config, Credentials, Region};
use aws_sdk_secretsmanager::{Client, config};
use aws_smithy_http_client::Builder;
use secret_store::SecretStore;
use serde_json::{Value, json};
use testkit::http::{FromFn, Request, Response, Server};
use testkit::secrets_manager::SecretsManager;

pub(crate) const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/dsn-a1B2c3";
pub(crate) const CURRENT: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const PENDING: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const REQUEST_ID: &str = "a1b2c3d4-5678-90ab-cdef-123456789012";

/// Stands in hostile answers.
pub(crate) const MARKER: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75e";

/// A store that asks once and is told what became of that.
pub(crate) fn store(url: &str) -> SecretStore {
    let config: config::Builder = Config::builder()
        .behavior_version_latest()
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .http_client(Builder::new().build_http());
    SecretStore::new(Client::from_conf(config.build()))
}

/// The strict stand-in, served.
pub(crate) fn strict() -> (Arc<SecretsManager>, Server, SecretStore) {
    let manager = SecretsManager::new();
    let server = Server::start(Arc::clone(&manager)).unwrap();
    let store = store(&server.url());
    (manager, server, store)
}

/// A service that gives these answers in this order, whatever it is asked.
pub(crate) fn script(answers: impl IntoIterator<Item = Response>) -> (Server, SecretStore) {
    let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
    let next = move |_: &Request| answers.lock().unwrap().pop_front().unwrap_or_else(|| Response::empty(599));
    let server = Server::start(Arc::new(FromFn(next))).unwrap();
    let store = store(&server.url());
    (server, store)
}

pub(crate) fn answer(body: &Value) -> Response {
    Response::text(200, "application/x-amz-json-1.1", body.to_string()).with_header("x-amzn-requestid", REQUEST_ID)
}

/// A refusal, whose message holds the marker.
pub(crate) fn refusal(code: &str) -> Response {
    let body = json!({"__type": code, "Message": format!("no: {MARKER}")});
    Response::text(400, "application/x-amz-json-1.1", body.to_string()).with_header("x-amzn-requestid", REQUEST_ID)
}

/// The actions that were asked for, with what was said.
pub(crate) fn asked(server: &Server) -> Vec<(String, Value)> {
    let requests = server.calls().into_iter().map(|call| call.request);
    requests
        .map(|request| {
            let target = request.header("x-amz-target").unwrap();
            (target.strip_prefix("secretsmanager.").unwrap().to_owned(), request.json().unwrap())
        })
        .collect()
}
