//! Wildcards: `*` for any characters or none, `?` for exactly one.

/// Whether a text fits a pattern, letter by letter.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last asterisk is, and how much of the text it has taken.
    let mut asterisk: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(seen) {
        match pattern.get(at) {
            Some('*') => {
                asterisk = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                seen += 1;
            }
            Some(_) | None => {
                let Some((star, taken)) = asterisk else { return false };
                asterisk = Some((star, taken + 1));
                at = star + 1;
                seen = taken + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|letter| *letter == '*')
}

/// Whether an action fits: case does not matter.
pub(super) fn fits_action(pattern: &str, action: &str) -> bool {
    fits(&pattern.to_lowercase(), &action.to_lowercase())
}

/// Whether a resource fits: `*` is every one; otherwise a wildcard does not reach over a colon, except in the last part
/// of an ARN, which begins after the fifth.
pub(super) fn fits_resource(pattern: &str, resource: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (patterns, parts): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(6, ':').collect(), resource.splitn(6, ':').collect());
    patterns.len() == parts.len() && patterns.iter().zip(parts).all(|(pattern, part)| fits(pattern, part))
}
