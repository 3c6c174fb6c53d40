//! The label of a key, and the mark at its end.

use rotation::{LABEL_LIMIT, Mark};

use crate::engine::fuzz;

const WORDS: [&str; 8] = ["[1d81365/bbeffb7f]", " [", "]", "/", "1d81365", "bbeffb7f", "A", "e\u{301}"];

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:storefront-AbCdEf";

#[test]
fn label() {
    fuzz("label", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        let found = Mark::in_label(&text);
        assert_eq!(found.as_ref().map(Mark::to_string), written(&text), "the mark is what stands at the end");
        if let Some(mark) = &found {
            assert!(mark.same_secret(mark) && mark.to_string().contains(mark.secret()));
        }
        // Any text may be the name of a secret, and the id of a version.
        for mark in [Mark::new(ARN, &text), Mark::new(&text, "v1")].into_iter().chain(found) {
            let label = mark.label(&text);
            assert!(label.chars().count() <= LABEL_LIMIT, "{label:?}");
            assert_eq!(Mark::in_label(&label).as_ref(), Some(&mark));
            let base = label.strip_suffix(&format!(" {mark}")).unwrap();
            assert!(text.starts_with(base), "the name is cut, not changed");
            assert!(base == text || label.chars().count() == LABEL_LIMIT, "no more is cut than must be");
        }
        assert!(Mark::new(ARN, &text).same_secret(&Mark::new(ARN, "another")));
    });
}

/// The mark at the end of a label, read byte by byte from behind.
fn written(text: &str) -> Option<String> {
    const FORM: &[u8; 19] = b" [xxxxxxx/xxxxxxxx]";
    let bytes = text.as_bytes();
    let end = &bytes[bytes.len().checked_sub(FORM.len())?..];
    let fits = end.iter().zip(FORM).all(|(byte, form)| match form {
        b'x' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        _ => byte == form,
    });
    fits.then(|| String::from_utf8(end[1..].to_vec()).unwrap())
}
