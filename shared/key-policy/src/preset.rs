//! Presets: a name for what a key is for, with the least that it needs.

use crate::rate_limit::RateLimit;
use crate::use_case::Kind;
use crate::words::words;

words! {
    /// What a key is for. The word in the file is the name with dashes.
    Preset {
        /// A client key: an SDK sends events, and can do nothing else.
        SdkStoreOnly = "sdk-store-only",
        /// Create releases, upload source maps and debug files, from a build.
        CiRelease = "ci-release",
        /// Read issues and their events.
        MonitorReadEvents = "monitor-read-events",
        /// Read detectors, workflows and monitors.
        AlertReader = "alert-reader",
        /// Rotate and disable client keys: this system's own management token.
        KeyRotator = "key-rotator",
        /// Read the inventory: projects, keys, members, integrations.
        AuditorRead = "auditor-read",
    }
}

impl Preset {
    /// Whether a use case of this kind may name this preset: `sdk-store-only` is for client keys, the others for tokens.
    #[must_use]
    pub const fn suits(self, kind: Kind) -> bool {
        matches!(self, Self::SdkStoreOnly) == matches!(kind, Kind::ClientKey)
    }

    /// The scopes that a token for this purpose needs; none for `sdk-store-only`, since a client key has no scopes.
    #[must_use]
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::SdkStoreOnly => &[],
            Self::CiRelease => &["org:ci"],
            Self::MonitorReadEvents => &["event:read"],
            Self::AlertReader => &["alerts:read"],
            // org:read finds the slug of a renamed project
            Self::KeyRotator => &["org:read", "project:write"],
            Self::AuditorRead => &["member:read", "org:read", "project:read"],
        }
    }

    /// The rate limit that a first client key is born with unless the use case states one: 1000 events in 60 seconds.
    ///
    /// Far above a healthy server's error rate, far below what drains a quota in an hour. Not required
    /// (`rate_limit_required`), since a plan without key rate limits drops it in silence.
    #[must_use]
    pub const fn rate_limit(self) -> Option<RateLimit> {
        match self {
            Self::SdkStoreOnly => Some(RateLimit::SDK),
            Self::CiRelease | Self::MonitorReadEvents | Self::AlertReader | Self::KeyRotator | Self::AuditorRead => {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCOPES;

    #[test]
    fn presets_name_only_scopes_that_exist_sorted_and_none_that_administers() {
        for preset in Preset::ALL {
            assert!(preset.scopes().is_sorted(), "{preset}");
            for scope in preset.scopes() {
                assert!(SCOPES.contains(scope), "{preset}: {scope}");
                assert!(!scope.ends_with(":admin"), "{preset}: {scope}");
            }
        }
    }

    #[test]
    fn each_preset_is_either_for_client_keys_or_for_tokens() {
        for preset in Preset::ALL {
            for kind in Kind::ALL {
                let expected = (*preset == Preset::SdkStoreOnly) == (*kind == Kind::ClientKey);
                assert_eq!(preset.suits(*kind), expected, "{preset} {kind}");
            }
            assert_eq!(preset.rate_limit().is_some(), preset.scopes().is_empty());
        }
    }
}
