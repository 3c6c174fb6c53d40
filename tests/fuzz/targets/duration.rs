//! Durations in the policy.

use std::time::Duration;

use key_policy::{LONGEST, duration_text, parse_duration};

use crate::engine::fuzz;

const WORDS: [&str; 10] = ["d", "h", "m", "s", "w", "90d", "1d12h", "18446744073709551615", ".5", "+"];

#[test]
fn duration() {
    fuzz("duration", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(expected) = plain(&text) {
            assert_eq!(parse_duration(&text).ok(), (expected <= LONGEST).then_some(expected));
        }
        match parse_duration(&text) {
            Ok(duration) => {
                assert!(duration <= LONGEST, "{duration:?}");
                assert_eq!(parse_duration(&duration_text(duration)), Ok(duration), "what is printed reads the same");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

/// One number with one unit, by a reader of its own.
fn plain(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)].into_iter().find(|(name, _)| *name == unit)?.1;
    let digits = (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(number.parse::<u64>().unwrap() * unit))
}
