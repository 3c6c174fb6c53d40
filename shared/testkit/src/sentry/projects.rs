//! Introspection, organizations and projects.

use serde_json::{Value, json};

use crate::http::{Request, Response};

use super::access::{Caller, Subject};
use super::answers;
use super::page;
use super::route::ProjectPath;
use super::state::{Flavor, Organization, Project, State};
use super::token::{Holder, User};

pub(super) fn only_get(request: &Request) -> Result<(), Response> {
    match request.method.as_str() {
        "GET" => Ok(()),
        other => Err(answers::method_not_allowed(other)),
    }
}

/// `/`: 200 even for a caller without credentials (fact 1).
pub(super) fn index(request: &Request, caller: &Caller) -> Result<Response, Response> {
    only_get(request)?;
    let (auth, user) = match caller {
        Caller::Anonymous | Caller::Dsn { .. } => (Value::Null, Value::Null),
        Caller::Token(token) => (json!({"scopes": token.scopes}), token.user().map_or(Value::Null, User::show)),
    };
    Ok(Response::json(200, &json!({"version": "0", "auth": auth, "user": user})))
}

/// `/projects/`: newest first; needs no organization scope (fact 18). For an integration Sentry forgets to leave out those
/// that are being deleted.
pub(super) fn list_all(state: &State, request: &Request, caller: &Caller) -> Result<Response, Response> {
    caller.carries(&request.method, Subject::Project)?;
    only_get(request)?;
    // A person sees the projects of the own teams, and here is in none. No organization has the id 0.
    let is_person = caller.token().is_some_and(|token| matches!(token.holder, Holder::Person(..)));
    let organization = caller.organization_id().filter(|_| !is_person).unwrap_or_default();
    list_page(state, request, state.projects.newest_first(organization))
}

/// `/organizations/{org}/projects/`: by slug.
pub(super) fn list(
    state: &State,
    request: &Request,
    caller: &Caller,
    organization: &str,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Organization)?;
    only_get(request)?;
    let organization = caller.organization(state, organization)?;
    list_page(state, request, state.projects.by_slug(organization.id))
}

fn list_page(state: &State, request: &Request, ids: impl Iterator<Item = u64>) -> Result<Response, Response> {
    let asked = page::read(request, 100)?;
    let show = |id| state.projects.also_deleted(id).map_or(Value::Null, |project| show_project(state, project));
    Ok(page::by_offset(ids, show, asked)?.answer(state, request))
}

/// `/organizations/{org}/`
pub(super) fn organization(
    state: &State,
    request: &Request,
    caller: &Caller,
    named: &str,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Organization)?;
    only_get(request)?;
    let mut shown = show_organization(caller.organization(state, named)?);
    if let (Flavor::V2026, Some(members)) = (state.flavor, shown.as_object_mut()) {
        let url = state.link_origin();
        members.insert("links".to_owned(), json!({"organizationUrl": url, "regionUrl": url}));
    }
    Ok(Response::json(200, &shown))
}

/// `/projects/{org}/{project}/`
pub(super) fn details(
    state: &State,
    request: &Request,
    caller: &Caller,
    path: ProjectPath<'_>,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Project)?;
    only_get(request)?;
    let project = caller.project(state, path, request)?;
    let mut shown = show_project(state, &project);
    if let Some(members) = shown.as_object_mut() {
        members.insert("allowedDomains".to_owned(), json!(project.allowed_domains));
    }
    Ok(Response::json(200, &shown))
}

fn show_organization(organization: &Organization) -> Value {
    json!({
        "id": organization.id.to_string(),
        "slug": organization.slug,
        "name": organization.slug,
        "status": {"id": "active", "name": "active"},
        "dateCreated": organization.date_created,
    })
}

fn show_project(state: &State, project: &Project) -> Value {
    let mut features = vec!["alert-filters", "minidump", "race-free-group-creation", "releases"];
    if state.has_rate_limits(project) {
        features.insert(2, "rate-limits");
    }
    // One that is being deleted gives its slug away.
    let slug = if project.deleted { format!("{:032x}", project.id) } else { project.slug.clone() };
    json!({
        "id": project.id.to_string(),
        "slug": slug,
        "name": project.name,
        "platform": null,
        "dateCreated": project.date_created,
        "features": features,
        "status": if project.deleted { "deleted" } else { "active" },
        "organization": state.organization_by_id(project.organization).map(show_organization),
    })
}
