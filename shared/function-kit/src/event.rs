//! Lifecycle events on EventBridge. An event is a notification, never an input, and its failure never fails the work.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

const SOURCE: &str = "sentry-key-rotation";

/// What happened. The names are a contract: rules of other people match them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailType {
    /// A rotation made a key.
    KeyCreated,
    /// A key became the value that applications read.
    KeyPromoted,
    /// A rotation stopped until somebody acts.
    RotationRefused,
    /// A key is not what applications read any more.
    KeySuperseded,
    /// A superseded key is kept because it may still be used.
    KeyStillInUse,
    /// A key was disabled.
    KeyDisabled,
    /// A disabled key is proven dead.
    KeyProvenDead,
    /// A disabled key is not proven dead within the deadline.
    KeyProofOverdue,
    /// A key is gone.
    KeyDeleted,
    /// A key that was disabled is enabled again: by a person, or by this system after a rollback.
    KeyReinstated,
    /// A rotation left a key that no version holds.
    KeyOrphaned,
    /// A superseded key that this system did not make.
    KeyAdopted,
    /// The secret of a key is gone.
    KeyAbandoned,
    /// A key was revoked in an emergency.
    KeyRevoked,
    /// The stored slug of a project was brought up to date.
    ProjectRenamed,
}

impl DetailType {
    /// The `detail-type` of the event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyCreated => "Key Created",
            Self::KeyPromoted => "Key Promoted",
            Self::RotationRefused => "Rotation Refused",
            Self::KeySuperseded => "Key Superseded",
            Self::KeyStillInUse => "Key Still In Use",
            Self::KeyDisabled => "Key Disabled",
            Self::KeyProvenDead => "Key Proven Dead",
            Self::KeyProofOverdue => "Key Proof Overdue",
            Self::KeyDeleted => "Key Deleted",
            Self::KeyReinstated => "Key Reinstated",
            Self::KeyOrphaned => "Key Orphaned",
            Self::KeyAdopted => "Key Adopted",
            Self::KeyAbandoned => "Key Abandoned",
            Self::KeyRevoked => "Key Revoked",
            Self::ProjectRenamed => "Project Renamed",
        }
    }
}

/// The `detail` of every lifecycle event.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Detail {
    /// The version of this schema.
    pub version: u32,
    /// The same for a repeated notification of the same fact.
    pub id: String,
    /// The function that noticed.
    pub function: &'static str,
    /// The secret.
    pub secret_arn: String,
    /// The version of the secret.
    pub version_id: String,
    /// The organization's slug, where it is known.
    pub organization: Option<String>,
    /// The project's slug, where it is known.
    pub project: Option<String>,
    /// The key, where there is one.
    pub key_id: Option<String>,
    /// The code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What happened, for people.
    pub message: String,
    /// Who answers for the key, from the tag `sentry:owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The digest of the newest record of the key in the ledger: SHA-256 in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// The id of an event: the same for the same type and subject, so that a receiver can drop repetitions.
#[must_use]
pub fn event_id(what: DetailType, subject: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in [&[what.as_str()], subject].concat() {
        digest.update(part.as_bytes());
        digest.update(b"\n");
    }
    let mut id = hex::encode(digest.finalize());
    id.truncate(32);
    id
}

/// Where lifecycle events go.
#[derive(Debug, Clone)]
pub struct EventBus {
    target: Option<(Client, String)>,
}

impl EventBus {
    /// A bus by name; without a name events are not sent.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, name: Option<String>) -> Self {
        Self { target: name.map(|name| (Client::new(config), name)) }
    }

    /// Puts one event, by `end` at the latest. Gives back whether it was lost: the caller counts that, and goes on.
    pub async fn put(&self, what: DetailType, detail: &Detail, end: Instant) -> bool {
        let Some((client, name)) = &self.target else {
            return false;
        };
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(what.as_str())
            .event_bus_name(name)
            .resources(&detail.secret_arn)
            .detail(serde_json::json!(detail).to_string())
            .build();
        // The SDK's errors print raw answers, so only that it failed is said.
        let lost = match timeout_at(end, client.put_events().entries(entry).send()).await {
            Ok(Ok(answer)) => answer.failed_entry_count > 0,
            Ok(Err(_error)) => true,
            // The step is done, and must be reported before its time is over.
            Err(_elapsed) => true,
        };
        if lost {
            tracing::error!(
                event.detail_type = what.as_str(),
                event.id = detail.id,
                event.bus = name,
                "a lifecycle event was lost: check events:PutEvents on the bus"
            );
        }
        lost
    }
}
