//! How an invocation ended.

use serde_json::Value;

use crate::secrets_manager::rotation::StepResult;

/// What the caller of a function gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Invocation {
    /// The function replied.
    Reply(Value),
    /// The function reported an error; its process lives on.
    Failed {
        /// The error's code.
        error_type: String,
        /// The error's sentence.
        error_message: String,
    },
    /// The process reported that it cannot start; it is gone.
    InitFailed {
        /// The error's code.
        error_type: String,
        /// The error's sentence.
        error_message: String,
    },
    /// The process ended by itself or was killed by a test: its exit code, `None` for a signal.
    Exited(Option<i32>),
    /// The time was up and the process was killed.
    TimedOut,
}

impl Invocation {
    /// The reply, if there is one.
    #[must_use]
    pub fn reply(self) -> Option<Value> {
        match self {
            Self::Reply(value) => Some(value),
            Self::Failed { .. } | Self::InitFailed { .. } | Self::Exited(_) | Self::TimedOut => None,
        }
    }

    /// The error's code, if the function or its init reported one.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        match self {
            Self::Failed { error_type, .. } | Self::InitFailed { error_type, .. } => Some(error_type),
            Self::Reply(_) | Self::Exited(_) | Self::TimedOut => None,
        }
    }

    /// What Secrets Manager makes of it.
    #[must_use]
    pub fn into_step_result(self) -> StepResult {
        match self {
            Self::Reply(value) => StepResult::Ok(value),
            Self::Failed { error_type, error_message } | Self::InitFailed { error_type, error_message } => {
                StepResult::Err { error_type, error_message }
            }
            Self::Exited(_) | Self::TimedOut => StepResult::Died,
        }
    }
}
