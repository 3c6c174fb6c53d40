//! Consents: an operator's word that one adopted key or orphan may be retired.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::errors::Problems;
use crate::read::{Node, date, name};

/// One key that may be retired although this system did not make it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consent {
    /// The public key: 32 lower-case hexadecimal digits.
    pub key_id: String,
    /// The person who consents.
    pub by: String,
    /// Where it was decided.
    pub ticket: String,
    /// The last day on which it holds (UTC).
    pub until: Date,
}

impl Consent {
    /// Whether it still holds on that day (UTC); the last day counts.
    #[must_use]
    pub fn holds_on(&self, today: Date) -> bool {
        today <= self.until
    }
}

fn key_id(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if text.len() != 32 || !text.bytes().all(hex) {
        let message = "a key id has 32 digits of 0-9 and a-f (the part of the DSN before the @)";
        return node.fail(problems, message);
    }
    Some(text.to_owned())
}

pub(crate) fn consents(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Consent>> {
    let tables = node.tables(problems)?;
    let mut ids = BTreeSet::new();
    let mut consents = Vec::new();
    for mut table in tables {
        let key_id = table.required(problems, "key_id", key_id);
        let by = table.required(problems, "by", name);
        let ticket = table.required(problems, "ticket", name);
        let until = table.required(problems, "until", date);
        table.finish(problems);
        if let Some(key_id) = key_id.as_good()
            && !ids.insert(key_id.value.clone())
        {
            key_id.fail::<()>(problems, "this key has a consent already");
        }
        if let (Some(key_id), Some(by), Some(ticket), Some(until)) =
            (key_id.value(), by.value(), ticket.value(), until.value())
        {
            consents.push(Consent { key_id, by, ticket, until });
        }
    }
    Some(consents)
}
