//! Scopes, roles and where it is all from.

use crate::markdown::{code, table};
use crate::scope::abilities::abilities;
use crate::scope::closure::implied;
use crate::scope::{
    ENDPOINTS_DATE, ENDPOINTS_SOURCE, Endpoint, Power, Role, SCOPES, ScopeSet, admin_scopes, endpoints, least_role,
};

fn alone(scope: &str) -> ScopeSet {
    ScopeSet::of([scope])
}

pub(super) fn families() -> String {
    let phrase = |scope: &str| {
        let ability = abilities().find(|ability| ability.scope == scope);
        ability.map_or_else(String::new, |ability| ability.phrase.to_owned())
    };
    let rows: Vec<Vec<String>> = SCOPES
        .iter()
        .map(|scope| {
            let implied = code(implied(scope).iter().copied());
            vec![format!("`{scope}`"), phrase(scope), if implied == "none" { String::new() } else { implied }]
        })
        .collect();
    format!(
        "## The scopes\n\n\
         Who holds a scope holds what it implies. `GET /api/0/` shows a token's scopes, in newer versions of Sentry with \
         everything that they imply, in 23.7.1 as they were granted. \
         **`project:admin` does not imply `project:releases`**, and `org:admin` implies `org:integrations`.\n\n{}\n",
        table(&["scope", "whoever holds it could", "implies"], &rows)
    )
}

/// What no reader of names expects.
pub(super) fn read_scopes_that_change() -> String {
    let changes =
        |endpoint: &&Endpoint| endpoint.method != "GET" && !endpoint.any_of.is_empty() && endpoint.takes_tokens();
    let rows: Vec<Vec<String>> = SCOPES
        .iter()
        .filter(|scope| scope.ends_with(":read"))
        .filter_map(|scope| {
            let opened: Vec<String> = endpoints()
                .iter()
                .filter(changes)
                .filter(|endpoint| endpoint.accepts(&alone(scope)))
                .map(|endpoint| format!("`{endpoint}`"))
                .collect();
            (!opened.is_empty()).then(|| vec![format!("`{scope}`"), opened.join("<br>")])
        })
        .collect();
    format!(
        "### Read scopes that change things\n\n\
         By their names they only read. These endpoints accept them all the same (for some of them Sentry looks at more than the scope: \
         a member may leave, and a project's reader may set a few of its fields):\n\n{}\n",
        table(&["scope", "accepted by"], &rows)
    )
}

pub(super) fn admin() -> String {
    let rows: Vec<Vec<String>> = admin_scopes()
        .iter()
        .map(|scope| {
            let lower = ScopeSet::of(implied(scope));
            let only: Vec<String> = endpoints()
                .iter()
                .filter(|endpoint| {
                    !endpoint.any_of.is_empty() && endpoint.accepts(&alone(scope)) && !endpoint.accepts(&lower)
                })
                .map(|endpoint| format!("`{endpoint}`"))
                .collect();
            let shown: Vec<String> = only.iter().take(4).cloned().collect();
            let more = only.len().saturating_sub(shown.len());
            let more = if more == 0 { String::new() } else { format!("<br>and {more} more") };
            vec![format!("`{scope}`"), format!("{}{more}", shown.join("<br>"))]
        })
        .collect();
    format!(
        "## Admin scopes\n\n\
         Six scopes control the organization or take away what others rely on. In an application any of them is a critical finding.\n\n{}\n",
        table(&["scope", "what no scope below it opens"], &rows)
    )
}

pub(super) fn roles() -> String {
    let rows: Vec<Vec<String>> = Role::ALL
        .iter()
        .map(|role| {
            let scopes = role.scopes().reduced();
            let what = if scopes.is_empty() { "not in Sentry's open code".to_owned() } else { code(scopes.iter()) };
            vec![role.to_string(), what]
        })
        .collect();
    let nobody: Vec<&str> = SCOPES.iter().copied().filter(|scope| least_role(&alone(scope)).is_none()).collect();
    format!(
        "## Who can make such a token\n\n\
         A person gives a token at most the scopes of the person's own role. (An organization may withdraw `event:admin` and `alerts:write` \
         from members; the role admin is retired on Business and Enterprise plans, where a team has admins of its own.)\n\n{}\n\
         No role has {}: the first comes with organization tokens alone, the others with signing in by OAuth.\n\n",
        table(&["role", "scopes, without what they imply"], &rows),
        code(nobody),
    )
}

pub(super) fn sources() -> String {
    let grades: Vec<&str> = Power::ALL.iter().map(|power| power.word()).collect();
    format!(
        "## Where this is from\n\n\
         {} endpoints, of {ENDPOINTS_DATE}, from `{ENDPOINTS_SOURCE}`; endpoints that Sentry does not publish are from its source, as the \
         table says row by row. Scopes, hierarchy and roles are Sentry's `conf/server.py` of 2026. The grades of power are ours: {}. \
         A scope that is not listed here is never ignored: it counts as excess unless the policy names it, implies nothing, and is graded \
         by its name.\n",
        endpoints().len(),
        grades.join(", "),
    )
}
