//! The stage with what an audit needs: the evidence bucket, a policy, good and bad keys, tokens and integrations.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::http::Server;
use testkit::lambda::{Function, Invocation, Restarting};
use testkit::s3::S3;
use testkit::secrets_manager::rotation;

use crate::evidence;
use crate::retirement::BUCKET;
use crate::stage::{Binary, Stage, binary};

/// The function's timeout, as the template sets it.
pub const AUDIT_TIMEOUT: Duration = Duration::from_secs(900);

/// A policy with a use case for each sort of thing on the stage.
pub const REVIEWED: &str = r##"version = 1
mode = "act"
[defaults]
contact = "#platform-oncall"
[use_case.sdk]
kind = "client-key"
preset = "sdk-store-only"
interval = "90d"
rationale = "a quarter bounds the damage"
warn = "14d"
grace = "7d"
exposure = "server"
[use_case.web]
kind = "client-key"
preset = "sdk-store-only"
interval = "365d"
rationale = "browsers cannot be made to update"
grace = "90d"
grace_max = "365d"
at_grace_max = "keep"
exposure = "browser"
[use_case.monitoring]
kind = "integration-token"
preset = "monitor-read-events"
owner = "observability"
interval = "90d"
rationale = "as all tokens"
[use_case.ci]
kind = "organization-token"
preset = "ci-release"
owner = "build-team"
"##;

/// What an audit works with.
#[derive(Debug)]
pub struct Audit {
    /// Secrets Manager, Sentry and EventBridge.
    pub stage: Stage,
    /// The evidence bucket's inside.
    pub bucket: Arc<S3>,
    /// The evidence bucket's wire.
    pub bucket_server: Server,
    /// The function that reviews.
    pub function: Function,
    /// The token of the audit.
    pub token: String,
    folder: TempDir,
}

impl Audit {
    /// The stage of a rotation, with a function that reviews it under this policy, and a token of its own that reads. The
    /// stage's secret is managed, owned and rotated, and its key limited: nothing is wrong with it but its age.
    ///
    /// # Errors
    /// When no port or no folder can be had.
    pub fn new(build: Binary, policy: &str) -> std::io::Result<Self> {
        let stage = Stage::with_scopes(build, &["org:read", "project:write"])?;
        stage.store.set_tags(
            &stage.secret,
            &[
                ("sentry:kind", "client-key"),
                ("sentry:owner", "storefront-team"),
                ("sentry:consumers", "ecs:storefront"),
            ],
        );
        if let Some(key) = stage.key_id("AWSCURRENT") {
            stage.sentry.edit_key(&key, |key| {
                key.rate_limit = Some((1_000, 60));
                key.label = "acme/storefront".to_owned();
            });
        }
        let token = stage.sentry.add_token("acme", &["org:read", "project:read"]);
        stage.store.create_secret("sentry/audit", Some(&json!({"token": token}).to_string()), &[]);
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("key-policy.toml");
        std::fs::write(&path, policy)?;
        let bucket = S3::new(BUCKET);
        let bucket_server = Server::start(Arc::clone(&bucket))?;
        let mut function = Function {
            binary: binary(build, "audit-keys"),
            name: "keys-audit-keys".to_owned(),
            ..stage.function.clone()
        };
        function.environment.retain(|(name, _)| name != "KEY_POLICY_PATH" && name != "SENTRY_AUTH_SECRET_ID");
        let function = function
            .env("KEY_POLICY_PATH", path.display().to_string())
            .env("SENTRY_AUTH_SECRET_ID", "sentry/audit")
            .env("SENTRY_ROTATION_AUTH_SECRET_ID", "sentry/management")
            .env("EVIDENCE_BUCKET", BUCKET)
            .env("AWS_ENDPOINT_URL_S3", bucket_server.url());
        Ok(Self { stage, bucket, bucket_server, function, token, folder })
    }

    /// Adds what is wrong in many ways: an unmanaged project, a browser's key with open domains, a token with too many
    /// scopes, one of a person, a DSN with a secret part, the same key in two secrets, a key older than its interval.
    pub fn spoil(&self) {
        let (sentry, store) = (&self.stage.sentry, &self.stage.store);
        sentry.add_project("acme", "forgotten");
        sentry.add_project("acme", "web");
        let web = sentry.keys("acme", "web").remove(0);
        let document = json!({"dsn": sentry.public_dsn(&web), "organization": "acme", "project": "web"}).to_string();
        store.create_secret("acme/web", Some(&document), &[("sentry:kind", "client-key"), ("sentry:use-case", "web")]);
        store.create_secret(
            "acme/web-copy",
            Some(&document),
            &[("sentry:kind", "client-key"), ("sentry:use-case", "web")],
        );
        sentry.add_project("acme", "billing");
        let billing = sentry.keys("acme", "billing").remove(0);
        sentry.set_key_created(&billing.id, "2020-01-01T00:00:00Z");
        let with_secret = sentry.public_dsn(&billing).replacen('@', &format!(":{}@", billing.secret), 1);
        store.create_secret("acme/billing", Some(&with_secret), &[("sentry:kind", "client-key")]);
        sentry.add_integration("acme", "monitor", &["event:admin", "org:admin"]);
        let monitor = sentry.add_integration_token("monitor").unwrap_or_default();
        store.create_secret(
            "acme/monitor",
            Some(&json!({"token": monitor}).to_string()),
            &[("sentry:kind", "integration-token"), ("sentry:use-case", "monitoring")],
        );
        let person = sentry.add_token_of("acme", &["event:read"], testkit::sentry::TokenKind::Person);
        store.create_secret("acme/person", Some(&person), &[("sentry:kind", "personal-token")]);
        store.create_secret(
            "acme/dead",
            Some("sntrys_no_longer"),
            &[("sentry:kind", "organization-token"), ("sentry:use-case", "ci")],
        );
    }

    /// Replaces the policy, for processes that start from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_policy(&self, policy: &str) -> std::io::Result<()> {
        std::fs::write(self.folder.path().join("key-policy.toml"), policy)
    }

    /// The function as Lambda runs it.
    #[must_use]
    pub fn lambda(&self) -> Restarting {
        Restarting::new(self.function.clone())
    }

    /// Invokes it.
    #[must_use]
    pub fn invoke(&self, lambda: &Restarting, event: &Value) -> Invocation {
        lambda.invoke(event, AUDIT_TIMEOUT)
    }

    /// The object of a review with this name.
    #[must_use]
    pub fn file(&self, review_id: &str, name: &str) -> Option<String> {
        let bytes = self.bucket.object(&format!("reviews/{review_id}/{name}"))?;
        String::from_utf8(bytes).ok()
    }

    /// The report that a reply names.
    #[must_use]
    pub fn report(&self, reply: &Value) -> Value {
        evidence::named(&self.bucket, reply, "report")
    }

    /// Rotates the stage's secret once.
    ///
    /// # Errors
    /// As the rotation fails.
    pub fn rotate(&self) -> Result<rotation::Rotation, String> {
        let lambda = self.stage.lambda();
        self.stage.rotate(&lambda, 1)
    }
}
