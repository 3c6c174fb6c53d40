//! Everything that can stop a rotation, in words that tell an operator what to do.

use function_kit::Failure;
use rotation::{PendingFault, Refusal};
use secret_store::InvalidDocument;
use sentry_binding::{Need, Role};

/// What this function does with the management token.
pub const ROLE: Role = Role {
    variable: "SENTRY_AUTH_SECRET_ID",
    task: "rotating a client key",
    need: Need::WRITE,
    again: "Secrets Manager retries by itself",
};

/// The codes of this function, as alarms match them. Each has an entry in `docs/troubleshooting.md`.
pub const CODES: [&str; 24] = [
    "Configuration.Invalid",
    "Event.Invalid",
    "Internal.Defect",
    "Rotation.NotEnabled",
    "Rotation.UnknownVersion",
    "Rotation.NotPending",
    "Rotation.DocumentInvalid",
    "Rotation.BindingMismatch",
    "Rotation.TokenInvalid",
    "Rotation.ScopeMissing",
    "Rotation.ProjectNotFound",
    "Rotation.OrganizationNotVisible",
    "Rotation.TooManyUnpromoted",
    "Rotation.PendingKeyGone",
    "Rotation.PendingInvalid",
    "Rotation.SettingsDiffer",
    "Rotation.KeyInactive",
    "Rotation.KeyRefused",
    "Rotation.IngestionRefused",
    "Rotation.SentryUnavailable",
    "Rotation.SentryRateLimited",
    "Rotation.StoreUnavailable",
    "Rotation.StoreConflict",
    "Rotation.DeadlineNear",
];

/// Why an observation or an effect failed.
#[derive(Debug)]
pub enum Error {
    /// Sentry did not do what it was asked, and nothing more is known.
    Sentry(sentry_client::Error),
    /// Secrets Manager did not do what it was asked.
    Store(secret_store::Error),
    /// A failure that is already in words.
    Stated(Failure),
}

impl From<sentry_client::Error> for Error {
    fn from(error: sentry_client::Error) -> Self {
        Self::Sentry(error)
    }
}

impl From<secret_store::Error> for Error {
    fn from(error: secret_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Stated(failure)
    }
}

/// The failure of a refusal that was decided. `secret` is the secret's name, `version` the pending version.
#[must_use]
pub fn of_refusal(refusal: Refusal, secret: &str, version: &str) -> Failure {
    let clear = || {
        format!(
            "clear it with `aws secretsmanager update-secret-version-stage --secret-id {secret} --version-stage AWSPENDING \
             --remove-from-version-id {version}`, then rotate again with `aws secretsmanager rotate-secret --secret-id {secret}`"
        )
    };
    let (code, sentence) = match refusal {
        Refusal::NotEnabled => (
            "Rotation.NotEnabled",
            format!(
                "rotation is not enabled for {secret}: enable it with `aws secretsmanager rotate-secret --secret-id {secret} --rotation-lambda-arn …`"
            ),
        ),
        Refusal::UnknownVersion => (
            "Rotation.UnknownVersion",
            format!("{version} is no version of {secret}: let only Secrets Manager invoke this function"),
        ),
        Refusal::NotPending => (
            "Rotation.NotPending",
            format!(
                "version {version} of {secret} is not AWSPENDING: its rotation was abandoned; start a new one with `aws secretsmanager rotate-secret --secret-id {secret}`"
            ),
        ),
        Refusal::TooManyUnpromoted => (
            "Rotation.TooManyUnpromoted",
            format!(
                "more than {} active keys of {secret} were made and never promoted, so no further one is made: find out why rotations fail, \
                 then disable in Sentry the keys whose label ends with this secret's mark and that no version holds",
                rotation::MAX_UNPROMOTED
            ),
        ),
        Refusal::PendingInvalid(fault) => (
            "Rotation.PendingInvalid",
            format!(
                "the pending version {version} of {secret} {}: {}",
                match fault {
                    PendingFault::Empty =>
                        "has no value yet, so there is nothing to set, test or promote; if createSecret does not store one",
                    PendingFault::Unreadable => "holds no Sentry document",
                    PendingFault::Foreign => "names another organization or project than the secret is bound to",
                    PendingFault::CopyOfCurrent => "holds the key that AWSCURRENT holds",
                    PendingFault::OtherDestination => "holds a key with another ingestion host than the current key's",
                },
                clear()
            ),
        ),
        Refusal::PendingKeyGone => (
            "Rotation.PendingKeyGone",
            format!("the key in the pending version {version} of {secret} was deleted in Sentry: {}", clear()),
        ),
        Refusal::KeyInactive => (
            "Rotation.KeyInactive",
            format!(
                "the key of {secret} that this step works with is disabled in Sentry: enable it there, or {}",
                clear()
            ),
        ),
        Refusal::CurrentKeyGone => (
            "Rotation.KeyInactive",
            format!(
                "the current key of {secret} was deleted in Sentry: rotate at once with `aws secretsmanager rotate-secret --secret-id {secret}`"
            ),
        ),
        Refusal::SettingsDiffer => (
            "Rotation.SettingsDiffer",
            format!(
                "the new key of {secret} does not keep the settings that it should have (rate limit, SDK version, loader options): compare the two keys in Sentry"
            ),
        ),
        Refusal::RequiredLimitDropped => (
            "Rotation.SettingsDiffer",
            format!(
                "the use case of {secret} requires a rate limit, and the organization's Sentry plan drops it: change the plan, or rate_limit_required in the key policy"
            ),
        ),
        Refusal::KeyRefused => (
            "Rotation.KeyRefused",
            format!("Sentry lists the key of {secret} as active and refuses its DSN: {}", clear()),
        ),
        Refusal::IngestionRefused => (
            "Rotation.IngestionRefused",
            format!(
                "ingestion refuses the key of {secret}, so applications would lose events: check the relays in front of Sentry; Secrets Manager retries by itself"
            ),
        ),
    };
    Failure::new(code, sentence)
}

/// The failure of a current value that cannot be read.
#[must_use]
pub fn of_document(error: InvalidDocument, secret: &str) -> Failure {
    Failure::new(
        "Rotation.DocumentInvalid",
        format!(
            "the current value of {secret} {error}: store {{\"dsn\": …, \"organization\": …, \"project\": …}} or a bare DSN"
        ),
    )
}
