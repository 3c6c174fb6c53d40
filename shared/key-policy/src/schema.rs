//! The policy file as JSON Schema, for editors and pipelines.
//!
//! The parser decides. The schema has what can be said of a member by itself, and what members of one table say of each other
//! unless `[defaults]` may complete them; positions, repeated entries and the length of durations are the parser's alone.

mod parts;
mod tables;
mod use_case;

use serde_json::{Map, Value, json};

use crate::policy::Mode;

use parts::{closed, text, whole_number, word_of};

/// The schema of the policy file, draft 2020-12: what is in `policy/key-policy.schema.json`.
#[must_use]
pub fn json_schema() -> Value {
    let mut members = vec![
        ("version", described(json!({ "const": 1 }), "The version of the format.")),
        (
            "mode",
            described(
                word_of::<Mode>(),
                "Whether retirement acts, or only reports what it would do: observe by default.",
            ),
        ),
        ("organization", text("Slug or numeric id of the organization; without it, SENTRY_ORG.")),
        ("defaults", use_case::defaults()),
        ("use_case", use_case::all()),
    ];
    members.extend(tables::all());
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("Key policy of sentry-key-rotation"));
    if let Value::Object(root) =
        closed(&members, &["version"], "What each kind of Sentry key is for, and how long it lives.")
    {
        schema.extend(root);
    }
    // Without [defaults] nothing completes a use case.
    schema.insert("if".to_owned(), json!({ "not": { "required": ["defaults"] } }));
    schema.insert("then".to_owned(), json!({ "properties": { "use_case": use_case::without_defaults() } }));
    Value::Object(schema)
}

/// The text of `policy/key-policy.schema.json`.
#[must_use]
pub fn schema_file() -> String {
    format!("{:#}\n", json_schema())
}

fn described(mut schema: Value, description: &str) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), json!(description));
    }
    schema
}

/// An integer between two bounds, both included.
fn count(most: u32, description: &str) -> Value {
    described(whole_number(most), description)
}
