//! `audit-keys`: composes the function and serves invocations.

use std::process::ExitCode;
use std::sync::Arc;

use audit_keys::config::Config;
use audit_keys::function::Function;
use audit_keys::spool;
use aws_sdk_s3 as s3;
use aws_sdk_secretsmanager as secretsmanager;
use evidence_store::EvidenceStore;
use function_kit::{EventBus, Failure, VERSION, Vars, aws, boot};
use jiff::Timestamp;
use secret_store::SecretStore;
use sentry_client::Client;

/// The process's environment.
struct Environment;

impl Vars for Environment {
    #[expect(clippy::disallowed_methods, reason = "main is the one place that reads the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

#[expect(clippy::disallowed_methods, reason = "main is the one place that reads the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

async fn compose() -> Result<Function, Failure> {
    let spool = spool::folder(&std::env::temp_dir());
    let config = Config::read(&Environment, boot::read_file, spool)?;
    config.logging.start("audit_keys");
    // The first provider to be installed stays: this is the only one.
    drop(rustls::crypto::ring::default_provider().install_default());
    let aws = aws::config(&config.roots).await;
    let agent = format!("sentry-key-rotation/{VERSION}");
    let sentry = Client::new(config.sentry_url.clone(), &agent, now, config.roots.pem())
        .map_err(|error| Failure::new("Configuration.Invalid", "the HTTP client cannot be set up").because(error))?;
    let store = SecretStore::new(secretsmanager::Client::new(&aws));
    let evidence =
        EvidenceStore::new(s3::Client::new(&aws), config.evidence.bucket.clone(), config.evidence.prefix.clone());
    let events = EventBus::new(&aws, config.event_bus.clone());
    tracing::info!(
        version = VERSION,
        policy = config.policy_origin,
        policy.sha256 = config.policy_sha256,
        sentry = %config.sentry_url,
        "ready"
    );
    Ok(Function::new(config, store, sentry, evidence, events, now))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let composed = compose().await.map(Arc::new);
    let handler = composed.map(|function| {
        move |invocation: boot::Invocation| {
            let function = Arc::clone(&function);
            async move { Box::pin(function.handle(invocation)).await }
        }
    });
    boot::run(&Environment, handler).await
}
