//! The Runtime API that a function's process asks for work (version 2018-06-01).

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Invocation;
use crate::http::{Request, Response, StandIn};

const PREFIX: &str = "/2018-06-01/runtime/";
/// Lambda's limit for the reply of a synchronous invocation.
const LARGEST_REPLY: usize = 6 * 1024 * 1024;

/// One invocation that waits for the process to ask for it.
struct Work {
    id: String,
    payload: String,
    deadline_ms: u128,
}

#[derive(Default)]
struct State {
    /// The process has asked for work: its init is over.
    ready: bool,
    waiting: Option<Work>,
    /// The id of the invocation that the process is carrying out.
    running: Option<String>,
    outcome: Option<Invocation>,
}

/// The Runtime API of one process, which gets one invocation at a time.
pub(super) struct RuntimeApi {
    function_arn: String,
    state: Mutex<State>,
    changed: Condvar,
    work: Notify,
}

impl RuntimeApi {
    pub(super) fn new(function_arn: String) -> Self {
        Self { function_arn, state: Mutex::default(), changed: Condvar::new(), work: Notify::new() }
    }

    /// Gives the process an invocation whose deadline is at this time since 1970.
    pub(super) fn submit(&self, payload: &Value, deadline: Duration) {
        let mut state = self.lock();
        state.outcome = None;
        state.running = None;
        state.waiting = Some(Work {
            id: Uuid::new_v4().to_string(),
            payload: payload.to_string(),
            deadline_ms: deadline.as_millis(),
        });
        drop(state);
        self.work.notify_one();
    }

    /// What the process has reported: the failure of its init, or how the invocation ended.
    pub(super) fn outcome(&self) -> Option<Invocation> {
        self.lock().outcome.clone()
    }

    /// Whether the process has asked for work.
    pub(super) fn is_ready(&self) -> bool {
        self.lock().ready
    }

    /// Waits until the process reports something, or so long.
    pub(super) fn wait(&self, time: Duration) {
        let state = self.lock();
        drop(self.changed.wait_timeout(state, time));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next(&self) -> Response {
        self.lock().ready = true;
        self.changed.notify_all();
        loop {
            if let Some(response) = self.take() {
                return response;
            }
            self.work.notified().await;
        }
    }

    fn take(&self) -> Option<Response> {
        let mut state = self.lock();
        let work = state.waiting.take()?;
        state.running = Some(work.id.clone());
        let trace = Uuid::new_v4().simple().to_string();
        let (start, rest) = trace.split_at_checked(8)?;
        let parent = rest.get(..16)?;
        Some(
            Response::text(200, "application/json", work.payload)
                .with_header("Lambda-Runtime-Aws-Request-Id", work.id)
                .with_header("Lambda-Runtime-Deadline-Ms", work.deadline_ms.to_string())
                .with_header("Lambda-Runtime-Invoked-Function-Arn", self.function_arn.clone())
                .with_header("Lambda-Runtime-Trace-Id", format!("Root=1-{start}-{rest};Parent={parent};Sampled=0")),
        )
    }

    /// Takes a report on an invocation, if it is the one that runs.
    fn report(&self, id: &str, outcome: Invocation) -> Response {
        let mut state = self.lock();
        if state.running.as_deref() != Some(id) {
            return refusal(400, "InvalidRequestID", "Invalid request ID");
        }
        state.running = None;
        state.outcome = Some(outcome);
        self.changed.notify_all();
        accepted()
    }

    fn init_error(&self, request: &Request) -> Response {
        let (error_type, error_message) = error(request);
        self.lock().outcome = Some(Invocation::InitFailed { error_type, error_message });
        self.changed.notify_all();
        accepted()
    }
}

impl StandIn for RuntimeApi {
    fn call_name(&self, request: &Request) -> String {
        request.path.strip_prefix(PREFIX).unwrap_or(&request.path).to_owned()
    }

    async fn answer(&self, request: Request) -> Response {
        let path = request.path.strip_prefix(PREFIX).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["invocation", "next"]) => self.next().await,
            ("POST", ["invocation", id, "response"]) => self.report(id, reply(&request)),
            ("POST", ["invocation", id, "error"]) => {
                let (error_type, error_message) = error(&request);
                self.report(id, Invocation::Failed { error_type, error_message })
            }
            ("POST", ["init", "error"]) => self.init_error(&request),
            _ => refusal(404, "NotFound", "no such path in the Runtime API"),
        }
    }
}

fn reply(request: &Request) -> Invocation {
    let failed = |error_type: &str, error_message: &str| Invocation::Failed {
        error_type: error_type.to_owned(),
        error_message: error_message.to_owned(),
    };
    if request.body.len() > LARGEST_REPLY {
        return failed("Function.ResponseSizeTooLarge", "the reply is larger than 6 MiB");
    }
    request.json().map_or_else(|| failed("Runtime.InvalidResponse", "the reply is not JSON"), Invocation::Reply)
}

/// An error as the caller sees it. The header counts where the body does not say.
fn error(request: &Request) -> (String, String) {
    let body = request.json().unwrap_or_default();
    let member = |name: &str| body.get(name).and_then(Value::as_str);
    let header = request.header("lambda-runtime-function-error-type");
    let error_type = member("errorType").or(header).unwrap_or("Runtime.UnknownReason");
    (error_type.to_owned(), member("errorMessage").unwrap_or_default().to_owned())
}

fn accepted() -> Response {
    Response::json(202, &json!({ "status": "OK" }))
}

fn refusal(status: u16, error_type: &str, message: &str) -> Response {
    Response::json(status, &json!({ "errorType": error_type, "errorMessage": message }))
}
