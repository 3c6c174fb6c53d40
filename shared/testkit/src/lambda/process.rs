//! The function's process: its life, its end and what it writes.

use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

type Logs = Arc<Mutex<String>>;

/// A running process whose output is gathered line by line.
pub(super) struct Process {
    id: u32,
    child: Mutex<Life>,
    logs: Logs,
    readers: Mutex<Vec<JoinHandle<()>>>,
}

struct Life {
    child: Child,
    killed: bool,
}

/// How a process ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// Its exit code; `None` for a signal.
    pub(super) code: Option<i32>,
    /// Whether it was killed from here.
    pub(super) killed: bool,
}

impl Process {
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let logs = Logs::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let process = Self {
            id: child.id(),
            child: Mutex::new(Life { child, killed: false }),
            logs: Arc::clone(&logs),
            readers: Mutex::default(),
        };
        let mut readers = Vec::new();
        if let Some(stdout) = stdout {
            readers.push(gather(stdout, Arc::clone(&logs))?);
        }
        if let Some(stderr) = stderr {
            readers.push(gather(stderr, logs)?);
        }
        *lock(&process.readers) = readers;
        Ok(process)
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// How it ended; `None` while it runs.
    pub(super) fn end(&self) -> Option<End> {
        let mut life = lock(&self.child);
        // Who cannot be asked any more is gone.
        let status = life.child.try_wait().unwrap_or_default()?;
        Some(End { code: status.code(), killed: life.killed })
    }

    /// Kills it and returns when it is gone, so that nothing that a test does next is seen by the process.
    pub(super) fn kill(&self) {
        let mut life = lock(&self.child);
        if matches!(life.child.try_wait(), Ok(None)) {
            life.killed = true;
            drop(life.child.kill());
            drop(life.child.wait());
        }
    }

    /// What it wrote so far. All of it once the process ended; else what arrives until the pipes are quiet.
    pub(super) fn logs(&self) -> String {
        if self.end().is_some() {
            self.join();
        } else {
            let mut seen = usize::MAX;
            for _ in 0..50 {
                let length = lock(&self.logs).len();
                if length == seen {
                    break;
                }
                seen = length;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        lock(&self.logs).clone()
    }

    fn join(&self) {
        for reader in std::mem::take(&mut *lock(&self.readers)) {
            drop(reader.join());
        }
    }

    /// The most memory that it ever held, in KiB; `None` once it ended.
    pub(super) fn peak_memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.join();
    }
}

/// Reads one pipe to its end, whole lines at a time, so that the two pipes do not mix within a line.
fn gather(pipe: impl Read + Send + 'static, logs: Logs) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("function logs".to_owned()).spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            lock(&logs).push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
