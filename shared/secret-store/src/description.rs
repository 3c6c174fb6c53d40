//! What a secret is, apart from its value.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::{StatusType, Tag};

use crate::error::Error;
use crate::stage::{self, Labels, Stage};
use crate::store::SecretStore;

/// What `DescribeSecret` says of a secret: never its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The full ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// Whether rotation is enabled; absent counts as no (facts/aws.md section 1.2).
    pub rotation_enabled: bool,
    /// The labels of every version that has any.
    pub stages: BTreeMap<String, Vec<String>>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The copies in other Regions, of which only the primary secret knows; empty where it is not replicated.
    pub replicas: Vec<Replica>,
    /// The Region where it originated, where Secrets Manager says so. In any other Region the secret is a copy.
    pub primary_region: Option<String>,
    /// When Secrets Manager last completed a rotation, in Unix seconds; `None` where it never did.
    pub last_rotated: Option<i64>,
    /// Whether it is in its recovery window before deletion: then its values cannot be read, and it cannot be rotated.
    pub scheduled_for_deletion: bool,
}

/// A copy of a secret in another Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The Region.
    pub region: String,
    /// Whether it holds what the primary secret holds. A copy that failed, or of which nothing is said, does not.
    pub in_sync: bool,
}

impl Description {
    /// The version that carries a label.
    #[must_use]
    pub fn version_at(&self, stage: Stage) -> Option<&str> {
        stage::version_at(&self.stages, stage)
    }

    /// Whether a version carries a label.
    #[must_use]
    pub fn has_stage(&self, version_id: &str, stage: Stage) -> bool {
        stage::has_stage(&self.stages, version_id, stage)
    }
}

impl SecretStore {
    /// Labels, tags, copies, and whether rotation is enabled.
    ///
    /// # Errors
    /// [`Error`] of `DescribeSecret`. A secret that is scheduled for deletion can be described.
    pub async fn describe(&self, secret_id: &str) -> Result<Description, Error> {
        const ACTION: &str = "DescribeSecret";
        let answer = self
            .client
            .describe_secret()
            .secret_id(secret_id)
            .send()
            .await
            .map_err(|error| Error::from_sdk(ACTION, &error).about(secret_id))?;
        let replicas = answer.replication_status.unwrap_or_default();
        Ok(Description {
            arn: answer.arn.ok_or_else(|| Error::unusable_answer(ACTION))?,
            name: answer.name.ok_or_else(|| Error::unusable_answer(ACTION))?,
            rotation_enabled: answer.rotation_enabled.unwrap_or(false),
            stages: answer.version_ids_to_stages.map(Labels::from_iter).unwrap_or_default(),
            tags: tags(answer.tags),
            replicas: replicas
                .into_iter()
                .map(|replica| Replica {
                    region: replica.region.unwrap_or_default(),
                    in_sync: replica.status == Some(StatusType::InSync),
                })
                .collect(),
            primary_region: answer.primary_region,
            last_rotated: answer.last_rotated_date.map(|date| date.secs()),
            scheduled_for_deletion: answer.deleted_date.is_some(),
        })
    }
}

/// The tags by key.
pub(crate) fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect()
}
