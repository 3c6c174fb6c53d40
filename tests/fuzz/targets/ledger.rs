//! Records of the ledger, as they lie in the evidence bucket.

use key_lifecycle::{Broken, Entry, History, Record, check_chain, check_head, next_head, secret_arn_of};
use serde_json::Value;

use crate::engine::fuzz;

const WORDS: [&str; 16] = [
    "\"kind\":\"disabled\"",
    "\"kind\":\"reinstated\"",
    "\"kind\":\"current\"",
    "\"class\":\"ours\"",
    "\"version\":1",
    "\"version\":2",
    "\"sequence\":",
    "4294967295",
    "4294967296",
    "\"previous\":null",
    "\"grade\":\"ingestion\"",
    "\"ticket\":\"T-1\"",
    "\"attempt\":",
    "\"time\":\"2026-11-26T06:00:00Z\"",
    "\"time\":\"-009999-01-01T00:00:00Z\"",
    "}\n{",
];

#[test]
fn ledger() {
    fuzz("ledger", &WORDS, |input| {
        let lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
        chain(&lines);
        // A changed record breaks the chain at once: what lies behind that is reached with the links made anew.
        let linked = linked(&lines);
        chain(&linked.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for line in lines {
            record(line);
        }
    });
}

fn record(bytes: &[u8]) {
    let read = serde_json::from_slice::<Record>(bytes);
    assert_eq!(secret_arn_of(bytes), read.as_ref().ok().map(|record| record.secret_arn.clone()));
    if let Ok(record) = read {
        let written = record.to_bytes().unwrap();
        assert_eq!(serde_json::from_slice::<Record>(&written).unwrap(), record, "it reads the same again");
        assert_eq!(written.iter().filter(|byte| **byte == b'\n').count(), 1, "a record is one line");
    }
}

fn chain(lines: &[&[u8]]) {
    let entries: Vec<Entry<'_>> = (1..).zip(lines).map(|(sequence, bytes)| Entry { sequence, bytes }).collect();
    let first = lines.first().and_then(|bytes| serde_json::from_slice::<Record>(bytes).ok());
    let (arn, key) = first.map(|first| (first.secret_arn, first.key_id)).unwrap_or_default();
    match check_chain(&arn, &key, &entries) {
        Ok(records) => {
            assert_eq!(records.len(), entries.len());
            assert!(records.iter().all(|record| record.secret_arn == arn && record.key_id == key));
            for (entry, before) in entries.iter().skip(1).zip(&entries) {
                let named: Value = serde_json::from_slice(entry.bytes).unwrap();
                assert_eq!(named["previous"], next_head(before.sequence, before.bytes).sha256.as_str());
            }
            adds_up(&records);
            altered(&arn, &key, &entries);
        }
        Err(Broken::Missing(_) | Broken::Altered(_)) => panic!("no number is left out, and nothing was remembered"),
        Err(Broken::Unreadable(at) | Broken::Digest(at) | Broken::Misplaced(at)) => {
            let before = usize::try_from(at).unwrap() - 1;
            assert!(check_chain(&arn, &key, &entries[..before]).is_ok(), "the first fault is named");
        }
    }
}

/// What a chain adds up to does not depend on where a run left off.
fn adds_up(records: &[Record]) {
    let whole = History::of(records, None);
    for at in 0..records.len() {
        let (earlier, later) = records.split_at(at);
        let mut history = History::of(earlier, None);
        for record in later {
            history.add(record);
        }
        assert_eq!(history, whole);
    }
    let remembered = serde_json::to_vec(&whole).unwrap();
    assert_eq!(serde_json::from_slice::<History>(&remembered).unwrap(), whole, "it is remembered as it is");
}

/// A bit more or less in any record but the newest is noticed; in the newest by whoever remembers its head.
fn altered(arn: &str, key: &str, entries: &[Entry<'_>]) {
    for (at, entry) in entries.iter().enumerate() {
        let head = next_head(entry.sequence, entry.bytes);
        assert_eq!(check_head(entries, &head), Ok(()));
        let mut bytes = entry.bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let mut others = entries.to_vec();
        others[at] = Entry { sequence: entry.sequence, bytes: &bytes };
        assert_eq!(check_head(&others, &head), Err(Broken::Altered(head.sequence)));
        assert!(at + 1 == entries.len() || check_chain(arn, key, &others).is_err(), "record {}", entry.sequence);
        assert_eq!(check_head(&entries[..at], &head), Err(Broken::Missing(head.sequence)));
    }
}

/// The same records, each with its number and the digest of the one before.
fn linked(lines: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut linked: Vec<Vec<u8>> = Vec::new();
    for (sequence, line) in (1_u32..).zip(lines) {
        let Ok(Value::Object(mut members)) = serde_json::from_slice(line) else { continue };
        let previous = linked.last().map(|before| next_head(sequence, before).sha256);
        members.insert("sequence".to_owned(), (linked.len() + 1).into());
        members.insert("previous".to_owned(), previous.into());
        linked.push(serde_json::to_vec(&members).unwrap());
    }
    linked
}
