//! Lifecycle events: what they are called and what they say.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

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
    /// An audit found something that the one before did not find.
    FindingOpened,
    /// A finding of an earlier audit has another severity or another owner now, or an exception began or ended.
    FindingChanged,
    /// A finding of an earlier audit is not found any more.
    FindingClosed,
    /// An audit came to its end.
    AuditCompleted,
    /// An audit stopped at the end of its time and must go on.
    AuditPaused,
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
            Self::FindingOpened => "Finding Opened",
            Self::FindingChanged => "Finding Changed",
            Self::FindingClosed => "Finding Closed",
            Self::AuditCompleted => "Audit Completed",
            Self::AuditPaused => "Audit Paused",
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
    /// What only some types of event say, after everything else. Without such members the event is as it was before there
    /// were any.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_event_said_before_there_were_more_members_it_says_still() {
        let mut detail = Detail {
            version: 1,
            id: "1".to_owned(),
            function: "retire-keys",
            secret_arn: "arn".to_owned(),
            version_id: "v".to_owned(),
            organization: Some("acme".to_owned()),
            message: "a key was disabled".to_owned(),
            evidence: Some("00".to_owned()),
            ..Detail::default()
        };
        let before = r#"{"version":1,"id":"1","function":"retire-keys","secret_arn":"arn","version_id":"v","organization":"acme","project":null,"key_id":null,"message":"a key was disabled","evidence":"00"}"#;
        assert_eq!(json!(detail).to_string(), before);
        detail.extra.insert("severity".to_owned(), json!("high"));
        let after = before.replace('}', r#","severity":"high"}"#);
        assert_eq!(json!(detail).to_string(), after);
    }
}
