//! Durations as an operator writes them: `90d`, `1d12h`, `0s`.

use std::time::Duration;

const DAY: u64 = 86_400;
const UNITS: [(char, u64); 4] = [('d', DAY), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest duration that is read: 36 500 days. Sums of a few of them and a date stay in the calendar.
pub const LONGEST: Duration = Duration::from_secs(36_500 * DAY);

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// Nothing was written.
    #[error("a duration is missing; write for example \"90d\", \"1d12h\" or \"0s\"")]
    Empty,
    /// It starts with a minus sign.
    #[error("{0:?} is negative; a duration is zero or more")]
    Negative(String),
    /// A number is missing, has no unit, or has an unknown one.
    #[error(
        "{0:?} is no duration; write whole numbers with the units d, h, m, s, for example \"90d\", \"1d12h\" or \"0s\""
    )]
    Malformed(String),
    /// A unit is repeated, or follows a smaller one.
    #[error("{0:?} must name each unit once, from days to seconds, for example \"1d12h\"")]
    Order(String),
    /// More than [`LONGEST`].
    #[error("{0:?} is longer than 36500d")]
    TooLong(String),
}

/// Reads `90d`, `24h`, `15m`, `30s`, `0s` or a compound such as `1d12h`.
///
/// A day is 24 hours. Units are d, h, m, s, each at most once and in this order, whole numbers only, no spaces.
///
/// # Errors
/// [`DurationError`] when the text has another form, is negative, or is longer than [`LONGEST`].
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text.starts_with('-') {
        return Err(DurationError::Negative(text.to_owned()));
    }
    let mut seconds = 0_u64;
    let mut digits = String::new();
    let mut larger_than = u64::MAX;
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let unit = UNITS.iter().find(|(name, _)| *name == letter);
        let Some((_, unit)) = unit.filter(|_| !digits.is_empty()) else {
            return Err(DurationError::Malformed(text.to_owned()));
        };
        if *unit >= larger_than {
            return Err(DurationError::Order(text.to_owned()));
        }
        larger_than = *unit;
        seconds = digits
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(*unit))
            .and_then(|part| seconds.checked_add(part))
            .ok_or_else(|| DurationError::TooLong(text.to_owned()))?;
        digits.clear();
    }
    if !digits.is_empty() {
        return Err(DurationError::Malformed(text.to_owned()));
    }
    let duration = Duration::from_secs(seconds);
    if duration > LONGEST {
        return Err(DurationError::TooLong(text.to_owned()));
    }
    Ok(duration)
}

/// The text that [`parse_duration`] reads as this duration, without its fraction of a second.
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut text = String::new();
    for (name, unit) in UNITS {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push(name);
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let rows = [
            ("zero is legal", "0s", 0),
            ("zero days are legal too", "0d", 0),
            ("days are 24 hours", "90d", 90 * DAY),
            ("hours", "24h", DAY),
            ("minutes", "15m", 900),
            ("seconds", "30s", 30),
            ("compound", "1d12h", 129_600),
            ("every unit", "1d2h3m4s", 93_784),
            ("a count may exceed the next unit", "90m", 5_400),
            ("the longest", "36500d", LONGEST.as_secs()),
        ];
        for (sentence, text, seconds) in rows {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{sentence}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        use DurationError::{Empty, Malformed, Negative, Order, TooLong};
        type Variant = fn(String) -> DurationError;
        let rows: [(&str, &str, Variant); 13] = [
            ("nothing", "", |_| Empty),
            ("negative", "-1d", Negative),
            ("a number without a unit", "90", Malformed),
            ("a unit without a number", "d", Malformed),
            ("a trailing number", "1d12", Malformed),
            ("an unknown unit", "3y", Malformed),
            ("an upper-case unit", "3D", Malformed),
            ("a fraction", "1.5d", Malformed),
            ("a space", "1d 12h", Malformed),
            ("the ISO form", "P1D", Malformed),
            ("a unit twice", "1d2d", Order),
            ("a larger unit after a smaller one", "1h2d", Order),
            ("too long", "36501d", TooLong),
        ];
        for (sentence, text, error) in rows {
            assert_eq!(parse_duration(text), Err(error(text.to_owned())), "{sentence}");
        }
        for huge in ["99999999999999999999d", "999999999999999999d"] {
            assert_eq!(parse_duration(huge), Err(TooLong(huge.to_owned())));
        }
    }

    #[test]
    fn the_text_of_a_duration_reads_back() {
        for text in ["0s", "90d", "1d12h", "1d2h3m4s"] {
            assert_eq!(parse_duration(text).map(duration_text).as_deref(), Ok(text));
        }
    }
}
