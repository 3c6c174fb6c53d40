//! One record.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// What a record says.
    Kind {
        /// The key is what applications read.
        Current = "current",
        /// It is not AWSCURRENT any more.
        Superseded = "superseded",
        /// It was silent for as long as the policy asks, and the new key was not.
        Quiet = "quiet",
        /// It is about to be disabled.
        Disabling = "disabling",
        /// It is disabled.
        Disabled = "disabled",
        /// Ingestion refused it.
        Refused = "refused",
        /// It is proven dead, by the grade that the record names.
        Proven = "proven",
        /// It is about to be deleted.
        Deleting = "deleting",
        /// It is gone.
        Deleted = "deleted",
        /// Somebody else enabled it again.
        Reinstated = "reinstated",
        /// It bears the mark of a version that holds another key, or none.
        Orphan = "orphan",
        /// It is the value of a version and does not bear its mark: somebody else made it.
        Adopted = "adopted",
        /// Its secret is gone.
        Abandoned = "abandoned",
    }
}

words! {
    /// Whose key it is, as far as the ledger has it: decided when it was first seen, with the proof of that day.
    Class {
        /// The value of a version whose mark it bears.
        Ours = "ours",
        /// The value of a version without its mark.
        Adopted = "adopted",
        /// A mark, and the value of no version.
        Orphan = "orphan",
    }
}

words! {
    /// How well the death of a key is proven, from the least to the most.
    Grade {
        /// Sentry shows the key as disabled, or not at all, while it shows the current one.
        Object = "object",
        /// Sentry says that no active key has this DSN, and says of the current key that it is alive.
        Question = "question",
        /// Ingestion refused it in successive runs.
        Ingestion = "ingestion",
    }
}

/// What a call was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The status; none where no answer came.
    pub status: Option<u16>,
    /// The id that the other side gave the request, where it gave one.
    pub request_id: Option<String>,
}

/// One record of one key. Its bytes are what [`Record::to_bytes`] makes of it, once and for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this shape: 1.
    pub version: u32,
    /// Its place in the key's chain, from 1.
    pub sequence: u32,
    /// SHA-256 of the bytes of the record before it, in hexadecimal; none for the first.
    pub previous: Option<String>,
    /// When it was written.
    pub time: Timestamp,
    /// The function that wrote it.
    pub function: String,
    /// The invocation that wrote it.
    pub request_id: String,
    /// What it says.
    pub kind: Kind,
    /// The secret.
    pub secret_arn: String,
    /// The version that holds the key, or whose mark it bears.
    pub version_id: Option<String>,
    /// The numeric id of the project.
    pub project_id: u64,
    /// The key id.
    pub key_id: String,
    /// Whose key it is.
    pub class: Class,
    /// Why, for people.
    pub why: String,
    /// What the call that it tells of was answered.
    pub answer: Option<Answer>,
    /// Which attempt of ours it is, from 1; 0 where it only tells what was found.
    pub attempt: u32,
    /// The grade of a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// The ticket of the consent under which it was done; of a key that was enabled again, of the one that held then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

impl Record {
    /// The record as it is stored.
    ///
    /// # Errors
    /// Never for a record that was made in code; JSON has a form for everything in it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
