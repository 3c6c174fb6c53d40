//! What can go wrong between a client and a server, planned in advance.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a request that is to arrive late waits for its client to give up.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One thing that goes wrong with one request.
#[derive(Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed and nothing was done.
    DropBefore,
    /// The request is carried out and the connection is closed without an answer.
    DropAfter,
    /// Nothing is done and this status is answered, with an HTML body as a proxy would write it.
    Status(u16),
    /// The request is carried out and this status is answered all the same.
    StatusAfter(u16),
    /// The request is carried out, and the answer comes so much later.
    Delay(Duration),
    /// Nothing is done until the client has given up and closed its connection, or for [`LONGEST_WAIT`]: only then the
    /// request is carried out, and nobody is answered. [`Server::settle`](crate::http::Server::settle) waits for that.
    /// A server that is dropped before carries nothing out any more.
    ArriveLate,
    /// The request is carried out; the answer promises its whole length and breaks off in the middle.
    TruncatedBody,
    /// The request is carried out; the answer's status stands, its body is replaced by this text.
    Body(String),
    /// Nothing is done and this whole answer is given: status, headers, body.
    Answer(u16, Vec<(String, String)>, String),
    /// The client's process is killed before anything is done.
    KillBefore,
    /// The request is carried out, then the client's process is killed.
    KillAfter,
    /// Before the request is carried out, something else happens: what [`FaultPlan::decided_by`] said. Other requests are
    /// answered meanwhile.
    Meanwhile,
}

/// A reset in the past: the window of the limit is over already, and nobody has to wait.
const OVER: &str = "1767225600";

/// How each service itself says that it was asked too often, or by somebody who may not. Nothing is done.
impl Fault {
    /// Sentry's rate limit (`facts/sentry-23.7.1-observed.md` 52), whose window is over.
    #[must_use]
    pub fn sentry_limit() -> Self {
        Self::answer(
            429,
            &[
                ("content-type", "text/html"),
                ("x-sentry-rate-limit-remaining", "0"),
                ("x-sentry-rate-limit-limit", "40"),
                ("x-sentry-rate-limit-reset", OVER),
            ],
            "\"You are attempting to use this endpoint too frequently. Limit is 40 requests in 1 seconds\"",
        )
    }

    /// The throttling of AWS's services that speak JSON.
    #[must_use]
    pub fn throttling() -> Self {
        Self::answer(
            400,
            &[("content-type", "application/x-amz-json-1.1"), ("x-amzn-errortype", "ThrottlingException")],
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
        )
    }

    /// What AWS's services that speak JSON answer to a call that is not granted.
    #[must_use]
    pub fn access_denied() -> Self {
        Self::answer(
            400,
            &[("content-type", "application/x-amz-json-1.1"), ("x-amzn-errortype", "AccessDeniedException")],
            r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#,
        )
    }

    /// S3's throttling.
    #[must_use]
    pub fn slow_down() -> Self {
        Self::answer(
            503,
            &[("content-type", "application/xml")],
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
        )
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Self::Answer(status, headers.collect(), body.to_owned())
    }
}

impl fmt::Debug for Fault {
    /// Bodies are left out: tests plant marked secrets in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DropBefore => f.write_str("DropBefore"),
            Self::DropAfter => f.write_str("DropAfter"),
            Self::Status(status) => write!(f, "Status({status})"),
            Self::StatusAfter(status) => write!(f, "StatusAfter({status})"),
            Self::Delay(time) => write!(f, "Delay({time:?})"),
            Self::ArriveLate => f.write_str("ArriveLate"),
            Self::TruncatedBody => f.write_str("TruncatedBody"),
            Self::Body(_) => f.write_str("Body"),
            Self::Answer(status, _, _) => write!(f, "Answer({status})"),
            Self::KillBefore => f.write_str("KillBefore"),
            Self::KillAfter => f.write_str("KillAfter"),
            Self::Meanwhile => f.write_str("Meanwhile"),
        }
    }
}

/// Which request a fault meets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    /// The request with this number among all that the server received, from 0.
    Number(usize),
    /// The request with this number among those of one call name, from 0.
    Nth(String, usize),
    /// Every request of one call name.
    Every(String),
}

type Kill = Arc<dyn Fn() + Send + Sync>;

/// Somebody who decides about each request when it arrives, for plans that span several servers.
pub trait Director: Send + Sync + 'static {
    /// What goes wrong with a request that has this call name.
    fn decide(&self, call: &str) -> Option<Fault>;

    /// What happens at [`Fault::Meanwhile`]. It may block, and may call servers.
    fn meanwhile(&self);
}

/// The faults that a server will commit. Clones share one plan, so that a test can add to it while the server runs.
#[derive(Clone, Default)]
pub struct FaultPlan {
    faults: Arc<Mutex<Vec<(When, Fault)>>>,
    kill: Arc<Mutex<Option<Kill>>>,
    director: Arc<Mutex<Option<Arc<dyn Director>>>>,
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lock().iter()).finish()
    }
}

impl FaultPlan {
    /// Plans a fault for the request with this number among all that the server receives, from 0.
    pub fn at(&self, number: usize, fault: Fault) {
        self.lock().push((When::Number(number), fault));
    }

    /// Plans a fault for the `nth` request (from 0) that carries this call name.
    pub fn on(&self, call: &str, nth: usize, fault: Fault) {
        self.lock().push((When::Nth(call.to_owned(), nth), fault));
    }

    /// Plans a fault for every request that carries this call name.
    pub fn every(&self, call: &str, fault: Fault) {
        self.lock().push((When::Every(call.to_owned()), fault));
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Says how [`Fault::KillBefore`] and [`Fault::KillAfter`] end the client.
    pub fn on_kill(&self, kill: impl Fn() + Send + Sync + 'static) {
        *self.kill.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(kill));
    }

    /// Lets somebody else decide about each request that no fault is planned for.
    pub fn decided_by(&self, director: Arc<dyn Director>) {
        *self.director.lock().unwrap_or_else(PoisonError::into_inner) = Some(director);
    }

    pub(crate) fn director(&self) -> Option<Arc<dyn Director>> {
        self.director.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the client, if [`FaultPlan::on_kill`] said how.
    pub(crate) fn kill(&self) {
        let kill = self.kill.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kill) = kill {
            kill();
        }
    }

    /// The fault for a request: its number among all and among those of its name.
    pub(crate) fn find(&self, call: &str, number: usize, nth: usize) -> Option<Fault> {
        let planned = self
            .lock()
            .iter()
            .find(|(when, _)| match when {
                When::Number(wanted) => *wanted == number,
                When::Nth(name, wanted) => name == call && *wanted == nth,
                When::Every(name) => name == call,
            })
            .map(|(_, fault)| fault.clone());
        planned.or_else(|| self.director()?.decide(call))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(When, Fault)>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
