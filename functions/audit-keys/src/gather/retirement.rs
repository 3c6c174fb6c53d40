//! What retirement's last runs said of each key: the ledger stands behind it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use evidence_store::EvidenceStore;
use function_kit::Failure;
use jiff::{Timestamp, ToSpan as _};
use key_policy::inventory::Unknown;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tokio::time::Instant;

use crate::failure::{evidence, spool};
use crate::unknowns::unknown;

/// How long records are read. The newest is mostly of a run that went through all secrets; where a secret stays unread none is.
const FOR_THE_RECORDS: Duration = Duration::from_secs(20);

/// Whose key it is, by the words of retirement's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Judged {
    Ours,
    Adopted,
    Orphan,
    Abandoned,
    Foreign,
}

/// What retirement said of keys.
#[derive(Debug, Default)]
pub(crate) struct Judgements {
    /// By key id; None where the word is that of a key that is current, or another that says nothing here.
    rows: BTreeMap<String, Option<Judged>>,
    /// Whether there is any record.
    any: bool,
    /// Whether a run went through all secrets: then there is nothing to say of a key without a row.
    whole: bool,
}

impl Judgements {
    /// Whose key it is.
    pub(crate) fn of(&self, key_id: &str) -> Option<Judged> {
        *self.rows.get(key_id)?
    }

    /// Whether retirement has said nothing of a key of which it may have something to say.
    pub(crate) fn are_silent_about(&self, key_id: &str) -> bool {
        !self.whole && !self.rows.contains_key(key_id)
    }

    /// Whether retirement was at work, and did not come to this key.
    pub(crate) fn have_not_come_to(&self, key_id: &str) -> bool {
        self.any && self.are_silent_about(key_id)
    }

    /// Adds what an older run said: the newer one knows better.
    fn add_older(&mut self, record: Record) {
        for (key_id, judged) in record.rows {
            self.rows.entry(key_id).or_insert(judged);
        }
        self.any = true;
        self.whole |= record.complete && record.is_of_all;
    }
}

/// Reads the records of today and yesterday, the newest first, until one is of a run that went through all secrets:
/// retirement runs hourly, and more often where labels move. What none of them covers is unknown.
pub(crate) async fn gather(
    store: &EvidenceStore,
    folder: &Path,
    now: Timestamp,
    unknowns: &mut Vec<Unknown>,
) -> Result<Judgements, Failure> {
    let yesterday = now.checked_sub(24.hours()).unwrap_or(now);
    let mut judgements = Judgements::default();
    let end = Instant::now() + FOR_THE_RECORDS;
    for day in [now, yesterday] {
        let prefix = format!("runs/retire-keys/{}", day.strftime("%Y%m%d"));
        let names = store.keys(&prefix).await.map_err(evidence)?;
        for name in names.into_iter().rev() {
            if Instant::now() > end {
                break;
            }
            let path = folder.join("retirement.json");
            if store.get_file(&name, &path).await.map_err(evidence)? {
                let file = File::open(&path).map_err(spool)?;
                if let Ok(record) = serde_json::from_reader(BufReader::new(file)) {
                    judgements.add_older(record);
                }
            }
            if judgements.whole {
                return Ok(judgements);
            }
        }
    }
    let why = if judgements.any {
        "no run of retire-keys since yesterday went through all secrets, or the evidence bucket has no record of it that can be read"
    } else {
        "the evidence bucket has no record of a run of retire-keys since yesterday that can be read"
    };
    let subject = "which keys retirement takes for superseded, orphans or adopted";
    unknowns.push(unknown(subject, why, Some("a run of retire-keys")));
    Ok(judgements)
}

/// What is kept of the record of a run.
#[derive(Debug, Default)]
struct Record {
    rows: BTreeMap<String, Option<Judged>>,
    complete: bool,
    /// Whether it says that it is not of one secret: that is new, and a record without a word of it may be of one.
    is_of_all: bool,
}

#[derive(Deserialize)]
struct Row {
    key_id: String,
    /// Another word, such as that of keys that are current, is nothing that is looked for.
    #[serde(default, deserialize_with = "known")]
    ownership: Option<Judged>,
}

fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Judged>, D::Error> {
    let word = String::deserialize(deserializer)?;
    Ok(serde_json::from_value(word.into()).ok())
}

/// The rows one by one: a record of a large organization is larger than what is kept of it.
struct Rows(BTreeMap<String, Option<Judged>>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneByOne;

        impl<'de> Visitor<'de> for OneByOne {
            type Value = Rows;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the rows of a run")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Rows, A::Error> {
                let mut kept = BTreeMap::new();
                while let Some(Row { key_id, ownership }) = rows.next_element()? {
                    kept.insert(key_id, ownership);
                }
                Ok(Rows(kept))
            }
        }

        deserializer.deserialize_seq(OneByOne)
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the record of a run")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Record, A::Error> {
                let mut record = Record::default();
                while let Some(name) = members.next_key::<String>()? {
                    match name.as_str() {
                        "rows" => record.rows = members.next_value::<Rows>()?.0,
                        "complete" => record.complete = members.next_value()?,
                        "secret_id" => record.is_of_all = members.next_value::<Option<IgnoredAny>>()?.is_none(),
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(record)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn of_a_record_the_words_about_keys_that_are_not_current_are_kept() {
        let text = r#"{"rows":[
            {"key_id":"a","ownership":"untouchable","state":"active"},
            {"key_id":"b","ownership":"ours","state":"draining","reason":"x"},
            {"key_id":"c","ownership":"orphan"}
            ],"version":1,"complete":true,"secret_id":null}"#;
        let mut judgements = Judgements::default();
        judgements.add_older(record(text));
        let said = ["a", "b", "c", "d"].map(|key| (judgements.of(key), judgements.are_silent_about(key)));
        assert_eq!(said, [(None, false), (Some(Judged::Ours), false), (Some(Judged::Orphan), false), (None, false)]);
        assert!(serde_json::from_str::<Record>("{\"rows\":[{\"key_id\":7}]}").is_err());
    }

    #[test]
    fn what_a_run_did_not_come_to_is_taken_from_an_older_one_and_else_not_known() {
        let mut judgements = Judgements::default();
        assert!(judgements.are_silent_about("a") && !judgements.have_not_come_to("a"));
        for text in [
            r#"{"rows":[{"key_id":"a","ownership":"ours"}],"complete":true,"secret_id":"one"}"#,
            r#"{"rows":[{"key_id":"a","ownership":"adopted"},{"key_id":"b","ownership":"adopted"}],"complete":false}"#,
        ] {
            judgements.add_older(record(text));
        }
        assert_eq!([judgements.of("a"), judgements.of("b")], [Some(Judged::Ours), Some(Judged::Adopted)]);
        assert!(judgements.have_not_come_to("c") && !judgements.have_not_come_to("b"));
        // One of an earlier version does not say of which secrets it is.
        judgements.add_older(record(r#"{"rows":[],"complete":true}"#));
        assert!(judgements.are_silent_about("c"));
        judgements.add_older(record(r#"{"rows":[],"complete":true,"secret_id":null}"#));
        assert!(!judgements.are_silent_about("c"));
    }
}
