//! How evidence is worded.
//!
//! The same fact gives the same words in every review, so that only news is shown as news: moments, never ages.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::facts::Facts;

/// One day: labels, schedules and clocks may be off by less.
pub(super) const DAY: Duration = Duration::from_secs(86_400);

const LONGEST_QUOTE: usize = 100;

/// A moment, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Whether a limit on the age of something is passed; a limit of zero always is.
pub(super) fn is_beyond(facts: &Facts<'_>, since: Timestamp, limit: Duration) -> bool {
    facts.age(since) > limit || limit.is_zero()
}

/// So much later; the end of the calendar where it does not reach as far.
pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A text that anybody may write, for evidence: at most 100 characters, without control characters, in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars().take(LONGEST_QUOTE) {
        if letter == '\'' {
            quoted.push(letter);
        } else {
            quoted.extend(letter.escape_debug());
        }
    }
    quoted.push('"');
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        quoted.push('…');
    }
    quoted
}

/// The names that a list of secrets has, for evidence.
pub(super) fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_is_bounded_and_escaped() {
        let rows = [
            ("Default", "\"Default\""),
            ("it's", "\"it's\""),
            ("a\n\u{1b}[31mb", "\"a\\n\\u{1b}[31mb\""),
            ("say \"yes\"\\", "\"say \\\"yes\\\"\\\\\""),
            ("right\u{202e}left", "\"right\\u{202e}left\""),
        ];
        for (text, expected) in rows {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(quoted(&"ü".repeat(100)), format!("\"{}\"", "ü".repeat(100)));
        assert_eq!(quoted(&"ü".repeat(101)), format!("\"{}\"…", "ü".repeat(100)));
    }

    #[test]
    fn what_lies_beyond_the_calendar_is_its_end() {
        assert_eq!(later(Timestamp::MAX, DAY), Timestamp::MAX);
        assert_eq!(later(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MAX);
        assert_eq!(moment(later(Timestamp::UNIX_EPOCH, DAY)), "1970-01-02T00:00:00Z");
    }
}
