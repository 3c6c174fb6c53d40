//! TOML's own mistakes: the parser stops at the first one.

use toml_span::{Error, ErrorKind};

use crate::errors::Problems;

pub(crate) fn report(text: &str, error: &Error) -> Problems {
    let at = error.span.start.min(text.len())..error.span.end.min(text.len());
    let mut problems = Problems::default();
    problems.push(at, "", message(text, error));
    problems
}

fn message(text: &str, error: &Error) -> String {
    let line = text
        .get(..error.span.start.min(text.len()))
        .and_then(|before| before.lines().count().checked_sub(1))
        .and_then(|index| text.lines().nth(index))
        .unwrap_or_default();
    if let ErrorKind::DuplicateKey { key, .. } = &error.kind {
        format!("{key:?} is given twice")
    } else if let ErrorKind::DuplicateTable { name, .. } = &error.kind {
        format!("the table {name:?} is given twice")
    } else if matches!(error.kind, ErrorKind::UnquotedString) {
        "a string needs quotes".to_owned()
    } else if matches!(error.kind, ErrorKind::InvalidNumber) && has_bare_date(line) {
        "write a date as a string: \"2026-12-31\"".to_owned()
    } else {
        format!("not TOML: {error}")
    }
}

/// `member = 2026-12-31`
fn has_bare_date(line: &str) -> bool {
    line.split_once('=')
        .map(|(_, value)| value.trim())
        .and_then(|value| value.get(..10))
        .is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
}
