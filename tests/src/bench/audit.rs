//! What an audit costs for few and for many projects.

use std::io;
use std::time::Instant;

use serde_json::{Value, json};
use testkit::http::Server;
use testkit::lambda::{Function, Invocation};
use testkit::sentry::Flavor;

use super::Run;
use crate::audit::{AUDIT_TIMEOUT, Audit, REVIEWED};
use crate::stage::Binary;

/// A first review of so many projects with so many keys each, and then a second one, each in a fresh process. A tenth of
/// the projects have a managed key.
///
/// # Errors
/// When a process does not start or an audit fails: a figure of a failed audit means nothing.
pub fn measure_audit(projects: usize, keys: usize, flavor: Flavor) -> io::Result<Vec<Run>> {
    let audit = Audit::new(Binary::Release, REVIEWED)?;
    let (sentry, store) = (&audit.stage.sentry, &audit.stage.store);
    sentry.set_flavor(flavor);
    for number in 0..projects {
        // The stage has one project of its own.
        let slug = if number == 0 { "storefront".to_owned() } else { format!("project-{number}") };
        if number > 0 {
            sentry.add_project("acme", &slug);
        }
        for key in 1..keys {
            drop(sentry.add_key("acme", &slug, &format!("key {key}")));
        }
        if number > 0 && number % 10 == 0 {
            let dsn = sentry.keys("acme", &slug).first().map(|key| sentry.public_dsn(key)).unwrap_or_default();
            let value = format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"{slug}"}}"#);
            let tags = [("sentry:kind", "client-key"), ("sentry:owner", "team")];
            store.create_secret(&format!("acme/{slug}"), Some(&value), &tags);
        }
    }
    let first = measure(&audit, "the first review", projects * keys)?;
    let second = measure(&audit, "the second", projects * keys)?;
    Ok(vec![first, second])
}

fn measure(audit: &Audit, name: &'static str, keys: usize) -> io::Result<Run> {
    let servers = [&audit.stage.sentry_server, &audit.stage.store_server, &audit.bucket_server];
    servers.iter().for_each(|server| server.forget_calls());
    let function = Function { memory_mib: 256, ..audit.function.clone() };
    let sandbox = function.launch()?;
    let started = Instant::now();
    let answer = sandbox.invoke(&json!({}), AUDIT_TIMEOUT);
    let time = started.elapsed();
    let Invocation::Reply(reply) = answer else {
        return Err(io::Error::other(format!("{answer:?}\n{}", sandbox.logs())));
    };
    let report = audit.report(&reply);
    let seen = report.pointer("/metrics/coverage/client_keys/all").and_then(Value::as_u64);
    if reply.get("complete") != Some(&Value::Bool(true)) || seen != u64::try_from(keys).ok() {
        return Err(io::Error::other(format!("the audit saw {seen:?} of {keys} keys: {reply}")));
    }
    let count = |server: &Server| server.call_names().len();
    let values_read = audit.stage.store_server.call_names().iter().filter(|call| *call == "GetSecretValue").count();
    Ok(Run {
        name,
        time,
        peak_memory: sandbox.peak_memory_kib().ok_or_else(|| io::Error::other("the process is gone"))?,
        sentry_calls: count(&audit.stage.sentry_server),
        store_calls: count(&audit.stage.store_server),
        values_read,
        bucket_calls: count(&audit.bucket_server),
    })
}
