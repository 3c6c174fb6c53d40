//! Sentry's stand-in as a process of its own, for tests that are not written in Rust.
//!
//! It has the organization `acme` with the project `storefront` and a token that may rotate its keys. It says on standard
//! output where it is, as one JSON object a line: `{"url", "token", "dsn"}`, the DSN being that of the key `Default`. Then it
//! answers each line `state` that it reads with `{"keys": [...], "calls": [...]}`, and ends with its standard input.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use testkit::http::Server;
use testkit::sentry::Sentry;

const ORGANIZATION: &str = "acme";
const PROJECT: &str = "storefront";
/// What a rotation must carry over from the key `Default`.
const RATE_LIMIT: (u64, u64) = (250, 60);

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        #[expect(clippy::print_stderr, reason = "this is a program for people")]
        Err(error) => {
            eprintln!("the stand-in of Sentry failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> std::io::Result<()> {
    let sentry = Sentry::new();
    let server = Server::start(Arc::clone(&sentry))?;
    sentry.set_public_url(&server.url());
    sentry.add_organization(ORGANIZATION);
    sentry.add_project(ORGANIZATION, PROJECT);
    let token = sentry.add_token(ORGANIZATION, &["project:write"]);
    let first = sentry.keys(ORGANIZATION, PROJECT).into_iter().next();
    let dsn = first.as_ref().map(|key| {
        sentry.edit_key(&key.id, |key| key.rate_limit = Some(RATE_LIMIT));
        sentry.public_dsn(key)
    });
    say(&json!({"url": server.url(), "token": token, "dsn": dsn}))?;
    for line in std::io::stdin().lock().lines() {
        match line?.as_str() {
            "state" => say(&state(&sentry, &server))?,
            _ => say(&json!({"error": "the one question is: state"}))?,
        }
    }
    Ok(())
}

/// The keys as a person sees them, without their secrets, and the names of all calls so far.
fn state(sentry: &Sentry, server: &Server) -> Value {
    let keys: Vec<Value> = sentry
        .keys(ORGANIZATION, PROJECT)
        .iter()
        .map(|key| {
            json!({
                "id": key.id,
                "label": key.label,
                "is_active": key.is_active,
                "rate_limit": key.rate_limit.map(|(count, window)| json!({"count": count, "window": window})),
                "dsn": sentry.public_dsn(key),
            })
        })
        .collect();
    json!({"keys": keys, "calls": server.call_names()})
}

fn say(message: &Value) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{message}")?;
    output.flush()
}
