//! Publishing a review: its files, and a manifest that is chained to the previous one.

use std::fs::File;
use std::io::{BufWriter, Result, Write as _};
use std::path::{Path, PathBuf};

use evidence_store::{EvidenceStore, Put};
use function_kit::Failure;
use jiff::Timestamp;
use key_policy::Tally;
use key_policy::rules::{RULES, Rule};
use serde_json::{Value, json};

use crate::chain::{Listed, Manifest, Summary, manifest_key};
use crate::digest;
use crate::failure::{evidence, spool as spool_failure};
use crate::spool::{Part, Spool};
use crate::state::Point;
use crate::table::{Found, Item, header};

/// What names the review's own place in time, and what it came to.
pub(crate) struct InTime<'a> {
    pub(crate) summary: Summary,
    pub(crate) first: Timestamp,
    pub(crate) trend: &'a [Point],
}

/// The version of `report.json`.
const REPORT_VERSION: u32 = 1;

/// What stands at the head of every file of a review.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) review_id: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) policy: Value,
    pub(crate) organization: Value,
    /// The review before this one, with the digest of its manifest.
    pub(crate) previous: Value,
    /// The one secret that was reviewed; null for all.
    pub(crate) scope: Value,
}

/// What stands at its foot.
#[derive(Debug, Clone)]
pub(crate) struct Foot {
    pub(crate) rules: Value,
    pub(crate) exceptions: Value,
    pub(crate) metrics: Value,
    pub(crate) trend: Value,
}

/// The gap section: every rule once, with what it came to.
pub(crate) fn rules(tally: &Tally) -> Value {
    let row = |rule: &Rule| {
        let count = tally.count(rule.code);
        json!({"code": rule.code.word(), "group": rule.group.word(), "state": tally.state(rule.code).word(), "what": rule.what,
            "fine": count.fine, "unknown": count.unknown, "found": count.found, "excepted": count.excepted})
    };
    RULES.iter().map(row).collect()
}

/// Writes `report.json`: small members first, then everything that may be long, a row on a line.
pub(crate) fn write_report(spool: &Spool, head: &Head, foot: &Foot) -> Result<PathBuf> {
    let path = spool.folder().join("report.json");
    let mut file = BufWriter::new(File::create(&path)?);
    let small = [
        ("version", json!(REPORT_VERSION)),
        ("review_id", json!(head.review_id)),
        ("generated_at", json!(head.generated_at)),
        ("scope", head.scope.clone()),
        ("policy", head.policy.clone()),
        ("organization", head.organization.clone()),
        ("previous", head.previous.clone()),
    ];
    let more = [
        ("metrics", foot.metrics.clone()),
        ("trend", foot.trend.clone()),
        ("exceptions", foot.exceptions.clone()),
        ("rules", foot.rules.clone()),
    ];
    file.write_all(b"{\n")?;
    for (name, value) in small {
        writeln!(file, "\"{name}\": {value},")?;
    }
    member(spool, &mut file, "self", Part::Own, b",\n")?;
    for (name, value) in more {
        writeln!(file, "\"{name}\": {value},")?;
    }
    file.write_all(b"\"inventory\": {\n")?;
    member(spool, &mut file, "client_keys", Part::ClientKeys, b",\n")?;
    member(spool, &mut file, "tokens", Part::Tokens, b",\n")?;
    member(spool, &mut file, "integrations", Part::Integrations, b",\n")?;
    member(spool, &mut file, "secrets", Part::Secrets, b"\n},\n")?;
    member(spool, &mut file, "findings", Part::Findings, b",\n")?;
    member(spool, &mut file, "unknown", Part::Unknowns, b",\n")?;
    member(spool, &mut file, "undecided", Part::Undecided, b",\n")?;
    member(spool, &mut file, "changes", Part::Changes, b"\n}\n")?;
    file.flush()?;
    Ok(path)
}

fn member(spool: &Spool, file: &mut BufWriter<File>, name: &str, part: Part, after: &[u8]) -> Result<()> {
    write!(file, "\"{name}\": ")?;
    spool.array(part, file)?;
    file.write_all(after)
}

/// The events, the gravest first, in one file.
pub(crate) fn write_events(spool: &Spool) -> Result<PathBuf> {
    let path = spool.folder().join("events.jsonl");
    let mut file = BufWriter::new(File::create(&path)?);
    for part in [Part::EventsCritical, Part::EventsHigh, Part::EventsMedium, Part::EventsLow] {
        spool.copy(part, &mut file)?;
    }
    file.flush()?;
    Ok(path)
}

/// A table without rows has its columns all the same.
pub(crate) fn complete_tables(spool: &Spool) -> Result<()> {
    for (part, header) in [(Part::InventoryTable, header::<Item>()?), (Part::FindingsTable, header::<Found>()?)] {
        let path = spool.path(part);
        if !path.exists() {
            std::fs::write(path, header)?;
        }
    }
    Ok(())
}

/// Where the events of a review wait until they are sent.
pub(crate) fn events_key(review_id: &str) -> String {
    format!("state/audit-keys/{review_id}/events.jsonl")
}

/// Uploads the files, and the manifest last: a review without a manifest never came to its end. Gives back the digest of
/// the manifest; none where another's bytes are in the place of one of them.
pub(crate) async fn upload(
    store: &EvidenceStore,
    head: &Head,
    files: &[(&str, &Path)],
    events: &Path,
    in_time: &InTime<'_>,
) -> std::result::Result<Option<String>, Failure> {
    let review = &head.review_id;
    let mut listed = Vec::new();
    for (name, path) in files {
        let (sha256, bytes) = digest::of_file(path).map_err(spool_failure)?;
        if store.put_new_file(&format!("reviews/{review}/{name}"), path).await.map_err(evidence)? == Put::Exists {
            return Ok(None);
        }
        listed.push(Listed { name: (*name).to_owned(), sha256, bytes });
    }
    store.put_file(&events_key(review), events).await.map_err(evidence)?;
    let InTime { summary, first, trend } = *in_time;
    let bytes = Manifest::new(head, listed, summary, first, trend).to_bytes()?;
    let sha256 = digest::of(&bytes);
    match store.put_new(&manifest_key(review), bytes).await.map_err(evidence)? {
        Put::Written => Ok(Some(sha256)),
        Put::Exists => Ok(None),
    }
}
