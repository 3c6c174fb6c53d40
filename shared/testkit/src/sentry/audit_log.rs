//! The audit log (fact 50, section 6). There is no filter by time: 23.7.1 has none, and newer versions' is left out.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::http::{Request, Response};

use super::access::Caller;
use super::answers;
use super::key::{Key, marked_secret};
use super::page;
use super::projects::only_get;
use super::state::{Flavor, State};
use super::token::User;

/// What can be asked for, as far as the stand-in or its tests write it.
const EVENTS: [&str; 10] = [
    "projectkey.create",
    "projectkey.edit",
    "projectkey.remove",
    "projectkey.change",
    "api-key.create",
    "api-key.edit",
    "api-key.remove",
    "sentry-app.add",
    "org-auth-token.create",
    "org-auth-token.remove",
];

/// What happened to a key. Enabling and disabling are edits like others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Create,
    Edit,
    Remove,
}

struct Row {
    id: u64,
    organization: u64,
    event: String,
    actor: Value,
    note: String,
    /// A key's row in the database.
    target: Option<u64>,
    data: Value,
    date: String,
}

#[derive(Default)]
pub(super) struct AuditLog {
    rows: Vec<Row>,
}

impl AuditLog {
    pub(super) fn plant_secret(&mut self, marker: &str) {
        for row in &mut self.rows {
            if let (Some(secret), Some(target)) = (row.data.get_mut("secret_key"), row.target) {
                *secret = json!(marked_secret(marker, target));
            }
        }
    }

    /// Writes a row about anything at all.
    pub(super) fn write(&mut self, organization: u64, event: &str, actor: Value, date: &str, data: Value) {
        self.add(Row {
            id: 0,
            organization,
            event: event.to_owned(),
            actor,
            note: event.to_owned(),
            target: None,
            data,
            date: date.to_owned(),
        });
    }

    fn add(&mut self, row: Row) {
        let id = self.rows.len() as u64 + 1;
        self.rows.push(Row { id, ..row });
    }
}

impl Row {
    /// In milliseconds, by which the log is ordered and paged (fact 15).
    fn moment(&self) -> u64 {
        let date = self.date.parse::<jiff::Timestamp>().unwrap_or_default();
        u64::try_from(date.as_millisecond()).unwrap_or_default()
    }

    fn show(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "actor": self.actor,
            "event": self.event,
            "ipAddress": "192.0.2.1",
            "note": self.note,
            "targetObject": self.target,
            "targetUser": null,
            "data": self.data,
            "dateCreated": self.date,
        })
    }
}

/// Writes down what a caller did with a key; the key is as it is after that.
pub(super) fn record(state: &mut State, change: Change, key: &Key, caller: &Caller) {
    let actor = caller.token().and_then(|token| token.user()).map_or(Value::Null, User::show);
    write(state, change, key, actor);
}

/// The same for what tests do with a key behind the API's back, which stands for a person in the user interface.
pub(super) fn by_operator(state: &mut State, change: Change, key: &Key) {
    let operator = User { id: 0, name: "Olive Operator".to_owned(), email: "olive@example.com".to_owned() };
    write(state, change, key, operator.show());
}

fn write(state: &mut State, change: Change, key: &Key, actor: Value) {
    let Some(organization) = state.project_by_id(key.project_id).map(|project| project.organization) else { return };
    let (event, verb) = match change {
        Change::Create => ("projectkey.create", "added"),
        Change::Edit => ("projectkey.edit", "edited"),
        Change::Remove => ("projectkey.remove", "removed"),
    };
    let date = state.next_date();
    state.audit_log.add(Row {
        id: 0,
        organization,
        event: event.to_owned(),
        actor,
        note: format!("{verb} project key {}", key.id),
        target: Some(key.row),
        data: json!({
            "label": key.label,
            "public_key": key.id,
            "secret_key": key.secret,
            "roles": 1,
            "status": u8::from(!key.is_active),
            "rate_limit_count": key.rate_limit.map(|(count, _)| count),
            "rate_limit_window": key.rate_limit.map(|(_, window)| window),
        }),
        date,
    });
}

/// `/organizations/{org}/audit-logs/`: newest first; a kind of event that nobody knows has no rows.
pub(super) fn list(state: &State, request: &Request, caller: &Caller, named: &str) -> Result<Response, Response> {
    caller.may_read(&request.method, &["org:write"])?;
    // 23.7.1 did not add what `org:admin` implies to the token that was seen to be refused; newer versions do.
    let granted = caller.token().is_some_and(|token| token.granted.contains("org:write"));
    if state.flavor == Flavor::V23_7_1 && !granted {
        return Err(answers::forbidden());
    }
    only_get(request)?;
    let organization = caller.organization(state, named)?.id;
    let filter = |name| request.query(name).filter(|wanted| !wanted.is_empty());
    let (event, actor) = (filter("event"), filter("actor"));
    let wanted = |row: &&Row| {
        row.organization == organization
            && event.is_none_or(|event| row.event == event)
            && actor.is_none_or(|actor| row.actor.get("id").is_some_and(|id| id == actor))
    };
    let mut rows: Vec<(u64, &Row)> =
        state.audit_log.rows.iter().filter(wanted).map(|row| (row.moment(), row)).collect();
    rows.sort_by_key(|(moment, row)| Reverse((*moment, row.id)));
    let whole = |rows| json!({"rows": Value::Array(rows), "options": EVENTS});
    Ok(page::by_row(rows, Row::show, page::read(request, 100)?).answer_as(state, request, whole))
}
