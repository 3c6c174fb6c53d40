//! What the policy says about a key that was superseded.

use std::time::Duration;

use crate::words::words;

words! {
    /// Whether anything is done at all.
    Mode {
        /// It is only said what would be done.
        Observe = "observe",
        /// It is done.
        Act = "act",
    }
}

words! {
    /// What happens to a key that is not known to be quiet when the longest grace is over.
    AtGraceMax {
        /// It is disabled.
        Disable = "disable",
        /// It stays, and is reported.
        Keep = "keep",
    }
}

words! {
    /// Whether silence can be seen: Sentry counts only errors for each key.
    Quiet {
        /// The use case declares that its senders send errors alone, and how long they must have been silent.
        Declared = "declared",
        /// It does not: silence proves nothing.
        Undeclared = "undeclared",
    }
}

/// The policy's terms for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Whether anything is done.
    pub mode: Mode,
    /// How long a superseded key stays enabled at least; none = for ever.
    pub grace: Option<Duration>,
    /// How long it stays enabled at most while it is not known to be quiet; none = for ever.
    pub grace_max: Option<Duration>,
    /// What happens then.
    pub at_grace_max: AtGraceMax,
    /// Whether silence can be seen.
    pub quiet: Quiet,
    /// How long a disabled key is kept before it is deleted.
    pub quarantine: Duration,
    /// Whether it is deleted then.
    pub delete: bool,
    /// How long an orphan stays enabled.
    pub orphan_grace: Duration,
    /// How soon after it was disabled a key must be proven dead.
    pub proof_deadline: Duration,
    /// In how many successive runs ingestion must refuse it.
    pub proof_refusals: u32,
}
