//! What whoever holds a key could do with it: as a grade, and as a sentence for people.

use std::fmt;

use super::abilities::abilities;
use super::closure::ScopeSet;

/// How much a scope or a set of scopes allows, least first.
///
/// A grade by the name of the scope, for sorting and severity. What Sentry lets a read scope change all the same is in [`holder_could`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// Sends events at most: a client key, or a token without scopes.
    StoreOnly,
    /// Reads.
    Read,
    /// Changes what belongs to projects, releases, issues or alerts.
    Write,
    /// Takes away or hands out: one of [`admin_scopes`].
    Administer,
}

/// The scopes that an application must never hold: whoever has one controls the organization or deletes what others rely on.
#[must_use]
pub const fn admin_scopes() -> &'static [&'static str] {
    &["org:admin", "org:write", "org:integrations", "member:admin", "project:admin", "team:admin"]
}

impl Power {
    /// Every grade, least first.
    pub const ALL: &'static [Self] = &[Self::StoreOnly, Self::Read, Self::Write, Self::Administer];

    /// The power of one scope; never [`Power::StoreOnly`].
    ///
    /// A scope that Sentry may add later is judged by its name: `:read` reads, `:admin` and all else of an organization
    /// administers, any other writes.
    #[must_use]
    pub fn of_scope(scope: &str) -> Self {
        let known = abilities().any(|ability| ability.scope == scope);
        let reads = ["project:distribution", "openid", "profile", "email"];
        if scope.ends_with(":read") || reads.contains(&scope) {
            Self::Read
        } else if admin_scopes().contains(&scope)
            || (!known && (scope.ends_with(":admin") || scope.starts_with("org:")))
        {
            Self::Administer
        } else {
            Self::Write
        }
    }

    /// The power of the strongest scope, with what the set implies.
    #[must_use]
    pub fn of(scopes: &ScopeSet) -> Self {
        scopes.closure().iter().map(Self::of_scope).max().unwrap_or(Self::StoreOnly)
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::StoreOnly => "store-only",
            Self::Read => "read",
            Self::Write => "write",
            Self::Administer => "administer",
        }
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What whoever holds a token with these scopes could do, as one sentence without its beginning and full stop:
/// `read issues and events of every project; read the organization's members`.
///
/// At most that: a personal token reaches only the projects that its owner reaches.
#[must_use]
pub fn holder_could(scopes: &ScopeSet) -> String {
    let strongest = scopes.reduced();
    let known = abilities().filter(|ability| strongest.contains(ability.scope));
    let mut phrases: Vec<String> = known.map(|ability| ability.phrase.to_owned()).collect();
    phrases.extend(strongest.unknown().map(|scope| format!("whatever the unknown scope {scope:?} allows")));
    if phrases.is_empty() { "learn what the token itself is; nothing else".to_owned() } else { phrases.join("; ") }
}

/// The calls that bear out what [`holder_could`] says of a scope: `GET /api/0/…`.
///
/// One for each thing that it claims; none for the sign-in scopes and for unknown ones.
#[must_use]
pub fn evidence_for(scope: &str) -> &'static [&'static str] {
    abilities().find(|ability| ability.scope == scope).map_or(&[], |ability| ability.calls)
}

/// What whoever holds a client key (DSN) of this project could do.
#[must_use]
pub fn holder_of_client_key_could(project_slug: &str) -> String {
    format!("send events to project {project_slug}; read nothing")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCOPES;
    use crate::scope::closure::implied;
    use crate::scope::endpoints::{called, endpoints};

    fn alone(scope: &str) -> ScopeSet {
        ScopeSet::of([scope])
    }

    /// The words of a phrase that claim something, and the methods that do it.
    const VERBS: [(&str, &[&str]); 10] = [
        ("read", &["GET"]),
        ("create", &["POST"]),
        ("invite", &["POST"]),
        ("put people", &["POST"]),
        ("forward", &["POST"]),
        ("start", &["POST"]),
        ("switch", &["POST", "DELETE"]),
        ("change", &["PUT", "PATCH"]),
        ("delete", &["DELETE"]),
        ("remove", &["DELETE"]),
    ];

    const SIGN_IN: [&str; 3] = ["openid", "profile", "email"];

    #[test]
    fn each_scope_has_a_phrase_and_each_claim_is_backed_by_an_endpoint_that_accepts_it() {
        let named: Vec<_> = abilities().map(|ability| ability.scope).collect();
        assert_eq!(ScopeSet::of(&named), ScopeSet::of(SCOPES));
        assert_eq!(named.len(), SCOPES.len());
        assert!(evidence_for("replay:read").is_empty());
        for ability in abilities() {
            let mut methods = Vec::new();
            for call in evidence_for(ability.scope) {
                let endpoint = called(call).unwrap_or_else(|| panic!("{}: {call} is not in the table", ability.scope));
                assert!(
                    endpoint.accepts(&alone(ability.scope)) && !endpoint.any_of.is_empty(),
                    "{}: {call}",
                    ability.scope
                );
                methods.push(endpoint.method.as_str());
            }
            let mut claimed = Vec::new();
            for (verb, by) in VERBS.iter().filter(|(verb, _)| ability.phrase.contains(verb)) {
                assert!(by.iter().any(|method| methods.contains(method)), "{}: {verb}", ability.scope);
                claimed.extend_from_slice(by);
            }
            for method in methods {
                assert!(claimed.contains(&method), "{}: no word for {method}", ability.scope);
            }
            assert_eq!(ability.calls.is_empty(), SIGN_IN.contains(&ability.scope), "{}", ability.scope);
        }
    }

    #[test]
    fn a_higher_scope_names_what_the_lower_ones_cannot_do() {
        for ability in abilities().filter(|ability| !implied(ability.scope).is_empty()) {
            let lower = ScopeSet::of(implied(ability.scope));
            let more = ability.calls.iter().filter(|call| !called(call).unwrap().accepts(&lower)).count();
            assert!(more > 0, "{}", ability.scope);
            for scope in lower.iter() {
                assert_ne!(ability.phrase, abilities().find(|lower| lower.scope == scope).unwrap().phrase);
            }
        }
    }

    /// Left unsaid, to keep the phrases short: leaving by oneself (facts/sentry-api.md section 5.5), and roles within teams.
    const UNSAID: [(&str, &str); 4] =
        [("member:read", "PUT"), ("member:read", "DELETE"), ("member:invite", "DELETE"), ("member:write", "DELETE")];

    /// If a scope lets anybody create, change or delete, its phrase says so: a name that ends with "read" hides nothing.
    #[test]
    fn no_phrase_hides_a_kind_of_change_that_its_scope_allows() {
        for ability in abilities() {
            for (method, words) in [
                ("POST", &["create", "invite", "put people", "forward", "start", "switch"][..]),
                ("PUT", &["change"]),
                ("PATCH", &["change"]),
                ("DELETE", &["delete", "remove", "switch"]),
            ] {
                if UNSAID.contains(&(ability.scope, method)) {
                    continue;
                }
                let allowed: Vec<_> = endpoints()
                    .iter()
                    .filter(|endpoint| endpoint.method == method && !endpoint.any_of.is_empty())
                    .filter(|endpoint| endpoint.accepts(&alone(ability.scope)))
                    .map(ToString::to_string)
                    .collect();
                let said = words.iter().any(|word| ability.phrase.contains(word));
                assert!(allowed.is_empty() || said, "{}: {allowed:#?}", ability.scope);
            }
        }
    }

    #[test]
    fn the_power_of_each_scope() {
        let read = ["project:distribution", "openid", "profile", "email"];
        for scope in SCOPES {
            let expected = if admin_scopes().contains(scope) {
                Power::Administer
            } else if scope.ends_with(":read") || read.contains(scope) {
                Power::Read
            } else {
                Power::Write
            };
            assert_eq!(Power::of_scope(scope), expected, "{scope}");
            assert_eq!(Power::of(&alone(scope)), expected, "{scope}: what it implies is no more than itself");
        }
        for (scope, expected) in [
            ("replay:read", Power::Read),
            ("replay:write", Power::Write),
            ("replay:admin", Power::Administer),
            ("org:superuser", Power::Administer),
        ] {
            assert_eq!(Power::of_scope(scope), expected, "{scope}");
        }
        assert_eq!(Power::of_scope("event:admin"), Power::Write, "it deletes issues, and controls nothing");
        assert_eq!(Power::of(&ScopeSet::default()), Power::StoreOnly);
        assert_eq!(Power::of(&ScopeSet::of(["org:read", "org:ci"])), Power::Write);
        assert!(Power::ALL.is_sorted());
    }

    #[test]
    fn the_sentence_for_each_set() {
        let sets = [
            "",
            "event:read",
            "event:admin, org:read",
            "org:ci",
            "project:releases",
            "alerts:read",
            "project:read, org:read",
            "org:read, project:write",
            "project:admin",
            "event:read, project:admin, member:read",
            "org:admin",
            "org:admin, member:admin, team:admin, project:admin, event:admin, alerts:write, project:releases",
            "org:integrations, team:write",
            "member:invite, team:read",
            "member:write",
            "openid, profile, email",
            "project:distribution, alerts:write",
            "event:read, replay:read, a \"quoted\" one",
            "org:superuser",
        ];
        let mut text = String::new();
        for set in sets {
            let scopes = ScopeSet::of(set.split(", ").filter(|scope| !scope.is_empty()));
            let shown = if set.is_empty() { "(none)" } else { set };
            text.push_str(&format!("{shown}\n  {}: {}\n", Power::of(&scopes), holder_could(&scopes)));
            assert_eq!(holder_could(&scopes), holder_could(&scopes.closure()), "{set}");
        }
        text.push_str(&format!("a client key\n  {}\n", holder_of_client_key_could("storefront")));
        insta::assert_snapshot!(text);
    }
}
