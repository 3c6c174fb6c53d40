//! Sentry's roles, and which of them could mint a token.

use std::fmt;

use super::closure::ScopeSet;

const MEMBER: &[&str] = &[
    "event:read",
    "event:write",
    "event:admin",
    "project:read",
    "project:releases",
    "org:read",
    "member:read",
    "member:invite",
    "team:read",
    "alerts:read",
    "alerts:write",
];
const PROJECTS_AND_TEAMS: &[&str] = &["project:write", "project:admin", "team:write", "team:admin", "org:integrations"];
const CONTRIBUTOR: &[&str] = &[
    "event:read",
    "event:write",
    "project:read",
    "project:releases",
    "org:read",
    "member:read",
    "team:read",
    "alerts:read",
];

/// The one scope that no role has and that a person may give to a token all the same (`SENTRY_TOKEN_ONLY_SCOPES`, 2026).
const TOKEN_ONLY: &str = "project:distribution";

/// What a person is in an organization or a team (`SENTRY_ROLES`, `SENTRY_TEAM_ROLES`, 2026).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees bills. It is not in Sentry's open code: nothing is known of its scopes.
    Billing,
    /// In a team: works on its issues.
    TeamContributor,
    /// In a team: manages its projects, and their client keys.
    TeamAdmin,
    /// In an organization: works on issues.
    Member,
    /// In an organization: manages the projects of own teams. Retired on Business and Enterprise plans, where a team has admins.
    Admin,
    /// In an organization: manages all projects, teams, members and settings.
    Manager,
    /// In an organization: everything.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] =
        &[Self::Billing, Self::TeamContributor, Self::TeamAdmin, Self::Member, Self::Admin, Self::Manager, Self::Owner];

    /// The roles in an organization whose scopes are known, least first.
    pub const ORGANIZATION: &'static [Self] = &[Self::Member, Self::Admin, Self::Manager, Self::Owner];

    /// The scopes of the role. An organization may withdraw `event:admin` and `alerts:write` from members.
    #[must_use]
    pub fn scopes(self) -> ScopeSet {
        let manager: &[&str] = &["member:write", "member:admin", "org:write"];
        let parts: &[&[&str]] = match self {
            Self::Billing => &[],
            Self::TeamContributor => &[CONTRIBUTOR],
            Self::TeamAdmin => &[CONTRIBUTOR, &["event:admin", "alerts:write"], PROJECTS_AND_TEAMS],
            Self::Member => &[MEMBER],
            Self::Admin => &[MEMBER, PROJECTS_AND_TEAMS],
            Self::Manager => &[MEMBER, PROJECTS_AND_TEAMS, manager],
            Self::Owner => &[MEMBER, PROJECTS_AND_TEAMS, manager, &["org:admin"]],
        };
        ScopeSet::of(parts.iter().copied().flatten())
    }

    /// The role's name, in Sentry's words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Billing => "billing",
            Self::TeamContributor => "team contributor",
            Self::TeamAdmin => "team admin",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The least role in an organization that could mint a token with these scopes.
///
/// `None`: no role could. `org:ci` comes with organization tokens alone, the sign-in scopes with OAuth, an unknown scope with
/// a newer Sentry.
#[must_use]
pub fn least_role(scopes: &ScopeSet) -> Option<Role> {
    let needed = scopes.closure().minus(&ScopeSet::of([TOKEN_ONLY]));
    Role::ORGANIZATION.iter().copied().find(|role| needed.is_within(&role.scopes().closure()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCOPES;

    #[test]
    fn the_least_role_for_a_token() {
        let rows = [
            ("", Some(Role::Member)),
            ("event:admin", Some(Role::Member)),
            ("project:releases", Some(Role::Member)),
            ("project:distribution", Some(Role::Member)),
            ("alerts:write", Some(Role::Member)),
            ("project:write", Some(Role::Admin)),
            ("org:integrations", Some(Role::Admin)),
            ("team:admin", Some(Role::Admin)),
            ("org:read, project:write", Some(Role::Admin)),
            ("org:write", Some(Role::Manager)),
            ("member:write", Some(Role::Manager)),
            ("org:admin", Some(Role::Owner)),
            ("org:ci", None),
            ("openid", None),
            ("event:read, replay:read", None),
        ];
        for (scopes, role) in rows {
            let set = ScopeSet::of(scopes.split(", ").filter(|scope| !scope.is_empty()));
            assert_eq!(least_role(&set), role, "{scopes}");
        }
    }

    #[test]
    fn each_organization_role_has_more_than_the_one_before_and_all_are_closed() {
        for role in Role::ALL {
            assert_eq!(role.scopes(), role.scopes().closure(), "{role}");
            assert!(role.scopes().unknown().next().is_none(), "{role}");
        }
        for pair in Role::ORGANIZATION.windows(2) {
            assert!(pair[0].scopes().is_within(&pair[1].scopes()) && pair[0].scopes() != pair[1].scopes());
        }
        let nobodys = ["org:ci", TOKEN_ONLY, "openid", "profile", "email"];
        assert_eq!(ScopeSet::of(SCOPES).minus(&Role::Owner.scopes()), ScopeSet::of(nobodys));
    }
}
