//! What people do, in Sentry's interface and with the command line of AWS.

use std::sync::PoisonError;

use serde_json::json;
use testkit::sentry::Key;

use super::scene::{Scene, Truth, mark};
use crate::schedule::Act;

impl Scene {
    pub(super) fn act_by_hand(&self, act: Act) {
        self.tell(format!("a person: {act:?}"));
        let sentry = &self.stage.sentry;
        match act {
            Act::Abandon { secret } => {
                let secret = self.secret(secret);
                self.abandon(&secret);
                self.notes().ended_in.insert(secret);
            }
            Act::RollBack { secret } => self.roll_back(&self.secret(secret)),
            Act::Disable { key } => {
                let key = self.touch(key);
                self.change(&key.id, |truth| truth.ended = true);
                sentry.edit_key(&key.id, |key| key.is_active = false);
            }
            Act::Delete { key } => {
                let key = self.touch(key);
                self.change(&key.id, |truth| truth.ended = true);
                sentry.delete_key(&key.id);
            }
            Act::Enable { key } => {
                let key = self.touch(key);
                sentry.edit_key(&key.id, |key| key.is_active = true);
                self.change(&key.id, |truth| truth.ended = false);
            }
            Act::CopyLabel { key } => {
                let key = self.touch(key);
                self.touch_all_with(&mark(&key.label));
                let copy = sentry.add_key("acme", "storefront", &key.label);
                self.notes().keys.insert(copy.id, Truth { touched: true, ..Truth::default() });
            }
            Act::EditLabel { key } => {
                let key = self.touch(key);
                sentry.edit_key(&key.id, |key| "renamed by a person".clone_into(&mut key.label));
            }
            Act::Paste { secret, key } => {
                let (secret, key) = (self.secret(secret), self.touch(key));
                let store = &self.stage.store;
                let version = format!("7e570000-0000-4000-8000-{:012}", store.versions(&secret).len());
                let before = store.version_at(&secret, "AWSCURRENT");
                self.change(&key.id, |truth| truth.moved = true);
                store.add_version(&secret, &version, Some(&self.document(&key)), &["AWSCURRENT"]);
                store.set_stage(&secret, "AWSPREVIOUS", before.as_deref());
            }
            Act::WritePending { secret, key } => {
                let (secret, key) = (self.secret(secret), self.touch(key));
                let under_way = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).get(&secret).cloned();
                let Some(version) = under_way else { return };
                let store = &self.stage.store;
                if store.value_of(&secret, &version).is_none() {
                    let its_mark = rotation::Mark::new(&secret, &version).to_string();
                    self.touch_all_with(&its_mark);
                    if mark(&key.label) == its_mark {
                        // Value and mark together are the proof: who writes both by hand gives the key away.
                        self.change(&key.id, |truth| truth.ours = true);
                    }
                    store.add_version(&secret, &version, Some(&self.document(&key)), &["AWSPENDING"]);
                }
            }
        }
    }

    fn secret(&self, number: usize) -> String {
        self.secrets.get(number % self.secrets.len()).cloned().unwrap_or_default()
    }

    pub(super) fn document(&self, key: &Key) -> String {
        json!({"dsn": self.stage.sentry.public_dsn(key), "organization": "acme", "project": "storefront"}).to_string()
    }

    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Truth)) {
        // One that is new is a rotation's.
        let ours = Truth { ours: true, ..Truth::default() };
        change(self.notes().keys.entry(id.to_owned()).or_insert(ours));
    }

    /// A person's hand is on a key from now on, and on every key that was made for the same version.
    fn touch(&self, number: usize) -> Key {
        let mut keys = self.stage.sentry.keys("acme", "storefront");
        if keys.is_empty() {
            let key = self.stage.sentry.add_key("acme", "storefront", "made by a person");
            self.notes().keys.insert(key.id.clone(), Truth::default());
            keys.push(key);
        }
        let key = keys.remove(number % keys.len());
        self.change(&key.id, |truth| truth.touched = true);
        self.touch_all_with(&mark(&key.label));
        key
    }

    fn touch_all_with(&self, wanted: &str) {
        for key in self.stage.sentry.keys("acme", "storefront") {
            if !wanted.is_empty() && mark(&key.label) == wanted {
                self.change(&key.id, |truth| truth.touched = true);
            }
        }
    }

    pub(super) fn abandon(&self, secret: &str) {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(secret);
        self.stage.store.set_stage(secret, "AWSPENDING", None);
    }

    fn roll_back(&self, secret: &str) {
        let store = &self.stage.store;
        let (current, previous) = (store.version_at(secret, "AWSCURRENT"), store.version_at(secret, "AWSPREVIOUS"));
        let Some(previous) = previous else { return };
        if let Some(key) = self.key_at(secret, "AWSPREVIOUS") {
            self.change(&key, |truth| truth.moved = true);
        }
        store.set_stage(secret, "AWSCURRENT", Some(&previous));
        store.set_stage(secret, "AWSPREVIOUS", current.as_deref());
    }
}
