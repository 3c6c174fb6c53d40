//! What the tests of the rotation's behaviour share.

use std::collections::BTreeMap;
use std::time::Duration;

use integration_tests::{Binary, Stage, TIMEOUT};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use testkit::http::Server;
use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::rotation;
use testkit::sentry::Key;

/// The steps in Secrets Manager's order.
/// Port 1 is given to nobody; a port that was free a moment ago may be another test's server by now.
pub(crate) const NOBODY_LISTENS: &str = "http://127.0.0.1:1";

pub(crate) const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// What every policy of these tests begins with.
pub(crate) const POLICY: &str = "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n";

/// The calls that change something.
const WRITES: [&str; 5] = ["POST keys", "PUT key", "DELETE key", "PutSecretValue", "UpdateSecretVersionStage"];

/// A stage with one warm function on it.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) lambda: Restarting,
    /// The case, for the messages of failed assertions.
    about: String,
    _folder: Option<TempDir>,
}

/// All that a refused step must leave as it was.
#[derive(Debug, PartialEq)]
pub(crate) struct State {
    versions: BTreeMap<String, Vec<String>>,
    values: Vec<Option<String>>,
    keys: Vec<Key>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with("", |_| {})
    }

    /// A world that is changed before the function is deployed.
    pub(crate) fn with(about: &str, prepare: impl FnOnce(&mut Stage)) -> Self {
        let mut stage = Stage::new(Binary::Dev).unwrap();
        prepare(&mut stage);
        let lambda = stage.lambda();
        Self { stage, lambda, about: about.to_owned(), _folder: None }
    }

    /// A world with a policy file that begins with [`POLICY`].
    pub(crate) fn with_policy(about: &str, policy: &str, prepare: impl FnOnce(&mut Stage)) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, format!("{POLICY}{policy}")).unwrap();
        let world = Self::with(about, |stage| {
            env(stage, "KEY_POLICY_PATH", path.to_str().unwrap());
            prepare(stage);
        });
        Self { _folder: Some(folder), ..world }
    }

    /// `RotateSecret`'s first half: the token of a new rotation.
    pub(crate) fn begin(&self) -> String {
        self.stage.store.begin_rotation(&self.stage.secret).unwrap()
    }

    /// A rotation whose createSecret is done.
    pub(crate) fn created(&self) -> String {
        let token = self.begin();
        self.done("createSecret", &token);
        token
    }

    /// A rotation whose pending version has this value.
    pub(crate) fn pending(&self, value: &str) -> String {
        let token = self.begin();
        self.stage.store.add_version(&self.stage.secret, &token, Some(value), &["AWSPENDING"]);
        token
    }

    pub(crate) fn step(&self, step: &str, token: &str) -> Invocation {
        self.stage.step(&self.lambda, step, token)
    }

    /// A step in so short a time.
    pub(crate) fn step_within(&self, step: &str, token: &str, time: Duration) -> Invocation {
        self.lambda.invoke(&rotation::event(step, &self.stage.secret, token, None), time)
    }

    /// A step that ends well; its reply.
    pub(crate) fn reply(&self, step: &str, token: &str) -> Value {
        let invocation = self.step(step, token);
        match invocation.clone().reply() {
            Some(reply) => reply,
            None => panic!("{}: {step}: {invocation:?}\n{}", self.about, self.lambda.all_logs()),
        }
    }

    /// A step that does its work; its reply.
    pub(crate) fn done(&self, step: &str, token: &str) -> Value {
        let reply = self.reply(step, token);
        assert_eq!((&reply["step"], &reply["outcome"]), (&step.into(), &"done".into()), "{}: {reply}", self.about);
        reply
    }

    /// A step that fails with this code; its sentence.
    pub(crate) fn failed(&self, step: &str, token: &str, code: &str, words: &[&str]) -> String {
        let invocation = self.step(step, token);
        self.check_failure(&invocation, code, words)
    }

    /// A step that refuses with this code, with a sentence that has these words, and changes nothing.
    pub(crate) fn refused(&self, step: &str, token: &str, code: &str, words: &[&str]) -> String {
        let (state, writes) = (self.state(), self.writes().len());
        let message = self.failed(step, token, code, words);
        assert_eq!(self.state(), state, "{}: {step}", self.about);
        assert_eq!(self.writes().get(writes..), Some(&[][..]), "{}: {step}", self.about);
        message
    }

    pub(crate) fn check_failure(&self, invocation: &Invocation, code: &str, words: &[&str]) -> String {
        let Invocation::Failed { error_type, error_message } = invocation else {
            panic!("{}: {invocation:?}\n{}", self.about, self.lambda.all_logs());
        };
        assert_eq!(error_type, code, "{}: {error_message}", self.about);
        for word in words {
            assert!(error_message.contains(word), "{}: {error_message:?} lacks {word:?}", self.about);
        }
        error_message.clone()
    }

    /// A whole rotation at the first attempt; its token.
    pub(crate) fn rotate(&self) -> String {
        let rotation = self.stage.rotate(&self.lambda, 1).unwrap();
        assert!(rotation.succeeded, "{}: {:#?}\n{}", self.about, rotation.attempts, self.lambda.all_logs());
        rotation.token
    }

    /// Lets the next invocation be a cold start.
    pub(crate) fn cool_down(&mut self) {
        self.lambda = self.stage.lambda();
    }

    pub(crate) fn value(&self, label: &str) -> String {
        self.stage.store.value_at(&self.stage.secret, label).unwrap()
    }

    /// The key id in the JSON document at a label.
    pub(crate) fn key_id(&self, label: &str) -> String {
        self.stage.key_id(label).unwrap()
    }

    /// The key in the JSON document at a label.
    pub(crate) fn key(&self, label: &str) -> Key {
        let id = self.key_id(label);
        self.keys().into_iter().find(|key| key.id == id).unwrap()
    }

    /// The keys of the project, in order of creation.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.stage.sentry.keys("acme", "storefront")
    }

    pub(crate) fn version_at(&self, label: &str) -> Option<String> {
        self.stage.store.version_at(&self.stage.secret, label)
    }

    pub(crate) fn state(&self) -> State {
        let versions = self.stage.store.versions(&self.stage.secret);
        let value = |version| self.stage.store.value_of(&self.stage.secret, version);
        State { values: versions.keys().map(|version| value(version)).collect(), versions, keys: self.keys() }
    }

    /// The calls that changed something, or tried to.
    pub(crate) fn writes(&self) -> Vec<String> {
        let calls = |server: &Server| server.call_names().into_iter().filter(|name| WRITES.contains(&name.as_str()));
        calls(&self.stage.sentry_server).chain(calls(&self.stage.store_server)).collect()
    }

    /// The calls of Sentry since they were last forgotten.
    pub(crate) fn sentry_calls(&self) -> Vec<String> {
        self.stage.sentry_server.call_names()
    }

    pub(crate) fn forget_calls(&self) {
        self.stage.sentry_server.forget_calls();
        self.stage.store_server.forget_calls();
    }

    /// The events of one type, in order.
    pub(crate) fn events(&self, detail_type: &str) -> Vec<Value> {
        let entries = self.stage.bus.entries().into_iter().filter(|entry| entry.detail_type == detail_type);
        entries.map(|entry| entry.detail).collect()
    }

    /// The metrics lines, in order.
    pub(crate) fn metrics(&self) -> Vec<Value> {
        let logs = self.lambda.all_logs();
        let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line.get("_aws").is_some()).collect()
    }

    /// Adds a key with the mark of a version of the secret, as createSecret would have made it.
    pub(crate) fn add_marked(&self, version: &str) -> Key {
        self.stage.sentry.add_key("acme", "storefront", &label("acme/storefront", &self.stage.secret, version))
    }
}

/// The notices of a reply.
pub(crate) fn notices(reply: &Value) -> Vec<&str> {
    words(reply, "notices")
}

/// The effects of a reply.
pub(crate) fn effects(reply: &Value) -> Vec<&str> {
    words(reply, "effects")
}

fn words<'a>(reply: &'a Value, member: &str) -> Vec<&'a str> {
    reply[member].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// Sets a variable of the function, or takes it away (an empty value counts as not set).
pub(crate) fn env(stage: &mut Stage, name: &str, value: &str) {
    stage.function = stage.function.clone().env(name, value);
}

/// Makes this the current value of the secret.
pub(crate) fn set_current(stage: &Stage, value: &str) {
    let id = version(stage.store.versions(&stage.secret).len());
    stage.store.add_version(&stage.secret, &id, Some(value), &["AWSCURRENT"]);
}

/// Gives the secret another name, and with it another ARN, tags and value.
pub(crate) fn set_secret(stage: &mut Stage, name: &str, value: Option<&str>, tags: &[(&str, &str)]) {
    stage.secret = stage.store.create_secret(name, value, tags);
    stage.store.enable_rotation(&stage.secret, true);
}

/// Replaces the management token in its secret.
pub(crate) fn set_token(stage: &Stage, value: &str) {
    let id = version(stage.store.versions("sentry/management").len());
    stage.store.add_version("sentry/management", &id, Some(value), &["AWSCURRENT"]);
}

/// A version id that nobody else makes.
pub(crate) fn version(number: usize) -> String {
    format!("7e570000-0000-4000-8000-{number:012}")
}

/// The DSN of the project's first key.
pub(crate) fn first_dsn(stage: &Stage) -> String {
    stage.sentry.public_dsn(&stage.sentry.keys("acme", "storefront")[0])
}

/// The label of design.md section 5: the name, cut so that the whole is at most 64 code points, and the mark.
pub(crate) fn label(name: &str, arn: &str, version: &str) -> String {
    let digits = |text: String, count| hex::encode(Sha256::digest(text)).chars().take(count).collect::<String>();
    let mark = format!("[{}/{}]", digits(arn.to_owned(), 7), digits(format!("{arn}\n{version}"), 8));
    let base: String = name.chars().take(63 - mark.len()).collect();
    format!("{base} {mark}")
}

/// Calls the steps at the same time, each in a process of its own, with the function's whole time.
pub(crate) fn at_once(stage: &Stage, steps: &[&str], token: &str) -> Vec<Invocation> {
    let calls: Vec<_> = steps
        .iter()
        .map(|step| {
            let sandbox = stage.function.launch().unwrap();
            assert_eq!(sandbox.wait_ready(TIMEOUT), Ok(()));
            (sandbox, rotation::event(step, &stage.secret, token, None))
        })
        .collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            calls.iter().map(|(sandbox, event)| scope.spawn(|| sandbox.invoke(event, TIMEOUT))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
