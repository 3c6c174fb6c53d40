//! A use case: what a key is for, and the life that it leads.

use std::time::Duration;

use crate::preset::Preset;
use crate::rate_limit::RateLimit;
use crate::words::words;

words! {
    /// What sort of key it is, in Sentry's words; also the value of the tag `sentry:kind`.
    Kind {
        /// A DSN.
        ClientKey = "client-key",
        /// The 8-hour token of a public or unpublished integration.
        InstallationToken = "installation-token",
        /// The 30-day token of an OAuth application.
        OauthToken = "oauth-token",
        /// `sntrys_…`, minted by a person.
        OrganizationToken = "organization-token",
        /// The token of an internal integration, minted by a person.
        IntegrationToken = "integration-token",
        /// `sntryu_…`, minted by a person and bound to that person.
        PersonalToken = "personal-token",
    }
}

words! {
    /// What happens to a superseded key that is still used when `grace_max` has passed.
    AtGraceMax {
        /// It is disabled; who still uses it loses events.
        Disable = "disable",
        /// It stays, and is reported. For browsers and mobile apps, which cannot be told to update.
        Keep = "keep",
    }
}

words! {
    /// Where the key is held.
    Exposure {
        /// On servers that the team runs.
        Server = "server",
        /// In a page: everybody can read it.
        Browser = "browser",
        /// In an app: everybody can extract it, and old versions live on.
        Mobile = "mobile",
    }
}

words! {
    /// What the holders of a client key send. Sentry counts only errors per key.
    Signal {
        /// Errors and messages.
        Errors = "errors",
        /// Transactions.
        Transactions = "transactions",
        /// Spans.
        Spans = "spans",
        /// Release health.
        Sessions = "sessions",
        /// Session replays.
        Replays = "replays",
        /// Profiles.
        Profiles = "profiles",
        /// Structured logs.
        Logs = "logs",
        /// Metrics.
        Metrics = "metrics",
        /// Check-ins of cron monitors.
        CheckIns = "check-ins",
        /// User feedback.
        Feedback = "feedback",
        /// Attachments and minidumps.
        Attachments = "attachments",
        /// CSP and other browser reports.
        SecurityReports = "security-reports",
    }
}

/// What a key is for, and the life that it leads. Made by `Policy::parse` only, which checks the members against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UseCase {
    /// The value of the tag `sentry:use-case`.
    pub name: String,
    /// The sort of key.
    pub kind: Kind,
    /// What it is for; always one of the two presets of SDKs for a client key, never for a token.
    pub preset: Option<Preset>,
    /// The scopes that a token may carry, in the order of the file; empty = the preset's. Empty for a client key.
    pub scopes: Vec<String>,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// How to reach that team.
    pub contact: Option<String>,
    /// A key that is older is overdue for rotation.
    pub interval: Option<Duration>,
    /// Why that interval.
    pub rationale: Option<String>,
    /// How long before the end of the interval it is announced.
    pub warn: Option<Duration>,
    /// How long a superseded key stays enabled at least.
    pub grace: Option<Duration>,
    /// How long it stays enabled at most while it is still used; never shorter than `grace`.
    pub grace_max: Option<Duration>,
    /// What happens then; given whenever `grace_max` is.
    pub at_grace_max: Option<AtGraceMax>,
    /// How long the old key must have been silent to count as unused.
    pub quiet_for: Option<Duration>,
    /// What its holders send; empty = not stated, so silence proves nothing.
    pub signals: Vec<Signal>,
    /// How long a disabled key is kept before it is deleted; given whenever `delete` is true.
    pub quarantine: Option<Duration>,
    /// Whether a key is deleted after quarantine.
    pub delete: bool,
    /// The rate limit of a client key, if the file states one (see [`UseCase::birth_settings`] for the preset's).
    pub rate_limit: Option<RateLimit>,
    /// Whether a key without that limit is refused; only with a `rate_limit`.
    pub rate_limit_required: bool,
    /// Where the key is held.
    pub exposure: Option<Exposure>,
    /// A review of a key of this use case that is older is overdue; none = `[review] every`.
    pub review_every: Option<Duration>,
}

impl UseCase {
    /// The scopes that a token may carry: those of the file, else the preset's, else none.
    #[must_use]
    pub fn allowed_scopes(&self) -> Vec<&str> {
        if self.scopes.is_empty() {
            self.preset.map_or(&[][..], Preset::scopes).to_vec()
        } else {
            self.scopes.iter().map(String::as_str).collect()
        }
    }

    /// Whether the policy declares that holders send errors and nothing else, so that Sentry's per-key count sees all of it.
    #[must_use]
    pub fn sends_errors_only(&self) -> bool {
        self.signals == [Signal::Errors]
    }
}
