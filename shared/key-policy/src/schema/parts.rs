//! Schemas of values.

use serde_json::{Map, Value, json};

use super::described;
use crate::words::Word;

/// Days, hours, minutes, seconds: each at most once, in this order. The empty text, which matches too, is too short.
const DURATION: &str = "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$";
const DATE: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
const KEY_ID: &str = "^[0-9a-f]{32}$";

/// A table with these members and no others.
pub(super) fn closed(members: &[(&str, Value)], required: &[&str], description: &str) -> Value {
    let members: Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": members });
    if let Some(table) = table.as_object_mut()
        && !required.is_empty()
    {
        table.insert("required".to_owned(), json!(required));
    }
    described(table, description)
}

/// An array of such tables.
pub(super) fn list_of(table: &Value, description: &str) -> Value {
    described(json!({ "type": "array", "items": table }), description)
}

/// A string that says something.
pub(super) fn text(description: &str) -> Value {
    described(json!({ "type": "string", "pattern": "\\S" }), description)
}

/// A list of such strings, each once.
pub(super) fn texts(description: &str) -> Value {
    described(
        json!({ "type": "array", "uniqueItems": true, "items": { "type": "string", "pattern": "\\S" } }),
        description,
    )
}

pub(super) fn duration(description: &str) -> Value {
    described(
        json!({ "type": "string", "minLength": 2, "pattern": DURATION }),
        &format!("{description} A duration such as 90d, 1d12h or 0s."),
    )
}

pub(super) fn date(description: &str) -> Value {
    described(
        json!({ "type": "string", "pattern": DATE }),
        &format!("{description} A date such as 2027-12-31, as a string."),
    )
}

pub(super) fn key_id(description: &str) -> Value {
    described(json!({ "type": "string", "pattern": KEY_ID }), description)
}

pub(super) fn switch(description: &str) -> Value {
    described(json!({ "type": "boolean" }), description)
}

pub(super) fn whole_number(most: u32) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": most })
}

/// A word of a closed set.
pub(super) fn word_of<W: Word>() -> Value {
    json!({ "enum": W::WORDS.iter().map(|word| word.spelling()).collect::<Vec<_>>() })
}
