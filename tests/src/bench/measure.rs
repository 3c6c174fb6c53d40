//! One program, one rotation, one process: what it costs.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use testkit::lambda::{Function, Invocation};
use testkit::secrets_manager::rotation::{Step, event};

use crate::stage::{Stage, TIMEOUT};

/// What one rotation in one fresh sandbox cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// From the start of the process to its first request for work.
    pub init: Duration,
    /// From the start of the process to its first reply.
    pub first_reply: Duration,
    /// The three later steps, as the caller waits for them, on average.
    pub warm_step: Duration,
    /// The processor time of the three later steps, on average: what is left without the waiting.
    pub warm_cpu: Duration,
    /// The largest resident memory, in KiB.
    pub peak_memory: u64,
    /// Calls to Sentry, questions and probes included.
    pub sentry_calls: usize,
    /// Calls to Secrets Manager.
    pub store_calls: usize,
}

/// Runs one rotation in a fresh process of `function` against `stage`.
///
/// # Errors
/// When the process does not start or a step fails: a figure of a failed rotation means nothing.
pub fn measure(stage: &Stage, function: &Function) -> io::Result<Measured> {
    stage.sentry_server.forget_calls();
    stage.store_server.forget_calls();
    let token = stage.store.begin_rotation(&stage.secret).map_err(io::Error::other)?;
    let started = Instant::now();
    let sandbox = function.launch()?;
    sandbox.wait_ready(TIMEOUT).map_err(|why| io::Error::other(format!("{why:?}\n{}", sandbox.logs())))?;
    let init = started.elapsed();
    let step = |step: Step| {
        let payload = event(step.as_str(), &stage.secret, &token, None);
        let answer = sandbox.invoke(&payload, TIMEOUT);
        if let Invocation::Reply(_) = answer {
            return Ok(());
        }
        Err(io::Error::other(format!("{}: {answer:?}\n{}", step.as_str(), sandbox.logs())))
    };
    step(Step::Create)?;
    let first_reply = started.elapsed();
    let processor = cpu_time(sandbox.pid())?;
    let warm = Instant::now();
    for later in [Step::Set, Step::Test, Step::Finish] {
        step(later)?;
    }
    let warm_step = warm.elapsed() / 3;
    let warm_cpu = cpu_time(sandbox.pid())?.saturating_sub(processor) / 3;
    let peak_memory = sandbox.peak_memory_kib().ok_or_else(|| io::Error::other("the process is gone"))?;
    stage.store.complete_rotation(&stage.secret, &token);
    Ok(Measured {
        init,
        first_reply,
        warm_step,
        warm_cpu,
        peak_memory,
        sentry_calls: stage.sentry_server.calls().len(),
        store_calls: stage.store_server.calls().len(),
    })
}

/// The processor time of a process so far: the sum over its threads, in nanoseconds (`/proc/<pid>/task/*/schedstat`).
fn cpu_time(pid: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(nanoseconds))
}
