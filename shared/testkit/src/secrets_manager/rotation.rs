//! Secrets Manager's part in a rotation: it calls the function, and calls it again (`facts/aws.md` 1.2 to 1.6).

use std::sync::Arc;

use serde_json::{Value, json};

use super::SecretsManager;
use super::model::{CURRENT, PENDING};
use super::wire::set;

/// One of the four calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Make the new value and store it under `AWSPENDING`.
    Create,
    /// Make the new value work in the target system.
    Set,
    /// Try the new value.
    Test,
    /// Move `AWSCURRENT` to it.
    Finish,
}

impl Step {
    /// All steps, in the order in which they are called.
    pub const ALL: [Self; 4] = [Self::Create, Self::Set, Self::Test, Self::Finish];

    /// The step's name in the event.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }
}

/// What one invocation gave.
#[derive(Debug, Clone, PartialEq)]
pub enum StepResult {
    /// The function replied. Secrets Manager ignores what it said.
    Ok(Value),
    /// The function failed and said why.
    Err {
        /// The error's code.
        error_type: String,
        /// The error's sentence.
        error_message: String,
    },
    /// The function was killed, exited or ran out of time.
    Died,
}

impl StepResult {
    /// Whether Secrets Manager goes on to the next step.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        match self {
            Self::Ok(_) => true,
            Self::Err { .. } | Self::Died => false,
        }
    }
}

/// How a rotation went.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// The token, which is the id of the new version.
    pub token: String,
    /// Each attempt's steps; an attempt ends at the first step that failed.
    pub attempts: Vec<Vec<(Step, StepResult)>>,
    /// Whether all four steps succeeded in one attempt and the new version is current.
    pub succeeded: bool,
}

/// What the pending version of a test without rotation holds: the documentation does not say (`facts/aws.md` 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingContent {
    /// Nothing.
    Empty,
    /// What is current.
    CopyOfCurrent,
}

/// `RotateSecret` with `RotateImmediately=true`: the four steps in order, and all four again with the same token when
/// one fails, up to `attempts` times.
///
/// # Errors
/// When the last rotation is not complete.
pub fn rotate(
    manager: &SecretsManager,
    arn: &str,
    attempts: usize,
    invoke: &mut dyn FnMut(Value) -> StepResult,
) -> Result<Rotation, String> {
    let token = manager.begin_rotation(arn)?;
    Ok(reattempt(manager, arn, &token, attempts, invoke))
}

/// Takes an incomplete rotation up again, with its token.
pub fn reattempt(
    manager: &SecretsManager,
    arn: &str,
    token: &str,
    attempts: usize,
    invoke: &mut dyn FnMut(Value) -> StepResult,
) -> Rotation {
    let mut rotation = Rotation { token: token.to_owned(), attempts: Vec::new(), succeeded: false };
    while !rotation.succeeded && rotation.attempts.len() < attempts {
        let mut steps = Vec::new();
        for step in Step::ALL {
            let result = invoke(event(step.as_str(), arn, token, manager.rotation_token().as_deref()));
            let failed = !result.is_ok();
            steps.push((step, result));
            if failed {
                break;
            }
        }
        rotation.succeeded = steps.iter().filter(|(_, result)| result.is_ok()).count() == Step::ALL.len()
            && is_current(manager, arn, token);
        rotation.attempts.push(steps);
    }
    if rotation.succeeded {
        manager.complete_rotation(arn, token);
    }
    rotation
}

/// What [`SecretsManager::on_rotate`] takes to rotate as the service does: [`reattempt`] with the token that
/// `RotateSecret` began with. A manager that is gone by then is not rotated in.
pub fn driver(
    manager: &Arc<SecretsManager>,
    attempts: usize,
    invoke: impl Fn(Value) -> StepResult + Send + Sync + 'static,
) -> impl Fn(String, String) + Send + Sync + 'static {
    // The manager will own this: it must not own the manager.
    let manager = Arc::downgrade(manager);
    move |arn, token| {
        if let Some(manager) = manager.upgrade() {
            reattempt(&manager, &arn, &token, attempts, &mut |event| invoke(event));
        }
    }
}

/// `RotateSecret` with `RotateImmediately=false`: testSecret alone, on a pending version that is removed afterwards.
///
/// # Errors
/// When the last rotation is not complete, or there is no current value to copy.
pub fn test_only(
    manager: &SecretsManager,
    arn: &str,
    content: PendingContent,
    invoke: &mut dyn FnMut(Value) -> StepResult,
) -> Result<StepResult, String> {
    let copy = match content {
        PendingContent::Empty => None,
        PendingContent::CopyOfCurrent => {
            Some(manager.value_at(arn, CURRENT).ok_or("there is no current value to copy")?)
        }
    };
    let token = manager.begin_rotation(arn)?;
    manager.add_version(arn, &token, copy.as_deref(), &[PENDING]);
    let result = invoke(event(Step::Test.as_str(), arn, &token, manager.rotation_token().as_deref()));
    manager.purge_version(arn, &token);
    Ok(result)
}

/// The event of one step. `RotationToken` is left out where there is none.
#[must_use]
pub fn event(step: &str, arn: &str, token: &str, rotation_token: Option<&str>) -> Value {
    let mut event = json!({ "Step": step, "SecretId": arn, "ClientRequestToken": token });
    if let Some(rotation_token) = rotation_token {
        set(&mut event, "RotationToken", json!(rotation_token));
    }
    event
}

fn is_current(manager: &SecretsManager, arn: &str, token: &str) -> bool {
    manager.version_at(arn, CURRENT).as_deref() == Some(token)
}
