//! What these tests share.

use integration_tests::{AT_ONCE, Binary, Retirement, Stage, TIMEOUT};
use serde_json::{Value, json};
use testkit::lambda::{Invocation, Restarting};
use testkit::sentry::Key;

/// A stage with the functions of retirement on it.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) retirement: Retirement,
    pub(crate) rotate: Restarting,
    pub(crate) retire: Restarting,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_policy(AT_ONCE)
    }

    pub(crate) fn with_policy(policy: &str) -> Self {
        let stage = Stage::new(Binary::Dev).unwrap();
        let retirement = Retirement::new(&stage, Binary::Dev, policy).unwrap();
        let (rotate, retire) = (stage.lambda(), Restarting::new(retirement.retire.clone()));
        Self { stage, retirement, rotate, retire }
    }

    /// A whole rotation; the id of the key that it superseded.
    pub(crate) fn rotation(&self) -> String {
        let old = self.stage.key_id("AWSCURRENT").unwrap();
        let rotation = self.stage.rotate(&self.rotate, 1).unwrap();
        assert!(rotation.succeeded, "{:#?}", rotation.attempts);
        old
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
        let invocation = self.retire.invoke(&json!({}), TIMEOUT);
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
        row.unwrap_or_else(|| panic!("no row for {key_id}: {rows:#?}")).clone()
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

    /// Lets the next invocation be a cold start.
    pub(crate) fn cool_down(&mut self) {
        self.retire = Restarting::new(self.retirement.retire.clone());
    }
}
