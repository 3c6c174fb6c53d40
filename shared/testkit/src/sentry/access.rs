//! Who asks, and what they may do.

use std::collections::BTreeSet;

use http::Method;

use crate::http::{Request, Response};

use super::answers;
use super::question;
use super::route::ProjectPath;
use super::state::{Organization, Project, State};
use super::token::Token;

/// Who asks.
pub(super) enum Caller {
    Anonymous,
    Token(Token),
    /// A client key that authenticates with its DSN, which only the DSN question admits.
    Dsn {
        project: u64,
        organization: u64,
    },
}

/// What a scope is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    Organization,
    Project,
}

/// Adds the scopes that others imply (section 5.2).
pub(super) fn closure(scopes: &[&str]) -> BTreeSet<String> {
    let implied = |scope: &str| -> &[&str] {
        match scope {
            "org:write" => &["org:read"],
            "org:admin" => &["org:read", "org:write", "org:integrations"],
            "member:invite" => &["member:read"],
            "member:write" => &["member:read", "member:invite"],
            "member:admin" => &["member:read", "member:invite", "member:write"],
            "team:write" => &["team:read"],
            "team:admin" => &["team:read", "team:write"],
            "project:write" => &["project:read"],
            "project:admin" => &["project:read", "project:write"],
            "event:write" => &["event:read"],
            "event:admin" => &["event:read", "event:write"],
            "alerts:write" => &["alerts:read"],
            _ => &[],
        }
    };
    scopes.iter().flat_map(|&scope| implied(scope).iter().copied().chain([scope])).map(str::to_owned).collect()
}

/// Reads the `Authorization` header (fact 4). A scheme that nobody knows counts as no credentials.
pub(super) fn authenticate(state: &State, request: &Request, dsn_admitted: bool) -> Result<Caller, Response> {
    let header = request.header("authorization").unwrap_or_default();
    let words: Vec<&str> = header.split_whitespace().collect();
    let Some((scheme, credentials)) = words.split_first() else { return Ok(Caller::Anonymous) };
    let scheme = scheme.to_ascii_lowercase();
    let known = matches!(scheme.as_str(), "bearer" | "basic") || (scheme == "dsn" && dsn_admitted);
    let value = match credentials {
        _ if !known => return Ok(Caller::Anonymous),
        [] => return Err(answers::unauthorized("Invalid token header. No credentials provided.")),
        [value] => *value,
        [..] => {
            return Err(answers::unauthorized("Invalid token header. Token string should not contain spaces."));
        }
    };
    match scheme.as_str() {
        "dsn" => question::authenticate(state, value),
        "basic" => Err(answers::unauthorized("API key is not valid")),
        _ => match state.tokens.iter().find(|token| token.value == value) {
            Some(token) if token.expired => Err(answers::unauthorized("Token expired")),
            Some(token) => Ok(Caller::Token(token.as_of(state.flavor))),
            None if value.starts_with("sntrys_") => Err(answers::unauthorized("Invalid org token")),
            None => Err(answers::unauthorized("Invalid token")),
        },
    }
}

impl Caller {
    /// Whether the caller has a scope that the method asks for; comes before any look at the path's objects.
    pub(super) fn may(&self, method: &Method, subject: Subject) -> Result<(), Response> {
        self.has_any(Self::accepted(method, subject))
    }

    /// Whether the caller carries such a scope, of an endpoint that has no object in its path by which a role could bound it.
    pub(super) fn carries(&self, method: &Method, subject: Subject) -> Result<(), Response> {
        let mut accepted = Self::accepted(method, subject);
        match self.token() {
            Some(token) if accepted.any(|scope| token.scopes.contains(&scope)) => Ok(()),
            Some(_) => Err(answers::forbidden()),
            None => self.may(method, subject),
        }
    }

    fn accepted(method: &Method, subject: Subject) -> impl Iterator<Item = String> {
        let prefix = match subject {
            Subject::Organization => "org",
            Subject::Project => "project",
        };
        let levels: &[&str] = match method.as_str() {
            "GET" => &["read", "write", "admin"],
            "POST" | "PUT" => &["write", "admin"],
            "DELETE" => &["admin"],
            // HEAD and PATCH have no entry in Sentry's scope map: 403 for everybody (fact 10).
            _ => &[],
        };
        levels.iter().map(move |level| format!("{prefix}:{level}"))
    }

    /// Whether the caller has one of these scopes, and may read at all, of an endpoint with scopes of its own.
    pub(super) fn may_read(&self, method: &Method, scopes: &[&str]) -> Result<(), Response> {
        let scopes: &[&str] = if matches!(method.as_str(), "HEAD" | "PATCH") { &[] } else { scopes };
        self.has_any(scopes.iter().map(|&scope| scope.to_owned()))
    }

    fn has_any(&self, mut scopes: impl Iterator<Item = String>) -> Result<(), Response> {
        let has = |scope: String| match self {
            Self::Anonymous => false,
            Self::Token(token) => token.may(&scope),
            Self::Dsn { .. } => scope.starts_with("project:"),
        };
        if matches!(self, Self::Anonymous) {
            Err(answers::unauthorized("Authentication credentials were not provided."))
        } else if scopes.any(has) {
            Ok(())
        } else {
            Err(answers::forbidden())
        }
    }

    /// The token, where there is one.
    pub(super) fn token(&self) -> Option<&Token> {
        match self {
            Self::Token(token) => Some(token),
            Self::Anonymous | Self::Dsn { .. } => None,
        }
    }

    pub(super) fn organization_id(&self) -> Option<u64> {
        match self {
            Self::Anonymous => None,
            Self::Token(token) => Some(token.organization),
            Self::Dsn { organization, .. } => Some(*organization),
        }
    }

    /// The organization of a path: 404 where there is none, 403 where it is not the caller's (fact 7).
    pub(super) fn organization<'s>(&self, state: &'s State, named: &str) -> Result<&'s Organization, Response> {
        let organization = state.organization(named).ok_or_else(answers::not_found)?;
        if self.organization_id() == Some(organization.id) { Ok(organization) } else { Err(answers::forbidden()) }
    }

    /// The project of a path: as with organizations, and 302 for a slug of before (fact 31).
    pub(super) fn project(&self, state: &State, path: ProjectPath<'_>, request: &Request) -> Result<Project, Response> {
        let ours = |project: &Project| self.organization_id() == Some(project.organization);
        if let Some(project) = state.project(path.organization, path.project) {
            return if ours(project) { Ok(project.clone()) } else { Err(answers::forbidden()) };
        }
        let project = state.renamed_project(path.organization, path.project).ok_or_else(answers::not_found)?;
        if project.deleted || !ours(project) {
            return Err(answers::forbidden());
        }
        let old = format!("projects/{}/{}/", path.organization, path.project);
        let new = format!("projects/{}/{}/", path.organization, project.slug);
        let mut url = request.path.replacen(&old, &new, 1);
        if !request.query.is_empty() {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            url = format!("{url}?{}", query.extend_pairs(&request.query).finish());
        }
        Err(answers::moved(&url, &project.slug))
    }
}
