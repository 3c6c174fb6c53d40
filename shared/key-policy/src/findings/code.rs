//! The codes of all findings: stable, since exceptions and other people's rules name them.

use crate::words::words;

words! {
    /// The five steps of least privilege, and the life of a key.
    Group {
        /// Know what each key is for and what it needs.
        Identify = "LP-1",
        /// Keys that reach one project.
        Project = "LP-2",
        /// No more than a key needs.
        Minimal = "LP-3",
        /// Somebody looks again.
        Review = "LP-4",
        /// No administration in applications.
        NoAdmin = "LP-5",
        /// Keys are renewed, and old ones end.
        Rotation = "ROT",
    }
}

impl Group {
    /// What it asks for, as the title of a chapter.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Identify => "Know what each key is for and what it needs",
            Self::Project => "Keys that reach one project",
            Self::Minimal => "No more than a key needs",
            Self::Review => "Somebody answers, and looks again",
            Self::NoAdmin => "No administration in applications",
            Self::Rotation => "Keys are renewed, and old ones end",
        }
    }
}

words! {
    /// Which rule.
    Code {
        /// A token carries more than its use case needs.
        OverScoped = "OVER_SCOPED",
        /// A token that administers, outside administration.
        AdminKeyInApp = "ADMIN_KEY_IN_APP",
        /// A token that reaches every project, without an exception that justifies it.
        OrgWideKey = "ORG_WIDE_KEY",
        /// A project of which no managed secret holds a key.
        ProjectWithoutManagedKey = "PROJECT_WITHOUT_MANAGED_KEY",
        /// An active key that no managed secret holds, in a project without managed keys.
        UnmanagedKey = "UNMANAGED_KEY",
        /// An active key that no managed secret holds, beside managed ones.
        ForeignKey = "FOREIGN_KEY",
        /// A key or token in no use case of the policy.
        UndocumentedUse = "UNDOCUMENTED_USE",
        /// A secret of a kind that the policy does not know.
        UnknownKind = "UNKNOWN_KIND",
        /// Nobody answers for a secret.
        NoOwner = "NO_OWNER",
        /// Nobody says how to reach who answers for a secret.
        NoContact = "NO_CONTACT",
        /// An SDK's secret holds more than the public form of a DSN.
        SdkSecretNotStoreOnly = "SDK_SECRET_NOT_STORE_ONLY",
        /// Sentry's own first key, as it was made.
        DefaultSettings = "DEFAULT_SETTINGS",
        /// A server's key without a rate limit.
        NoRateLimit = "NO_RATE_LIMIT",
        /// A browser's or an app's key without a rate limit.
        ClientSideNoRateLimit = "CLIENT_SIDE_NO_RATE_LIMIT",
        /// A browser's key that every domain may use.
        OpenDomains = "OPEN_DOMAINS",
        /// A browser's or an app's key for which nobody decided whether to rotate it.
        ClientSideUndecided = "CLIENT_SIDE_UNDECIDED",
        /// A key is older than its interval.
        RotationOverdue = "ROTATION_OVERDUE",
        /// A key will be older than its interval soon.
        RotationUpcoming = "ROTATION_UPCOMING",
        /// A rotation began and did not come to its end.
        RotationFailing = "ROTATION_FAILING",
        /// A secret that ought to be rotated is not.
        RotationDisabled = "ROTATION_DISABLED",
        /// The value was written anew, the key is the old one.
        RotationFaked = "ROTATION_FAKED",
        /// Nobody says why a key is renewed as often as it is.
        NoRationale = "NO_RATIONALE",
        /// The superseded key is still enabled after its grace.
        PreviousStillLive = "PREVIOUS_STILL_LIVE",
        /// What applications read is not accepted by Sentry.
        CurrentKeyDead = "CURRENT_KEY_DEAD",
        /// What applications read names a project that the organization does not have.
        ProjectNotFound = "PROJECT_NOT_FOUND",
        /// A rotation left a key that nobody uses.
        OrphanKey = "ORPHAN_KEY",
        /// A superseded key that somebody else made.
        AdoptedKey = "ADOPTED_KEY",
        /// The secret of a key is gone.
        AbandonedKey = "ABANDONED_KEY",
        /// The same key in two secrets.
        ShadowCopy = "SHADOW_COPY",
        /// A copy in another Region does not hold what the original holds.
        ReplicaOutOfSync = "REPLICA_OUT_OF_SYNC",
        /// No application is known to read a secret.
        NoConsumer = "NO_CONSUMER",
        /// A person's token does a machine's work.
        PersonalTokenInAutomation = "PERSONAL_TOKEN_IN_AUTOMATION",
        /// A stored token that Sentry refuses.
        TokenRefused = "TOKEN_REFUSED",
        /// A disabled key that nobody deletes.
        InactiveKeyKept = "INACTIVE_KEY_KEPT",
        /// Nobody signed a review for too long.
        ReviewOverdue = "REVIEW_OVERDUE",
        /// An exception has ended.
        ExceptionExpired = "EXCEPTION_EXPIRED",
        /// An exception was approved by who asked for it.
        ExceptionSelfApproved = "EXCEPTION_SELF_APPROVED",
        /// An exception accepts nothing.
        ExceptionUnused = "EXCEPTION_UNUSED",
    }
}
