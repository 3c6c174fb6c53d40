//! What keeps a secret from being used: its planned deletion, and that it is a replica.

use serde_json::{Value, json};

use super::model::Secret;
use super::wire::{ServiceError, set};

/// The Region of all ARNs here.
pub(super) const REGION: &str = "us-east-1";

/// The days between a deletion and its end, unless the caller says otherwise.
const RECOVERY_WINDOW_SECONDS: f64 = 30.0 * 86_400.0;

/// How a secret's copy in another Region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicationStatus {
    /// It has the current version.
    InSync,
    /// It does not have it yet.
    InProgress,
    /// It will not get it.
    Failed,
}

impl ReplicationStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "InSync",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
        }
    }
}

/// Where a secret is, and whether it is about to go.
#[derive(Default)]
pub(super) struct Life {
    /// The end of the recovery window, in seconds since 1970.
    pub(super) deleted: Option<f64>,
    /// `None` for a secret that is not replicated.
    pub(super) primary_region: Option<String>,
    pub(super) replicas: Vec<(String, ReplicationStatus)>,
}

impl Life {
    pub(super) fn schedule_deletion(&mut self) {
        self.deleted = Some(super::clock() + RECOVERY_WINDOW_SECONDS);
    }

    /// Refuses a read of the value, or a write, of a secret that is scheduled for deletion.
    pub(super) fn may_be_used(&self) -> Result<(), ServiceError> {
        match self.deleted {
            None => Ok(()),
            Some(_) => {
                let message = "You can't perform this operation on the secret because it was marked for deletion.";
                Err(ServiceError::request(message))
            }
        }
    }

    /// Refuses a write to a replica, too. The code is the one that callers have seen (gruntwork-io/cloud-nuke#435,
    /// lgallard/terraform-aws-secrets-manager#188); the documentation names none for this.
    pub(super) fn may_be_changed(&self) -> Result<(), ServiceError> {
        self.may_be_used()?;
        match self.primary_region.as_deref() {
            None | Some(REGION) => Ok(()),
            Some(_) => {
                let message = "Operation not permitted on a replica secret. Call must be made in primary secret's \
                               region.";
                Err(ServiceError::parameter(message))
            }
        }
    }

    /// The members that lists and descriptions have in common.
    pub(super) fn show(&self, answer: &mut Value) {
        if let Some(date) = self.deleted {
            set(answer, "DeletedDate", json!(date));
        }
        if let Some(region) = &self.primary_region {
            set(answer, "PrimaryRegion", json!(region));
        }
    }

    /// What only a description has.
    pub(super) fn show_replicas(&self, answer: &mut Value) {
        if !self.replicas.is_empty() {
            let show =
                |(region, status): &(String, ReplicationStatus)| json!({ "Region": region, "Status": status.as_str() });
            set(answer, "ReplicationStatus", self.replicas.iter().map(show).collect());
        }
    }
}

impl Secret {
    /// Whether it is there to stay, which is what lists show unless they are asked for more.
    pub(super) fn is_kept(&self) -> bool {
        self.life.deleted.is_none()
    }

    /// Makes the secret one that is replicated from here.
    pub(super) fn replicate(&mut self, replicas: &[(&str, ReplicationStatus)]) {
        self.life.primary_region.get_or_insert_with(|| REGION.to_owned());
        self.life.replicas = replicas.iter().map(|(region, status)| ((*region).to_owned(), *status)).collect();
    }
}
