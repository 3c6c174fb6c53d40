//! The DSN question: whether a client key is alive, asked without ingestion (fact 34 and the table before the facts).

use serde_json::{Map, Value, json};
use url::Url;

use crate::http::{Request, Response};

use super::access::{Caller, Subject};
use super::answers;
use super::body;
use super::route::ProjectPath;
use super::state::{Flavor, State};

/// Reads a DSN of either form. Its host is ignored; the key must be enabled and of the project that the DSN names. That the
/// project is being deleted is not looked at.
pub(super) fn authenticate(state: &State, dsn: &str) -> Result<Caller, Response> {
    let alive = || {
        let url = Url::parse(dsn).ok()?;
        let project: u64 = url.path().rsplit('/').next()?.parse().ok()?;
        let key = state.key(url.username()).filter(|key| key.is_active && key.project_id == project)?;
        state.projects.all().find(|project| project.id == key.project_id)
    };
    let project = alive().ok_or_else(|| answers::unauthorized("Invalid dsn"))?;
    Ok(Caller::Dsn { project: project.id, organization: project.organization })
}

/// `…/user-feedback/`: an empty feedback is refused for its fields, and only a live key gets that far.
pub(super) fn ask(
    state: &State,
    request: &Request,
    caller: &Caller,
    path: ProjectPath<'_>,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Project)?;
    if request.method != "POST" {
        return Err(answers::method_not_allowed(request.method.as_str()));
    }
    let project = caller.project(state, path, request)?;
    match (caller, state.flavor) {
        (Caller::Dsn { project: own, .. }, Flavor::V23_7_1) if *own != project.id => {
            return Err(Response::empty(400));
        }
        (Caller::Dsn { project: own, .. }, Flavor::V2026) if *own != project.id => {
            return Err(Response::empty(401));
        }
        (Caller::Dsn { .. } | Caller::Token(_) | Caller::Anonymous, _) => {}
    }
    let feedback = body::object(request)?;
    let errors: Map<String, Value> = ["name", "email", "comments", "event_id"]
        .into_iter()
        .filter(|&field| !feedback.contains_key(field))
        .map(|field| (field.to_owned(), json!(["This field is required."])))
        .collect();
    if errors.is_empty() { Ok(Response::empty(200)) } else { Err(answers::invalid(&Value::Object(errors))) }
}
