//! What a function works in: the server that is asked, and the AWS of the other tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use integration_tests::{AT_ONCE, AUDIT_TIMEOUT, BUCKET, Binary, TIMEOUT, binary, evidence, key_id_in};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::event_bus::EventBus;
use testkit::http::Server;
use testkit::lambda::{Function, Invocation, Restarting};
use testkit::s3::S3;
use testkit::secrets_manager::SecretsManager;
use testkit::secrets_manager::rotation;

use crate::place::{PROJECT, Place, text};

/// The secret that applications read.
pub(super) const SECRET: &str = "acme/storefront";

/// The four steps, in Secrets Manager's order.
pub(super) const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// An account with a secret that holds the `Default` key of a place's project.
pub(super) struct World<'a> {
    pub(super) at: &'a Place,
    pub(super) store: Arc<SecretsManager>,
    pub(super) bus: Arc<EventBus>,
    pub(super) bucket: Arc<S3>,
    /// The ARN of [`SECRET`].
    pub(super) secret: String,
    /// What a person with the right role looks and acts with, beside the functions.
    pub(super) admin: String,
    store_server: Server,
    bus_server: Server,
    bucket_server: Server,
    folder: TempDir,
}

/// A function of the release profile, with a management token of its own.
pub(super) struct Deployed {
    lambda: Restarting,
    timeout: Duration,
}

impl<'a> World<'a> {
    /// An account in which everything is due at once.
    pub(super) fn new(at: &'a Place) -> Self {
        Self::with_policy(at, AT_ONCE)
    }

    pub(super) fn with_policy(at: &'a Place, policy: &str) -> Self {
        let (store, bus, bucket) = (SecretsManager::new(), EventBus::new(), S3::new(BUCKET));
        let admin = at.admin();
        let dsn = text(&at.keys(&admin)[0]["dsn"], "public");
        let document = json!({"dsn": dsn, "organization": at.organization, "project": PROJECT}).to_string();
        let tags = [
            ("sentry:kind", "client-key"),
            ("sentry:owner", "storefront-team"),
            ("sentry:consumers", "ecs:storefront"),
        ];
        let secret = store.create_secret(SECRET, Some(&document), &tags);
        store.enable_rotation(&secret, true);
        let world = Self {
            at,
            store_server: Server::start(Arc::clone(&store)).unwrap(),
            bus_server: Server::start(Arc::clone(&bus)).unwrap(),
            bucket_server: Server::start(Arc::clone(&bucket)).unwrap(),
            store,
            bus,
            bucket,
            secret,
            admin,
            folder: tempfile::tempdir().unwrap(),
        };
        world.set_policy(policy);
        world
    }

    /// Replaces the policy, for functions that are deployed from now on.
    pub(super) fn set_policy(&self, policy: &str) {
        std::fs::write(self.folder.path().join("key-policy.toml"), policy).unwrap();
    }

    /// A function whose token is of an integration with these scopes.
    pub(super) fn deploy(&self, name: &str, scopes: &[&str]) -> Deployed {
        self.deploy_with(name, &self.at.token(scopes), &[])
    }

    /// A function with this token, in the secret `sentry/<name>`, and these further variables.
    pub(super) fn deploy_with(&self, name: &str, token: &str, more: &[(&str, &str)]) -> Deployed {
        self.store_token(&format!("sentry/{name}"), token);
        let function = Function::new(binary(Binary::Release, name), name)
            .env("SENTRY_URL", &self.at.server.url)
            .env("SENTRY_ORG", &self.at.organization)
            .env("SENTRY_AUTH_SECRET_ID", format!("sentry/{name}"))
            .env("KEY_POLICY_PATH", self.folder.path().join("key-policy.toml").display().to_string())
            .env("EVENT_BUS_NAME", "default")
            .env("EVIDENCE_BUCKET", BUCKET)
            // Nothing here speaks TLS.
            .env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/authority.pem"))
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.store_server.url())
            .env("AWS_ENDPOINT_URL_EVENTBRIDGE", self.bus_server.url())
            .env("AWS_ENDPOINT_URL_S3", self.bucket_server.url());
        let function = more.iter().fold(function, |function, (name, value)| function.env(*name, *value));
        let timeout = if name == "audit-keys" { AUDIT_TIMEOUT } else { TIMEOUT };
        Deployed { lambda: Restarting::new(function), timeout }
    }

    /// The function that rotates, with the scope that its guide asks for.
    pub(super) fn rotator(&self) -> Deployed {
        self.deploy("rotate-client-key", &["project:write"])
    }

    /// Puts a token into a secret, which is made if there is none.
    pub(super) fn store_token(&self, secret: &str, token: &str) {
        let value = json!({"token": token}).to_string();
        match self.store.versions(secret).len() {
            0 => drop(self.store.create_secret(secret, Some(&value), &[])),
            versions => self.store.add_version(secret, &version(versions), Some(&value), &["AWSCURRENT"]),
        }
    }

    /// Replaces the value that applications read.
    pub(super) fn set_current(&self, value: &str) {
        let id = version(self.store.versions(&self.secret).len());
        self.store.add_version(&self.secret, &id, Some(value), &["AWSCURRENT"]);
    }

    pub(super) fn value(&self, label: &str) -> String {
        self.store.value_at(&self.secret, label).unwrap_or_else(|| panic!("no value at {label}"))
    }

    pub(super) fn document(&self, label: &str) -> Value {
        serde_json::from_str(&self.value(label)).unwrap()
    }

    /// The id of the key in the document at a label.
    #[track_caller]
    pub(super) fn key_id(&self, label: &str) -> String {
        key_id_in(&self.value(label)).unwrap()
    }

    /// The project's newest hundred keys as a person sees them, by id.
    #[track_caller]
    pub(super) fn keys(&self) -> BTreeMap<String, Value> {
        let page = format!("{}?per_page=100", self.at.keys_path());
        let keys = self.at.get(&self.admin, &page).is(200).list();
        keys.into_iter().map(|key| (text(&key, "id"), key)).collect()
    }

    #[track_caller]
    pub(super) fn is_active(&self, key_id: &str) -> bool {
        self.at.key(&self.admin, key_id)["isActive"].as_bool().unwrap()
    }

    /// Changes a key as a person does.
    #[track_caller]
    pub(super) fn change(&self, key_id: &str, body: &Value) {
        self.at.put(&self.admin, &self.at.key_path(key_id), body).is(200);
    }

    /// Deletes a key as a person does.
    #[track_caller]
    pub(super) fn delete(&self, key_id: &str) {
        self.at.delete(&self.admin, &self.at.key_path(key_id)).is(204);
    }

    /// `RotateSecret`'s first half: the token of a new rotation.
    #[track_caller]
    pub(super) fn begin(&self) -> String {
        self.store.begin_rotation(&self.secret).unwrap()
    }

    /// Leaves a version as it is where the attempt that made its key died before it stored it.
    pub(super) fn lose_value(&self, token: &str, labels: &[&str]) {
        self.store.purge_version(&self.secret, token);
        self.store.add_version(&self.secret, token, None, labels);
    }

    /// Ends a rotation as a person does.
    pub(super) fn abandon(&self) {
        self.store.set_stage(&self.secret, "AWSPENDING", None);
    }

    pub(super) fn event(&self, step: &str, token: &str) -> Value {
        rotation::event(step, &self.secret, token, None)
    }

    /// A step that does its work; its reply.
    #[track_caller]
    pub(super) fn done(&self, rotator: &Deployed, step: &str, token: &str) -> Value {
        let reply = rotator.replies(&self.event(step, token));
        assert_eq!(reply["outcome"], "done", "{step}: {reply}");
        reply
    }

    /// A whole rotation at the first attempt; its token.
    #[track_caller]
    pub(super) fn rotate(&self, rotator: &Deployed) -> String {
        let rotation = rotation::rotate(&self.store, &self.secret, 1, &mut |event| {
            rotator.lambda.invoke(&event, TIMEOUT).into_step_result()
        });
        let rotation = rotation.unwrap();
        assert!(rotation.succeeded, "{:#?}\n{}", rotation.attempts, rotator.logs());
        rotation.token
    }

    /// Lets `RotateSecret` run this function, as the service does.
    pub(super) fn connect(&self, rotator: Deployed) {
        let Deployed { lambda, timeout } = rotator;
        let invoke = move |event| lambda.invoke(&event, timeout).into_step_result();
        self.store.on_rotate(rotation::driver(&self.store, 3, invoke));
    }

    /// Moves AWSCURRENT back to the version before.
    pub(super) fn roll_back(&self) {
        let at = |label| self.store.version_at(&self.secret, label);
        let (current, previous) = (at("AWSCURRENT"), at("AWSPREVIOUS"));
        self.store.set_stage(&self.secret, "AWSCURRENT", previous.as_deref());
        self.store.set_stage(&self.secret, "AWSPREVIOUS", current.as_deref());
    }

    /// The events of one type, in order.
    pub(super) fn events(&self, detail_type: &str) -> Vec<Value> {
        let entries = self.bus.entries().into_iter().filter(|entry| entry.detail_type == detail_type);
        entries.map(|entry| entry.detail).collect()
    }

    /// The row of a key in the record of the run that replied so.
    #[track_caller]
    pub(super) fn row(&self, reply: &Value, key_id: &str) -> Value {
        let rows = evidence::rows(&self.bucket, reply);
        let row = rows.iter().find(|row| row["key_id"] == key_id);
        row.unwrap_or_else(|| panic!("no row for {key_id}: {rows:#?}")).clone()
    }

    /// The kinds of the records of a key, in order.
    pub(super) fn kinds(&self, key_id: &str) -> Vec<String> {
        evidence::ledger(&self.bucket, key_id).iter().map(|record| text(record, "kind")).collect()
    }
}

/// A version id that nobody else makes.
fn version(number: usize) -> String {
    format!("7e570000-0000-4000-8000-{number:012}")
}

impl Deployed {
    pub(super) fn invoke(&self, event: &Value) -> Invocation {
        self.lambda.invoke(event, self.timeout)
    }

    pub(super) fn logs(&self) -> String {
        self.lambda.all_logs()
    }

    /// An invocation that ends well; its reply.
    #[track_caller]
    pub(super) fn replies(&self, event: &Value) -> Value {
        let invocation = self.invoke(event);
        let Invocation::Reply(reply) = invocation else { panic!("{event}: {invocation:?}\n{}", self.logs()) };
        reply
    }

    /// An invocation that fails with this code and with a sentence that has these words.
    #[track_caller]
    pub(super) fn fails(&self, event: &Value, code: &str, words: &[&str]) {
        let invocation = self.invoke(event);
        let Invocation::Failed { error_type, error_message } = invocation else {
            panic!("{event}: {invocation:?}\n{}", self.logs());
        };
        assert_eq!(error_type, code, "{error_message}");
        for word in words {
            assert!(error_message.contains(word), "{error_message:?} lacks {word:?}");
        }
    }
}
