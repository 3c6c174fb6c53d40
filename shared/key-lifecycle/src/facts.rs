//! What one judgement rests on.

use jiff::Timestamp;

use crate::ledger::History;
use crate::ownership::{Held, Tie};
use crate::traffic::Signal;
use crate::words::words;

words! {
    /// The key in Sentry.
    KeyObject {
        /// It is there and enabled.
        Active = "active",
        /// It is there and disabled.
        Inactive = "inactive",
        /// The project has no such key.
        Gone = "gone",
    }
}

/// Everything that was read about one key in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// When the run judges.
    pub now: Timestamp,
    /// Why nothing can be judged here: a part of the project that could not be read, in words.
    pub frozen: Option<String>,
    /// The key in Sentry.
    pub key: KeyObject,
    /// Which labels it is held under, over all managed secrets.
    pub held: Held,
    /// What ties it to a secret of its project.
    pub tie: Option<Tie>,
    /// Whether the secret that the ledger names is gone.
    pub secret_gone: bool,
    /// What the ledger says.
    pub history: History,
    /// What the counts say; asked only where it matters.
    pub signal: Signal,
    /// Whether the key that applications read instead is enabled.
    pub successor_alive: bool,
    /// Whether every replica of the secret is in sync, so that all consumers can read the new key.
    pub replicas_in_sync: bool,
    /// Whether the secret carries the tag `sentry:hold`.
    pub hold: bool,
    /// The ticket of a consent for this key that holds today.
    pub consent: Option<String>,
    /// Whether there is an identity that may delete keys.
    pub may_delete: bool,
    /// Whether ingestion took the last probe of this disabled key.
    pub ingestion_accepts: bool,
}
