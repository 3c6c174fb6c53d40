//! The stage with what retirement needs: the evidence bucket, a policy, and the functions that retire and revoke.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::http::Server;
use testkit::lambda::{Function, Restarting};
use testkit::s3::S3;
use testkit::secrets_manager::rotation;

use crate::evidence;
use crate::stage::{Binary, Stage, TIMEOUT, binary};

/// The bucket's name.
pub const BUCKET: &str = "evidence";

/// The policy of most tests: everything is due at once, so that no clock is needed.
pub const AT_ONCE: &str = r#"version = 1
mode = "act"
[use_case.sdk]
kind = "client-key"
preset = "sdk-store-only"
grace = "0s"
grace_max = "0s"
at_grace_max = "disable"
quarantine = "0s"
[orphan]
grace = "0s"
[proof]
deadline = "1h"
refusals = 2
"#;

/// What retirement works with.
#[derive(Debug)]
pub struct Retirement {
    /// The evidence bucket's inside.
    pub bucket: Arc<S3>,
    /// The evidence bucket's wire.
    pub bucket_server: Server,
    /// The function that retires.
    pub retire: Function,
    /// The function that revokes.
    pub revoke: Function,
    folder: TempDir,
}

impl Retirement {
    /// The functions on this stage, with this policy. The secret of the stage is managed from now on.
    ///
    /// # Errors
    /// When no port or no folder can be had.
    pub fn new(stage: &Stage, build: Binary, policy: &str) -> std::io::Result<Self> {
        stage.store.set_tags(&stage.secret, &[("sentry:kind", "client-key"), ("sentry:owner", "storefront-team")]);
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("key-policy.toml");
        std::fs::write(&path, policy)?;
        let bucket = S3::new(BUCKET);
        let bucket_server = Server::start(Arc::clone(&bucket))?;
        let function = |name: &str| {
            let mut function =
                Function { binary: binary(build, name), name: format!("keys-{name}"), ..stage.function.clone() };
            function.environment.retain(|(name, _)| name != "KEY_POLICY_PATH");
            function
                .env("KEY_POLICY_PATH", path.display().to_string())
                .env("EVIDENCE_BUCKET", BUCKET)
                .env("AWS_ENDPOINT_URL_S3", bucket_server.url())
        };
        let (retire, revoke) = (function("retire-keys"), function("revoke-key"));
        Ok(Self { bucket, bucket_server, retire, revoke, folder })
    }

    /// Replaces the policy, for processes that start from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_policy(&self, policy: &str) -> std::io::Result<()> {
        std::fs::write(self.folder.path().join("key-policy.toml"), policy)
    }

    /// The rows of the record of the run that replied so.
    #[must_use]
    pub fn rows(&self, reply: &Value) -> Vec<Value> {
        evidence::rows(&self.bucket, reply)
    }

    /// The records of a key, in order.
    #[must_use]
    pub fn ledger(&self, key_id: &str) -> Vec<Value> {
        evidence::ledger(&self.bucket, key_id)
    }

    /// Checks the chain of every key, and that no two records follow the same one.
    ///
    /// # Errors
    /// As [`evidence::check_chains`].
    pub fn check_chains(&self) -> Result<(), String> {
        evidence::check_chains(&self.bucket)
    }

    /// The event that revokes a key of the stage's secret.
    #[must_use]
    pub fn order(stage: &Stage, key_id: &str) -> Value {
        json!({"secret_id": stage.secret, "key_id": key_id, "reason": "posted in a public repository", "hold_seconds": 0})
    }

    /// Lets `RotateSecret` run the rotation function of the stage, as the service does.
    pub fn connect_rotation(stage: &Stage) {
        let lambda = Restarting::new(stage.function.clone());
        stage.store.on_rotate(rotation::driver(&stage.store, 3, move |event| {
            lambda.invoke(&event, TIMEOUT).into_step_result()
        }));
    }
}
