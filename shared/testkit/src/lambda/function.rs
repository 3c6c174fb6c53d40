//! What is run, and in which environment.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Sandbox;

/// A function as it is deployed.
///
/// The environment may carry secrets of the test, so that it is not shown by `Debug`.
#[derive(Clone)]
pub struct Function {
    /// The `bootstrap` binary.
    pub binary: PathBuf,
    /// The function's name.
    pub name: String,
    /// The configured memory. It is told to the function and not enforced.
    pub memory_mib: u32,
    /// The function's variables. They win over Lambda's own.
    pub environment: Vec<(String, String)>,
    /// By how many seconds the function's clock is ahead (libfaketime): deadlines are given in its time.
    pub clock_shift_seconds: i64,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("name", &self.name).field("binary", &self.binary).finish_non_exhaustive()
    }
}

impl Function {
    /// A function with 256 MiB and no variables.
    #[must_use]
    pub fn new(binary: impl Into<PathBuf>, name: &str) -> Self {
        Self {
            binary: binary.into(),
            name: name.to_owned(),
            memory_mib: 256,
            environment: Vec::new(),
            clock_shift_seconds: 0,
        }
    }

    /// The same function with one variable more.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same function with a clock that is ahead by so many seconds. The clock itself is moved by libfaketime.
    #[must_use]
    pub fn clock_shift(mut self, seconds: i64) -> Self {
        self.clock_shift_seconds = seconds;
        self
    }

    /// Starts one process of the function. It begins its init phase at once.
    ///
    /// # Errors
    /// When the binary cannot be run or no port can be had.
    pub fn launch(&self) -> io::Result<Sandbox> {
        Sandbox::start(self)
    }

    /// The function's ARN.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:lambda:us-east-1:123456789012:function:{}", self.name)
    }

    /// The command that starts the process. Nothing of the test's own environment reaches it: a variable that Lambda
    /// does not set must not be what makes a function work.
    pub(super) fn command(&self, runtime_api: &str) -> io::Result<Command> {
        let binary = std::path::absolute(&self.binary)?;
        let root = binary.parent().unwrap_or(Path::new("/"));
        let mut command = Command::new(&binary);
        command
            .env_clear()
            .current_dir(root)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.memory_mib.to_string())
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]00000000000000000000000000000000")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "ASIATESTKITTESTKIT00")
            .env("AWS_SECRET_ACCESS_KEY", "testkit-secret-access-key")
            .env("AWS_SESSION_TOKEN", "testkit-session-token")
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
            .env("_HANDLER", "bootstrap")
            .env("LAMBDA_TASK_ROOT", root)
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }
}
