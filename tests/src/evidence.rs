//! What is read out of the evidence bucket.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use key_lifecycle::{Entry, check_chain};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use testkit::s3::S3;

/// The object that a member of a reply names; null where there is none.
#[must_use]
pub fn named(bucket: &S3, reply: &Value, member: &str) -> Value {
    let bytes = reply.get(member).and_then(Value::as_str).and_then(|key| bucket.object(key));
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// The rows of the record of the run that replied so.
#[must_use]
pub fn rows(bucket: &S3, reply: &Value) -> Vec<Value> {
    let record = named(bucket, reply, "record");
    record.get("rows").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// What a row says in short: whose key it is, its state, the action and its result.
#[must_use]
pub fn verdict(row: &Value) -> [&str; 4] {
    ["ownership", "state", "action", "result"].map(|member| row.get(member).and_then(Value::as_str).unwrap_or("-"))
}

/// The records of a key, in order.
#[must_use]
pub fn ledger(bucket: &S3, key_id: &str) -> Vec<Value> {
    let names = bucket.keys();
    let names = names.iter().filter(|name| name.contains("ledger/") && name.contains(key_id));
    names.filter_map(|name| serde_json::from_slice(&bucket.object(name)?).ok()).collect()
}

/// Checks the chain of every key, and that no two records follow the same one.
///
/// # Errors
/// The folder of the first chain that is not whole, and what is wrong with it.
pub fn check_chains(bucket: &S3) -> Result<(), String> {
    let mut chains: BTreeMap<String, Vec<(u32, Vec<u8>)>> = BTreeMap::new();
    for name in bucket.keys().into_iter().filter(|name| name.contains("ledger/")) {
        let stray = || format!("{name} is no record");
        let (folder, number) = name.rsplit_once('/').ok_or_else(stray)?;
        let number = number.strip_suffix(".json").and_then(|number| number.parse().ok()).ok_or_else(stray)?;
        let bytes = bucket.object(&name).ok_or_else(stray)?;
        chains.entry(folder.to_owned()).or_default().push((number, bytes));
    }
    for (folder, records) in chains {
        let bytes = records.first().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        let first: Value = serde_json::from_slice(bytes).map_err(|error| format!("{folder}: {error}"))?;
        let text = |member: &str| first.get(member).and_then(Value::as_str).unwrap_or_default();
        let entries: Vec<Entry<'_>> =
            records.iter().map(|(sequence, bytes)| Entry { sequence: *sequence, bytes }).collect();
        check_chain(text("secret_arn"), text("key_id"), &entries).map_err(|broken| format!("{folder}: {broken}"))?;
    }
    Ok(())
}

/// Lets so much time pass, for all that is written down: every record of the ledger, and the memory of retirement, are so much
/// older now. Secrets Manager's dates and Sentry's stay.
///
/// # Errors
/// The name of an object that is not what `retire-keys` writes.
pub fn pass(bucket: &S3, seconds: i64) -> Result<(), String> {
    let back = SignedDuration::from_secs(seconds);
    let earlier = |text: &str| text.parse::<jiff::Timestamp>().ok().map(|time| (time - back).to_string());
    let read = |name: &str| -> Result<(Vec<u8>, Value), String> {
        let bytes = bucket.object(name).unwrap_or_default();
        let value = serde_json::from_slice(&bytes).map_err(|error| format!("{name}: {error}"))?;
        Ok((bytes, value))
    };
    let mut digests: BTreeMap<String, String> = BTreeMap::new();
    let mut heads: BTreeMap<String, String> = BTreeMap::new();
    for name in bucket.keys().into_iter().filter(|name| name.contains("ledger/")) {
        let folder = name.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
        let (bytes, mut record) = read(&name)?;
        let members = record.as_object_mut().ok_or_else(|| format!("{name} is no object"))?;
        let time = members.get("time").and_then(Value::as_str).and_then(earlier);
        members.insert("time".to_owned(), time.ok_or_else(|| format!("{name} has no time"))?.into());
        members.insert("previous".to_owned(), heads.get(&folder).cloned().into());
        let written = record.to_string().into_bytes();
        digests.insert(digest(&bytes), digest(&written));
        heads.insert(folder, digest(&written));
        bucket.put(&name, written);
    }
    let state = bucket.keys().into_iter().find(|name| name.ends_with("state/retire-keys.json"));
    if let Some(name) = state {
        let (_, mut state) = read(&name)?;
        age(&mut state, &|text| {
            let day = || text.parse::<jiff::civil::Date>().ok().map(|day| (day - back).to_string());
            digests.get(text).cloned().or_else(|| earlier(text)).or_else(day)
        });
        bucket.put(&name, state.to_string());
    }
    Ok(())
}

fn age(value: &mut Value, earlier: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(older) = earlier(text) {
                *text = older;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| age(value, earlier)),
        Value::Object(members) => members.values_mut().for_each(|value| age(value, earlier)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The SHA-256 of an object, as records carry it.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
