//! Which endpoint a path means.

use http::Method;

/// A project as a path names it: by slugs, in newer versions also by numeric ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProjectPath<'a> {
    pub(super) organization: &'a str,
    pub(super) project: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Index,
    Projects,
    Organization(&'a str),
    OrganizationProjects(&'a str),
    OrganizationKeys(&'a str),
    OrganizationTokens(&'a str),
    Integrations(&'a str),
    Installations(&'a str),
    AuditLog(&'a str),
    Project(ProjectPath<'a>),
    Keys(ProjectPath<'a>),
    Key(ProjectPath<'a>, &'a str),
    Stats(ProjectPath<'a>, &'a str),
    Question(ProjectPath<'a>),
    Envelope(&'a str),
    /// `/api/0`, which redirects (fact 6).
    IndexWithoutSlash,
    /// Any other path under the API that does not end with a slash, even one that would exist with it.
    WithoutSlash,
    Unknown,
}

/// Finds the endpoint; a path outside the prefix is unknown.
pub(super) fn find<'a>(path: &'a str, prefix: &str) -> Route<'a> {
    let Some(path) = path.strip_prefix(prefix) else { return Route::Unknown };
    match path.strip_prefix("/api/0") {
        Some("") => Route::IndexWithoutSlash,
        Some("/") => Route::Index,
        Some(rest) => match rest.strip_prefix('/') {
            Some(rest) => rest.strip_suffix('/').map_or(Route::WithoutSlash, api),
            None => Route::Unknown,
        },
        None => envelope(path).map_or(Route::Unknown, Route::Envelope),
    }
}

fn api(path: &str) -> Route<'_> {
    let segments: Vec<&str> = path.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Route::Unknown;
    }
    match *segments.as_slice() {
        ["projects"] => Route::Projects,
        ["organizations", organization] => Route::Organization(organization),
        ["organizations", organization, "projects"] => Route::OrganizationProjects(organization),
        ["organizations", organization, "project-keys"] => Route::OrganizationKeys(organization),
        ["organizations", organization, "org-auth-tokens"] => Route::OrganizationTokens(organization),
        ["organizations", organization, "sentry-apps"] => Route::Integrations(organization),
        ["organizations", organization, "sentry-app-installations"] => Route::Installations(organization),
        ["organizations", organization, "audit-logs"] => Route::AuditLog(organization),
        ["projects", organization, project] => Route::Project(ProjectPath { organization, project }),
        ["projects", organization, project, "keys"] => Route::Keys(ProjectPath { organization, project }),
        ["projects", organization, project, "keys", key] => Route::Key(ProjectPath { organization, project }, key),
        ["projects", organization, project, "keys", key, "stats"] => {
            Route::Stats(ProjectPath { organization, project }, key)
        }
        ["projects", organization, project, "user-feedback"] => Route::Question(ProjectPath { organization, project }),
        _ => Route::Unknown,
    }
}

/// The project id of an ingestion path; the ingestion server takes its paths with and without the last slash.
fn envelope(path: &str) -> Option<&str> {
    let (id, rest) = path.strip_prefix("/api/")?.split_once('/')?;
    (matches!(rest, "envelope/" | "envelope") && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(id)
}

impl Route<'_> {
    /// The name by which fault plans know a call.
    pub(super) fn call_name(self, method: &Method) -> String {
        let name = match (self, method.as_str()) {
            (Self::Index, "GET") => "GET /",
            (Self::Projects, "GET") => "GET projects",
            (Self::Organization(_), "GET") => "GET organization",
            (Self::OrganizationProjects(_), "GET") => "GET organization projects",
            (Self::OrganizationKeys(_), "GET") => "GET organization keys",
            (Self::OrganizationTokens(_), "GET") => "GET organization tokens",
            (Self::Integrations(_), "GET") => "GET integrations",
            (Self::Installations(_), "GET") => "GET installations",
            (Self::AuditLog(_), "GET") => "GET audit log",
            (Self::Project(_), "GET") => "GET project",
            (Self::Keys(_), "GET") => "GET keys",
            (Self::Keys(_), "POST") => "POST keys",
            (Self::Key(..), "GET") => "GET key",
            (Self::Key(..), "PUT") => "PUT key",
            (Self::Key(..), "DELETE") => "DELETE key",
            (Self::Stats(..), "GET") => "GET stats",
            (Self::Question(_), "POST") => "POST question",
            (Self::Envelope(_), "POST") => "POST envelope",
            (_, method) => return format!("{method} other"),
        };
        name.to_owned()
    }
}
