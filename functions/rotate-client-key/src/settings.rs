//! The settings that a new key shall have, and how those that it has compare.

use std::collections::BTreeMap;

use key_policy::{BirthSettings, UseCase};
use rotation::Settings;
use sentry_client::{KeySettings, RateLimit};

/// What the new key shall be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The settings themselves.
    pub settings: KeySettings,
    /// Whether the use case insists on a rate limit.
    pub rate_limit_required: bool,
}

/// The current key's settings, as far as there is one; else those that the use case gives a first key. A use case that
/// requires a limit gets its own where the current key has none.
#[must_use]
pub fn wanted(current: Option<&KeySettings>, use_case: &UseCase) -> Wanted {
    let birth = use_case.birth_settings();
    let rate_limit_required = birth.rate_limit_required;
    let at_birth = at_birth(&birth);
    let settings = match current {
        None => at_birth,
        Some(current) if rate_limit_required && current.rate_limit.is_none() => {
            KeySettings { rate_limit: at_birth.rate_limit, ..current.clone() }
        }
        Some(current) => current.clone(),
    };
    Wanted { settings, rate_limit_required }
}

fn at_birth(birth: &BirthSettings) -> KeySettings {
    let loader_options = birth.loader_options.as_ref().map_or_else(BTreeMap::new, |options| {
        [("hasReplay", options.replay), ("hasPerformance", options.performance), ("hasDebug", options.debug)]
            .into_iter()
            .map(|(name, on)| (name.to_owned(), on))
            .collect()
    });
    KeySettings {
        rate_limit: birth.rate_limit.map(|limit| RateLimit { count: limit.count(), window: limit.window() }),
        browser_sdk_version: birth.browser_sdk_version.clone(),
        loader_options,
    }
}

/// Compares a key's settings with the wanted ones.
///
/// `plan_offers_limits` is what Sentry says of the project; `tried` whether the key was brought to the wanted settings
/// once: a limit that is gone after that was dropped by the plan, for nothing else drops one in silence.
#[must_use]
pub fn compare(wanted: &Wanted, actual: &KeySettings, plan_offers_limits: Option<bool>, tried: bool) -> Settings {
    let pinned = wanted.settings.browser_sdk_version.is_none()
        || wanted.settings.browser_sdk_version == actual.browser_sdk_version;
    let loads = wanted.settings.loader_options.iter().all(|(name, on)| actual.loader_options.get(name) == Some(on));
    let limited = wanted.settings.rate_limit == actual.rate_limit;
    let dropped = actual.rate_limit.is_none()
        && match plan_offers_limits {
            Some(offered) => !offered,
            None => tried,
        };
    match (pinned && loads, limited, dropped) {
        (true, true, _) => Settings::AsWanted,
        (true, false, true) if wanted.rate_limit_required => Settings::RequiredLimitDroppedByPlan,
        (true, false, true) => Settings::LimitDroppedByPlan,
        (true, false, false) | (false, _, _) => Settings::Differ,
    }
}

#[cfg(test)]
mod tests {
    use key_policy::Policy;

    use super::*;

    const LIMIT: RateLimit = RateLimit { count: 100, window: 60 };

    fn settings(rate_limit: Option<RateLimit>, version: Option<&str>, replay: Option<bool>) -> KeySettings {
        KeySettings {
            rate_limit,
            browser_sdk_version: version.map(str::to_owned),
            loader_options: replay.map(|on| ("hasReplay".to_owned(), on)).into_iter().collect(),
        }
    }

    fn policy(limit: &str) -> Policy {
        let text =
            format!("version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n{limit}\n");
        Policy::parse(&text, "test").unwrap()
    }

    #[test]
    fn the_current_keys_settings_are_carried_over_and_a_first_key_gets_the_presets() {
        let policy = policy("rate_limit = {count = 5, window = \"60s\"}");
        let use_case = policy.use_case(None).unwrap();
        let current = settings(Some(LIMIT), Some("6.x"), Some(true));
        assert_eq!(wanted(Some(&current), use_case).settings, current);
        let unlimited = settings(None, Some("6.x"), None);
        assert_eq!(wanted(Some(&unlimited), use_case).settings, unlimited, "no limit is carried over as well");
        let first = wanted(None, use_case).settings;
        assert_eq!(first.rate_limit, Some(RateLimit { count: 5, window: 60 }));
    }

    #[test]
    fn a_required_limit_is_given_where_the_current_key_has_none() {
        let policy = policy("rate_limit = {count = 5, window = \"60s\"}\nrate_limit_required = true");
        let wanted = wanted(Some(&settings(None, Some("6.x"), None)), policy.use_case(None).unwrap());
        assert_eq!(wanted.settings, settings(Some(RateLimit { count: 5, window: 60 }), Some("6.x"), None));
        assert!(wanted.rate_limit_required);
    }

    #[test]
    fn a_difference_is_the_plans_fault_only_where_it_is_the_limit_and_the_plan_has_none() {
        let all = settings(Some(LIMIT), Some("6.x"), Some(true));
        let other = RateLimit { count: 7, window: 60 };
        let cases = [
            ("nothing differs", all.clone(), Some(true), false, Settings::AsWanted),
            (
                "no limit, the plan has them",
                settings(None, Some("6.x"), Some(true)),
                Some(true),
                true,
                Settings::Differ,
            ),
            (
                "no limit, the plan has none",
                settings(None, Some("6.x"), Some(true)),
                Some(false),
                false,
                Settings::LimitDroppedByPlan,
            ),
            ("no limit, unknown plan, untried", settings(None, Some("6.x"), Some(true)), None, false, Settings::Differ),
            (
                "no limit, unknown plan, tried",
                settings(None, Some("6.x"), Some(true)),
                None,
                true,
                Settings::LimitDroppedByPlan,
            ),
            (
                "another limit is nobody's plan",
                settings(Some(other), Some("6.x"), Some(true)),
                Some(false),
                true,
                Settings::Differ,
            ),
            ("another SDK version", settings(None, Some("7.x"), Some(true)), Some(false), true, Settings::Differ),
            (
                "another loader option",
                settings(Some(LIMIT), Some("6.x"), Some(false)),
                Some(true),
                true,
                Settings::Differ,
            ),
            (
                "a loader option that is not there",
                settings(Some(LIMIT), Some("6.x"), None),
                Some(true),
                true,
                Settings::Differ,
            ),
        ];
        for (name, actual, plan, tried, expected) in cases {
            let wanted = Wanted { settings: all.clone(), rate_limit_required: false };
            assert_eq!(compare(&wanted, &actual, plan, tried), expected, "{name}");
            let strict = Wanted { settings: all.clone(), rate_limit_required: true };
            let dropped = expected == Settings::LimitDroppedByPlan;
            let expected = if dropped { Settings::RequiredLimitDroppedByPlan } else { expected };
            assert_eq!(compare(&strict, &actual, plan, tried), expected, "{name}, required");
        }
    }
}
