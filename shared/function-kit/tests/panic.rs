//! A function that panics, in a process of its own: what it was working on is in no log and in no reply.
//!
//! There is no test harness here: this file is the function as well, where it is started by a Runtime API.

use std::collections::BTreeMap;
use std::io::{self, Write as _, stdout};
use std::process::ExitCode;
use std::time::Duration;

use function_kit::boot::{Invocation, run};
use function_kit::telemetry::Logging;
use function_kit::{Failure, Problems};
use serde_json::{Value, json};
use testkit::lambda::{Function, Restarting};

const TIMEOUT: Duration = Duration::from_secs(60);

const MARKER: &str = "m4rk3r-of-a-secret";

#[expect(clippy::panic, reason = "that is what is tried")]
async fn panics(invocation: Invocation) -> Result<Value, Failure> {
    match invocation.event.as_str() {
        Some(secret) => panic!("it was working on {secret}"),
        None => Ok(json!("served")),
    }
}

fn function() -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let vars: BTreeMap<String, String> = std::env::vars().collect();
    Logging::read(&vars, &mut Problems::default()).start("panic");
    Ok(runtime.block_on(run(&vars, Ok::<_, Failure>(panics))))
}

fn main() -> io::Result<ExitCode> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return function();
    }
    for format in ["Text", "JSON"] {
        let function = Function::new(std::env::current_exe()?, "panics")
            .env("AWS_LAMBDA_LOG_LEVEL", "TRACE")
            .env("AWS_LAMBDA_LOG_FORMAT", format)
            .env("RUST_BACKTRACE", "full");
        let lambda = Restarting::new(function);
        let invocation = lambda.invoke(&json!(MARKER), TIMEOUT);
        assert_eq!(invocation.error_type(), Some("Internal.Defect"), "{invocation:?}");
        assert!(!format!("{invocation:?}").contains(MARKER), "{invocation:?}");
        // The sandbox goes on.
        assert_eq!(lambda.invoke(&json!({}), TIMEOUT).reply(), Some(json!("served")));
        assert_eq!(lambda.starts(), 1);
        let logs = lambda.all_logs();
        assert!(logs.contains("a defect: the function panicked") && logs.contains("panic.rs:"), "{logs}");
        assert!(!logs.contains(MARKER), "a log has what the function was working on");
    }
    writeln!(stdout(), "\ntest result: ok. 1 passed; 0 failed: a function that panics tells nothing\n")?;
    Ok(ExitCode::SUCCESS)
}
