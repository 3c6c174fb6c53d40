//! What a chain of records adds up to.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::Head;
use super::record::{Class, Grade, Kind, Record};
use crate::reason::after;

/// Longer than any invocation lives (facts/aws.md section 3): what one of them has begun is over by then.
const LONGEST_INVOCATION: Duration = Duration::from_mins(15);

/// The function whose records are somebody's orders.
const REVOKE_KEY: &str = "revoke-key";

/// Where a key stands in its life, as far as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Phase {
    /// Nothing is written yet.
    #[default]
    Unknown,
    /// Last seen as what applications read.
    Current,
    /// Superseded, adopted, orphaned: waiting since [`History::since`].
    Waiting,
    /// An attempt to disable it was begun and its end was not written.
    Disabling,
    /// Disabled.
    Disabled,
    /// Somebody enabled it again.
    Reinstated,
    /// An attempt to delete it was begun and its end was not written.
    Deleting,
    /// Gone.
    Deleted,
}

/// A disablement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// When it was written that the key is disabled.
    pub at: Timestamp,
    /// Whether this system did it, or found it done.
    pub by_us: bool,
    /// The ticket of the last consent that is used up: the key was disabled under it, or enabled again while it held.
    pub ticket: Option<String>,
}

/// The best proof of death so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// How good it is.
    pub grade: Grade,
    /// When it was given.
    pub at: Timestamp,
}

/// What a key's records add up to. Small enough to be remembered between runs, and made anew from the records before
/// anything is done to the key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Where the key stands.
    pub phase: Phase,
    /// Whose key it was when it was last decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Since when it is superseded, adopted or an orphan, without having been current in between; of an orphan that became the
    /// value of a version, since when that is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Since when it is known to be quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Timestamp>,
    /// How often this system has begun to disable or delete it.
    #[serde(default)]
    pub attempts: u32,
    /// When a run has begun to disable it, while no record says what came of that. Another run may have seen it current since;
    /// the first may disable it all the same, and die before it looks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Timestamp>,
    /// The disablement that holds, or that was undone by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// In how many successive runs ingestion refused it.
    #[serde(default)]
    pub refusals: u32,
    /// The best proof of death.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Proven>,
    /// Whether somebody revoked it: then why is on record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// Whether it is written that its secret is gone.
    #[serde(default)]
    pub abandoned: bool,
    /// The newest record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
}

impl History {
    /// Whether a record of this kind would say that somebody has enabled or disabled the key since the newest record, or that
    /// nobody has though a run has begun to: the list of keys that says so may be older than that.
    #[must_use]
    pub fn is_switched_by(&self, kind: Kind) -> bool {
        match kind {
            Kind::Reinstated | Kind::Disabled => true,
            Kind::Current => matches!(self.phase, Phase::Disabled | Phase::Deleting) || self.begun.is_some(),
            Kind::Superseded | Kind::Orphan | Kind::Adopted => self.begun.is_some(),
            Kind::Quiet
            | Kind::Disabling
            | Kind::Refused
            | Kind::Proven
            | Kind::Deleting
            | Kind::Deleted
            | Kind::Abandoned => false,
        }
    }

    /// Whether it is to be looked at again whose key it is: an orphan becomes the value of its version after all where a
    /// rotation that a person ended comes back. One that was disabled, or that a person enabled again, stays what it was.
    #[must_use]
    pub fn may_become_a_value(&self) -> bool {
        let waits = match self.phase {
            Phase::Waiting | Phase::Disabling => true,
            Phase::Unknown
            | Phase::Current
            | Phase::Disabled
            | Phase::Reinstated
            | Phase::Deleting
            | Phase::Deleted => false,
        };
        waits && self.class == Some(Class::Orphan) && self.disabled.is_none()
    }

    /// The history of a whole chain, whose newest record has this head.
    #[must_use]
    pub fn of(records: &[Record], head: Option<Head>) -> Self {
        let mut history = Self::default();
        for record in records {
            history.add(record);
        }
        history.head = head;
        history
    }

    /// When a disablement was begun that may still be under way at `time`. While no record says what came of an attempt, each
    /// run tries it again under the same record: one may be at it now.
    fn still_open(&self, time: Timestamp) -> Option<Timestamp> {
        match self.phase {
            Phase::Disabling => self.begun.map(|_| time),
            Phase::Unknown
            | Phase::Current
            | Phase::Waiting
            | Phase::Disabled
            | Phase::Reinstated
            | Phase::Deleting
            | Phase::Deleted => self.begun.filter(|_| !self.is_closed_by(time)),
        }
    }

    /// Whether a disablement was begun, nothing says what came of it, and it is over by `now`.
    #[must_use]
    pub fn is_closed_by(&self, now: Timestamp) -> bool {
        self.begun.is_some_and(|begun| now >= after(begun, LONGEST_INVOCATION))
    }

    /// Takes one record more. The head is the caller's to set: it depends on the record's bytes.
    pub fn add(&mut self, record: &Record) {
        let time = record.time;
        let has_become_a_value = self.class == Some(Class::Orphan) && record.class != Class::Orphan;
        self.class = Some(record.class);
        match record.kind {
            Kind::Current => {
                // A key that was given back was so by the run that had disabled it.
                let begun = self.still_open(time).filter(|_| record.attempt == 0);
                let (class, head) = (self.class, self.head.take());
                *self = Self { phase: Phase::Current, class, begun, head, ..Self::default() };
            }
            Kind::Superseded | Kind::Adopted | Kind::Orphan => {
                self.begun = self.still_open(time);
                self.phase = Phase::Waiting;
                // What counted from when nobody could read it says nothing about those who read it since.
                self.since = self.since.filter(|_| !has_become_a_value).or(Some(time));
            }
            Kind::Quiet => self.quiet = Some(time),
            Kind::Disabling => {
                self.phase = Phase::Disabling;
                self.since = self.since.or(Some(time));
                self.attempts = record.attempt;
                // What somebody ordered is not undone.
                self.begun = Some(time).filter(|_| record.function != REVOKE_KEY);
            }
            // Disabled already: somebody revoked it as well, and that is all there is to add.
            Kind::Disabled if self.phase == Phase::Disabled && record.attempt == 0 => {
                self.revoked |= record.function == REVOKE_KEY;
            }
            Kind::Disabled => {
                // One that is found disabled after an attempt was disabled by it: the process died before it wrote that down.
                let by_us = record.attempt > 0 || self.phase == Phase::Disabling || self.begun.is_some();
                self.begun = None;
                self.phase = Phase::Disabled;
                self.since = self.since.or(Some(time));
                // A consent that was used once stays used, whoever disables the key next.
                let before = self.disabled.take().and_then(|disabled| disabled.ticket);
                self.revoked |= record.function == REVOKE_KEY;
                self.disabled = Some(Disabled { at: time, by_us, ticket: record.ticket.clone().or(before) });
                self.refusals = 0;
                self.proven = None;
            }
            Kind::Refused => self.refusals = record.attempt,
            Kind::Proven => {
                if let Some(grade) = record.grade
                    && self.proven.is_none_or(|proven| proven.grade < grade)
                {
                    self.proven = Some(Proven { grade, at: time });
                }
            }
            Kind::Deleting => {
                self.phase = Phase::Deleting;
                self.attempts = record.attempt;
            }
            Kind::Deleted => self.phase = Phase::Deleted,
            Kind::Reinstated => {
                self.phase = Phase::Reinstated;
                // A consent that held already is no answer to what was seen only now.
                if let (Some(disabled), Some(ticket)) = (&mut self.disabled, &record.ticket) {
                    disabled.ticket = Some(ticket.clone());
                }
                self.refusals = 0;
                self.proven = None;
                self.quiet = None;
            }
            Kind::Abandoned => self.abandoned = true,
        }
    }
}
