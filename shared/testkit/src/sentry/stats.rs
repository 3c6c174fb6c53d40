//! Key statistics (fact 33, section 1.7).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::http::{Request, Response};

use super::access::{Caller, Subject};
use super::answers;
use super::keys;
use super::route::ProjectPath;
use super::state::State;

/// More buckets than any client should ask for: a mistaken range must not fill the memory.
const MOST_BUCKETS: u64 = 10_000;

/// What is counted for each key, and how that is told.
#[derive(Default)]
pub(super) struct Stats {
    /// Accepted errors at times in seconds since 1970, by key id.
    accepted: HashMap<String, Vec<(u64, u64)>>,
    /// When what is ingested now is counted; `None` counts nothing.
    pub(super) clock: Option<u64>,
    pub(super) fail: bool,
}

impl Stats {
    pub(super) fn set(&mut self, key_id: &str, accepted: Vec<(u64, u64)>) {
        self.accepted.insert(key_id.to_owned(), accepted);
    }

    /// Counts what ingestion accepted; the items are those of an envelope, none where it is compressed.
    pub(super) fn count(&mut self, key_id: &str, item_types: &[String]) {
        let Some(now) = self.clock else { return };
        // The categories default, error and security (fact 33).
        let is_error =
            |kind: &&String| matches!(kind.as_str(), "event" | "security" | "raw_security" | "unreal_report");
        let errors = match item_types {
            [] => 1,
            types => types.iter().filter(is_error).map(|_| 1).sum(),
        };
        if errors == 0 {
            return;
        }
        let accepted = self.accepted.entry(key_id.to_owned()).or_default();
        match accepted.iter_mut().find(|(at, _)| *at == now) {
            Some((_, count)) => *count += errors,
            None => accepted.push((now, errors)),
        }
    }
}

/// `…/keys/{key}/stats/`
pub(super) fn stats(
    state: &State,
    request: &Request,
    caller: &Caller,
    path: ProjectPath<'_>,
    key_id: &str,
) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Project)?;
    if request.method != "GET" {
        return Err(answers::method_not_allowed(request.method.as_str()));
    }
    let project = caller.project(state, path, request)?;
    let key = keys::find(state, &project, key_id)?;
    let counted = state.stats.accepted.get(&key.id).map(Vec::as_slice).unwrap_or_default();
    // Every failure inside is told as a mistake of the request.
    let buckets = buckets(request, counted).filter(|_| !state.stats.fail);
    let buckets = buckets.ok_or_else(|| answers::detail(400, "Invalid request data"))?;
    Ok(Response::json(200, &Value::Array(buckets)))
}

/// One bucket for each step of the range; without a range (Sentry: today) what the test set, because there is no clock.
fn buckets(request: &Request, counted: &[(u64, u64)]) -> Option<Vec<Value>> {
    let step = match request.query("resolution") {
        None | Some("" | "1d") => 86_400,
        Some("1h") => 3_600,
        Some(_) => return None,
    };
    let (Some(since), Some(until)) = (request.query("since"), request.query("until")) else {
        return Some(counted.iter().map(|&(at, accepted)| bucket(at, accepted)).collect());
    };
    let (since, until) = (seconds(since)?, seconds(until)?);
    let first = since - since % step;
    if since > until || (until - first) / step > MOST_BUCKETS {
        return None;
    }
    let starts = (0..).map(|n| first + n * step).take_while(|start| *start <= until);
    let sum = |start: u64| {
        counted
            .iter()
            .filter(|(at, _)| (start..start.saturating_add(step)).contains(at))
            .map(|(_, accepted)| accepted)
            .sum()
    };
    Some(starts.map(|start| bucket(start, sum(start))).collect())
}

/// Sentry takes fractions of a second, too.
fn seconds(text: &str) -> Option<u64> {
    text.split('.').next()?.parse().ok()
}

fn bucket(at: u64, accepted: u64) -> Value {
    json!({"ts": at, "total": accepted, "dropped": 0, "accepted": accepted, "filtered": 0})
}
