//! What a call needs to be allowed: the action itself, the key that encrypts the secret, and for a rotation its function
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>).

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::SecretsManager;
use super::life::REGION;
use super::model::Secret;
use super::state::State;
use super::wire::ServiceError;
use crate::access::{Access, Question};
use crate::http::Request;

/// The account's roles, once there are any.
pub(super) type Roles = Mutex<Option<Arc<Access>>>;

impl SecretsManager {
    /// Lets a call through only if the caller's policies allow it.
    pub fn enforce(&self, access: &Arc<Access>) {
        *self.roles.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(access));
    }

    /// Carries out an action if it is allowed.
    pub(super) fn carry_out(&self, request: &Request, action: &str, body: Value) -> Result<Value, ServiceError> {
        let access = self.roles.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut state = self.lock();
        let Some(access) = access else { return state.carry_out(action, body) };
        let ask = |question: Question| {
            access
                .ask(request, question)
                .map_err(|denial| ServiceError::new("AccessDeniedException", denial.message("")))
        };
        let id = body.get("SecretId").and_then(Value::as_str).unwrap_or_default().to_owned();
        ask(question(&state, action, &id, &body))?;
        if action == "RotateSecret"
            && let Some(function) = function(&state, &id, &body)
        {
            ask(Question::new("lambda:InvokeFunction", function))?;
        }
        // The service says no more of it than this.
        let ask_kms = |state: &State, kms_action: &str| match state.secrets.find(&id).and_then(kms_key) {
            Some((key, arn)) => access
                .ask(request, kms_question(kms_action, &key, &arn))
                .map_err(|_denial| ServiceError::new("AccessDeniedException", "Access to KMS is not allowed")),
            None => Ok(()),
        };
        if action == "PutSecretValue" {
            ask_kms(&state, "kms:GenerateDataKey")?;
            ask_kms(&state, "kms:Decrypt")?;
        }
        let answer = state.carry_out(action, body)?;
        // What is not there is not decrypted.
        if action == "GetSecretValue" {
            ask_kms(&state, "kms:Decrypt")?;
        }
        Ok(answer)
    }
}

fn kms_key(secret: &Secret) -> Option<(String, String)> {
    Some((secret.kms_key.clone()?, secret.arn.clone()))
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
fn kms_question(action: &str, key: &str, secret: &str) -> Question {
    Question::new(action, key)
        .with("kms:ViaService", format!("secretsmanager.{REGION}.amazonaws.com"))
        .with("kms:EncryptionContext:SecretARN", secret)
}

/// The function that a rotation would run.
fn function(state: &State, id: &str, body: &Value) -> Option<String> {
    let given = body.get("RotationLambdaARN").and_then(Value::as_str).map(str::to_owned);
    given.or_else(|| state.secrets.find(id)?.rotation_lambda.clone())
}

fn question(state: &State, action: &str, id: &str, body: &Value) -> Question {
    let name = format!("secretsmanager:{action}");
    if id.is_empty() {
        // The actions on no single secret know no resources.
        return Question::new(name, "*");
    }
    let given = |member: &str| body.get(member).and_then(Value::as_str);
    let secret = state.secrets.find(id);
    let mut question = Question::new(name, resource(secret, id)).with("secretsmanager:SecretId", id);
    if let Some(secret) = secret {
        question = question
            .with_any("secretsmanager:resource/AllowRotationLambdaArn", secret.rotation_lambda.as_deref())
            .with_any("secretsmanager:SecretPrimaryRegion", secret.life.primary_region.as_deref());
        for (tag, value) in &secret.tags {
            question = question
                .with(format!("secretsmanager:ResourceTag/{tag}"), value)
                .with(format!("aws:ResourceTag/{tag}"), value);
        }
    }
    match action {
        "GetSecretValue" => question
            .with_any("secretsmanager:VersionId", given("VersionId"))
            .with_any("secretsmanager:VersionStage", given("VersionStage")),
        "UpdateSecretVersionStage" => question.with_any("secretsmanager:VersionStage", given("VersionStage")),
        "RotateSecret" => question.with_any("secretsmanager:RotationLambdaARN", given("RotationLambdaARN")),
        _ => question,
    }
}

/// The ARN of a secret; of one that is not there the ARN that was given, or one that such a name could have.
fn resource(secret: Option<&Secret>, id: &str) -> String {
    match secret {
        Some(secret) => secret.arn.clone(),
        None if id.starts_with("arn:") => id.to_owned(),
        None => format!("arn:aws:secretsmanager:{REGION}:123456789012:secret:{id}-??????"),
    }
}
