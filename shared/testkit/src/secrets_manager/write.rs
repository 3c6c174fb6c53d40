//! The actions that change a secret.

use serde_json::{Value, json};

use super::model::{CURRENT, PENDING, Secret};
use super::state::State;
use super::wire::{Parameters, ServiceError, set};

impl State {
    pub(super) fn put_secret_value(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let token = parameters.text("ClientRequestToken", 32, 64)?.ok_or_else(|| {
            ServiceError::parameter("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
        })?;
        let value = match (parameters.text("SecretString", 1, 65_536)?, parameters.get("SecretBinary")) {
            (Some(value), None) => value,
            (None, Some(_)) => return Err(ServiceError::parameter("This stand-in holds no SecretBinary.")),
            (None, None) | (Some(_), Some(_)) => {
                return Err(ServiceError::request("You must provide either SecretString or SecretBinary."));
            }
        };
        let stages = parameters.texts("VersionStages", 20)?.unwrap_or_else(|| vec![CURRENT.to_owned()]);
        let rotation_token = parameters.text("RotationToken", 36, 256)?;
        if rotation_token.is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')) {
            return Err(ServiceError::validation("RotationToken must match [A-Za-z0-9-]+"));
        }
        let late = self.late_reads;
        let required = self.rotation_token.clone();
        let secret = self.writable(parameters)?;
        if required.is_some() && required.as_deref() != rotation_token {
            return Err(ServiceError::parameter("The RotationToken is missing or not the one of this rotation."));
        }
        match secret.versions.get(token).map(|version| version.value.as_deref()) {
            // The same again is accepted and ignored, labels included: a lost answer can be asked for again.
            Some(Some(stored)) if stored == value => {}
            Some(Some(_)) => {
                let message = "A resource with the ID you requested already exists.";
                return Err(ServiceError::new("ResourceExistsException", message));
            }
            Some(None) | None => secret.change(late, |versions| {
                let first = versions.is_empty();
                versions.store(token, Some(value));
                for stage in &stages {
                    versions.move_label(stage, Some(token));
                }
                if first {
                    versions.move_label(CURRENT, Some(token));
                }
            }),
        }
        let stages = secret.versions.get(token).map(|version| &version.stages);
        Ok(json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": token, "VersionStages": stages }))
    }

    /// A compare-and-swap: who moves a label must name the version that holds it.
    pub(super) fn update_secret_version_stage(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let stage = parameters.required("VersionStage", 1, 256)?;
        let from = parameters.text("RemoveFromVersionId", 1, 64)?;
        let to = parameters.text("MoveToVersionId", 1, 64)?;
        let late = self.late_reads;
        let secret = self.writable(parameters)?;
        if from.is_none() && to.is_none() {
            return Err(ServiceError::parameter("RemoveFromVersionId or MoveToVersionId must be given."));
        }
        if let Some(id) = to.filter(|id| secret.versions.get(id).is_none()) {
            let message = format!("Secrets Manager can't find the specified secret version: {id}");
            return Err(ServiceError::not_found(message));
        }
        if to.is_none() && stage == CURRENT {
            let message = "You can only move staging label AWSCURRENT to a different secret version. It can't be \
                           completely removed.";
            return Err(ServiceError::parameter(message));
        }
        let holder = secret.versions.holder_id(stage);
        match (from, holder.as_deref()) {
            (None, Some(holder)) if to != Some(holder) => {
                return Err(ServiceError::parameter(format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to \
                     version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
                )));
            }
            (Some(from), holder) if holder != Some(from) => {
                let message = format!("Staging label {stage} is not attached to version {from}.");
                return Err(ServiceError::parameter(message));
            }
            (Some(_) | None, _) => {}
        }
        secret.change(late, |versions| versions.move_label(stage, to));
        Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
    }

    /// Registers the rotation; who plays the service runs the steps ([`super::SecretsManager::on_rotate`]).
    pub(super) fn rotate_secret(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let token = parameters.text("ClientRequestToken", 32, 64)?;
        let function = parameters.text("RotationLambdaARN", 0, 2048)?;
        let immediately = parameters.flag("RotateImmediately")?.unwrap_or(true);
        let rules = parameters.get("RotationRules").cloned();
        let secret = self.writable(parameters)?;
        if let Some(function) = function {
            secret.rotation_lambda = Some(function.to_owned());
            secret.rotation_enabled = Some(true);
        } else if secret.rotation_enabled != Some(true) {
            return Err(ServiceError::request("No Lambda rotation function ARN is associated with this secret."));
        }
        secret.rotation_rules = rules.or(secret.rotation_rules.take());
        let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
        if immediately {
            let begun = begin_rotation(secret, token)?;
            let arn = secret.arn.clone();
            set(&mut answer, "VersionId", json!(begun.token()));
            if let Begun::Now(token) = begun {
                self.begun.push((arn, token));
            }
        }
        Ok(answer)
    }
}

/// The rotation that a call is about.
pub(super) enum Begun {
    /// It begins with this token.
    Now(String),
    /// It began before, with this same token: the client lost the answer.
    Before(String),
}

impl Begun {
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Now(token) | Self::Before(token) => token,
        }
    }
}

/// Registers a version without a value under `AWSPENDING` (`facts/aws.md` 1.2), unless the last rotation never ended.
pub(super) fn begin_rotation(secret: &mut Secret, token: Option<&str>) -> Result<Begun, ServiceError> {
    if let Some(version) = token.and_then(|token| secret.versions.get(token)) {
        return Ok(Begun::Before(version.id.clone()));
    }
    if secret.versions.dangling().is_some() {
        let message = "A previous rotation isn't complete. That rotation will be reattempted.";
        return Err(ServiceError::request(message));
    }
    let token = token.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    secret.versions.store(&token, None);
    secret.versions.place(PENDING, Some(&token));
    secret.changed = super::clock();
    Ok(Begun::Now(token))
}
