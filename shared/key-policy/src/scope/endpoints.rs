//! Which scopes each endpoint of Sentry's Web API accepts: a table, read once, when somebody first asks.

use std::fmt;
use std::sync::LazyLock;

use super::closure::ScopeSet;

/// The day of the table (UTC).
pub const ENDPOINTS_DATE: &str = "2026-08-16";

/// Where the table comes from; rows of endpoints that Sentry does not publish name the place in its source.
pub const ENDPOINTS_SOURCE: &str = "getsentry/sentry-api-schema a589a26";

const TABLE: &str = include_str!("../../data/endpoint-scopes.csv");

static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    // A table that cannot be read is an empty one; a test reads it.
    read(TABLE).unwrap_or_default()
});

/// What an endpoint asks for beside scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// A browser session: no token is accepted, whatever its scopes.
    Session,
    /// Any credential; its scopes do not matter.
    AnyAuthenticated,
    /// Nothing: whoever asks is answered.
    None,
    /// The secret of an integration or OAuth application; a bearer token is not accepted.
    ClientSecret,
}

impl Condition {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "session" => Some(Self::Session),
            "any-authenticated" => Some(Self::AnyAuthenticated),
            "none" => Some(Self::None),
            "client-secret" => Some(Self::ClientSecret),
            _ => None,
        }
    }
}

/// One method of one path, and who may call it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The template: `/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/keys/`.
    pub path: String,
    /// Any one of these is enough; empty = scopes do not matter.
    pub any_of: ScopeSet,
    /// What is asked for in addition.
    pub conditions: Vec<Condition>,
    /// Where the row comes from.
    pub source: String,
}

impl Endpoint {
    /// Whether a bearer token with these scopes may call it, with what they imply. What the token's owner may see is not asked.
    #[must_use]
    pub fn accepts(&self, scopes: &ScopeSet) -> bool {
        self.takes_tokens() && (self.any_of.is_empty() || scopes.closure().meets(&self.any_of))
    }

    /// Whether it takes a bearer token at all.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        !self.conditions.contains(&Condition::Session) && !self.conditions.contains(&Condition::ClientSecret)
    }
}

/// `GET /projects/{organization}/{project}/keys/`: for people, without what every path begins with.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.strip_prefix("/api/0").unwrap_or(&self.path);
        write!(f, "{} {}", self.method, path.replace("_id_or_slug}", "}"))
    }
}

/// Every endpoint that is known, sorted by path and method.
#[must_use]
pub fn endpoints() -> &'static [Endpoint] {
    &ENDPOINTS
}

/// The endpoint that answers a method and a path; `None` = not in the table.
///
/// The path is concrete (`/api/0/projects/acme/web/keys/`), or a template with parameters of any name. A literal segment beats
/// a parameter; a query is ignored.
#[must_use]
pub fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    endpoints()
        .iter()
        .filter(|endpoint| endpoint.method == method)
        .filter_map(|endpoint| Some((literals(&endpoint.path, path)?, endpoint)))
        .max_by(|(one, _), (other, _)| one.cmp(other))
        .map(|(_, endpoint)| endpoint)
}

/// The endpoint of a call as one text, `GET /api/0/organizations/{organization}/projects/`; as [`endpoint`].
#[must_use]
pub fn called(call: &str) -> Option<&'static Endpoint> {
    let (method, path) = call.split_once(' ')?;
    endpoint(method, path)
}

/// Which segments of the path are literally those of the template; `None` if it does not match.
fn literals(template: &str, path: &str) -> Option<Vec<bool>> {
    let (wanted, given) = (template.trim_matches('/').split('/'), path.trim_matches('/').split('/'));
    let parameter = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
    if wanted.clone().count() != given.clone().count() {
        return None;
    }
    let segment = |(wanted, given): (&str, &str)| {
        if parameter(wanted) { (!given.is_empty()).then_some(false) } else { (wanted == given).then_some(true) }
    };
    wanted.zip(given).map(segment).collect()
}

/// The rows of the table; `None` if one of them cannot be read.
fn read(table: &str) -> Option<Vec<Endpoint>> {
    csv::Reader::from_reader(table.as_bytes()).records().map(|record| row(&record.ok()?)).collect()
}

fn row(record: &csv::StringRecord) -> Option<Endpoint> {
    let (asked, source) = (record.get(2)?, record.get(3)?.to_owned());
    let (conditions, scopes): (Vec<&str>, Vec<&str>) = asked.split('|').partition(|item| item.starts_with('!'));
    let conditions =
        conditions.iter().map(|word| Condition::from_word(word.trim_start_matches('!'))).collect::<Option<Vec<_>>>()?;
    Some(Endpoint {
        method: record.get(0)?.to_owned(),
        path: record.get(1)?.to_owned(),
        any_of: ScopeSet::of(scopes),
        conditions,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        assert_eq!(endpoints().len(), 269);
        assert_eq!(endpoints().len(), TABLE.lines().count() - 1);
        for endpoint in endpoints() {
            assert!(endpoint.any_of.unknown().next().is_none(), "{endpoint}");
            assert!(!endpoint.any_of.is_empty() || !endpoint.conditions.is_empty(), "{endpoint}");
            assert!(!endpoint.source.is_empty(), "{endpoint}");
            let published = endpoint.source.contains("openapi");
            let cited = format!("{}@", ENDPOINTS_SOURCE.replace(' ', "@"));
            let dated = format!("{}({ENDPOINTS_DATE})", cited.replace("a589a26@", "a589a26 "));
            assert!(!published || endpoint.source.starts_with(&dated), "{endpoint}: {}", endpoint.source);
        }
    }

    #[test]
    fn every_row_is_found_by_its_template_and_by_a_path() {
        for row in endpoints() {
            assert_eq!(endpoint(&row.method, &row.path), Some(row), "{row}");
            let concrete = row.path.replace(['{', '}'], "x");
            assert_eq!(endpoint(&row.method, &concrete), Some(row), "{concrete}");
            assert_eq!(called(&format!("{} {}", row.method, row.path)), Some(row), "{row}");
        }
    }

    #[test]
    fn a_path_is_matched_segment_by_segment() {
        let rows = [
            ("GET", "/api/0/projects/acme/web/keys/", Some("GET /projects/{organization}/{project}/keys/")),
            ("GET", "/api/0/projects/acme/web/keys", Some("GET /projects/{organization}/{project}/keys/")),
            (
                "GET",
                "/api/0/projects/acme/web/keys/?status=active",
                Some("GET /projects/{organization}/{project}/keys/"),
            ),
            ("GET", "/api/0/projects/{o}/{p}/keys/{k}/", Some("GET /projects/{organization}/{project}/keys/{key_id}/")),
            ("GET", "/api/0/", Some("GET /")),
            (
                "GET",
                "/api/0/organizations/acme/preprodartifacts/snapshots/latest-base/",
                Some("GET /organizations/{organization}/preprodartifacts/snapshots/latest-base/"),
            ),
            ("HEAD", "/api/0/projects/acme/web/keys/", None),
            ("GET", "/api/0/projects/acme//keys/", None),
            ("GET", "/api/0/projects/acme/web/locks/", None),
            ("GET", "/projects/acme/web/keys/", None),
            ("GET", "", None),
        ];
        for (method, path, expected) in rows {
            let found = endpoint(method, path).map(ToString::to_string);
            assert_eq!(found.as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn only_a_whole_segment_is_a_parameter() {
        assert_eq!(literals("/events/{id}/", "/events/7/"), Some(vec![true, false]));
        for half in ["/events/{id}.json/", "/events/event-{id}/"] {
            assert_eq!(literals(half, "/events/7/"), None, "{half}");
            assert_eq!(literals(half, half), Some(vec![true, true]), "{half}");
        }
    }

    #[test]
    fn one_scope_is_enough_and_a_session_is_no_token() {
        let accepts = |call: &str, scope: &str| called(call).unwrap().accepts(&ScopeSet::of([scope]));
        assert!(accepts("POST /api/0/projects/a/b/keys/", "project:write"));
        assert!(accepts("POST /api/0/projects/a/b/keys/", "project:admin"));
        assert!(!accepts("POST /api/0/projects/a/b/keys/", "project:read"));
        // the table names org:write alone; org:admin implies it
        assert!(accepts("GET /api/0/organizations/a/audit-logs/", "org:admin"));
        assert!(!accepts("POST /api/0/organizations/a/org-auth-tokens/", "org:admin"));
        assert!(!accepts("POST /oauth/token/", "org:admin"));
        assert!(accepts("GET /api/0/auth/", "unheard:of"));
    }

    #[test]
    fn a_table_that_cannot_be_read_is_no_table() {
        let head = "method,path,scopes,source\n";
        assert_eq!(read(head).map(|rows| rows.len()), Some(0));
        for row in ["GET,/x/,!seance,s", "GET,/x/,a", "GET,/x/,a,b,c"] {
            assert_eq!(read(&format!("{head}{row}\n")), None, "{row}");
        }
    }
}
