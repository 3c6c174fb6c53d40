//! What these tests share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use integration_tests::{AT_ONCE, Binary, Retirement, Stage, TIMEOUT};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::http::{Request, Response, Server, StandIn};
use testkit::lambda::{Function, Invocation, Restarting};
use testkit::secrets_manager::SecretsManager;
use testkit::sentry::{Key, Sentry};

use crate::support::label;

type Hook = Arc<dyn Fn(&str) + Send + Sync>;

/// A stand-in that a test looks through: something happens right before or right after a call.
pub(super) struct Hooked<S> {
    inside: Arc<S>,
    before: Mutex<Option<Hook>>,
    after: Mutex<Option<Hook>>,
}

impl<S> Hooked<S> {
    fn new(inside: &Arc<S>) -> Arc<Self> {
        Arc::new(Self { inside: Arc::clone(inside), before: Mutex::default(), after: Mutex::default() })
    }

    /// Runs this before each call is carried out, with the call's name.
    pub(super) fn before(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        *self.before.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Runs this after each call was carried out, before it is answered.
    pub(super) fn after(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        *self.after.lock().unwrap() = Some(Arc::new(hook));
    }
}

fn run(hook: &Mutex<Option<Hook>>, name: &str) {
    let hook = hook.lock().unwrap().clone();
    if let Some(hook) = hook {
        hook(name);
    }
}

impl<S: StandIn> StandIn for Hooked<S> {
    fn call_name(&self, request: &Request) -> String {
        self.inside.call_name(request)
    }

    async fn answer(&self, request: Request) -> Response {
        let name = self.call_name(&request);
        run(&self.before, &name);
        let response = self.inside.answer(request).await;
        run(&self.after, &name);
        response
    }
}

/// A stage with the function that revokes, which has servers of its own: what is planned for them and seen on them is about
/// this function only, while the rotation goes on beside it.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) retirement: Retirement,
    pub(super) sentry: Arc<Hooked<Sentry>>,
    pub(super) sentry_server: Server,
    pub(super) store: Arc<Hooked<SecretsManager>>,
    pub(super) store_server: Server,
    pub(super) bus_server: Server,
    pub(super) revoke: Restarting,
    /// The key that AWSCURRENT holds at first.
    pub(super) leaked: String,
}

impl Scene {
    /// The leaked key is what applications read; a rotation takes no time.
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with another environment.
    pub(super) fn with(prepare: impl FnOnce(&mut Function)) -> Self {
        Self::of(Binary::Dev, prepare)
    }

    pub(super) fn of(build: Binary, prepare: impl FnOnce(&mut Function)) -> Self {
        let stage = Stage::new(build).unwrap();
        let retirement = Retirement::new(&stage, build, AT_ONCE).unwrap();
        rotate_at_once(&stage);
        let (sentry, store) = (Hooked::new(&stage.sentry), Hooked::new(&stage.store));
        let sentry_server = Server::start(Arc::clone(&sentry)).unwrap();
        let store_server = Server::start(Arc::clone(&store)).unwrap();
        let bus_server = Server::start(Arc::clone(&stage.bus)).unwrap();
        let mut function = retirement
            .revoke
            .clone()
            .env("SENTRY_URL", sentry_server.url())
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", store_server.url())
            .env("AWS_ENDPOINT_URL_EVENTBRIDGE", bus_server.url());
        prepare(&mut function);
        let revoke = Restarting::new(function);
        let leaked = stage.key_id("AWSCURRENT").unwrap();
        Self { stage, retirement, sentry, sentry_server, store, store_server, bus_server, revoke, leaked }
    }

    pub(super) fn order(&self, key_id: &str) -> Value {
        Retirement::order(&self.stage, key_id)
    }

    pub(super) fn invoke(&self, order: &Value) -> Invocation {
        self.revoke.invoke(order, TIMEOUT)
    }

    /// A revocation that succeeds; its reply.
    pub(super) fn revoked(&self, key_id: &str) -> Value {
        self.replied(&self.order(key_id))
    }

    pub(super) fn replied(&self, order: &Value) -> Value {
        let invocation = self.invoke(order);
        match invocation.clone().reply() {
            Some(reply) => reply,
            None => panic!("{invocation:?}\n{}", self.revoke.all_logs()),
        }
    }

    /// A revocation that fails with this code and with a sentence that has these words.
    pub(super) fn fails(&self, order: &Value, code: &str, words: &[&str]) -> String {
        self.fails_within(order, TIMEOUT, code, words)
    }

    pub(super) fn fails_within(&self, order: &Value, time: Duration, code: &str, words: &[&str]) -> String {
        let invocation = self.revoke.invoke(order, time);
        let Invocation::Failed { error_type, error_message } = invocation else {
            panic!("{invocation:?}\n{}", self.revoke.all_logs());
        };
        assert_eq!(error_type, code, "{error_message}");
        for word in words {
            assert!(error_message.contains(word), "{error_message:?} lacks {word:?}");
        }
        error_message
    }

    /// Replaces the current value by a rotation that takes no time; the id of the key that it superseded.
    pub(super) fn rotation(&self) -> String {
        let old = self.stage.key_id("AWSCURRENT").unwrap();
        let token = self.stage.store.begin_rotation(&self.stage.secret).unwrap();
        finish(&self.stage.store, &self.stage.sentry, &self.stage.secret, &token);
        old
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.stage.sentry.keys("acme", "storefront")
    }

    pub(super) fn is_active(&self, id: &str) -> bool {
        self.keys().iter().any(|key| key.id == id && key.is_active)
    }

    pub(super) fn current(&self) -> String {
        self.stage.key_id("AWSCURRENT").unwrap()
    }

    /// The kinds of the records of a key, in order.
    pub(super) fn kinds(&self, key_id: &str) -> Vec<String> {
        let records = self.retirement.ledger(key_id);
        records.iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// The events of one type, in order.
    pub(super) fn events(&self, detail_type: &str) -> Vec<Value> {
        let entries = self.stage.bus.entries().into_iter().filter(|entry| entry.detail_type == detail_type);
        entries.map(|entry| entry.detail).collect()
    }

    /// The sum of a metric over all invocations.
    pub(super) fn metric(&self, name: &str) -> f64 {
        let logs = self.revoke.all_logs();
        let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line.get("_aws").is_some()).filter_map(|line| line.get(name)?.as_f64()).sum()
    }

    /// The calls to Sentry that change something.
    pub(super) fn changes(&self) -> usize {
        let names = self.sentry_server.call_names();
        names
            .iter()
            .filter(|name| name.starts_with("PUT") || name.ends_with("keys") && name.starts_with("POST"))
            .count()
    }

    /// Whether this key's records follow each other without a gap, and each carries the digest of the one before.
    pub(super) fn check_chain(&self, key_id: &str) -> Result<(), String> {
        let bucket = &self.retirement.bucket;
        let mut previous = Value::Null;
        let names = bucket.keys().into_iter().filter(|name| name.contains("ledger/") && name.contains(key_id));
        for (number, name) in (1_u64..).zip(names) {
            let bytes = bucket.object(&name).unwrap_or_default();
            let record: Value = serde_json::from_slice(&bytes).map_err(|error| format!("{name}: {error}"))?;
            if record["sequence"] != number || record["previous"] != previous {
                return Err(format!("{name} does not follow the record before it"));
            }
            previous = hex::encode(Sha256::digest(&bytes)).into();
        }
        Ok(())
    }
}

/// Lets `RotateSecret` make a new current version the moment that it was answered.
pub(super) fn rotate_at_once(stage: &Stage) {
    let (store, sentry) = (Arc::downgrade(&stage.store), Arc::downgrade(&stage.sentry));
    stage.store.on_rotate(move |arn, token| {
        if let (Some(store), Some(sentry)) = (store.upgrade(), sentry.upgrade()) {
            finish(&store, &sentry, &arn, &token);
        }
    });
}

/// What the four steps come to.
fn finish(store: &SecretsManager, sentry: &Sentry, arn: &str, token: &str) {
    if store.version_at(arn, "AWSPENDING").as_deref() != Some(token) {
        return;
    }
    let key = sentry.add_key("acme", "storefront", &label("acme/storefront", arn, token));
    let document = json!({"dsn": sentry.public_dsn(&key), "organization": "acme", "project": "storefront"});
    let before = store.version_at(arn, "AWSCURRENT");
    store.add_version(arn, token, Some(&document.to_string()), &["AWSCURRENT"]);
    store.set_stage(arn, "AWSPREVIOUS", before.as_deref());
    store.complete_rotation(arn, token);
}
