//! Sets of scopes, and what a scope implies.

use std::fmt;

use super::SCOPES;

/// What each scope implies beside itself, to the end of the chain (Sentry's `SENTRY_SCOPE_HIERARCHY_MAPPING`, 2026).
const IMPLIED: &[(&str, &[&str])] = &[
    ("org:write", &["org:read"]),
    ("org:admin", &["org:read", "org:write", "org:integrations"]),
    ("member:invite", &["member:read"]),
    ("member:write", &["member:read", "member:invite"]),
    ("member:admin", &["member:read", "member:invite", "member:write"]),
    ("team:write", &["team:read"]),
    ("team:admin", &["team:read", "team:write"]),
    ("project:write", &["project:read"]),
    // not project:releases: the endpoints of releases list both
    ("project:admin", &["project:read", "project:write"]),
    ("event:write", &["event:read"]),
    ("event:admin", &["event:read", "event:write"]),
    ("alerts:write", &["alerts:read"]),
];

/// A set of scopes. Those that Sentry may add later are kept by name: they imply nothing, and nothing implies them.
///
/// The order of two sets has no meaning; it is there for sorted collections.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeSet {
    /// Bit n = the n-th of [`SCOPES`].
    known: u32,
    /// Sorted, each once.
    unknown: Vec<String>,
}

fn bit(scope: &str) -> Option<u32> {
    let index = SCOPES.iter().position(|known| *known == scope)?;
    1_u32.checked_shl(u32::try_from(index).ok()?)
}

impl ScopeSet {
    /// The set of these scopes, as they are: nothing is added or dropped.
    pub fn of(scopes: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            set.insert(scope.as_ref());
        }
        set
    }

    fn insert(&mut self, scope: &str) {
        if let Some(bit) = bit(scope) {
            self.known |= bit;
        } else if let Err(place) = self.unknown.binary_search_by(|known| known.as_str().cmp(scope)) {
            self.unknown.insert(place, scope.to_owned());
        }
    }

    /// The scopes in the order of [`SCOPES`], then the unknown ones by name.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let known = SCOPES.iter().copied().filter(|scope| bit(scope).is_some_and(|bit| self.known & bit != 0));
        known.chain(self.unknown())
    }

    /// The scopes that [`SCOPES`] does not have, by name.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// Whether the scope itself is in the set; what others imply does not count.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        match bit(scope) {
            Some(bit) => self.known & bit != 0,
            None => self.unknown().any(|known| known == scope),
        }
    }

    /// How many scopes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known == 0 && self.unknown.is_empty()
    }

    /// The scopes with all that they imply: what Sentry shows for a token at `GET /api/0/`; 23.7.1 shows them as they were
    /// granted.
    #[must_use]
    pub fn closure(&self) -> Self {
        let mut set = self.clone();
        for scope in self.iter() {
            for implied in implied(scope) {
                set.insert(implied);
            }
        }
        set
    }

    /// The scopes without those that another scope of the set implies: `project:admin` for `project:read, project:admin`.
    #[must_use]
    pub fn reduced(&self) -> Self {
        let mut covered = Self::default();
        for scope in self.iter() {
            for implied in implied(scope) {
                covered.insert(implied);
            }
        }
        self.minus(&covered)
    }

    /// The scopes that are not in the other set, by name alone.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let unknown = self.unknown.iter().filter(|scope| !other.unknown.contains(scope)).cloned().collect();
        Self { known: self.known & !other.known, unknown }
    }

    /// The scopes of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut set = self.clone();
        set.known |= other.known;
        for scope in other.unknown() {
            set.insert(scope);
        }
        set
    }

    /// Whether a scope is in both sets, by name alone.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.known & other.known != 0 || self.unknown.iter().any(|scope| other.unknown.contains(scope))
    }

    /// Whether every scope is in the other set, by name alone.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.minus(other).is_empty()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(scope)?;
        }
        Ok(())
    }
}

/// What a scope implies beside itself; nothing for an unknown one.
pub(super) fn implied(scope: &str) -> &'static [&'static str] {
    IMPLIED.iter().find(|(name, _)| *name == scope).map_or(&[], |(_, implied)| implied)
}

/// What a token can do beyond what is wanted of it, in the fewest words; empty if there is nothing.
///
/// Both sides count with what they imply. An unknown scope is excess unless it is wanted by name.
#[must_use]
pub fn excess(granted: &ScopeSet, wanted: &ScopeSet) -> ScopeSet {
    granted.closure().minus(&wanted.closure()).reduced()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ScopeSet {
        ScopeSet::of(text.split(", ").filter(|scope| !scope.is_empty()))
    }

    #[test]
    fn the_hierarchy_is_complete_and_names_known_scopes() {
        assert!(u32::try_from(SCOPES.len()).unwrap() <= u32::BITS);
        for (scope, implied_by_it) in IMPLIED {
            assert!(SCOPES.contains(scope), "{scope}");
            for lower in *implied_by_it {
                assert!(SCOPES.contains(lower), "{scope}: {lower}");
                for lowest in implied(lower) {
                    assert!(implied_by_it.contains(lowest), "{scope} implies {lower}, which implies {lowest}");
                }
            }
        }
    }

    #[test]
    fn a_set_contains_what_was_put_into_it_known_or_not_and_nothing_that_is_implied() {
        let set = set("project:write, zz:read");
        for (scope, expected) in
            [("project:write", true), ("zz:read", true), ("project:read", false), ("zz:write", false)]
        {
            assert_eq!(set.contains(scope), expected, "{scope}");
        }
    }

    #[test]
    fn closure_and_reduction() {
        let rows = [
            ("", "", ""),
            ("org:admin", "org:read, org:write, org:admin, org:integrations", "org:admin"),
            ("member:admin", "member:read, member:invite, member:write, member:admin", "member:admin"),
            ("project:admin", "project:read, project:write, project:admin", "project:admin"),
            ("project:read, project:releases", "project:read, project:releases", "project:read, project:releases"),
            ("event:read, event:write", "event:read, event:write", "event:write"),
            ("openid, org:ci", "org:ci, openid", "org:ci, openid"),
            ("zz:read, aa, org:ci, aa", "org:ci, aa, zz:read", "org:ci, aa, zz:read"),
        ];
        for (scopes, closed, reduced) in rows {
            assert_eq!(set(scopes).closure().to_string(), closed, "{scopes}");
            assert_eq!(set(scopes).reduced().to_string(), reduced, "{scopes}");
            assert_eq!(set(scopes).closure().reduced().to_string(), reduced, "{scopes}");
        }
    }

    #[test]
    fn excess_is_what_is_granted_and_not_wanted() {
        let rows = [
            ("exactly what is wanted", "project:write", "project:write", ""),
            ("less than is wanted", "project:read", "project:write", ""),
            ("implied scopes are no excess", "project:read, project:write", "project:write", ""),
            ("the step above", "project:admin", "project:write", "project:admin"),
            ("all steps above nothing", "project:read, project:write, project:admin", "", "project:admin"),
            ("another family", "org:read, event:admin", "org:read", "event:admin"),
            ("what org:admin brings along", "org:admin", "org:write", "org:admin"),
            ("a part of what org:admin brings along", "org:admin", "org:admin", ""),
            ("an unknown scope", "org:read, replay:read", "org:read", "replay:read"),
            ("an unknown scope that is wanted", "replay:read", "replay:read", ""),
            ("an unknown level of a known family", "project:rule", "project:admin", "project:rule"),
            ("nothing", "", "org:admin", ""),
        ];
        for (sentence, granted, wanted, expected) in rows {
            assert_eq!(excess(&set(granted), &set(wanted)).to_string(), expected, "{sentence}");
        }
    }

    #[test]
    fn a_set_knows_its_members() {
        let scopes = set("org:read, zz, aa");
        assert!(scopes.contains("org:read") && scopes.contains("aa") && !scopes.contains("org:write"));
        assert_eq!((scopes.len(), scopes.is_empty(), ScopeSet::default().is_empty()), (3, false, true));
        assert_eq!(scopes.unknown().collect::<Vec<_>>(), ["aa", "zz"]);
        assert!(scopes.meets(&set("zz")) && !scopes.meets(&set("org:write")) && !scopes.meets(&set("")));
        assert!(set("aa").is_within(&scopes) && !set("aa, bb").is_within(&scopes));
        assert_eq!(set("bb").union(&scopes).to_string(), "org:read, aa, bb, zz");
        assert_eq!(ScopeSet::of(SCOPES).to_string(), SCOPES.join(", "));
    }
}
