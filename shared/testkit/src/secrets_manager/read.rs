//! The actions that read one secret.

use serde_json::{Map, Value, json};

use super::late::Reader;
use super::model::{CURRENT, Secret, Version, Versions};
use super::page::{page, start};
use super::state::State;
use super::wire::{Parameters, ServiceError, set};

impl State {
    pub(super) fn describe_secret(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let secret = self.named(parameters)?;
        let labels = secret.late.see(&secret.versions, Reader::Labels, labels);
        let mut answer = summary(secret, "VersionIdsToStages", labels);
        secret.life.show_replicas(&mut answer);
        Ok(answer)
    }

    pub(super) fn get_secret_value(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let id = parameters.text("VersionId", 1, 64)?;
        let stage = parameters.text("VersionStage", 1, 256)?;
        read_value(self.named(parameters)?, id, stage)
    }

    pub(super) fn list_secret_version_ids(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let deprecated = parameters.flag("IncludeDeprecated")?.unwrap_or(false);
        let after = start(parameters)?;
        let secret = self.named(parameters)?;
        let versions = (1..)
            .zip(secret.versions.iter().rev().filter(|version| deprecated || !version.stages.is_empty()))
            .skip_while(|(number, _)| *number <= after);
        let show = |version: &Version| {
            let mut entry = json!({ "VersionId": version.id, "CreatedDate": version.created });
            if !version.stages.is_empty() {
                set(&mut entry, "VersionStages", json!(version.stages));
            }
            entry
        };
        let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
        page(parameters, 100, versions, show, "Versions", &mut answer)?;
        Ok(answer)
    }
}

/// What `GetSecretValue` answers.
pub(super) fn read_value(secret: &mut Secret, id: Option<&str>, stage: Option<&str>) -> Result<Value, ServiceError> {
    secret.life.may_be_used()?;
    let version = secret.late.see(&secret.versions, Reader::Value, |versions| look_up(versions, id, stage))?;
    // Only the day is kept.
    let today = (super::clock() / 86_400.0).floor() * 86_400.0;
    secret.accessed = Some(secret.accessed.map_or(today, |day| day.max(today)));
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "SecretString": version.value,
        "CreatedDate": version.created,
    });
    if !version.stages.is_empty() {
        set(&mut answer, "VersionStages", json!(version.stages));
    }
    Ok(answer)
}

/// A version with a value: by id, by label, or by both, which then must agree. A version that a rotation registered
/// and that has no value yet reads as if it were not there (`facts/aws.md` 1.2).
fn look_up(versions: &Versions, id: Option<&str>, stage: Option<&str>) -> Result<Version, ServiceError> {
    let missing = |what: String| {
        ServiceError::not_found(format!("Secrets Manager can't find the specified secret value for {what}"))
    };
    let by_id = |id: &str| missing(format!("VersionId: {id}"));
    let by_stage = |stage: &str| missing(format!("staging label: {stage}"));
    let (version, empty) = match (id, stage) {
        (Some(id), None) => (versions.get(id).ok_or_else(|| by_id(id))?, by_id(id)),
        (Some(id), Some(stage)) => {
            let version = versions.get(id).filter(|version| version.stages.contains(stage));
            (version.ok_or_else(|| by_id(id))?, by_stage(stage))
        }
        (None, stage) => {
            let stage = stage.unwrap_or(CURRENT);
            (versions.holder(stage).ok_or_else(|| by_stage(stage))?, by_stage(stage))
        }
    };
    if version.value.is_some() { Ok(version.clone()) } else { Err(empty) }
}

/// The labels by version; versions without labels are not shown.
pub(super) fn labels(versions: &Versions) -> Map<String, Value> {
    versions
        .iter()
        .filter(|version| !version.stages.is_empty())
        .map(|version| (version.id.clone(), json!(version.stages)))
        .collect()
}

/// A secret without its value. Members without content are left out, as the service does.
pub(super) fn summary(secret: &Secret, labels_member: &str, labels: Map<String, Value>) -> Value {
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "CreatedDate": secret.created,
        "LastChangedDate": secret.changed,
    });
    if let Some(enabled) = secret.rotation_enabled {
        set(&mut answer, "RotationEnabled", json!(enabled));
    }
    if let Some(function) = &secret.rotation_lambda {
        set(&mut answer, "RotationLambdaARN", json!(function));
    }
    // The service leaves this date out while rotation is off.
    if let (Some(date), Some(true)) = (secret.rotated, secret.rotation_enabled) {
        set(&mut answer, "LastRotatedDate", json!(date));
    }
    let shown = [
        ("LastAccessedDate", json!(secret.accessed)),
        ("NextRotationDate", json!(secret.next_rotation)),
        ("RotationRules", json!(secret.rotation_rules)),
        ("KmsKeyId", json!(secret.kms_key)),
    ];
    for (name, value) in shown.into_iter().filter(|(_, value)| !value.is_null()) {
        set(&mut answer, name, value);
    }
    secret.life.show(&mut answer);
    if !labels.is_empty() {
        set(&mut answer, labels_member, Value::Object(labels));
    }
    if !secret.tags.is_empty() {
        set(
            &mut answer,
            "Tags",
            secret.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect(),
        );
    }
    answer
}
