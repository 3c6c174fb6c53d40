//! A function whose process is replaced when it dies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::process::Process;
use super::{Function, Invocation, Sandbox};

/// A function that can be invoked again and again, whatever its processes come to, as with the service.
pub struct Restarting {
    function: Function,
    current: Mutex<Option<Sandbox>>,
    /// The current process, which can be killed while `current` is busy with an invocation.
    target: Arc<Mutex<Option<Arc<Process>>>>,
    earlier_logs: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Restarting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restarting").field("function", &self.function).finish_non_exhaustive()
    }
}

impl Restarting {
    /// A function without a process yet: the first invocation is a cold start.
    #[must_use]
    pub fn new(function: Function) -> Self {
        Self { function, current: Mutex::default(), target: Arc::default(), earlier_logs: Mutex::default() }
    }

    /// Invokes the function in the current process, or in a new one when that died. One invocation runs at a time.
    pub fn invoke(&self, payload: &Value, timeout: Duration) -> Invocation {
        let mut current = lock(&self.current);
        let sandbox = match current.take() {
            Some(sandbox) if sandbox.is_running() => sandbox,
            dead => {
                if let Some(dead) = dead {
                    lock(&self.earlier_logs).push(dead.logs());
                }
                match self.function.launch() {
                    Ok(sandbox) => sandbox,
                    Err(error) => {
                        let error_type = "Runtime.InvalidEntrypoint".to_owned();
                        return Invocation::InitFailed { error_type, error_message: error.to_string() };
                    }
                }
            }
        };
        *lock(&self.target) = Some(sandbox.process());
        current.insert(sandbox).invoke(payload, timeout)
    }

    /// What all processes wrote, in order. It waits for an invocation that runs.
    #[must_use]
    pub fn all_logs(&self) -> String {
        let current = lock(&self.current);
        let mut logs = lock(&self.earlier_logs).concat();
        logs.extend(current.as_ref().map(Sandbox::logs));
        logs
    }

    /// How many processes there have been.
    #[must_use]
    pub fn starts(&self) -> usize {
        let current = lock(&self.current);
        lock(&self.earlier_logs).len() + usize::from(current.is_some())
    }

    /// A way to kill whichever process is current when it is called, such as from a fault plan.
    pub fn killer(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let target = Arc::clone(&self.target);
        move || {
            let process = lock(&target).clone();
            if let Some(process) = process {
                process.kill();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
