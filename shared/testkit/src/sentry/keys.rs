//! The client key endpoints (facts 18 to 31, sections 1.1 to 1.5).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::http::{Request, Response};

use super::access::{Caller, Subject};
use super::answers;
use super::audit_log::{self, Change};
use super::body;
use super::key::{self, Key};
use super::key_input::KeyInput;
use super::page;
use super::projects::only_get;
use super::route::ProjectPath;
use super::state::{Flavor, Project, State};

/// `…/keys/`
pub(super) fn collection(
    state: &mut State,
    request: &Request,
    caller: &Caller,
    path: ProjectPath<'_>,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Project)?;
    if !matches!(request.method.as_str(), "GET" | "POST") {
        return Err(answers::method_not_allowed(request.method.as_str()));
    }
    let project = caller.project(state, path, request)?;
    match request.method.as_str() {
        "POST" => create(state, request, caller, &project),
        _ => list(state, request, state.keys.of_project(project.id)),
    }
}

/// `…/keys/{key}/`
pub(super) fn member(
    state: &mut State,
    request: &Request,
    caller: &Caller,
    path: ProjectPath<'_>,
    key_id: &str,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Project)?;
    if !matches!(request.method.as_str(), "GET" | "PUT" | "DELETE") {
        return Err(answers::method_not_allowed(request.method.as_str()));
    }
    let project = caller.project(state, path, request)?;
    let key = find(state, &project, key_id)?.clone();
    match request.method.as_str() {
        "PUT" => update(state, request, caller, &project, key),
        "DELETE" => {
            state.keys.remove(&key.id);
            audit_log::record(state, Change::Remove, &key, caller);
            Ok(Response::empty(204))
        }
        _ => Ok(Response::json(200, &show(state, &key))),
    }
}

/// A key of this project; that of another does not exist here (fact 30).
pub(super) fn find<'s>(state: &'s State, project: &Project, key_id: &str) -> Result<&'s Key, Response> {
    state.key(key_id).filter(|key| key.project_id == project.id).ok_or_else(answers::not_found)
}

fn show(state: &State, key: &Key) -> Value {
    key.show(&state.ingest_endpoint(), state.flavor)
}

/// `/organizations/{org}/project-keys/`, of newer versions alone (fact 32): the keys of the projects that the query
/// names, of all where it names none or -1 (section 1.1). A project of another organization, or none, is refused.
pub(super) fn of_organization(
    state: &State,
    request: &Request,
    caller: &Caller,
    organization: &str,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Organization)?;
    only_get(request)?;
    let organization = caller.organization(state, organization)?.id;
    let named: Vec<i64> = request
        .query
        .iter()
        .filter(|(name, _)| name == "project")
        .map(|(_, id)| id.parse())
        .collect::<Result<_, _>>()
        .map_err(|_not_a_number| answers::detail(400, "Invalid project parameter. Values must be numbers."))?;
    let projects: Vec<u64> = if named.is_empty() || named.contains(&-1) {
        state.projects.by_slug(organization).collect()
    } else {
        let ours =
            |id: &i64| state.project_by_id(u64::try_from(*id).ok()?).filter(|of| of.organization == organization);
        let ids: Option<BTreeSet<u64>> = named.iter().map(|id| ours(id).map(|project| project.id)).collect();
        ids.ok_or_else(answers::forbidden)?.into_iter().collect()
    };
    list(state, request, projects.iter().flat_map(|project| state.keys.of_project(*project)))
}

/// Newest first, paged by row (fact 15); an unknown status is an empty list (fact 29).
fn list<'s>(state: &State, request: &Request, keys: impl Iterator<Item = &'s Key>) -> Result<Response, Response> {
    let default = match state.flavor {
        Flavor::V23_7_1 => 100,
        Flavor::V2026 => 10,
    };
    let asked = page::read(request, default)?;
    let wanted = |key: &&Key| match request.query("status") {
        None | Some("") => true,
        Some("active") => key.is_active,
        Some("inactive") => !key.is_active,
        Some(_) => false,
    };
    let mut rows: Vec<(u64, &Key)> = keys.filter(wanted).map(|key| (key.row, key)).collect();
    rows.sort_by_key(|(row, _)| std::cmp::Reverse(*row));
    Ok(page::by_row(rows, |key| show(state, key), asked).answer(state, request))
}

/// Not idempotent, and blind to most of what a key has (facts 21 to 25).
fn create(state: &mut State, request: &Request, caller: &Caller, project: &Project) -> Result<Response, Response> {
    let input = KeyInput::read(&body::object(request)?, state.flavor)?;
    let rate_limit = if state.has_rate_limits(project) { input.rate_limit.on_create(state.flavor)? } else { None };
    let taken = |key: &Key| input.public.as_ref() == Some(&key.id) || input.secret.as_ref() == Some(&key.secret);
    if state.keys.iter().any(taken) {
        return Err(answers::internal_error());
    }
    let mut key = key::blank(state, project.id, input.name.unwrap_or_default());
    if key.label.is_empty() {
        key.label = generated_name(key.row);
    }
    if let Some(public) = input.public {
        key.id = public;
    }
    if let Some(secret) = input.secret {
        key.secret = secret;
    }
    key.rate_limit = rate_limit;
    let shown = show(state, &key);
    state.keys.add(key.clone());
    audit_log::record(state, Change::Create, &key, caller);
    Ok(Response::json(201, &shown))
}

/// A partial update, but for the loader's version (fact 26).
fn update(
    state: &mut State,
    request: &Request,
    caller: &Caller,
    project: &Project,
    mut key: Key,
) -> Result<Response, Response> {
    let input = KeyInput::read(&body::object(request)?, state.flavor)?;
    if let Some(name) = input.name {
        key.label = name;
    }
    key.browser_sdk_version = input.browser_sdk_version.unwrap_or_else(|| key::DEFAULT_SDK_VERSION.to_owned());
    key.loader_options.extend(input.loader_options);
    if let Some(active) = input.is_active {
        key.is_active = active;
    }
    if state.has_rate_limits(project) {
        key.rate_limit = input.rate_limit.on_update(key.rate_limit)?;
    }
    let shown = show(state, &key);
    audit_log::record(state, Change::Edit, &key, caller);
    state.keys.edit(&key.id.clone(), |stored| *stored = key);
    Ok(Response::json(200, &shown))
}

/// Two words, as Sentry makes them up; the same two may come again.
fn generated_name(row: u64) -> String {
    let name = match row % 3 {
        0 => "Firm Adder",
        1 => "Keen Otter",
        _ => "Calm Heron",
    };
    name.to_owned()
}
