//! What a run of `retire-keys` costs for few and for many secrets.

use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::http::Server;
use testkit::lambda::{Function, Invocation};

use crate::retirement::{AT_ONCE, Retirement};
use crate::stage::{Binary, Stage};

/// Lambda's longest timeout, which the template gives the function.
const TIMEOUT: Duration = Duration::from_secs(900);

/// One run.
#[derive(Debug, Clone)]
pub struct Run {
    /// What it was.
    pub name: &'static str,
    /// How long it took.
    pub time: Duration,
    /// The largest resident memory of its process, in KiB.
    pub peak_memory: u64,
    /// Calls to Sentry.
    pub sentry_calls: usize,
    /// Calls to Secrets Manager.
    pub store_calls: usize,
    /// Of these, values that were read.
    pub values_read: usize,
    /// Calls to S3.
    pub bucket_calls: usize,
}

/// The first run over so many secrets, each of a project of its own, and then a quiet hour, each in a fresh process.
///
/// # Errors
/// When a process does not start or a run fails: a figure of a failed run means nothing.
pub fn measure_retirement(secrets: usize) -> io::Result<Vec<Run>> {
    let stage = Stage::new(Binary::Release)?;
    let retirement = Retirement::new(&stage, Binary::Release, AT_ONCE)?;
    for number in 1..secrets {
        let slug = format!("project-{number}");
        stage.sentry.add_project("acme", &slug);
        let dsn = stage.sentry.keys("acme", &slug).first().map(|key| stage.sentry.public_dsn(key)).unwrap_or_default();
        let value = format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"{slug}"}}"#);
        stage.store.create_secret(&format!("acme/{slug}"), Some(&value), &[("sentry:kind", "client-key")]);
    }
    let first = measure(&stage, &retirement, "the first run")?;
    let quiet = measure(&stage, &retirement, "a quiet hour")?;
    Ok(vec![first, quiet])
}

fn measure(stage: &Stage, retirement: &Retirement, name: &'static str) -> io::Result<Run> {
    let servers = [&stage.sentry_server, &stage.store_server, &retirement.bucket_server];
    servers.iter().for_each(|server| server.forget_calls());
    let function = Function { memory_mib: 256, ..retirement.retire.clone() };
    let sandbox = function.launch()?;
    let started = Instant::now();
    let answer = sandbox.invoke(&json!({}), TIMEOUT);
    let time = started.elapsed();
    let Invocation::Reply(reply) = answer else {
        return Err(io::Error::other(format!("{answer:?}\n{}", sandbox.logs())));
    };
    if reply.get("complete") != Some(&Value::Bool(true)) {
        return Err(io::Error::other(format!("the run did not come to its end: {reply}")));
    }
    let count = |server: &Server| server.call_names().len();
    let values_read = stage.store_server.call_names().iter().filter(|call| *call == "GetSecretValue").count();
    Ok(Run {
        name,
        time,
        peak_memory: sandbox.peak_memory_kib().ok_or_else(|| io::Error::other("the process is gone"))?,
        sentry_calls: count(&stage.sentry_server),
        store_calls: count(&stage.store_server),
        values_read,
        bucket_calls: count(&retirement.bucket_server),
    })
}
