//! What people do, in Sentry's interface and with the command line of AWS.

use key_lifecycle::KeyObject;

use super::world::{KeyNumber, Truth, World};
use crate::schedule::Act;

impl World {
    pub(super) fn act(&mut self, act: Act) {
        self.pass_one_call();
        self.tell(|| format!("a person: {act:?}"));
        self.counts.acts += 1;
        match act {
            Act::Abandon { secret } => self.abandon(secret),
            Act::RollBack { secret } => self.roll_back(secret),
            Act::Disable { key } => self.end_by_hand(key, KeyObject::Inactive),
            Act::Delete { key } => self.end_by_hand(key, KeyObject::Gone),
            Act::Enable { key } => {
                let key = self.touch(key);
                if self.keys[key].object == KeyObject::Inactive {
                    self.keys[key].object = KeyObject::Active;
                    self.keys[key].truth.ended_by_person = false;
                }
            }
            Act::CopyLabel { key } => {
                let key = self.touch(key);
                let mark = self.keys[key].mark.clone();
                self.add_key(mark, true, Truth::default());
            }
            Act::EditLabel { key } => {
                let key = self.touch(key);
                self.keys[key].mark = None;
            }
            Act::Paste { secret, key } => {
                let key = self.touch(key);
                let version = self.register(secret);
                self.secrets[secret].versions[version].value = Some(key);
                let labels = &mut self.secrets[secret].labels;
                (labels.previous, labels.current) = (labels.current, Some(version));
                self.moved_by_hand(key);
            }
            Act::WritePending { secret, key } => {
                let Some(version) = self.secrets[secret].in_flight else { return };
                let key = self.touch(key);
                let at = &mut self.secrets[secret].versions[version];
                if at.value.is_none() {
                    at.value = Some(key);
                    // Value and mark together are the proof: who writes both by hand gives the key away.
                    if self.keys[key].mark.as_ref() == Some(&at.mark) {
                        self.keys[key].truth.made_for = Some((secret, version));
                    }
                    self.secrets[secret].labels.pending = Some(version);
                    for key in &mut self.keys {
                        key.truth.touched |= key.truth.made_for == Some((secret, version));
                    }
                    self.secrets[secret].versions[version].contested = true;
                }
            }
        }
    }

    /// A person's hand is on a key from now on: its number.
    fn touch(&mut self, key: usize) -> KeyNumber {
        let key = key % self.keys.len();
        self.keys[key].truth.touched = true;
        if let Some((secret, version)) = self.keys[key].truth.made_for {
            self.secrets[secret].versions[version].contested = true;
        }
        key
    }

    fn end_by_hand(&mut self, key: usize, end: KeyObject) {
        let key = self.touch(key);
        let key = &mut self.keys[key];
        if key.object != KeyObject::Gone {
            key.object = end;
            key.truth.ended_by_person = true;
        }
    }

    pub(super) fn abandon(&mut self, secret: usize) {
        let secret = &mut self.secrets[secret];
        secret.in_flight = None;
        secret.labels.pending = None;
    }

    fn roll_back(&mut self, secret: usize) {
        let labels = &mut self.secrets[secret].labels;
        if labels.previous.is_none() {
            return;
        }
        std::mem::swap(&mut labels.previous, &mut labels.current);
        let current = labels.current;
        if let Some(key) = self.key_at(secret, current) {
            self.moved_by_hand(key);
        }
    }

    fn moved_by_hand(&mut self, key: KeyNumber) {
        let key = &mut self.keys[key];
        key.truth.moved_onto |= key.object != KeyObject::Active;
        key.truth.moved_back = true;
    }
}
