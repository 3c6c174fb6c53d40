//! The stored document: what applications read, and what a rotation must not lose of it.

use secrecy::{ExposeSecret as _, SecretString};
use secret_store::{Document, InvalidDocument};
use serde_json::Value;

use crate::engine::{MARKER, fuzz};
use crate::json::members;

const WORDS: [&str; 12] = [
    "\"dsn\"",
    "\"d\\u0073n\"",
    "\"organization\"",
    "\"project\"",
    "\"dsn\":null,",
    "\"x\":\"QzLeak7x\",",
    "\"x\":1,",
    "1.0E+400",
    "[[[[[[[[",
    "{\"a\":",
    "https://",
    "\"\\ud83d\\udd11\"",
];

const NEW: &str = "https://fedcba9876543210fedcba9876543210@o1.ingest.us.sentry.io/42";

const READ: [&str; 3] = ["dsn", "organization", "project"];

#[test]
fn stored_document() {
    fuzz("stored_document", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        let value = serde_json::from_str::<Value>(text.trim()).ok();
        match Document::parse(&SecretString::from(text.as_ref())) {
            Ok(document) => {
                let shown = format!("{document:?}");
                assert!(shown == "Document(JSON object)" || shown == "Document(bare DSN)", "{shown}");
                if text.trim().starts_with('{') {
                    object(text.trim(), &document, value.as_ref());
                } else {
                    bare(&text, &document);
                }
            }
            Err(error) => refused(&text, error, value.as_ref()),
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "the test looks at what would be stored")]
fn stored(document: &Document) -> String {
    document.to_value().expose_secret().to_owned()
}

fn object(text: &str, document: &Document, value: Option<&Value>) {
    let before = members(text);
    let texts = [document.dsn(), document.organization(), document.project()];
    for (name, read) in READ.into_iter().zip(texts) {
        let written = before.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap_or("null");
        let written: Option<String> = serde_json::from_str(written).unwrap();
        assert_eq!(read, written.filter(|text| !text.is_empty()), "{name}");
    }
    assert_eq!(document.is_empty(), before.is_empty());
    unchanged_but("", None, &before, document);
    unchanged_but("dsn", Some(NEW), &before, &document.with_dsn(NEW));
    unchanged_but("project", Some("a\"b\\"), &before, &document.with_project("a\"b\\"));
    unchanged_but("organization", Some("é\n"), &before, &document.with_organization("é\n"));
    if let Some(value) = value {
        let names: std::collections::BTreeSet<_> = before.iter().map(|(name, _)| name).collect();
        // A member that stands there twice is one in a `Value`; so is one within a member.
        if names.len() == before.len() && *value == reread(text) {
            assert!(texts_of(value).len() <= document.texts().len());
        }
    }
}

fn reread(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Every member is there as it was, in its order, and one of them has a new text.
fn unchanged_but(name: &str, text: Option<&str>, before: &[(String, String)], document: &Document) {
    let mut expected = before.to_vec();
    if let Some(text) = text {
        let written = Value::from(text).to_string();
        match expected.iter_mut().find(|(found, _)| found == name) {
            Some((_, value)) => *value = written,
            None => expected.push((name.to_owned(), written)),
        }
    }
    let after = stored(document);
    assert_eq!(members(&after), expected, "{after}");
    assert_eq!(document.len(), after.len(), "{after}");
    let again = Document::parse(&SecretString::from(after.as_str())).unwrap();
    assert_eq!(stored(&again), after, "it is stored the same again");
}

/// Every text in a value, in their order.
fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(members) => members.values().flat_map(texts_of).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn bare(text: &str, document: &Document) {
    assert!(text.trim().starts_with("http"));
    assert_eq!((document.dsn().as_deref(), stored(document).as_str()), (Some(text.trim()), text.trim()));
    assert_eq!((document.organization(), document.project(), document.is_empty()), (None, None, false));
    assert_eq!(stored(&document.with_dsn(NEW)), NEW);
    assert_eq!(stored(&document.with_project("p").with_organization("o")), text.trim());
}

fn refused(text: &str, error: InvalidDocument, value: Option<&Value>) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(MARKER), "{shown}");
    let text = text.trim();
    match error {
        InvalidDocument::Shape => assert!(!text.starts_with(['{']) && !text.starts_with("https://")),
        InvalidDocument::Json { line, column } => {
            assert!(value.is_none(), "another reader finds it well-formed");
            let lines: Vec<&str> = text.split('\n').collect();
            assert!((1..=lines.len()).contains(&line), "line {line}");
            assert!(column <= lines[line - 1].len() + 1, "column {column}");
        }
        InvalidDocument::NotAText(name) => {
            let texts = members(text).into_iter().filter(|(found, _)| found == name);
            assert!(texts.into_iter().any(|(_, value)| !value.starts_with('"') && value != "null"
                || serde_json::from_str::<String>(&value).is_err()));
        }
        InvalidDocument::Twice(name) => assert!(members(text).iter().filter(|(found, _)| found == name).count() > 1),
    }
}
