//! The least scopes for a list of calls: computed from the table, not guessed.

use super::closure::ScopeSet;
use super::endpoints::Endpoint;
use super::holder::Power;

/// Every minimal set of scopes whose token may make all of the calls, least power first.
///
/// Minimal: no scope can be left out or lowered, that is no set that implies less serves. Sets are compared by what they imply
/// and given in the fewest scopes ([`ScopeSet::reduced`]). Empty = no token can, whatever its scopes. Without calls, or if no
/// call asks for a scope, the one set is the empty one.
#[must_use]
pub fn minimal_sets(calls: &[&Endpoint]) -> Vec<ScopeSet> {
    if calls.iter().any(|call| !call.takes_tokens()) {
        return Vec::new();
    }
    // Closed sets, none within another, that serve the calls so far. Whatever serves one call more holds one of them and a
    // scope that the call accepts, so nothing is lost by keeping only these.
    let mut least = vec![ScopeSet::default()];
    for call in calls.iter().filter(|call| !call.any_of.is_empty()) {
        let grown = least.iter().flat_map(|set| serving(set, call)).collect();
        least = smallest(grown);
    }
    least.sort_by_cached_key(|set| (Power::of(set), set.len(), set.to_string()));
    least.iter().map(ScopeSet::reduced).collect()
}

/// The set if it serves the call, else the set with each scope that would.
fn serving(set: &ScopeSet, call: &Endpoint) -> Vec<ScopeSet> {
    if set.meets(&call.any_of) {
        return vec![set.clone()];
    }
    call.any_of.iter().map(|scope| set.union(&ScopeSet::of([scope]).closure())).collect()
}

/// Those that hold no other.
fn smallest(mut sets: Vec<ScopeSet>) -> Vec<ScopeSet> {
    sets.sort();
    sets.dedup();
    sets.iter().filter(|set| !sets.iter().any(|other| other != *set && other.is_within(set))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scope::closure::implied;
    use crate::scope::endpoints::{called, endpoints};
    use crate::{Condition, SCOPES};

    fn sets(calls: &[&str]) -> Vec<String> {
        let calls: Vec<_> = calls.iter().map(|call| called(call).unwrap()).collect();
        minimal_sets(&calls).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_least_scopes_for_calls() {
        let rows: [(&str, &[&str], &[&str]); 8] = [
            ("no call", &[], &[""]),
            ("a call that asks for nothing", &["GET /api/0/"], &[""]),
            ("a call that any token may make", &["GET /api/0/auth/"], &[""]),
            ("a session's call", &["GET /api/0/", "POST /api/0/api-tokens/"], &[]),
            ("reading keys", &["GET /api/0/projects/a/b/keys/"], &["project:read"]),
            (
                "the higher of two",
                &["GET /api/0/projects/a/b/keys/", "DELETE /api/0/projects/a/b/keys/k/"],
                &["project:admin"],
            ),
            (
                "two families",
                &["GET /api/0/organizations/a/projects/", "POST /api/0/projects/a/b/keys/"],
                &["org:read, project:write"],
            ),
            (
                "ways that do not compare",
                &["POST /api/0/organizations/a/releases/", "GET /api/0/organizations/a/repos/"],
                &[
                    "org:ci",
                    "org:read, project:releases",
                    "org:read, project:write",
                    "org:integrations, project:releases",
                    "org:integrations, project:write",
                ],
            ),
        ];
        for (sentence, calls, expected) in rows {
            assert_eq!(sets(calls), expected, "{sentence}");
        }
    }

    fn serves(set: &ScopeSet, calls: &[&Endpoint]) -> bool {
        calls.iter().all(|call| call.accepts(set))
    }

    /// Every subset of the scopes that matter, closed; those that serve and hold no other that serves.
    fn by_brute_force(calls: &[&Endpoint], scopes: &[&str]) -> Vec<ScopeSet> {
        let subset = |mask: u32| {
            let chosen = scopes.iter().enumerate().filter(move |(index, _)| mask >> index & 1 == 1);
            ScopeSet::of(chosen.map(|(_, scope)| scope)).closure()
        };
        let serving: Vec<_> = (0..1_u32 << scopes.len()).map(subset).filter(|set| serves(set, calls)).collect();
        let mut least = smallest(serving).iter().map(ScopeSet::reduced).collect::<Vec<_>>();
        least.sort();
        least
    }

    /// Whatever a call accepts, and whatever implies that.
    fn that_matter(calls: &[&Endpoint]) -> Vec<&'static str> {
        let accepted = |scope: &str| {
            calls
                .iter()
                .any(|call| call.any_of.contains(scope) || implied(scope).iter().any(|s| call.any_of.contains(s)))
        };
        SCOPES.iter().copied().filter(|scope| accepted(scope)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn each_set_serves_and_none_of_its_scopes_can_be_left_out_or_lowered(
            picked in prop::collection::vec(0..endpoints().len(), 0..12),
        ) {
            let calls: Vec<_> = picked.iter().map(|index| &endpoints()[*index]).collect();
            let found = minimal_sets(&calls);
            let hopeless = calls.iter().any(|call| {
                call.conditions.contains(&Condition::Session) || call.conditions.contains(&Condition::ClientSecret)
            });
            prop_assert_eq!(found.is_empty(), hopeless);
            for set in &found {
                prop_assert!(serves(set, &calls), "{} does not serve", set);
                prop_assert_eq!(&set.reduced(), set);
                for scope in set.iter() {
                    let rest = set.minus(&ScopeSet::of([scope]));
                    let lowered = rest.union(&ScopeSet::of(implied(scope)));
                    prop_assert!(!serves(&lowered, &calls), "{} serves without {}", set, scope);
                }
            }
            prop_assert!(found.is_sorted_by_key(Power::of));
        }

        #[test]
        fn brute_force_finds_the_same(picked in prop::collection::vec(0..endpoints().len(), 1..5)) {
            let calls: Vec<_> = picked.iter().map(|index| &endpoints()[*index]).collect();
            let scopes = that_matter(&calls);
            prop_assume!(scopes.len() <= 12);
            let mut found = minimal_sets(&calls);
            found.sort();
            prop_assert_eq!(found, by_brute_force(&calls, &scopes));
        }
    }
}
