//! `report.md`: the review on one page, for a ticket or a chat.

use std::fmt::Write as _;

use key_policy::Tally;
use key_policy::rules::RULES;
use serde_json::Value;

use crate::publish::Head;
use crate::top::Top;
use crate::totals::Totals;

/// A text of other people as one that Markdown shows as it is, in a cell of a table.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // Nothing becomes a link or a mention by itself: https://github.github.com/gfm/#autolinks-extension-
            '@' => escaped.push_str("&#64;"),
            '.' if ends_with(&escaped, "www") => escaped.push_str("&#46;"),
            ':' if letters.peek() == Some(&'/') || ends_with(&escaped, "mailto") || ends_with(&escaped, "xmpp") => {
                escaped.push_str("&#58;");
            }
            '\n' | '\r' | '\t' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether a text ends with this word, whatever its case.
fn ends_with(text: &str, word: &str) -> bool {
    let end = text.len().checked_sub(word.len()).and_then(|start| text.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// A token of this system's own, in a line.
pub(crate) struct OwnLine {
    pub(crate) function: &'static str,
    /// The name of its secret; `None` where it could not be described.
    pub(crate) secret: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) scopes: String,
    pub(crate) excess: String,
}

/// The page.
///
/// # Errors
/// Never: writing to a String cannot fail.
pub(crate) fn page(
    head: &Head,
    organization: &str,
    own: &[OwnLine],
    totals: &Totals,
    top: &Top,
    tally: &Tally,
) -> Result<String, std::fmt::Error> {
    let mut page = String::new();
    let open = totals.open;
    let previous = head.previous.get("review_id").and_then(Value::as_str);
    writeln!(page, "# Review of Sentry's keys and tokens: {}\n", escaped(organization))?;
    writeln!(page, "Review `{}`, {}.\n", head.review_id, head.generated_at)?;
    writeln!(
        page,
        "**{} open findings**: {} critical, {} high, {} medium, {} low. Since {}: {} opened, {} changed, {} closed. \
         {} accepted by exceptions. {} things could not be seen, and are not counted as fine.\n",
        open.sum(),
        open.critical,
        open.high,
        open.medium,
        open.low,
        previous.map_or_else(|| "the beginning (this is the first review)".to_owned(), |id| format!("review `{id}`")),
        totals.opened,
        totals.changed,
        totals.closed,
        totals.excepted,
        totals.unknown,
    )?;
    writeln!(page, "| what | count |\n|---|---|")?;
    let counts = [
        ("projects, with a managed key / all", format!("{} / {}", totals.projects_managed, totals.projects)),
        (
            "active client keys, managed / all",
            format!("{} / {}", totals.client_keys_managed, totals.client_keys_active),
        ),
        ("active client keys with a rate limit", totals.client_keys_limited.to_string()),
        (
            "managed secrets, rotated / with an owner / all",
            format!("{} / {} / {}", totals.secrets_rotated, totals.secrets_owned, totals.secrets),
        ),
        ("stored tokens, accepted by Sentry / all", format!("{} / {}", totals.tokens_alive, totals.tokens)),
        ("tokens that administer, in applications", totals.admin_tokens_in_applications.to_string()),
    ];
    for (what, count) in counts {
        writeln!(page, "| {what} | {count} |")?;
    }
    writeln!(
        page,
        "\n## This system's own tokens\n\n| function | secret | Sentry | scopes | more than it needs |\n|---|---|---|---|---|"
    )?;
    for line in own {
        let secret = line.secret.as_deref().map_or_else(|| "not seen".to_owned(), escaped);
        let excess = if line.excess.is_empty() { "nothing" } else { &line.excess };
        writeln!(page, "| {} | {secret} | {} | {} | {excess} |", line.function, line.state, line.scopes)?;
    }
    if top.lines().is_empty() {
        writeln!(page, "\nNothing was found.")?;
    } else {
        writeln!(page, "\n## The gravest findings\n")?;
        writeln!(
            page,
            "| severity | code | subject | owner | what was seen | what to do |\n|---|---|---|---|---|---|"
        )?;
        for line in top.lines() {
            let project =
                if line.project.is_empty() { String::new() } else { format!(" in {}", escaped(&line.project)) };
            let name = if line.name.is_empty() { &line.id } else { &line.name };
            let owner = if line.owner.is_empty() { "nobody".to_owned() } else { escaped(&line.owner) };
            writeln!(
                page,
                "| {} | {} | {} {}{project} | {owner} | {} | {} |",
                line.severity,
                escaped(&line.code),
                escaped(&line.kind),
                escaped(name),
                escaped(&line.evidence),
                escaped(&line.remedy),
            )?;
        }
    }
    writeln!(page, "\n## Every rule\n\n| rule | step | state | found | not known |\n|---|---|---|---|---|")?;
    for rule in RULES {
        let (code, group, state) = (rule.code.word(), rule.group.word(), tally.state(rule.code).word());
        let count = tally.count(rule.code);
        writeln!(page, "| {} | {group} | {state} | {} | {} |", escaped(code), count.found, count.unknown)?;
    }
    writeln!(
        page,
        "\nEverything, with evidence and the exact calls: `report.json`, `findings.csv`, `inventory.csv` beside this file. \
         What each code means: `docs/findings.md` of sentry-key-rotation. `manifest.json` has the digests."
    )?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_neither_markup_nor_a_link_nor_a_mention() {
        let hostile =
            "<script>alert(1)</script>|[x](javascript:1) @here https://x Www.evil.example mailto:x Xmpp:y *b* `c`\nd";
        let text = escaped(hostile);
        for bad in ["<", ">", "\n", "](", " |", "@", "://", " `", "ww.", "to:", "pp:"] {
            assert!(!text.contains(bad), "{bad:?}: {text}");
        }
        assert_eq!(escaped("carries: org:read. It"), "carries: org:read. It");
    }
}
