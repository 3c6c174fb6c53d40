//! The reasons for which a step stops until an operator acts.

/// What is wrong with a pending value that cannot be promoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PendingFault {
    /// It has no value: createSecret has not stored one.
    Empty,
    /// It is no document with a DSN.
    Unreadable,
    /// It names another organization or project than the secret is bound to.
    Foreign,
    /// It names the key that AWSCURRENT names.
    CopyOfCurrent,
    /// Its key's DSN names another destination than the current key's.
    OtherDestination,
}

/// Why a step refuses. A refusal is permanent until somebody changes what it names; nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Rotation is not enabled for the secret.
    NotEnabled,
    /// The event's token is no version of the secret.
    UnknownVersion,
    /// The version is not AWSPENDING.
    NotPending,
    /// Too many keys of this secret were made and never promoted.
    TooManyUnpromoted,
    /// The pending value cannot be promoted.
    PendingInvalid(PendingFault),
    /// The pending key does not exist any more.
    PendingKeyGone,
    /// The key is disabled.
    KeyInactive,
    /// The current key, which a test-only rotation tests, does not exist.
    CurrentKeyGone,
    /// The key's settings are not the wanted ones and cannot be brought there.
    SettingsDiffer,
    /// The use case requires a rate limit and the organization's plan offers none.
    RequiredLimitDropped,
    /// Sentry does not know the key's DSN.
    KeyRefused,
    /// Ingestion refuses the key.
    IngestionRefused,
}
