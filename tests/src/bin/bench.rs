//! Prints the benchmark. `scripts/bench.sh` builds what it needs, installs the Python side and runs this.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use integration_tests::bench::{Comparison, compressed_size, measure, measure_audit, measure_retirement};
use integration_tests::{Binary, Stage, binary};
use testkit::lambda::Function;
use testkit::sentry::Flavor;

const RUNS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let usage = "usage: bench PYTHON [rotation|retirement|audit]";
    let python = PathBuf::from(arguments.next().ok_or(usage)?);
    let out = &mut std::io::stdout();
    match arguments.next().as_deref().map(|part| part.to_str()) {
        None => {
            rotation(out, &python)?;
            retirement(out)?;
            audit(out)
        }
        Some(Some("rotation")) => rotation(out, &python),
        Some(Some("retirement")) => retirement(out),
        Some(Some("audit")) => audit(out),
        Some(_) => Err(usage.into()),
    }
}

/// Both rotation functions beside each other, and the greater projects.
fn rotation(out: &mut impl Write, python: &Path) -> Result<(), Box<dyn Error>> {
    let stage = Stage::new(Binary::Release)?;
    let other = python_function(&stage, python)?;
    let mut comparison = Comparison { ours: Vec::new(), other: Vec::new() };
    // In turn, so that a busy minute of the machine meets both.
    for _ in 0..RUNS {
        let python = Stage::new(Binary::Release)?;
        comparison.other.push(measure(&python, &Function { environment: on(&python, &other), ..other.clone() })?);
        let rust = Stage::new(Binary::Release)?;
        comparison.ours.push(measure(&rust, &as_deployed(&rust.function))?);
    }
    writeln!(out, "{comparison}")?;
    for name in ["rotate-client-key", "retire-keys", "revoke-key", "audit-keys"] {
        let size = compressed_size(&binary(Binary::Release, name))?;
        writeln!(out, "{:<34} {size:>10}", format!("{name}, compressed, bytes"))?;
    }

    writeln!(out, "\n{:<34} {:>10} {:>10} {:>10}", "keys in the project", 10, 100, 1000)?;
    let mut rows: [(&str, Vec<String>); 4] = [
        ("start to first reply, ms", vec![]),
        ("warm step as waited for, ms", vec![]),
        ("calls to Sentry", vec![]),
        ("peak memory, MiB", vec![]),
    ];
    for keys in [10, 100, 1000] {
        let stage = Stage::new(Binary::Release)?;
        for number in stage.sentry.keys("acme", "storefront").len()..keys {
            stage.sentry.add_key("acme", "storefront", &format!("key {number}"));
        }
        let run = measure(&stage, &as_deployed(&stage.function))?;
        let figures = [
            format!("{:.1}", run.first_reply.as_secs_f64() * 1000.0),
            format!("{:.1}", run.warm_step.as_secs_f64() * 1000.0),
            run.sentry_calls.to_string(),
            (run.peak_memory / 1024).to_string(),
        ];
        for ((_, row), figure) in rows.iter_mut().zip(figures) {
            row.push(figure);
        }
    }
    for (name, row) in rows {
        write!(out, "{name:<34}")?;
        for figure in row {
            write!(out, " {figure:>10}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What Sentry's limits leave to an audit on sentry.io, in calls a second: 70 of 100 of 40 (facts/sentry-api.md section 1.9).
const CALLS_IN_A_SECOND: f64 = 28.0;

/// A review of few and many projects, on servers with one list of keys and with one for each project.
fn audit(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let head = ["seconds", "peak MiB", "to Sentry", "s at 28 a s", "to S3", "to SM"];
    write!(out, "\n{:<46}", "audit-keys over projects x keys")?;
    head.iter().try_for_each(|name| write!(out, " {name:>12}"))?;
    writeln!(out)?;
    for (flavor, lists) in [(Flavor::V2026, "one list"), (Flavor::V23_7_1, "a list each")] {
        for (projects, keys) in [(10, 5), (500, 5), (10_000, 10)] {
            for run in measure_audit(projects, keys, flavor)? {
                let calls = f64::from(u32::try_from(run.sentry_calls)?);
                let figures = [
                    format!("{:.1}", run.time.as_secs_f64()),
                    (run.peak_memory / 1024).to_string(),
                    run.sentry_calls.to_string(),
                    format!("{:.0}", calls / CALLS_IN_A_SECOND),
                    run.bucket_calls.to_string(),
                    run.store_calls.to_string(),
                ];
                write!(out, "{:<46}", format!("{projects} x {keys}, {lists}, {}", run.name))?;
                figures.iter().try_for_each(|figure| write!(out, " {figure:>12}"))?;
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

/// A run of `retire-keys` over few and many secrets.
fn retirement(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let head = ["seconds", "peak MiB", "to Sentry", "to S3", "to SM", "of them values"];
    write!(out, "\n{:<34}", "retire-keys over so many secrets")?;
    head.iter().try_for_each(|name| write!(out, " {name:>14}"))?;
    writeln!(out)?;
    for secrets in [10, 1_000, 10_000] {
        for run in measure_retirement(secrets)? {
            let figures = [
                format!("{:.1}", run.time.as_secs_f64()),
                (run.peak_memory / 1024).to_string(),
                run.sentry_calls.to_string(),
                run.bucket_calls.to_string(),
                run.store_calls.to_string(),
                run.values_read.to_string(),
            ];
            write!(out, "{:<34}", format!("{secrets}, {}", run.name))?;
            figures.iter().try_for_each(|figure| write!(out, " {figure:>14}"))?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// The Python function as Lambda's own runtime starts it.
fn python_function(stage: &Stage, python: &Path) -> Result<Function, Box<dyn Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/bench");
    let bootstrap = std::env::temp_dir().join(format!("python-rotation-{}", std::process::id()));
    let script =
        format!("#!/bin/sh\ncd '{folder}'\nexec '{}' -m awslambdaric python_rotation.handler\n", python.display());
    fs::write(&bootstrap, script)?;
    fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755))?;
    Ok(Function { binary: bootstrap, ..stage.function.clone() })
}

/// With the system's own certificate authorities, as a deployed function reads them.
fn as_deployed(function: &Function) -> Function {
    let mut function = function.clone();
    function.environment.retain(|(name, _)| name != "SSL_CERT_FILE");
    function
}

/// The same environment with the endpoints of another stage.
fn on(stage: &Stage, function: &Function) -> Vec<(String, String)> {
    let endpoints = &stage.function.environment;
    let others = function.environment.iter().filter(|(name, _)| !endpoints.iter().any(|(known, _)| known == name));
    endpoints.iter().chain(others).cloned().collect()
}
