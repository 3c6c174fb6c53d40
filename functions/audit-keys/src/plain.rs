//! Texts of other people, made harmless once, before they reach any report.
//!
//! A label or a tag may hold anything: control characters, marks that turn the direction of writing, a megabyte. Here each
//! becomes short and visible; what is special in one format only is escaped where that format is written.

/// The longest text that is kept, in characters. Sentry's labels have 64.
const LONGEST: usize = 200;

/// The text with every character visible, cut after 200 characters.
pub(crate) fn text(text: &str) -> String {
    let mut plain = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == LONGEST {
            plain.push('…');
            break;
        }
        if is_hidden(letter) {
            plain.push_str(&format!("\\u{{{:x}}}", u32::from(letter)));
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// Characters that are not seen, or change how others are seen: controls, format characters, separators of lines, private use.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            u32::from(letter),
            0x00AD
                | 0x034F
                | 0x061C
                | 0x115F..=0x1160
                | 0x17B4..=0x17B5
                | 0x180B..=0x180F
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0x3164
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFA0
                | 0xFFF0..=0xFFFB
                | 0xE000..=0xF8FF
                | 0x1D173..=0x1D17A
                | 0xE0000..=0xE0FFF
                | 0xF0000..=0x10FFFF
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(text("Default"), "Default");
        assert_eq!(text("схема 鍵 é <b>"), "схема 鍵 é <b>");
        assert_eq!(text("a\u{202e}b\u{200b}c\nd\u{0}e\u{feff}"), "a\\u{202e}b\\u{200b}c\\u{a}d\\u{0}e\\u{feff}");
        assert_eq!(text("\u{1b}[31mred"), "\\u{1b}[31mred");
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = "ä".repeat(1 << 20);
        assert_eq!(text(&long).chars().count(), LONGEST + 1);
        assert_eq!(text(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
    }
}
