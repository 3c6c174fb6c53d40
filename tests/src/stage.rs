//! The stage on which integration tests and the demo play.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use testkit::event_bus::EventBus;
use testkit::http::Server;
use testkit::lambda::{Function, Invocation, Restarting};
use testkit::secrets_manager::SecretsManager;
use testkit::secrets_manager::rotation::{self, Rotation};
use testkit::sentry::Sentry;

/// The function's timeout, as the template sets it.
pub const TIMEOUT: Duration = Duration::from_secs(300);

/// Which build of a binary is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// The dev profile: all log levels exist.
    Dev,
    /// The release profile: what is shipped.
    Release,
}

/// Where a binary lies after `cargo build`. Everything that tests it builds it first (`scripts/test.sh`).
#[must_use]
pub fn binary(build: Binary, name: &str) -> PathBuf {
    let profile = match build {
        Binary::Dev => "debug",
        Binary::Release => "release",
    };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."));
    workspace.join("target").join(profile).join(name)
}

/// The key id in a stored document.
#[must_use]
pub fn key_id_in(document: &str) -> Option<String> {
    let document: Value = serde_json::from_str(document).ok()?;
    let (_, rest) = document.get("dsn")?.as_str()?.split_once("://")?;
    Some(rest.split_once('@')?.0.to_owned())
}

/// Secrets Manager, Sentry and EventBridge with one organization, one project, a management token and a client key in a
/// secret; and the function that rotates it.
#[derive(Debug)]
pub struct Stage {
    /// Secrets Manager's inside.
    pub store: Arc<SecretsManager>,
    /// Secrets Manager's wire.
    pub store_server: Server,
    /// Sentry's inside.
    pub sentry: Arc<Sentry>,
    /// Sentry's wire.
    pub sentry_server: Server,
    /// EventBridge's inside.
    pub bus: Arc<EventBus>,
    /// EventBridge's wire.
    pub bus_server: Server,
    /// The secret that applications read.
    pub secret: String,
    /// The numeric id of the project `storefront`.
    pub project_id: u64,
    /// The function.
    pub function: Function,
}

impl Stage {
    /// The organization `acme` with the project `storefront`, whose default key is in the secret `acme/storefront`; a
    /// management token with `project:write`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn new(build: Binary) -> std::io::Result<Self> {
        Self::with_scopes(build, &["project:write"])
    }

    /// The same with other scopes of the management token.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn with_scopes(build: Binary, scopes: &[&str]) -> std::io::Result<Self> {
        let sentry = Sentry::new();
        let sentry_server = Server::start(Arc::clone(&sentry))?;
        sentry.set_public_url(&sentry_server.url());
        sentry.add_organization("acme");
        let project_id = sentry.add_project("acme", "storefront");
        let token = sentry.add_token("acme", scopes);
        let store = SecretsManager::new();
        let store_server = Server::start(Arc::clone(&store))?;
        store.create_secret("sentry/management", Some(&format!(r#"{{"token":"{token}"}}"#)), &[]);
        let dsn = sentry.keys("acme", "storefront").first().map(|key| sentry.public_dsn(key)).unwrap_or_default();
        let document = format!(
            r#"{{"dsn":"{dsn}","organization":"acme","project":"storefront","release":"r-1","sample_rate":0.250}}"#
        );
        let secret = store.create_secret("acme/storefront", Some(&document), &[]);
        store.enable_rotation(&secret, true);
        let bus = EventBus::new();
        let bus_server = Server::start(Arc::clone(&bus))?;
        let function = Function::new(binary(build, "rotate-client-key"), "rotate-client-key")
            .env("SENTRY_URL", sentry_server.url())
            .env("SENTRY_ORG", "acme")
            .env("SENTRY_AUTH_SECRET_ID", "sentry/management")
            .env("EVENT_BUS_NAME", "default")
            // Nothing here speaks TLS; reading the system's authorities would be most of each start in the dev profile.
            .env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/authority.pem"))
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", store_server.url())
            .env("AWS_ENDPOINT_URL_EVENTBRIDGE", bus_server.url());
        Ok(Self { store, store_server, sentry, sentry_server, bus, bus_server, secret, project_id, function })
    }

    /// The function as Lambda runs it: a new process whenever the last one died.
    #[must_use]
    pub fn lambda(&self) -> Restarting {
        Restarting::new(self.function.clone())
    }

    /// Rotates the secret as Secrets Manager does: four steps, and all four again after a failure.
    ///
    /// # Errors
    /// As `RotateSecret` refuses.
    pub fn rotate(&self, lambda: &Restarting, attempts: usize) -> Result<Rotation, String> {
        rotation::rotate(&self.store, &self.secret, attempts, &mut |event| {
            lambda.invoke(&event, TIMEOUT).into_step_result()
        })
    }

    /// Calls one step with a token.
    #[must_use]
    pub fn step(&self, lambda: &Restarting, step: &str, token: &str) -> Invocation {
        lambda.invoke(&rotation::event(step, &self.secret, token, None), TIMEOUT)
    }

    /// The document at a staging label.
    #[must_use]
    pub fn document(&self, stage: &str) -> Option<Value> {
        serde_json::from_str(&self.store.value_at(&self.secret, stage)?).ok()
    }

    /// The key id in the document at a staging label.
    #[must_use]
    pub fn key_id(&self, stage: &str) -> Option<String> {
        key_id_in(&self.store.value_at(&self.secret, stage)?)
    }
}
