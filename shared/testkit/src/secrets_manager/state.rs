//! Everything that the stand-in holds, and which action does what with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::model::Secret;
use super::secrets::Secrets;
use super::wire::{Parameters, ServiceError, unknown_operation};

/// All secrets of the account, and how the service is told to behave.
#[derive(Default)]
pub(super) struct State {
    pub(super) secrets: Secrets,
    pub(super) denied: BTreeSet<String>,
    pub(super) rotation_token: Option<String>,
    pub(super) late_reads: usize,
    /// The rotations that `RotateSecret` began and nobody runs yet: ARN and token.
    pub(super) begun: Vec<(String, String)>,
}

impl State {
    /// Finds the secret that a request names.
    pub(super) fn named(&mut self, parameters: &Parameters) -> Result<&mut Secret, ServiceError> {
        let id = parameters.required("SecretId", 1, 2048)?;
        self.secrets.find_mut(id).ok_or_else(no_secret)
    }

    /// Finds the secret that a write names, if it may be written to.
    pub(super) fn writable(&mut self, parameters: &Parameters) -> Result<&mut Secret, ServiceError> {
        let secret = self.named(parameters)?;
        secret.life.may_be_changed()?;
        Ok(secret)
    }

    /// Carries out one action.
    pub(super) fn carry_out(&mut self, action: &str, body: Value) -> Result<Value, ServiceError> {
        let (known, act): (&[&str], Act) = match action {
            "DescribeSecret" => (&["SecretId"], Self::describe_secret),
            "GetSecretValue" => (&["SecretId", "VersionId", "VersionStage"], Self::get_secret_value),
            "PutSecretValue" => (
                &["SecretId", "ClientRequestToken", "SecretBinary", "SecretString", "VersionStages", "RotationToken"],
                Self::put_secret_value,
            ),
            "UpdateSecretVersionStage" => (
                &["SecretId", "VersionStage", "RemoveFromVersionId", "MoveToVersionId"],
                Self::update_secret_version_stage,
            ),
            "ListSecretVersionIds" => {
                (&["SecretId", "MaxResults", "NextToken", "IncludeDeprecated"], Self::list_secret_version_ids)
            }
            "ListSecrets" => (
                &["IncludePlannedDeletion", "MaxResults", "NextToken", "Filters", "SortOrder", "SortBy"],
                Self::list_secrets,
            ),
            "BatchGetSecretValue" => {
                (&["SecretIdList", "Filters", "MaxResults", "NextToken"], Self::batch_get_secret_value)
            }
            "RotateSecret" => (
                &[
                    "SecretId",
                    "ClientRequestToken",
                    "RotationLambdaARN",
                    "RotationRules",
                    "RotateImmediately",
                    "ExternalSecretRotationMetadata",
                    "ExternalSecretRotationRoleArn",
                ],
                Self::rotate_secret,
            ),
            _ => return Err(unknown_operation()),
        };
        self.permit(action)?;
        act(self, &Parameters::new(body, known)?)
    }

    /// Refuses an action that was denied.
    pub(super) fn permit(&self, action: &str) -> Result<(), ServiceError> {
        if self.denied.contains(action) {
            let message = format!("User: the function's role is not authorized to perform: secretsmanager:{action}");
            return Err(ServiceError::new("AccessDeniedException", message));
        }
        Ok(())
    }
}

type Act = fn(&mut State, &Parameters) -> Result<Value, ServiceError>;

/// A secret that is not there.
pub(super) fn no_secret() -> ServiceError {
    ServiceError::not_found("Secrets Manager can't find the specified secret.")
}
