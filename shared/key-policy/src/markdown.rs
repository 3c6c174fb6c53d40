//! The little Markdown that the rendered pages are made of.

/// A table; a `|` in a cell is escaped, and a line break becomes a space.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(&header);
    text.push_str(&format!("|{}\n", "---|".repeat(header.len())));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|").replace(['\n', '\r'], " ")).collect();
        text.push_str(&line(&cells));
    }
    text
}

/// Words in code, with commas: `` `a`, `b` ``; `none` without any.
pub(crate) fn code<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{}`", word.replace('`', "'"))).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// What somebody wrote, as text and not as Markdown: nothing in it starts a link, a table or a tag.
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => escaped.extend(['\\', letter]),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_in_their_table_and_words_are_no_markdown() {
        let rows = [vec!["a|b".to_owned(), "c\nd".to_owned()]];
        assert_eq!(table(&["x", "y"], &rows), "| x | y |\n|---|---|\n| a\\|b | c d |\n");
        assert_eq!(code(["a", "b`c"]), "`a`, `b'c`");
        assert_eq!(code([]), "none");
        assert_eq!(plain("<b> [x](y) #1\n_z_"), "\\<b\\> \\[x\\](y) \\#1 \\_z\\_");
    }
}
