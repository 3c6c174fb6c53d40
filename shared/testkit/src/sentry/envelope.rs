//! Envelopes: a header line, then items of a header line and a payload each.

use serde_json::Value;

/// What ingestion looks at in an envelope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) event_id: Option<String>,
    pub(super) item_types: Vec<String>,
    /// The public key of the header's `dsn`, which stands in for a missing authentication.
    pub(super) dsn_key: Option<String>,
}

/// Reads an envelope; `None` where it is none.
pub(super) fn parse(body: &[u8]) -> Option<Envelope> {
    let (header, mut rest) = line(body);
    let header: Value = serde_json::from_slice(header).ok()?;
    header.as_object()?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let mut item_types = Vec::new();
    while !rest.is_empty() {
        let (item, after) = line(rest);
        if item.is_empty() {
            rest = after;
            continue;
        }
        let item: Value = serde_json::from_slice(item).ok()?;
        item_types.push(item.get("type")?.as_str()?.to_owned());
        rest = match item.get("length").and_then(Value::as_u64) {
            Some(length) => after.get(usize::try_from(length).ok()?..)?,
            None => line(after).1,
        };
    }
    let dsn_key = text("dsn").and_then(|dsn| url::Url::parse(dsn).ok()).map(|url| url.username().to_owned());
    Some(Envelope { event_id: text("event_id").map(|id| id.replace('-', "")), item_types, dsn_key })
}

fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default()),
        None => (bytes, &[]),
    }
}
