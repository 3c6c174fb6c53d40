//! What retirement's newest run said of each key: the ledger stands behind it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use evidence_store::EvidenceStore;
use function_kit::Failure;
use jiff::{Timestamp, ToSpan as _};
use key_policy::inventory::Unknown;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::failure::{evidence, spool};
use crate::unknowns::unknown;

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

/// Reads the newest record of today, else of yesterday: retirement runs hourly. Where there is none, that is unknown.
pub(crate) async fn gather(
    store: &EvidenceStore,
    folder: &Path,
    now: Timestamp,
    unknowns: &mut Vec<Unknown>,
) -> Result<Option<BTreeMap<String, Judged>>, Failure> {
    let yesterday = now.checked_sub(24.hours()).unwrap_or(now);
    for day in [now, yesterday] {
        let prefix = format!("runs/retire-keys/{}", day.strftime("%Y%m%d"));
        let newest = store.keys(&prefix).await.map_err(evidence)?.pop();
        let Some(newest) = newest else { continue };
        let path = folder.join("retirement.json");
        if store.get_file(&newest, &path).await.map_err(evidence)? {
            let file = File::open(&path).map_err(spool)?;
            if let Ok(Record { rows }) = serde_json::from_reader(BufReader::new(file)) {
                return Ok(Some(rows));
            }
        }
    }
    unknowns.push(unknown(
        "which keys retirement takes for superseded, orphans or adopted",
        "the evidence bucket has no record of a run of retire-keys since yesterday that can be read",
        Some("a run of retire-keys"),
    ));
    Ok(None)
}

/// A run's record, of which only the rows of keys that are not current are kept.
struct Record {
    rows: BTreeMap<String, Judged>,
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
struct Rows(BTreeMap<String, Judged>);

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
                    kept.extend(ownership.map(|ownership| (key_id, ownership)));
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
                let mut record = Record { rows: BTreeMap::new() };
                while let Some(name) = members.next_key::<String>()? {
                    if name == "rows" {
                        record.rows = members.next_value::<Rows>()?.0;
                    } else {
                        members.next_value::<IgnoredAny>()?;
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

    #[test]
    fn of_a_record_only_the_keys_that_are_not_current_are_kept() {
        let text = r#"{"rows":[
            {"key_id":"a","ownership":"untouchable","state":"active"},
            {"key_id":"b","ownership":"ours","state":"draining","reason":"x"},
            {"key_id":"c","ownership":"orphan"}
            ],"version":1,"complete":true}"#;
        let Record { rows } = serde_json::from_str(text).unwrap();
        assert_eq!(rows, BTreeMap::from([("b".to_owned(), Judged::Ours), ("c".to_owned(), Judged::Orphan)]));
        assert!(serde_json::from_str::<Record>("{\"rows\":[{\"key_id\":7}]}").is_err());
    }
}
