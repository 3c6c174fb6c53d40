//! Medians, and the ratios between two programs.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Measured;

/// Two programs over the same number of runs.
#[derive(Debug)]
pub struct Comparison {
    /// The shipped binary.
    pub ours: Vec<Measured>,
    /// What it is compared with.
    pub other: Vec<Measured>,
}

/// A figure's name, and how it is read off a run.
type Row = (&'static str, fn(&Measured) -> f64);

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34} {:>10} {:>10} {:>8}", "median of fresh processes", "rust", "python", "ratio")?;
        let rows: [Row; 7] = [
            ("init, ms", |run| milliseconds(run.init)),
            ("start to first reply, ms", |run| milliseconds(run.first_reply)),
            ("warm step as waited for, ms", |run| milliseconds(run.warm_step)),
            ("warm step, processor time, ms", |run| milliseconds(run.warm_cpu)),
            ("peak memory, MiB", |run| f64::from(u32::try_from(run.peak_memory).unwrap_or(u32::MAX)) / 1024.0),
            ("calls to Sentry", |run| f64::from(u32::try_from(run.sentry_calls).unwrap_or(u32::MAX))),
            ("calls to Secrets Manager", |run| f64::from(u32::try_from(run.store_calls).unwrap_or(u32::MAX))),
        ];
        for (name, value) in rows {
            let ours = median(self.ours.iter().map(value).collect());
            let other = median(self.other.iter().map(value).collect());
            let ratio = if ours > 0.0 && other > 0.0 { format!("1/{:.1}", other / ours) } else { "-".to_owned() };
            writeln!(f, "{name:<34} {ours:>10.1} {other:>10.1} {ratio:>8}")?;
        }
        Ok(())
    }
}

/// The size of a file in a zip's compression, in bytes.
///
/// # Errors
/// When gzip cannot be run.
pub fn compressed_size(path: &Path) -> io::Result<usize> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(path).stderr(Stdio::inherit()).output()?;
    Ok(output.stdout.len())
}
