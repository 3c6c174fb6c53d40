//! What must hold, looked at after every move.

use std::time::Duration;

use key_lifecycle::{Entry, Held, KeyObject, Kind, check_chain};

use super::world::{KeyNumber, World};

/// What happened, so that it can be told that something was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Calls made.
    pub calls: usize,
    /// Calls that went wrong as planned.
    pub faults: usize,
    /// What people did.
    pub acts: usize,
    /// Keys that rotation made.
    pub keys_made: usize,
    /// Promotions.
    pub promotions: usize,
    /// Keys that retirement disabled.
    pub disabled: usize,
    /// Keys that retirement disabled while somebody made them current or pending.
    pub overtaken: usize,
    /// Keys that retirement enabled again.
    pub enabled: usize,
    /// Keys that retirement deleted.
    pub deleted: usize,
    /// Persons' keys with a copied label that were taken for an orphan, since the original had lost its own.
    pub copies_disabled: usize,
    /// Records written.
    pub records: usize,
    /// Attempts of a rotation that a step refused.
    pub refused: usize,
}

impl Counts {
    /// Adds what happened elsewhere.
    pub fn add(&mut self, other: &Self) {
        let Self {
            calls,
            faults,
            acts,
            keys_made,
            promotions,
            disabled,
            overtaken,
            enabled,
            deleted,
            copies_disabled,
            records,
            refused,
        } = other;
        self.calls += calls;
        self.faults += faults;
        self.acts += acts;
        self.keys_made += keys_made;
        self.promotions += promotions;
        self.disabled += disabled;
        self.overtaken += overtaken;
        self.enabled += enabled;
        self.deleted += deleted;
        self.copies_disabled += copies_disabled;
        self.records += records;
        self.refused += refused;
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl World {
    pub(super) fn broken(&mut self, who: &str, what: &str) {
        self.tell(|| format!("BROKEN by {who}: {what}"));
        self.wrong.insert(format!("{what} ({who})"));
    }

    /// Looks at what must hold at every instant.
    pub(super) fn watch(&mut self, who: &str) {
        for number in 0..self.secrets.len() {
            let Some(key) = self.key_at(number, self.secrets[number].labels.current) else { continue };
            let micros = self.micros();
            let truth = &mut self.keys[key].truth;
            truth.last_current = Some(micros);
            let excused = truth.ended_by_person || truth.overtaken || truth.moved_onto;
            if self.keys[key].object != KeyObject::Active && !excused {
                self.broken(who, "AWSCURRENT's key is not accepted, and no person did that");
            }
        }
    }

    /// Looks at a key that the system is about to disable or delete.
    pub(super) fn may_end(&mut self, process: usize, who: &str, key: KeyNumber, intent: Kind) {
        let truth = self.keys[key].truth.clone();
        if truth.made_for.is_none() {
            // A label that was copied from a key of a rotation under way, whose own label was then taken away or which was
            // deleted, is as good as the original: the one known way to have a person's key disabled. It is never deleted.
            let bears_a_copy = self.keys[key].mark.is_some() && intent == Kind::Disabling;
            let original = self.keys[..key]
                .iter()
                .any(|other| other.mark == self.keys[key].mark && other.object != KeyObject::Gone);
            if bears_a_copy && !original {
                self.counts.copies_disabled += 1;
            } else {
                self.broken(who, "a person's key is disabled or deleted");
            }
        }
        if truth.intent.is_none_or(|(on_record, _)| on_record != intent) {
            self.broken(who, "a key is disabled or deleted, and that is not on record");
        }
        let holders: Vec<usize> =
            (0..self.secrets.len()).filter(|it| self.secrets[*it].holds(key) != Held::default()).collect();
        for secret in holders {
            match self.looks.get(&(process, key, secret)) {
                Some(false) => {
                    self.keys[key].truth.overtaken = true;
                    self.counts.overtaken += 1;
                }
                Some(true) => self.broken(who, "a key that was seen to be current or pending is disabled or deleted"),
                None => self.broken(who, "a key is disabled or deleted without a look at the labels before"),
            }
        }
        let grace = self.terms.grace.map_or(0, micros);
        if !truth.moved_back && truth.last_current.is_some_and(|at| self.micros() < at.saturating_add(grace)) {
            self.broken(who, "a key is disabled in its grace");
        }
        if truth.reinstated && intent == Kind::Disabling {
            self.broken(who, "a key that a person enabled again is disabled without a new decision");
        }
        if intent == Kind::Deleting {
            self.may_delete(who, key);
        }
    }

    /// Looks at a key that the system is about to delete.
    fn may_delete(&mut self, who: &str, key: KeyNumber) {
        let truth = self.keys[key].truth.clone();
        if !self.terms.delete {
            self.broken(who, "a key is deleted, though nobody asked for deletion");
        }
        if !truth.said_dead {
            self.broken(who, "a key is deleted without proof that it is dead");
        }
        let quarantine = micros(self.terms.quarantine);
        if truth.disabled_at.is_some_and(|at| self.micros() < at.saturating_add(quarantine)) {
            self.broken(who, "a key is deleted in its quarantine");
        }
    }

    /// One key for each version, unless two attempts were at work at once, a person's hand was in it, or
    /// the rotation was ended while the attempt worked on.
    pub(super) fn check_one_key_for_each_version(&mut self, secret: usize, version: usize) {
        let made = &self.secrets[secret].versions[version];
        let ended = self.secrets[secret].in_flight != Some(version);
        if made.keys_made > 1 && !made.contested && !ended {
            self.broken("rotation", "a second key is made for one version");
        }
    }

    /// Whether a key must be dead once everything is over: the system made it, it is superseded, and nobody's hand was on it.
    ///
    /// Of two keys for one version the second is left alone: nobody can tell it from one whose label a person copied.
    pub(super) fn must_be_dead(&self, key: KeyNumber) -> bool {
        let Some((secret, version)) = self.keys[key].truth.made_for else { return false };
        let first = self.keys.iter().position(|other| other.truth.made_for == Some((secret, version)));
        let truth = &self.keys[key].truth;
        let untouched = !truth.touched && !truth.unrecorded && !self.secrets[secret].versions[version].contested;
        self.held(key) == Held::default() && untouched && first == Some(key)
    }

    /// Every chain of records is whole.
    pub(super) fn check_ledger(&mut self) {
        let mut wrong = Vec::new();
        for ((secret, key), chain) in &self.ledger {
            let entries: Vec<Entry<'_>> =
                chain.iter().zip(1..).map(|(bytes, sequence)| Entry { sequence, bytes }).collect();
            if let Err(broken) = check_chain(&self.secrets[*secret].arn, &self.keys[*key].id, &entries) {
                wrong.push(format!("a chain of records is not whole: {broken}"));
            }
        }
        for what in wrong {
            self.broken("retirement", &what);
        }
    }
}
