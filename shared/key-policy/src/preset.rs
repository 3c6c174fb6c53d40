//! Presets: a name for what a key is for, with the least that it needs.

mod calls;

use crate::rate_limit::RateLimit;
use crate::use_case::Kind;
use crate::words::words;

words! {
    /// What a key is for. The word in the file is the name with dashes.
    Preset {
        /// A client key on servers: an SDK sends events, and can do nothing else.
        SdkStoreOnly = "sdk-store-only",
        /// A client key in a page or an app, where everybody can read it: as above, with a lower rate limit.
        SdkClientSide = "sdk-client-side",
        /// Create releases, upload source maps and debug files, from a build.
        CiRelease = "ci-release",
        /// Read issues and their events.
        MonitorReadEvents = "monitor-read-events",
        /// Read detectors, workflows and monitors.
        AlertReader = "alert-reader",
        /// Rotate and disable client keys: this system's own management token.
        KeyRotator = "key-rotator",
        /// Delete client keys: this system's second management token, for retirement alone.
        KeyDeleter = "key-deleter",
        /// Read the inventory: projects, keys, integrations.
        AuditorRead = "auditor-read",
    }
}

impl Preset {
    /// Whether a use case of this kind may name this preset: the two of SDKs are for client keys, the others for tokens.
    #[must_use]
    pub const fn suits(self, kind: Kind) -> bool {
        self.is_for_client_keys() == matches!(kind, Kind::ClientKey)
    }

    const fn is_for_client_keys(self) -> bool {
        matches!(self, Self::SdkStoreOnly | Self::SdkClientSide)
    }

    /// The scopes that a token for this purpose needs; none for the presets of SDKs, since a client key has no scopes.
    ///
    /// One of the minimal sets for [`Preset::calls`], as a test proves.
    #[must_use]
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::SdkStoreOnly | Self::SdkClientSide => &[],
            Self::CiRelease => &["org:ci"],
            Self::MonitorReadEvents => &["event:read"],
            Self::AlertReader => &["alerts:read"],
            // org:read finds the slug of a renamed project
            Self::KeyRotator => &["org:read", "project:write"],
            Self::KeyDeleter => &["project:admin"],
            Self::AuditorRead => &["org:read", "project:read"],
        }
    }

    /// The rate limit that a first client key is born with unless the use case states one; none for tokens.
    ///
    /// `sdk-store-only`: 1000 events in 60 seconds, far above a healthy server's error rate, far below what drains a quota in an
    /// hour. `sdk-client-side`: 300 in 60 seconds: everybody can take the key out of the page or app, so what a stranger can
    /// send counts for more than what a bad release must report; five errors a second are enough to find it by.
    /// Not required (`rate_limit_required`), since a plan without key rate limits drops it in silence.
    #[must_use]
    pub const fn rate_limit(self) -> Option<RateLimit> {
        match self {
            Self::SdkStoreOnly => Some(RateLimit::SDK),
            Self::SdkClientSide => Some(RateLimit::CLIENT_SIDE),
            Self::CiRelease
            | Self::MonitorReadEvents
            | Self::AlertReader
            | Self::KeyRotator
            | Self::KeyDeleter
            | Self::AuditorRead => None,
        }
    }

    /// What a key for it does, as a sentence.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::SdkStoreOnly => "An SDK on a server sends events; it reads nothing.",
            Self::SdkClientSide => {
                "An SDK in a page or an app sends events; everybody can read its key, so its rate limit is lower."
            }
            Self::CiRelease => "A build creates releases and deploys, and uploads source maps and debug files.",
            Self::MonitorReadEvents => "A monitor or dashboard reads issues and their events.",
            Self::AlertReader => "An alerting integration reads detectors, workflows and monitors.",
            Self::KeyRotator => "This system makes, changes and disables client keys, and finds renamed projects.",
            Self::KeyDeleter => "This system deletes client keys after their quarantine, if the policy asks for it.",
            Self::AuditorRead => "This system reads projects, client keys and integrations, and changes nothing.",
        }
    }

    /// Whether it is for the administration of keys, by this system itself: an application never holds such a token.
    #[must_use]
    pub const fn is_administration(self) -> bool {
        match self {
            Self::KeyRotator | Self::KeyDeleter | Self::AuditorRead => true,
            Self::SdkStoreOnly
            | Self::SdkClientSide
            | Self::CiRelease
            | Self::MonitorReadEvents
            | Self::AlertReader => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Power, SCOPES, ScopeSet, admin_scopes, called, minimal_sets};

    #[test]
    fn presets_name_only_scopes_that_exist_sorted_and_only_one_administers() {
        for preset in Preset::ALL {
            assert!(preset.scopes().is_sorted(), "{preset}");
            let set = ScopeSet::of(preset.scopes());
            assert_eq!(set.reduced(), set, "{preset}");
            for scope in preset.scopes() {
                assert!(SCOPES.contains(scope), "{preset}: {scope}");
                assert_eq!(admin_scopes().contains(scope), *preset == Preset::KeyDeleter, "{preset}: {scope}");
            }
            let limit = if preset.is_administration() { Power::Administer } else { Power::Write };
            assert!(Power::of(&set) <= limit, "{preset}");
            assert!(preset.purpose().ends_with('.'), "{preset}");
        }
    }

    #[test]
    fn each_preset_is_either_for_client_keys_or_for_tokens() {
        for preset in Preset::ALL {
            let for_client_keys = [Preset::SdkStoreOnly, Preset::SdkClientSide].contains(preset);
            for kind in Kind::ALL {
                assert_eq!(preset.suits(*kind), for_client_keys == (*kind == Kind::ClientKey), "{preset} {kind}");
            }
            assert_eq!(preset.rate_limit().is_some(), preset.scopes().is_empty());
            assert_eq!(preset.calls().is_empty(), for_client_keys, "{preset}");
        }
        let per_minute = |preset: Preset| preset.rate_limit().map(|limit| limit.count() * 60 / limit.window());
        assert!(per_minute(Preset::SdkClientSide) < per_minute(Preset::SdkStoreOnly));
    }

    #[test]
    fn the_scopes_of_each_preset_for_tokens_are_minimal_for_its_calls() {
        for preset in Preset::ALL.iter().filter(|preset| !preset.calls().is_empty()) {
            let calls: Vec<_> =
                preset.calls().iter().map(|call| called(call).unwrap_or_else(|| panic!("{preset}: {call}"))).collect();
            let minimal = minimal_sets(&calls);
            let set = ScopeSet::of(preset.scopes());
            assert!(minimal.contains(&set), "{preset}: {set} is none of {minimal:?}");
            let least = minimal.first().unwrap();
            assert_eq!(Power::of(&set), Power::of(least), "{preset}: {least} is less");
        }
    }

    #[test]
    fn each_call_of_a_preset_is_made_for_a_reason_and_once() {
        for preset in Preset::ALL {
            let mut calls = preset.calls().to_vec();
            calls.sort_unstable();
            calls.dedup();
            assert_eq!(calls.len(), preset.calls().len(), "{preset}");
        }
    }
}
