//! Finds a marker in a text, however it was written down.

use std::fmt::Write as _;

/// Part of every planted secret. No secret holds it once only, so that a part of a secret shows as well.
pub(crate) const MARK: &str = "QzLeak7x";

/// Where a text shows the marker: in which form, and in which line.
pub(crate) fn traces(text: &str) -> Vec<String> {
    let mut traces = Vec::new();
    for line in text.lines() {
        let lower = line.to_ascii_lowercase();
        for (form, needle, folded) in forms() {
            let found = if folded { lower.contains(&needle.to_ascii_lowercase()) } else { line.contains(&needle) };
            if found {
                traces.push(format!("{form}: {line}"));
            }
        }
    }
    traces
}

/// The ways in which bytes leave a program, and whether upper and lower case are the same there.
fn forms() -> Vec<(&'static str, String, bool)> {
    let bytes = MARK.as_bytes();
    let each = |write: &dyn Fn(&u8) -> String| bytes.iter().map(write).collect::<String>();
    let listed: Vec<String> = bytes.iter().map(ToString::to_string).collect();
    let mut forms = vec![
        ("as it is", MARK.to_owned(), true),
        ("reversed", MARK.chars().rev().collect(), true),
        ("hex", each(&|byte| format!("{byte:02x}")), true),
        ("hex with spaces", each(&|byte| format!("{byte:02x} ")).trim_end().to_owned(), true),
        ("percent-encoded", each(&|byte| format!("%{byte:02x}")), true),
        ("escaped", each(&|byte| format!("\\u{byte:04x}")), true),
        ("a list of bytes", listed.join(", "), true),
    ];
    // Where the marker stands in a longer text decides how its bytes fall into base64's groups of three.
    forms.extend(
        [0, 2, 1].map(|skipped| ("base64", base64(bytes.get(skipped..skipped + 6).unwrap_or_default()), false)),
    );
    forms
}

/// Whole groups of three bytes only.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks_exact(3) {
        let number = group.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            write!(text, "{}", char::from(LETTERS[number >> shift & 63])).unwrap();
        }
    }
    text
}

#[test]
fn the_marker_is_found_in_every_form_and_nothing_else_is() {
    let cases = [
        ("as it is", "token=abcQzLeak7xdef"),
        ("as it is", "host qzleak7x.example"),
        ("reversed", "fedx7kaeLzQcba"),
        ("hex", "517a4c65616b3778"),
        ("hex", "517A4C65616B3778"),
        ("hex with spaces", "51 7a 4c 65 61 6b 37 78"),
        ("percent-encoded", "%51%7A%4c%65%61%6B%37%78"),
        ("escaped", "\\u0051\\u007a\\u004c\\u0065\\u0061\\u006b\\u0037\\u0078"),
        ("a list of bytes", "[1, 81, 122, 76, 101, 97, 107, 55, 120]"),
        // printf 'QzLeak7x', 'aQzLeak7x', 'abQzLeak7x' | base64
        ("base64", "UXpMZWFrN3g="),
        ("base64", "YVF6TGVhazd4"),
        ("base64", "YWJRekxlYWs3eA=="),
    ];
    for (form, text) in cases {
        let found = traces(&format!("a line\nanother with {text} in it\n"));
        assert!(found.iter().any(|trace| trace.starts_with(form)), "{form}: {text}: {found:?}");
    }
    assert_eq!(traces("QzLeak is not it, nor is 7x\n{\"ready\":true}"), Vec::<String>::new());
}
