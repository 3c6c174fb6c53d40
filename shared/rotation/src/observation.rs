//! What a step sees of the world before it decides.
//!
//! Every type here is a closed set of cases, so that the decision can be tested over all of their combinations.

/// How the version that the event names stands with Secrets Manager (`DescribeSecret`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contract {
    /// Rotation is not enabled for the secret.
    NotEnabled,
    /// The event's token is no version of the secret.
    UnknownVersion,
    /// The version exists and is neither AWSPENDING nor AWSCURRENT.
    NotPending,
    /// The version is AWSCURRENT already.
    AlreadyCurrent,
    /// The version is AWSPENDING: the rotation is under way.
    UnderWay,
}

/// The value of the pending version, and the key that it names as Sentry shows it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pending {
    /// The version has no value.
    Empty,
    /// The value is no document with a DSN.
    Unreadable,
    /// The value names another organization or project than the secret is bound to.
    Foreign,
    /// The value names the key that AWSCURRENT names.
    CopyOfCurrent,
    /// The key does not exist in the bound project.
    KeyGone,
    /// The key exists and is disabled.
    KeyDisabled,
    /// The key exists and is active.
    KeyActive,
}

/// The key of AWSCURRENT as Sentry shows it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Current {
    /// There is no AWSCURRENT version, or it holds no DSN: a first key.
    None,
    /// The key does not exist in the bound project any more.
    KeyGone,
    /// The key exists and is disabled.
    KeyDisabled,
    /// The key exists and is active.
    KeyActive,
    /// The key exists, and its DSN names another ingestion host or project than the pending key's: the two cannot serve
    /// the same application.
    OtherDestination,
}

/// The pending key's settings beside the wanted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settings {
    /// They are as wanted.
    AsWanted,
    /// They differ.
    Differ,
    /// They differ by the rate limit alone, which the organization's plan does not offer.
    LimitDroppedByPlan,
    /// As before, and the use case requires the limit.
    RequiredLimitDroppedByPlan,
}

/// Sentry's answer when a DSN asks whether it is known (the DSN question).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// The DSN is known and active.
    Alive,
    /// The DSN is refused.
    Dead,
    /// The answer says neither.
    Unknown,
}

/// What ingestion says to a probe with the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ingestion {
    /// It took the probe.
    Accepted,
    /// It refused the key, for as long as it was asked.
    Refused,
    /// It said neither: a limit, an outage, no route.
    Inconclusive,
}

/// What this invocation has seen of the key at work. A trial leaves no trace in the world, so it is the one thing that
/// the loop remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trial {
    /// The key was not tried in this invocation.
    NotYet,
    /// The key was tried.
    Done(Question, Ingestion),
}

/// Everything that a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Observed {
    /// The version and its labels.
    pub contract: Contract,
    /// The pending value and its key.
    pub pending: Pending,
    /// AWSCURRENT's key.
    pub current: Current,
    /// The pending key's settings; [`Settings::AsWanted`] where there is no key to compare.
    pub settings: Settings,
    /// A key that an earlier attempt at this version made and did not store.
    pub earlier_attempt: bool,
    /// More than [`crate::MAX_UNPROMOTED`] active keys of this secret are the value of no version.
    pub too_many_unpromoted: bool,
    /// Whether this invocation already brought the key to the wanted settings once.
    pub updated: bool,
    /// What this invocation has seen of the key at work: the pending key's, or in a test-only rotation the current's.
    pub trial: Trial,
}
