//! How records hang together.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::record::Record;

/// The newest record of a key: what the next one must name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its sequence number.
    pub sequence: u32,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// A record as it lies in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The number in its object's name.
    pub sequence: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What is wrong with a chain. Each names the record at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A number is left out.
    #[error("record {0} is missing")]
    Missing(u32),
    /// The bytes are no record of this version.
    #[error("record {0} cannot be read")]
    Unreadable(u32),
    /// It does not carry the digest of the record before it.
    #[error("record {0} does not follow the record before it: one of the two was altered")]
    Digest(u32),
    /// It says that it is another record than its name says.
    #[error("record {0} is about another key or has another number than its name says")]
    Misplaced(u32),
    /// It is another record than was remembered under its number.
    #[error("record {0} is not the one that was remembered: it was altered or replaced")]
    Altered(u32),
}

/// Where a record lies, below the prefix of the evidence bucket.
///
/// The folder of a secret is the last six characters of its ARN, which Secrets Manager makes unique for each secret of
/// one name.
#[must_use]
pub fn object_key(secret_arn: &str, key_id: &str, sequence: u32) -> String {
    format!("{}{sequence:08}.json", ledger_folder(secret_arn, key_id))
}

/// Where all records of a key lie, below the prefix of the evidence bucket; it ends with a slash.
#[must_use]
pub fn ledger_folder(secret_arn: &str, key_id: &str) -> String {
    let suffix = secret_arn.rsplit_once('-').map_or(secret_arn, |(_, suffix)| suffix);
    format!("ledger/{suffix}/{key_id}/")
}

/// The secret that a stored record is about; none where the bytes are no record.
#[must_use]
pub fn secret_arn_of(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice::<Record>(bytes).ok().map(|record| record.secret_arn)
}

/// The head after a record with these bytes.
#[must_use]
pub fn next_head(sequence: u32, bytes: &[u8]) -> Head {
    Head { sequence, sha256: hex::encode(Sha256::digest(bytes)) }
}

/// Reads a key's whole chain, in order of sequence, and checks every link.
///
/// Nothing follows the newest record that could tell whether it was altered, or whether others were cut off after it: for
/// that, ask [`check_head`] with a head that was remembered or told elsewhere.
///
/// # Errors
/// [`Broken`], the first fault that is found.
pub fn check_chain(secret_arn: &str, key_id: &str, entries: &[Entry<'_>]) -> Result<Vec<Record>, Broken> {
    let mut records = Vec::with_capacity(entries.len());
    let mut head: Option<Head> = None;
    for (entry, expected) in entries.iter().zip(1_u32..) {
        if entry.sequence != expected {
            return Err(Broken::Missing(expected));
        }
        let record: Record =
            serde_json::from_slice(entry.bytes).map_err(|_its_text_is_not_repeated| Broken::Unreadable(expected))?;
        if record.version != 1 {
            return Err(Broken::Unreadable(expected));
        }
        if record.sequence != expected || record.secret_arn != secret_arn || record.key_id != key_id {
            return Err(Broken::Misplaced(expected));
        }
        if record.previous != head.map(|head| head.sha256) {
            return Err(Broken::Digest(expected));
        }
        head = Some(next_head(expected, entry.bytes));
        records.push(record);
    }
    Ok(records)
}

/// Checks that a chain still has the record that was once its newest, and as it was.
///
/// # Errors
/// [`Broken::Missing`] or [`Broken::Altered`], with the number of that record.
pub fn check_head(entries: &[Entry<'_>], remembered: &Head) -> Result<(), Broken> {
    let sequence = remembered.sequence;
    match entries.iter().find(|entry| entry.sequence == sequence) {
        None => Err(Broken::Missing(sequence)),
        Some(entry) if next_head(sequence, entry.bytes) == *remembered => Ok(()),
        Some(_) => Err(Broken::Altered(sequence)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_lies_below_the_last_six_characters_of_the_secrets_arn() {
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/store-front-AbCdEf";
        assert_eq!(object_key(arn, "0a1b", 12), "ledger/AbCdEf/0a1b/00000012.json");
    }
}
