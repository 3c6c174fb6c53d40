//! Organization tokens as a list (fact 47).

use serde_json::{Value, json};

use crate::http::{Request, Response};

use super::access::{Caller, Subject};
use super::projects::only_get;
use super::state::State;
use super::token::{Holder, Token};

/// `/organizations/{org}/org-auth-tokens/`: newest first, all at once (fact 17). Newer versions do not get here.
pub(super) fn list(state: &State, request: &Request, caller: &Caller, named: &str) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Organization)?;
    only_get(request)?;
    let organization = caller.organization(state, named)?.id;
    let ours = state.tokens.iter().rev().filter(|token| token.organization == organization);
    Ok(Response::json(200, &Value::Array(ours.filter_map(show).collect())))
}

fn show(token: &Token) -> Option<Value> {
    let Holder::Organization { id, name, date_created, date_last_used } = &token.holder else { return None };
    let (_, last) = token.value.split_at_checked(token.value.len().saturating_sub(4))?;
    Some(json!({
        "id": id.to_string(),
        "name": name,
        "scopes": token.granted,
        "tokenLastCharacters": last,
        "dateCreated": date_created,
        "dateLastUsed": date_last_used,
        "projectLastUsedId": null,
    }))
}
