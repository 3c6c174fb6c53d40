//! One process of a function with its Runtime API.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::Process;
use super::runtime_api::RuntimeApi;
use super::{Function, Invocation};
use crate::http::Server;

/// Lambda gives init 10 s; a machine that builds at the same time as it tests needs more.
const INIT_TIME: Duration = Duration::from_secs(30);
/// How often a process that reports nothing is looked at.
const TICK: Duration = Duration::from_millis(2);
/// How long a report of a process that ended may still be on its way, and how long one that reported a failed init may
/// take to end.
const GRACE: Duration = Duration::from_millis(200);

/// One process of a function under a Runtime API of its own. Dropping it kills the process.
pub struct Sandbox {
    api: Arc<RuntimeApi>,
    process: Arc<Process>,
    clock_shift_seconds: i64,
    turn: Mutex<()>,
    _server: Server,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("pid", &self.pid()).finish_non_exhaustive()
    }
}

impl Sandbox {
    pub(super) fn start(function: &Function) -> io::Result<Self> {
        let api = Arc::new(RuntimeApi::new(function.arn()));
        let server = Server::start(Arc::clone(&api))?;
        let process = Process::spawn(function.command(&server.address().to_string())?)?;
        Ok(Self {
            api,
            process: Arc::new(process),
            clock_shift_seconds: function.clock_shift_seconds,
            turn: Mutex::default(),
            _server: server,
        })
    }

    /// Invokes the function and waits for the end. The time counts from when the process is ready; when it is up, the
    /// process is killed. One invocation runs at a time: another waits for its turn.
    pub fn invoke(&self, payload: &Value, timeout: Duration) -> Invocation {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(invocation) = self.wait_ready(INIT_TIME) {
            self.kill();
            return invocation;
        }
        self.api.submit(payload, self.function_time() + timeout);
        self.until(Instant::now() + timeout, || self.api.outcome()).unwrap_or_else(|| {
            self.kill();
            Invocation::TimedOut
        })
    }

    /// Waits until the process asks for work, which ends its init. The process is left alone when the time is up.
    ///
    /// # Errors
    /// `InitFailed` or `Exited` where there was no init, and `TimedOut`.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), Invocation> {
        let ended = self.until(Instant::now() + timeout, || {
            let failed = self.api.outcome().filter(|_| !self.api.is_ready());
            // The outcome of an invocation is no news here.
            failed.or_else(|| (self.api.is_ready() && self.is_running()).then_some(Invocation::Reply(Value::Null)))
        });
        match ended {
            Some(Invocation::Reply(_)) => Ok(()),
            Some(failed @ Invocation::InitFailed { .. }) => {
                // It ends by itself, with its last words; one that does not is ended, as Lambda does.
                let deadline = Instant::now() + GRACE;
                while self.is_running() && Instant::now() < deadline {
                    std::thread::sleep(TICK);
                }
                self.kill();
                Err(failed)
            }
            Some(other) => Err(other),
            None => Err(Invocation::TimedOut),
        }
    }

    /// What the process wrote so far to its standard output and error.
    #[must_use]
    pub fn logs(&self) -> String {
        self.process.logs()
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills the process and returns when it is gone.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// A way to kill the process from elsewhere, such as a fault plan.
    pub fn killer(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let process = Arc::clone(&self.process);
        move || process.kill()
    }

    /// Whether the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.end().is_none()
    }

    /// The most memory that the process ever held, in KiB; `None` once it ended.
    #[must_use]
    pub fn peak_memory_kib(&self) -> Option<u64> {
        self.process.peak_memory_kib()
    }

    pub(super) fn process(&self) -> Arc<Process> {
        Arc::clone(&self.process)
    }

    /// Waits for a report, for the end of the process or for the deadline (`None`).
    fn until(&self, deadline: Instant, report: impl Fn() -> Option<Invocation>) -> Option<Invocation> {
        let mut ended: Option<(Invocation, Instant)> = None;
        loop {
            if let Some(report) = report() {
                return Some(report);
            }
            let now = Instant::now();
            match &ended {
                Some((exited, until)) if now >= *until => return Some(exited.clone()),
                None if now >= deadline => return None,
                Some(_) | None => {}
            }
            if ended.is_none() {
                ended = self.process.end().map(|end| {
                    // A process that was killed has no last report worth waiting for.
                    let grace = if end.killed { Duration::ZERO } else { GRACE };
                    (Invocation::Exited(end.code), now + grace)
                });
            }
            self.api.wait(TICK);
        }
    }

    /// The time since 1970 by the function's clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "a deadline is given as a time of day; no test decides anything by it"
    )]
    fn function_time(&self) -> Duration {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let shift = Duration::from_secs(self.clock_shift_seconds.unsigned_abs());
        if self.clock_shift_seconds < 0 { now.saturating_sub(shift) } else { now + shift }
    }
}

impl Drop for Sandbox {
    /// A killer may hold the process for longer.
    fn drop(&mut self) {
        self.process.kill();
    }
}
