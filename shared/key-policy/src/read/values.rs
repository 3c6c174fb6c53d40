//! What a member's value may be.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use toml_span::value::ValueInner;

use super::Node;
use crate::duration::parse_duration;
use crate::errors::Problems;
use crate::words::Word;

/// A string that says something.
pub(crate) fn name(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    if text.trim().is_empty() {
        return node.fail(problems, "must not be empty");
    }
    Some(text.to_owned())
}

pub(crate) fn boolean(node: &Node<'_>, problems: &mut Problems) -> Option<bool> {
    node.value.as_bool().or_else(|| node.wrong_type(problems, "true or false"))
}

pub(crate) fn integer(node: &Node<'_>, problems: &mut Problems) -> Option<i64> {
    node.as_integer().or_else(|| node.wrong_type(problems, "an integer"))
}

pub(crate) fn duration(node: &Node<'_>, problems: &mut Problems) -> Option<Duration> {
    let ValueInner::String(text) = node.value.as_ref() else {
        return node.wrong_type(problems, "a duration string such as \"90d\"");
    };
    parse_duration(text).map_err(|error| node.fail::<()>(problems, error.to_string())).ok()
}

/// The last day on which an entry holds, `"2026-12-31"`.
pub(crate) fn date(node: &Node<'_>, problems: &mut Problems) -> Option<Date> {
    let text = node.text(problems)?;
    let parsed = text.parse::<Date>().ok();
    // jiff also reads "20261231" and a time after the date
    match parsed.filter(|date| date.to_string() == text) {
        Some(date) => Some(date),
        None => node.fail(problems, format!("{text:?} is no date; write it as \"2026-12-31\"")),
    }
}

pub(crate) fn word<W: Word>(node: &Node<'_>, problems: &mut Problems) -> Option<W> {
    let text = node.text(problems)?;
    let found = W::WORDS.iter().copied().find(|w| w.spelling() == text);
    if found.is_none() {
        let known: Vec<_> = W::WORDS.iter().map(|word| word.spelling()).collect();
        return node.fail(problems, format!("{text:?} is not one of {}", known.join(", ")));
    }
    found
}

/// A list without repetitions.
pub(crate) fn set<'a, T: Clone + Ord>(
    node: &Node<'a>,
    problems: &mut Problems,
    read: impl Fn(&Node<'a>, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let items = node.items(problems, "an array")?;
    let (mut seen, mut values, wanted) = (BTreeSet::new(), Vec::new(), items.len());
    for item in items {
        let Some(value) = read(&item, problems) else {
            continue;
        };
        if seen.insert(value.clone()) {
            values.push(value);
        } else {
            item.fail::<()>(problems, "is in the list twice");
        }
    }
    (values.len() == wanted).then_some(values)
}

pub(crate) fn names(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    set(node, problems, name)
}
