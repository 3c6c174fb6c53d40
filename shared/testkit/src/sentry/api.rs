//! From a request to its answer.

use serde_json::json;

use crate::http::{Request, Response};

use super::access::{self, Caller};
use super::answers;
use super::body;
use super::route::{self, Route};
use super::state::{Flavor, State};
use super::{audit_log, ingest, integrations, keys, organization_tokens, projects, question, stats};

pub(super) fn answer(state: &mut State, request: &Request) -> Response {
    let prefix = state.prefix.clone();
    let route = route::find(&request.path, &prefix);
    match route {
        Route::Unknown => return answers::unknown_route(),
        // It came later (fact 32).
        Route::OrganizationKeys(_) if state.flavor == Flavor::V23_7_1 => return answers::unknown_route(),
        Route::WithoutSlash => return answers::without_slash(&request.path, body::is_json(request)),
        Route::IndexWithoutSlash => return Response::empty(301).with_header("Location", format!("{}/", request.path)),
        Route::Envelope(project) => return ingest::receive(state, request, project),
        Route::Question(_) => {
            if let Some((status, text)) = &state.question {
                return forced(*status, text);
            }
        }
        Route::Index
        | Route::Projects
        | Route::Organization(_)
        | Route::OrganizationProjects(_)
        | Route::OrganizationKeys(_)
        | Route::OrganizationTokens(_)
        | Route::Integrations(_)
        | Route::Installations(_)
        | Route::AuditLog(_)
        | Route::Project(_)
        | Route::Keys(_)
        | Route::Key(..)
        | Route::Stats(..) => {
            if let Some(limited) = state.limits.refuse() {
                return limited;
            }
        }
    }
    let response = api(state, request, route).unwrap_or_else(|refusal| refusal);
    state.limits.describe(state.flavor, !matches!(route, Route::Question(_)), response)
}

/// Refusals are errors, so that each check can end the request; the order of the checks is Sentry's.
fn api(state: &mut State, request: &Request, route: Route<'_>) -> Result<Response, Response> {
    acceptable(request)?;
    if state.flavor == Flavor::V2026 && matches!(route, Route::OrganizationTokens(_)) {
        return Err(answers::session_only());
    }
    let caller = access::authenticate(state, request, matches!(route, Route::Question(_)))?;
    origin(request, &caller)?;
    match route {
        Route::Index => projects::index(request, &caller),
        Route::Projects => projects::list_all(state, request, &caller),
        Route::Organization(organization) => projects::organization(state, request, &caller, organization),
        Route::OrganizationProjects(organization) => projects::list(state, request, &caller, organization),
        Route::OrganizationKeys(organization) => keys::of_organization(state, request, &caller, organization),
        Route::OrganizationTokens(organization) => organization_tokens::list(state, request, &caller, organization),
        Route::Integrations(organization) => integrations::list(state, request, &caller, organization),
        Route::Installations(organization) => integrations::installations(state, request, &caller, organization),
        Route::AuditLog(organization) => audit_log::list(state, request, &caller, organization),
        Route::Project(path) => projects::details(state, request, &caller, path),
        Route::Keys(path) => keys::collection(state, request, &caller, path),
        Route::Key(path, key) => keys::member(state, request, &caller, path, key),
        Route::Stats(path, key) => stats::stats(state, request, &caller, path, key),
        Route::Question(path) => question::ask(state, request, &caller, path),
        Route::Envelope(_) | Route::IndexWithoutSlash | Route::WithoutSlash | Route::Unknown => {
            Err(answers::unknown_route())
        }
    }
}

/// Sentry answers in JSON only (fact 11).
fn acceptable(request: &Request) -> Result<(), Response> {
    let Some(accept) = request.header("accept") else { return Ok(()) };
    let types = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    if types.into_iter().any(|range| matches!(range, "" | "*/*" | "application/*" | "application/json")) {
        Ok(())
    } else {
        Err(answers::detail(406, "Could not satisfy the request Accept header."))
    }
}

/// A token admits no Origin unless it was set up for it; a DSN admits any (section 7).
fn origin(request: &Request, caller: &Caller) -> Result<(), Response> {
    match (request.header("origin"), caller) {
        (None | Some("null"), _) | (Some(_), Caller::Dsn { .. }) => Ok(()),
        (Some(origin), Caller::Anonymous | Caller::Token(_)) => {
            Err(Response::json(400, &json!(format!("Invalid origin: {origin}"))))
        }
    }
}

/// An answer that a test dictates; its type follows from its text.
pub(super) fn forced(status: u16, text: &str) -> Response {
    let kind = if text.starts_with(['{', '[', '"']) { "application/json" } else { "text/html" };
    Response::text(status, kind, text)
}
