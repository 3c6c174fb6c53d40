//! Whose key is it? Decided anew in every run, from what was read in that run and what the ledger has proof of.
//!
//! A name alone proves nothing, for anybody can copy a label; a value alone proves nothing, for anybody can paste a DSN
//! into a secret. Only both together say that this system made the key: the value of a version that only the rotation
//! function may write, and the mark of that same version.

use std::ops::BitOrAssign;

use crate::ledger::Class;
use crate::words::words;

/// How much the clocks of Sentry and Secrets Manager may differ, in microseconds.
const SKEW: i64 = 5_000_000;

words! {
    /// The class of a key's owner.
    Ownership {
        /// The value of AWSCURRENT or AWSPENDING of a managed secret, or made for a rotation that is under way.
        Untouchable = "untouchable",
        /// Made by this system for a version that held it, and superseded.
        Ours = "ours",
        /// The value of a version that it was not made for: somebody else made it.
        Adopted = "adopted",
        /// Made by this system for a version that holds another key, or none.
        Orphan = "orphan",
        /// By the ledger this system's, and its secret is gone.
        Abandoned = "abandoned",
        /// Everything else.
        Foreign = "foreign",
    }
}

/// Which labels the versions that hold a key carry, over all managed secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// AWSCURRENT.
    pub current: bool,
    /// AWSPENDING.
    pub pending: bool,
}

impl BitOrAssign for Held {
    /// Adds the labels under which another secret, or a later look, shows the key.
    fn bitor_assign(&mut self, other: Self) {
        self.current |= other.current;
        self.pending |= other.pending;
    }
}

/// The labels of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Labels {
    /// AWSCURRENT.
    pub current: bool,
    /// AWSPENDING.
    pub pending: bool,
}

/// What a version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A DSN with this key id.
    Key(String),
    /// Something that is no DSN.
    Other,
    /// Nothing.
    Empty,
    /// It was not read.
    Unread,
}

/// When something was made, in Unix microseconds, where that is known.
pub type Created = Option<i64>;

/// A version of a secret, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSeen<M> {
    /// Its id.
    pub id: String,
    /// The mark of the keys that are made for it.
    pub mark: M,
    /// Its labels.
    pub labels: Labels,
    /// What it holds.
    pub value: Value,
    /// When it was registered.
    pub created: Created,
    /// Until when a key with its mark can be nobody's but its rotation's: until the first key with the mark was made, before the
    /// key that it holds was, and where it holds none until the version after it was registered.
    ///
    /// It must never move to a later time: a label that was copied in between would make its key an orphan. None is safe.
    pub settled: Created,
}

/// A secret that is bound to the key's project, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSeen<M> {
    /// Its ARN.
    pub arn: String,
    /// Its versions, as far as Secrets Manager has them.
    pub versions: Vec<VersionSeen<M>>,
}

/// A key of the project, as Sentry shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySeen<M> {
    /// The key id.
    pub id: String,
    /// The mark at the end of its label.
    pub mark: Option<M>,
    /// When it was made.
    pub created: Created,
}

words! {
    /// The version whose mark a key bears while it holds something else.
    MarkedVersion {
        /// Its rotation is under way and may yet take the key.
        Pending = "pending",
        /// It holds another key or none, and the key was made in its time.
        Settled = "settled",
        /// It holds another key or none, and the key was made at another time, or nobody knows when.
        OtherTime = "other-time",
        /// Its value was not read.
        Unread = "unread",
    }
}

/// What ties a key to a secret that is bound to its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tie {
    /// It bears the mark of a version that does not hold it.
    Mark(MarkedVersion),
    /// A version holds it, without being the one whose mark it bears.
    Value,
    /// A version holds it, and it bears the mark of that version.
    ValueAndMark,
}

impl Tie {
    /// Every tie, from the loosest.
    pub const ALL: &'static [Self] = &[
        Self::Mark(MarkedVersion::Pending),
        Self::Mark(MarkedVersion::Settled),
        Self::Mark(MarkedVersion::OtherTime),
        Self::Mark(MarkedVersion::Unread),
        Self::Value,
        Self::ValueAndMark,
    ];
}

/// The strongest tie between a key and these secrets, with the secret and the version that it is to.
///
/// A version that is current or pending comes before one that was, and the newer before the older: secrets and their
/// versions are given from the oldest to the newest.
#[must_use]
pub fn tie<'a, M: PartialEq>(
    key: &KeySeen<M>,
    secrets: &'a [SecretSeen<M>],
) -> Option<(Tie, &'a SecretSeen<M>, &'a VersionSeen<M>)> {
    let versions = secrets.iter().flat_map(|secret| secret.versions.iter().map(move |version| (secret, version)));
    let ties = versions.filter_map(|(secret, version)| Some((tie_to(key, version)?, secret, version)));
    ties.max_by_key(|(tie, _, version)| (*tie, version.labels.current, version.labels.pending))
}

fn tie_to<M: PartialEq>(key: &KeySeen<M>, version: &VersionSeen<M>) -> Option<Tie> {
    let marked = key.mark.as_ref() == Some(&version.mark);
    match (&version.value, marked) {
        (Value::Key(id), true) if *id == key.id => Some(Tie::ValueAndMark),
        (Value::Key(id), false) if *id == key.id => Some(Tie::Value),
        (Value::Unread, true) => Some(Tie::Mark(MarkedVersion::Unread)),
        (Value::Key(_) | Value::Other | Value::Empty, true) => Some(Tie::Mark(marked_version(key.created, version))),
        (Value::Key(_) | Value::Other | Value::Empty | Value::Unread, false) => None,
    }
}

fn marked_version<M>(made: Created, version: &VersionSeen<M>) -> MarkedVersion {
    if version.labels.pending && !version.labels.current {
        return MarkedVersion::Pending;
    }
    let empty = version.value == Value::Empty;
    // A copied label is told from an orphan by time alone: what was made after the rotation is none of its keys.
    match (made, version.created, version.settled) {
        (Some(made), Some(created), Some(settled)) if (created.saturating_sub(SKEW)..=settled).contains(&made) => {
            MarkedVersion::Settled
        }
        (Some(made), Some(created), None) if empty && made >= created.saturating_sub(SKEW) => MarkedVersion::Settled,
        (Some(_) | None, Some(_) | None, Some(_) | None) => MarkedVersion::OtherTime,
    }
}

/// The class that a record of this key states: what is proven now or was proven before, whichever is more. None where
/// nothing is: then there is nothing to record.
#[must_use]
pub fn class_of(tie: Option<Tie>, recorded: Option<Class>) -> Option<Class> {
    match (tie, recorded) {
        (Some(Tie::ValueAndMark), _) | (_, Some(Class::Ours)) => Some(Class::Ours),
        (Some(Tie::Value), _) | (_, Some(Class::Adopted)) => Some(Class::Adopted),
        (Some(Tie::Mark(MarkedVersion::Settled)), _) | (_, Some(Class::Orphan)) => Some(Class::Orphan),
        (Some(Tie::Mark(_)) | None, None) => None,
    }
}

/// Whose key it is. `recorded` is what the ledger has proof of, `secret_gone` whether the secret that the ledger names does
/// not exist any more.
#[must_use]
pub fn ownership(held: Held, tie: Option<Tie>, recorded: Option<Class>, secret_gone: bool) -> Ownership {
    if held.current || held.pending || tie == Some(Tie::Mark(MarkedVersion::Pending)) {
        return Ownership::Untouchable;
    }
    match class_of(tie, recorded) {
        Some(_) if tie.is_none() && secret_gone => Ownership::Abandoned,
        Some(Class::Ours) => Ownership::Ours,
        Some(Class::Adopted) => Ownership::Adopted,
        Some(Class::Orphan) => Ownership::Orphan,
        None => Ownership::Foreign,
    }
}
