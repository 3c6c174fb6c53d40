//! The event bus: takes events and remembers them (`PutEvents`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::{Access, Question};
use crate::http::{Request, Response, StandIn};
use crate::secrets_manager::wire::{self, Parameters, ServiceError};

/// One event that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who sent it.
    pub source: String,
    /// What kind of event it is.
    pub detail_type: String,
    /// What it says.
    pub detail: Value,
    /// The bus that it was sent to; `default` where none was named.
    pub event_bus_name: String,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    fail: bool,
    refused: BTreeSet<String>,
    access: Option<Arc<Access>>,
}

/// An event bus. `PutEvents` answers 200 even when it took nothing: a client must look at `FailedEntryCount`.
#[derive(Default)]
pub struct EventBus {
    state: Mutex<State>,
}

impl std::fmt::Debug for EventBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventBus").finish_non_exhaustive()
    }
}

impl EventBus {
    /// A bus that has seen no event.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The accepted events, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// Refuses every entry from now on, or takes them again. The answer stays 200.
    pub fn fail_entries(&self, fail: bool) {
        self.lock().fail = fail;
    }

    /// Refuses every entry of a type from now on, and takes the others of the same call. The answer stays 200.
    pub fn refuse(&self, detail_type: &str) {
        self.lock().refused.insert(detail_type.to_owned());
    }

    /// Lets a call through only if the caller's policies allow it on every bus that it names.
    pub fn enforce(&self, access: &Arc<Access>) {
        self.lock().access = Some(Arc::clone(access));
    }

    fn permit(&self, request: &Request, body: &Value) -> Result<(), ServiceError> {
        let Some(access) = self.lock().access.clone() else { return Ok(()) };
        for entry in body.get("Entries").and_then(Value::as_array).into_iter().flatten() {
            let bus = entry.get("EventBusName").and_then(Value::as_str).unwrap_or("default");
            let bus = format!("arn:aws:events:us-east-1:123456789012:event-bus/{bus}");
            access
                .ask(request, Question::new("events:PutEvents", bus))
                .map_err(|denial| ServiceError::new("AccessDeniedException", denial.message("")))?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_events(&self, body: Value) -> Result<Value, ServiceError> {
        let parameters = Parameters::new(body, &["Entries", "EndpointId"])?;
        let entries = parameters.get("Entries").and_then(Value::as_array).filter(|list| (1..=10).contains(&list.len()));
        let entries = entries.ok_or_else(|| ServiceError::validation("Entries must be a list of 1 to 10 items"))?;
        if entries.iter().map(size).sum::<usize>() > MOST_BYTES {
            return Err(ServiceError::validation("Total size of the entries in the request is over the limit."));
        }
        let mut state = self.lock();
        let mut failed = 0;
        let mut results = Vec::new();
        for entry in entries {
            let refused = entry.get("DetailType").and_then(Value::as_str).is_some_and(|it| state.refused.contains(it));
            let outcome = if state.fail || refused {
                Err(ServiceError::new("InternalFailure", "The entry could not be stored."))
            } else {
                accept(entry)
            };
            results.push(match outcome {
                Ok(entry) => {
                    state.entries.push(entry);
                    json!({ "EventId": Uuid::new_v4().to_string() })
                }
                Err(error) => {
                    failed += 1;
                    json!({ "ErrorCode": error.code, "ErrorMessage": error.message })
                }
            });
        }
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }
}

/// The most bytes of the entries of one call.
const MOST_BYTES: usize = 256 * 1024;

/// What an entry counts for, as the service's documentation says: its time is 14 bytes, its texts are as long as they are.
fn size(entry: &Value) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, str::len);
    let texts = ["Source", "DetailType", "Detail"].iter().filter_map(|name| entry.get(name)).map(text).sum::<usize>();
    let resources = entry.get("Resources").and_then(Value::as_array).into_iter().flatten().map(text).sum::<usize>();
    texts + resources + if entry.get("Time").is_some_and(|time| !time.is_null()) { 14 } else { 0 }
}

fn accept(entry: &Value) -> Result<Entry, ServiceError> {
    let known = ["Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"];
    let entry = Parameters::new(entry.clone(), &known)?;
    let text = |name: &str| {
        let missing = || ServiceError::new("InvalidArgument", format!("Parameter {name} is not valid."));
        entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(missing)
    };
    let detail = serde_json::from_str(text("Detail")?).ok().filter(Value::is_object);
    Ok(Entry {
        source: text("Source")?.to_owned(),
        detail_type: text("DetailType")?.to_owned(),
        detail: detail.ok_or_else(|| ServiceError::new("MalformedDetail", "Detail is malformed."))?,
        event_bus_name: entry.get("EventBusName").and_then(Value::as_str).unwrap_or("default").to_owned(),
    })
}

impl StandIn for EventBus {
    fn call_name(&self, request: &Request) -> String {
        wire::action(request, "AWSEvents").map_or_else(|| format!("{request:?}"), str::to_owned)
    }

    async fn answer(&self, request: Request) -> Response {
        let known = wire::action(&request, "AWSEvents") == Some("PutEvents");
        wire::respond(wire::body(&request).and_then(|body| {
            if !known {
                return Err(wire::unknown_operation());
            }
            self.permit(&request, &body)?;
            self.put_events(body)
        }))
    }
}
