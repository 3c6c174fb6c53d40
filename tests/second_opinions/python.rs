//! A Python program that answers one JSON document with another, line by line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

pub(crate) struct Python {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Python {
    /// Starts a program of this folder in the environment that `scripts/test.sh` has put on PATH.
    pub(crate) fn start(program: &str) -> Self {
        let path = format!("{}/second_opinions/{program}", env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new("python")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/test.sh puts the Python environment on PATH");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{question}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the program answers: is everything installed? run scripts/test.sh")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.process.wait());
    }
}
