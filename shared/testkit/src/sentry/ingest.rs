//! Ingestion and its memory of keys (section 2.1).

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use crate::http::{Request, Response};

use super::api::forced;
use super::envelope::{self, Envelope};
use super::state::State;

/// How ingestion behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ingest {
    /// After a change of a key, so many further requests for it are still judged by what ingestion knew before.
    pub delay_requests: usize,
}

/// An envelope that was accepted and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestedEvent {
    /// The project.
    pub project_id: u64,
    /// The key that sent it.
    pub key_id: String,
    /// The types of its items; empty where the body is compressed.
    pub item_types: Vec<String>,
    /// The event's id, if it has one.
    pub event_id: Option<String>,
}

/// What ingestion knows of a key. It cannot tell a disabled key from one that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Enabled(u64),
    Disabled,
}

struct Cached {
    standing: Standing,
    /// The requests that were judged by this although the database said otherwise.
    outdated_for: usize,
}

/// What a test dictates for one key.
#[derive(Default)]
pub(super) struct Dictated {
    pub(super) always: Option<(u16, String)>,
    pub(super) queue: VecDeque<(u16, String)>,
}

#[derive(Default)]
pub(super) struct Ingestion {
    pub(super) settings: Ingest,
    pub(super) dictated: HashMap<String, Dictated>,
    pub(super) events: Vec<IngestedEvent>,
    pub(super) refused: usize,
    cache: HashMap<String, Cached>,
}

impl State {
    fn standing(&self, key_id: &str) -> Standing {
        match self.key(key_id) {
            Some(key) if key.is_active && self.project_by_id(key.project_id).is_some() => {
                Standing::Enabled(key.project_id)
            }
            Some(_) | None => Standing::Disabled,
        }
    }

    /// Brings what ingestion knows up to date at once; keys that it never saw stay unseen.
    pub(super) fn refresh_ingest_cache(&mut self) {
        let seen: Vec<String> = self.ingestion.cache.keys().cloned().collect();
        for key in seen {
            let standing = self.standing(&key);
            self.ingestion.cache.insert(key, Cached { standing, outdated_for: 0 });
        }
    }

    /// The standing that a request is judged by; `None` where the key was never seen before.
    fn judge_by(&mut self, key_id: &str) -> Option<Standing> {
        let now = self.standing(key_id);
        let delay = self.ingestion.settings.delay_requests;
        let Some(cached) = self.ingestion.cache.get_mut(key_id) else {
            self.ingestion.cache.insert(key_id.to_owned(), Cached { standing: now, outdated_for: 0 });
            return None;
        };
        if cached.standing != now && cached.outdated_for < delay {
            cached.outdated_for += 1;
        } else {
            *cached = Cached { standing: now, outdated_for: 0 };
        }
        Some(cached.standing)
    }
}

/// `POST /api/{project}/envelope/`
pub(super) fn receive(state: &mut State, request: &Request, project: &str) -> Response {
    if request.method != "POST" {
        return Response::empty(405);
    }
    let response = judge(state, request, project).unwrap_or_else(|refusal| refusal);
    if matches!(response.status, 401 | 403) {
        state.ingestion.refused += 1;
    }
    response
}

fn judge(state: &mut State, request: &Request, project: &str) -> Result<Response, Response> {
    let compressed = request.header("content-encoding").is_some_and(|encoding| encoding != "identity");
    let envelope = if compressed { None } else { envelope::parse(&request.body) };
    let key_id = sender(request, envelope.as_ref())?;
    if envelope.is_none() && !compressed {
        return Err(refusal(400, "bad envelope data"));
    }
    let event_id = envelope.as_ref().and_then(|envelope| envelope.event_id.clone());
    let item_types = envelope.map(|envelope| envelope.item_types).unwrap_or_default();
    let accepted = Response::json(200, &event_id.as_ref().map_or_else(|| json!({}), |id| json!({ "id": id })));
    if item_types.is_empty() && !compressed {
        return Ok(accepted);
    }
    if let Some(dictated) = state.ingestion.dictated.get_mut(&key_id)
        && let Some((status, text)) = dictated.queue.pop_front().or_else(|| dictated.always.clone())
    {
        return Err(with_retry_after(forced(status, &text)));
    }
    let pending = match state.judge_by(&key_id) {
        None => true,
        Some(standing) => {
            admit(state, request, project, standing)?;
            false
        }
    };
    // A pending envelope is answered before its key is known, and dropped later if the key proves to be no good.
    let now = state.standing(&key_id);
    if !pending || admit(state, request, project, now).is_ok() {
        let project_id = project.parse().unwrap_or_default();
        state.stats.count(&key_id, &item_types);
        state.ingestion.events.push(IngestedEvent { project_id, key_id, item_types, event_id });
    }
    Ok(accepted)
}

fn admit(state: &State, request: &Request, project: &str, standing: Standing) -> Result<(), Response> {
    match standing {
        Standing::Enabled(id) if id.to_string() == project => {
            if origin_allowed(state, request, id) {
                Ok(())
            } else {
                Err(rejected("Cors"))
            }
        }
        Standing::Enabled(_) | Standing::Disabled => Err(rejected("ProjectId")),
    }
}

/// Without an Origin, the page that the request came from counts as one (section 2.3).
fn origin_allowed(state: &State, request: &Request, project: u64) -> bool {
    let Some(origin) = request.header("origin").or_else(|| request.header("referer")) else { return true };
    let host = url::Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned));
    let Some(project) = state.project_by_id(project) else { return false };
    project.allowed_domains.iter().any(|allowed| {
        allowed == "*" || allowed.as_str() == origin.trim_end_matches('/') || host.as_ref() == Some(allowed)
    })
}

/// The key that a request names. Two sources at once are an error, as is none (section 2.4).
fn sender(request: &Request, envelope: Option<&Envelope>) -> Result<String, Response> {
    let header = ["x-sentry-auth", "authorization"].into_iter().find_map(|name| auth_key(request.header(name)?));
    let key = match (header, request.query("sentry_key")) {
        (Some(_), Some(_)) => return Err(refusal(401, "multiple authorization sources")),
        (Some(key), None) => key,
        (None, Some(key)) => key.to_owned(),
        (None, None) => envelope
            .and_then(|envelope| envelope.dsn_key.clone())
            .ok_or_else(|| refusal(401, "missing authorization information"))?,
    };
    let hex = key.len() == 32 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex { Ok(key) } else { Err(refusal(400, "bad sentry DSN public key")) }
}

/// `Sentry sentry_version=7, sentry_key=<public>, …`
fn auth_key(header: &str) -> Option<String> {
    let (scheme, fields) = header.trim().split_once(char::is_whitespace)?;
    if !scheme.eq_ignore_ascii_case("sentry") {
        return None;
    }
    fields.split(',').find_map(|field| field.trim().strip_prefix("sentry_key=")).map(str::to_owned)
}

fn rejected(reason: &str) -> Response {
    Response::json(403, &json!({"detail": format!("event submission rejected with_reason: {reason}")}))
}

fn refusal(status: u16, why: &str) -> Response {
    Response::json(status, &json!({"detail": why, "causes": Value::Array(Vec::new())}))
}

/// Ingestion's limits name a time, unlike the API's.
fn with_retry_after(response: Response) -> Response {
    if response.status == 429 { response.with_header("Retry-After", "1") } else { response }
}
