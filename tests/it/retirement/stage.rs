//! What these tests share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

pub(crate) use integration_tests::evidence::verdict;
use integration_tests::{AT_ONCE, Binary, Retirement, Stage, TIMEOUT, evidence};
use serde_json::{Value, json};
use testkit::fault::{Director, Fault};
use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::SecretsManager;
use testkit::sentry::Key;

use crate::support;

/// The calls that change something in Sentry or in Secrets Manager.
const WRITES: [&str; 6] =
    ["POST keys", "PUT key", "DELETE key", "PutSecretValue", "UpdateSecretVersionStage", "RotateSecret"];

/// A policy like [`AT_ONCE`] with this mode, these members of the use case and these further tables.
pub(crate) fn policy(mode: &str, use_case: &str, tables: &str) -> String {
    format!(
        "version = 1\nmode = \"{mode}\"\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n{use_case}\n{tables}\n"
    )
}

/// The members of a use case under which a superseded key is due at once.
pub(crate) const DUE: &str = "grace = \"0s\"\ngrace_max = \"0s\"\nat_grace_max = \"disable\"\nquarantine = \"0s\"\n";

/// The tables of [`AT_ONCE`].
pub(crate) const TABLES: &str = "[orphan]\ngrace = \"0s\"\n[proof]\ndeadline = \"1h\"\nrefusals = 2\n";

/// A consent for a key.
pub(crate) fn consent(key_id: &str, ticket: &str, until: &str) -> String {
    format!("[[consent]]\nkey_id = \"{key_id}\"\nby = \"robin\"\nticket = \"{ticket}\"\nuntil = \"{until}\"\n")
}

/// A day that these tests will not live to see.
pub(crate) const FOR_EVER: &str = "2099-12-31";

/// A stage with the functions of retirement on it.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) retirement: Retirement,
    pub(crate) rotate: Restarting,
    pub(crate) retire: Restarting,
}

/// As [`World::roll_back`].
pub(crate) fn roll_back(store: &SecretsManager, secret: &str) {
    let (current, previous) = (store.version_at(secret, "AWSCURRENT"), store.version_at(secret, "AWSPREVIOUS"));
    store.set_stage(secret, "AWSCURRENT", previous.as_deref());
    store.set_stage(secret, "AWSPREVIOUS", current.as_deref());
}

struct OnceListed {
    is_listed: AtomicBool,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl OnceListed {
    fn act(&self) -> MutexGuard<'_, Option<Box<dyn FnOnce() + Send>>> {
        self.act.lock().unwrap()
    }
}

impl Director for OnceListed {
    fn decide(&self, call: &str) -> Option<Fault> {
        let was_listed = self.is_listed.fetch_or(call == "GET keys", Ordering::SeqCst);
        (was_listed && self.act().is_some()).then_some(Fault::Meanwhile)
    }

    fn meanwhile(&self) {
        let act = self.act().take();
        if let Some(act) = act {
            act();
        }
    }
}

/// All that is outside: what a run may change, and what it must leave alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outside {
    pub(crate) keys: Vec<Key>,
    versions: BTreeMap<String, Vec<String>>,
    values: Vec<Option<String>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_policy(AT_ONCE)
    }

    pub(crate) fn with_policy(policy: &str) -> Self {
        Self::with(policy, |_, _| {})
    }

    /// A world that is changed before the functions are deployed.
    pub(crate) fn with(policy: &str, prepare: impl FnOnce(&Stage, &mut Retirement)) -> Self {
        let stage = Stage::new(Binary::Dev).unwrap();
        let mut retirement = Retirement::new(&stage, Binary::Dev, policy).unwrap();
        prepare(&stage, &mut retirement);
        let (rotate, retire) = (stage.lambda(), Restarting::new(retirement.retire.clone()));
        Self { stage, retirement, rotate, retire }
    }

    /// A world in which a key of ours was superseded and its birth is on record; the key's id.
    pub(crate) fn superseded(policy: &str) -> (Self, String) {
        let world = Self::with_policy(policy);
        let old = world.supersede();
        (world, old)
    }

    /// A world in which a key is superseded on record and its grace of an hour is over, with nothing that would prolong it.
    pub(crate) fn overdue() -> (Self, String) {
        let an_hour = DUE.replace("grace = \"0s\"\ngrace_max = \"0s\"", "grace = \"1h\"\ngrace_max = \"1h\"");
        let (world, old) = Self::superseded(&policy("act", &an_hour, TABLES));
        assert_eq!(verdict(&world.row(&old)), ["ours", "superseded", "-", "none"]);
        world.pass(3_600);
        (world, old)
    }

    /// Rotates twice, with a run in between: the first key is nobody's, the second is ours and superseded now.
    pub(crate) fn supersede(&self) -> String {
        self.rotation();
        self.run();
        self.rotation()
    }

    /// A whole rotation; the id of the key that it superseded.
    pub(crate) fn rotation(&self) -> String {
        let old = self.current();
        let rotation = self.stage.rotate(&self.rotate, 1).unwrap();
        assert!(rotation.succeeded, "{:#?}", rotation.attempts);
        old
    }

    /// The key that applications read.
    pub(crate) fn current(&self) -> String {
        self.stage.key_id("AWSCURRENT").unwrap()
    }

    /// Another managed secret; it holds the `Default` key of its project, which is made if there is none. Its ARN and key.
    pub(crate) fn add_secret(&self, name: &str, project: &str) -> (String, String) {
        if self.stage.sentry.keys("acme", project).is_empty() {
            self.stage.sentry.add_project("acme", project);
        }
        let key = self.stage.sentry.keys("acme", project).remove(0);
        let value = self.value(&key, project);
        let arn = self.stage.store.create_secret(name, Some(&value), &[("sentry:kind", "client-key")]);
        self.stage.store.enable_rotation(&arn, true);
        (arn, key.id)
    }

    /// The document that holds a key.
    pub(crate) fn value(&self, key: &Key, project: &str) -> String {
        json!({"dsn": self.stage.sentry.public_dsn(key), "organization": "acme", "project": project}).to_string()
    }

    /// A run over everything; its reply.
    pub(crate) fn run(&self) -> Value {
        self.run_with(&json!({}))
    }

    pub(crate) fn run_with(&self, event: &Value) -> Value {
        let invocation = self.retire.invoke(event, TIMEOUT);
        match invocation.clone().reply() {
            Some(reply) => reply,
            None => panic!("{invocation:?}\n{}", self.retire.all_logs()),
        }
    }

    /// A run that fails.
    pub(crate) fn fails(&self, code: &str) -> String {
        self.fails_with(&json!({}), code)
    }

    pub(crate) fn fails_with(&self, event: &Value, code: &str) -> String {
        let invocation = self.retire.invoke(event, TIMEOUT);
        let Invocation::Failed { error_type, error_message } = invocation else {
            panic!("{invocation:?}\n{}", self.retire.all_logs());
        };
        assert_eq!(error_type, code, "{error_message}");
        error_message
    }

    /// A run over everything, and the row of this key.
    pub(crate) fn row(&self, key_id: &str) -> Value {
        let reply = self.run();
        self.row_of(&reply, key_id)
    }

    pub(crate) fn row_of(&self, reply: &Value, key_id: &str) -> Value {
        let rows = self.retirement.rows(reply);
        let row = rows.iter().find(|row| row["key_id"] == key_id);
        row.unwrap_or_else(|| panic!("no row for {key_id}: {rows:#?}\n{}", self.retire.all_logs())).clone()
    }

    pub(crate) fn key(&self, id: &str) -> Key {
        self.keys().into_iter().find(|key| key.id == id).unwrap()
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.stage.sentry.keys("acme", "storefront")
    }

    /// The kinds of the records of a key, in order.
    pub(crate) fn kinds(&self, key_id: &str) -> Vec<String> {
        let records = self.retirement.ledger(key_id);
        records.iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// The events of one type, in order.
    pub(crate) fn events(&self, detail_type: &str) -> Vec<Value> {
        let entries = self.stage.bus.entries().into_iter().filter(|entry| entry.detail_type == detail_type);
        entries.map(|entry| entry.detail).collect()
    }

    /// How many events of each type there were about a key.
    pub(crate) fn told(&self, key_id: &str) -> Vec<(String, usize)> {
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for entry in self.stage.bus.entries() {
            if entry.detail["key_id"] == key_id && entry.detail["function"] == "retire-keys" {
                *told.entry(entry.detail_type).or_default() += 1;
            }
        }
        told.into_iter().collect()
    }

    /// The metrics of the last run that ended well.
    pub(crate) fn metrics(&self) -> Value {
        let logs = self.retire.all_logs();
        let mut lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.rfind(|line| line.get("_aws").is_some()).unwrap()
    }

    /// Lets the next invocation be a cold start.
    pub(crate) fn cool_down(&mut self) {
        self.retire = Restarting::new(self.retirement.retire.clone());
    }

    /// Replaces the policy, and the process that has read the old one.
    pub(crate) fn set_policy(&mut self, policy: &str) {
        self.retirement.set_policy(policy).unwrap();
        self.cool_down();
    }

    pub(crate) fn outside(&self) -> Outside {
        let secret = &self.stage.secret;
        let versions = self.stage.store.versions(secret);
        let values = versions.keys().map(|version| self.stage.store.value_of(secret, version)).collect();
        let mut keys = self.keys();
        // An option that is off is one that is not there, and the API shows them alike.
        keys.iter_mut().for_each(|key| key.loader_options.retain(|_, on| *on));
        Outside { keys, versions, values }
    }

    /// The calls that changed something, or tried to, since calls were last forgotten.
    pub(crate) fn writes(&self) -> Vec<String> {
        let servers = [&self.stage.sentry_server, &self.stage.store_server];
        let names = servers.into_iter().flat_map(testkit::http::Server::call_names);
        names.filter(|name| WRITES.contains(&name.as_str())).collect()
    }

    pub(crate) fn forget_calls(&self) {
        self.stage.sentry_server.forget_calls();
        self.stage.store_server.forget_calls();
        self.retirement.bucket_server.forget_calls();
    }

    /// Moves AWSCURRENT back to the previous version, as an operator does, AWSPREVIOUS with it.
    pub(crate) fn roll_back(&self) {
        roll_back(&self.stage.store, &self.stage.secret);
    }

    /// Lets something happen once: when a run has read the list of keys, before its next call of any service is carried out.
    pub(crate) fn once_keys_are_listed(&self, act: impl FnOnce() + Send + 'static) {
        let once: Arc<dyn Director> =
            Arc::new(OnceListed { is_listed: AtomicBool::new(false), act: Mutex::new(Some(Box::new(act))) });
        for server in [&self.stage.sentry_server, &self.stage.store_server, &self.retirement.bucket_server] {
            server.faults().decided_by(Arc::clone(&once));
        }
    }

    /// A key that bears the mark of a version of the stage's secret and was made now, as createSecret makes it.
    pub(crate) fn add_marked(&self, version: &str) -> String {
        let label = support::label("acme/storefront", &self.stage.secret, version);
        let key = self.stage.sentry.add_key("acme", "storefront", &label);
        self.made_now(&key.id);
        key.id
    }

    /// Lets a key be made now.
    pub(crate) fn made_now(&self, key_id: &str) {
        let now = now().to_string();
        self.stage.sentry.edit_key(key_id, |key| key.date_created = now);
    }

    /// As [`evidence::pass`].
    pub(crate) fn pass(&self, seconds: i64) {
        evidence::pass(&self.retirement.bucket, seconds).unwrap();
    }

    /// Checks the chain of every key, and that no two records follow the same one.
    pub(crate) fn check_chains(&self) -> Result<(), String> {
        self.retirement.check_chains()
    }
}

/// The time of day, as the functions under test see it.
#[expect(clippy::disallowed_methods, reason = "what a stand-in counts or dates now must be now for the process")]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The same in Unix seconds.
pub(crate) fn unix_now() -> u64 {
    now().as_second().try_into().unwrap()
}

/// Version ids that nobody else makes.
pub(crate) const AT: [&str; 2] = ["7e570000-0000-4000-8000-000000000001", "7e570000-0000-4000-8000-000000000002"];

impl World {
    /// A run in which everything is seen and nothing is done: the policy is that of a first deployment.
    pub(crate) fn run_observing(&self, key_id: &str) {
        let observing = policy("observe", DUE, TABLES);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, observing).unwrap();
        let function = self.retirement.retire.clone().env("KEY_POLICY_PATH", path.display().to_string());
        let reply = Restarting::new(function).invoke(&json!({}), TIMEOUT).reply().unwrap();
        self.row_of(&reply, key_id);
    }

    /// What `ListSecrets` answers now, to be answered later: the list is late.
    pub(crate) fn listed(&self) -> Fault {
        let (store, arn) = (&self.stage.store, &self.stage.secret);
        let labels: BTreeMap<_, _> = store.versions(arn).into_iter().filter(|(_, labels)| !labels.is_empty()).collect();
        let tags = json!([{"Key": "sentry:kind", "Value": "client-key"}]);
        let secret = json!({"ARN": arn, "Name": "acme/storefront", "Tags": tags, "SecretVersionsToStages": labels});
        let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())];
        Fault::Answer(200, headers, json!({"SecretList": [secret]}).to_string())
    }

    /// Where the memory of the runs lies.
    pub(crate) fn state_name(&self) -> String {
        let names = self.retirement.bucket.keys();
        names.into_iter().find(|name| name.ends_with("state/retire-keys.json")).unwrap()
    }
}
