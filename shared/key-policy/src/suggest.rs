//! "Did you mean": the nearest known word.

/// `did you mean "…"?`, or the list of what is known.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) =
        known.iter().map(|candidate| (distance(word, candidate), *candidate)).min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + near.chars().count() / 6).then_some(near)
}

/// Letters to insert, delete or replace (Levenshtein), case ignored, `-` and `_` alike.
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| -> Vec<char> { s.to_lowercase().replace('-', "_").chars().collect() };
    let (a, b) = (letters(a), letters(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for ((to, above), pair) in b.iter().zip(row.iter().skip(1)).zip(row.iter()) {
            let left = next.last().copied().unwrap_or(i);
            let replaced = pair + usize::from(from != to);
            next.push(replaced.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_if_it_is_near() {
        let known = ["grace", "grace_max", "at_grace_max", "rate_limit"];
        let rows = [
            ("one letter replaced", "graze", Some("grace")),
            ("one letter missing", "grac", Some("grace")),
            ("a dash for an underscore", "rate-limit", Some("rate_limit")),
            ("another case", "GRACE_MAX", Some("grace_max")),
            ("something else", "colour", None),
        ];
        for (sentence, word, expected) in rows {
            assert_eq!(nearest(word, &known), expected, "{sentence}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
