//! Secrets Manager, as strict as its documentation (`facts/aws.md` sections 1 and 5a).
//!
//! The emulators accept what the service refuses: another value under a used token, a label moved without naming its
//! holder, a new rotation over a dangling one. Those are the mistakes that lose a key, so here they are errors.

mod control;
mod dates;
mod hook;
mod late;
mod life;
mod list;
mod model;
mod page;
mod permission;
mod read;
pub mod rotation;
mod secrets;
mod state;
#[cfg(test)]
mod tests;
pub(crate) mod wire;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use life::ReplicationStatus;
use model::{CURRENT, PENDING, Secret, Versions};
use state::State;
use uuid::Uuid;

use crate::http::{Request, Response, StandIn};

/// One account's secrets in one region.
///
/// A secret is named by its ARN or its name. A test that changes a secret or a version that it never made panics.
#[derive(Default)]
pub struct SecretsManager {
    state: Mutex<State>,
    roles: permission::Roles,
    hook: hook::Hook,
}

impl std::fmt::Debug for SecretsManager {
    /// Nothing of the state is shown: it is secret values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretsManager").finish_non_exhaustive()
    }
}

impl SecretsManager {
    /// An account without secrets.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Makes a secret and gives its ARN. With a value it has one version, which is current; without, none.
    #[expect(clippy::panic, reason = "a test that makes one secret twice is itself wrong")]
    pub fn create_secret(&self, name: &str, value: Option<&str>, tags: &[(&str, &str)]) -> String {
        let arn = format!("arn:aws:secretsmanager:{}:123456789012:secret:{name}-{}", life::REGION, suffix());
        let mut versions = Versions::default();
        if let Some(value) = value {
            let id = Uuid::new_v4().to_string();
            versions.store(&id, Some(value));
            versions.place(CURRENT, Some(&id));
        }
        let mut state = self.lock();
        if state.secrets.find(name).is_some() {
            panic!("there is a secret {name} already");
        }
        let now = clock();
        state.secrets.add(Secret {
            arn: arn.clone(),
            name: name.to_owned(),
            tags: owned(tags),
            rotation_enabled: None,
            rotation_lambda: None,
            rotation_rules: None,
            rotated: None,
            next_rotation: None,
            accessed: None,
            kms_key: None,
            versions,
            late: late::Late::default(),
            life: life::Life::default(),
            created: now,
            changed: now,
        });
        arn
    }

    /// Turns rotation on or off. A secret for which it was never turned on has no `RotationEnabled` member.
    pub fn enable_rotation(&self, arn: &str, enabled: bool) {
        self.change(arn, |secret| secret.rotation_enabled = Some(enabled));
    }

    /// Replaces the tags.
    pub fn set_tags(&self, arn: &str, tags: &[(&str, &str)]) {
        self.change(arn, |secret| secret.tags = owned(tags));
    }

    /// Adds a version behind the API's back, and moves these labels to it and no other (`AWSPREVIOUS` does not follow).
    pub fn add_version(&self, arn: &str, version_id: &str, value: Option<&str>, stages: &[&str]) {
        self.change(arn, |secret| {
            secret.versions.store(version_id, value);
            for stage in stages {
                secret.versions.place(stage, Some(version_id));
            }
        });
    }

    /// Moves one label, or takes it away, behind the API's back (`AWSPREVIOUS` does not follow).
    #[expect(clippy::panic, reason = "a test that names a version it never made is itself wrong")]
    pub fn set_stage(&self, arn: &str, stage: &str, version: Option<&str>) {
        self.change(arn, |secret| {
            if let Some(version) = version.filter(|version| secret.versions.get(version).is_none()) {
                panic!("there is no version {version}");
            }
            secret.versions.place(stage, version);
        });
    }

    /// The version that carries a label.
    #[must_use]
    pub fn version_at(&self, arn: &str, stage: &str) -> Option<String> {
        self.lock().secrets.find(arn)?.versions.holder_id(stage)
    }

    /// The value of a version.
    #[must_use]
    pub fn value_of(&self, arn: &str, version_id: &str) -> Option<String> {
        self.lock().secrets.find(arn)?.versions.get(version_id)?.value.clone()
    }

    /// The value of the version that carries a label.
    #[must_use]
    pub fn value_at(&self, arn: &str, stage: &str) -> Option<String> {
        self.lock().secrets.find(arn)?.versions.holder(stage)?.value.clone()
    }

    /// The labels of every version, also of those that have none.
    #[must_use]
    pub fn versions(&self, arn: &str) -> BTreeMap<String, Vec<String>> {
        let state = self.lock();
        let versions = state.secrets.find(arn).into_iter().flat_map(|secret| secret.versions.iter());
        versions.map(|version| (version.id.clone(), version.stages.iter().cloned().collect())).collect()
    }

    /// Refuses every `PutSecretValue` that does not carry exactly this rotation token, as the service does when the
    /// function works through an assumed role or for another account (`facts/aws.md` 1.1). `None` lifts it.
    pub fn require_rotation_token(&self, token: Option<&str>) {
        self.lock().rotation_token = token.map(str::to_owned);
    }

    /// Shows each later `PutSecretValue` and `UpdateSecretVersionStage` late: the next `reads` `GetSecretValue` calls
    /// that it concerns see the state before it, and so do the next `reads` `DescribeSecret` calls, counted apart
    /// (`facts/aws.md` 1.4). Writes are judged by the true state. 0 shows everything at once.
    pub fn late_visibility(&self, reads: usize) {
        let mut state = self.lock();
        state.late_reads = reads;
        if reads == 0 {
            state.secrets.iter_mut().for_each(|secret| secret.late.forget());
        }
    }

    /// Answers an action with `AccessDeniedException` from now on.
    pub fn deny(&self, action: &str) {
        self.lock().denied.insert(action.to_owned());
    }

    /// Lifts [`SecretsManager::deny`].
    pub fn allow(&self, action: &str) {
        self.lock().denied.remove(action);
    }

    /// The first half of `RotateSecret`: registers a version without a value under `AWSPENDING` and gives its token
    /// (`facts/aws.md` 1.2). Readers see it at once; whether rotation is enabled is left to the function to ask.
    ///
    /// # Errors
    /// When `AWSPENDING` is on a version that is not current: the last rotation is not complete (`facts/aws.md` 1.5).
    pub fn begin_rotation(&self, arn: &str) -> Result<String, String> {
        self.change(arn, |secret| write::begin_rotation(secret, None))
            .map(|begun| begun.token().to_owned())
            .map_err(|error| format!("{}: {}", error.code, error.message))
    }

    /// What the service does once finishSecret succeeded: takes `AWSPENDING` off the version that became current
    /// (`facts/aws.md` 1.3) and notes the date. A pending version that did not become current keeps it, and dangles.
    pub fn complete_rotation(&self, arn: &str, token: &str) {
        self.change(arn, |secret| {
            let done = |stage| secret.versions.holder_id(stage).as_deref() == Some(token);
            if !done(CURRENT) {
                return;
            }
            if done(PENDING) {
                secret.versions.place(PENDING, None);
            }
            secret.rotated = Some(clock());
        });
    }

    /// The token that `PutSecretValue` must carry.
    fn rotation_token(&self) -> Option<String> {
        self.lock().rotation_token.clone()
    }

    #[expect(clippy::panic, reason = "a test that names a secret it never made is itself wrong")]
    fn change<T>(&self, arn: &str, act: impl FnOnce(&mut Secret) -> T) -> T {
        match self.lock().secrets.find_mut(arn) {
            Some(secret) => {
                secret.changed = clock();
                act(secret)
            }
            None => panic!("there is no secret {arn}"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn for SecretsManager {
    fn call_name(&self, request: &Request) -> String {
        wire::action(request, "secretsmanager").map_or_else(|| format!("{request:?}"), str::to_owned)
    }

    async fn answer(&self, request: Request) -> Response {
        let action = wire::action(&request, "secretsmanager").unwrap_or_default();
        let outcome = wire::body(&request).and_then(|body| self.carry_out(&request, action, body));
        let begun = std::mem::take(&mut self.lock().begun);
        self.hook.start(begun);
        wire::respond(outcome)
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The six characters that the service adds to a secret's name.
fn suffix() -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let random = Uuid::new_v4();
    let picked = random.as_bytes().iter().take(6).filter_map(|byte| letters.get(usize::from(*byte) % letters.len()));
    picked.map(|letter| char::from(*letter)).collect()
}

/// Seconds since 1970, as the service writes its dates.
#[expect(clippy::disallowed_methods, reason = "the service has a clock of its own; no test decides anything by it")]
fn clock() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
