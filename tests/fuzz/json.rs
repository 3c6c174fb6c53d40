//! A second reader of JSON objects, written apart from the one that the product uses.

/// The members of a well-formed JSON object as they are written: name and value, without the spaces around them.
pub(crate) fn members(text: &str) -> Vec<(String, String)> {
    let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap();
    let (mut members, mut part, mut name) = (Vec::new(), String::new(), None);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for letter in inner.chars() {
        if in_text {
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
        } else {
            match letter {
                '"' => in_text = true,
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                ':' if depth == 0 => {
                    name = Some(std::mem::take(&mut part));
                    continue;
                }
                ',' if depth == 0 => {
                    members.push((name.take().unwrap(), std::mem::take(&mut part)));
                    continue;
                }
                _ => {}
            }
        }
        part.push(letter);
    }
    members.extend(name.map(|name| (name, part)));
    members.into_iter().map(|(name, value)| (unquoted(&name), value.trim_matches(WHITE).to_owned())).collect()
}

/// What JSON calls white space.
const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

fn unquoted(text: &str) -> String {
    serde_json::from_str(text.trim_matches(WHITE)).unwrap()
}

#[test]
fn members_are_told_apart_as_they_are_written() {
    let text = r#" { "a" : [1, {"b": "}, \" :"}] , "\u0063":1e5,"d":"\\"} "#;
    let expected = [("a", r#"[1, {"b": "}, \" :"}]"#), ("c", "1e5"), ("d", r#""\\""#)];
    assert_eq!(members(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(members("{ }"), []);
}
