//! How Sentry's framework checks single fields: what it takes for a text, a number, a yes or no.

use serde_json::Value;

pub(super) const NOT_NULL: &str = "This field may not be null.";
pub(super) const NOT_BLANK: &str = "This field may not be blank.";

/// A value's type in the words of the server's language.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// A text with the blanks around it cut off (fact 21); numbers are texts too.
pub(super) fn text(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text.trim_matches(is_blank).to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err("Not a valid string."),
    }
}

/// The server's language counts four control characters as blanks, too.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// A truth value, which may come as one of many words (fact 28).
pub(super) fn truth(value: &Value) -> Result<bool, &'static str> {
    const WRONG: &str = "Must be a valid boolean.";
    match value {
        Value::Null => Err(NOT_NULL),
        Value::Bool(truth) => Ok(*truth),
        Value::Number(number) if number.as_f64() == Some(1.0) => Ok(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Ok(false),
        Value::String(word) => match word.as_str() {
            "t" | "T" | "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" | "1" => {
                Ok(true)
            }
            "f" | "F" | "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" | "0" => {
                Ok(false)
            }
            _ => Err(WRONG),
        },
        Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(WRONG),
    }
}

/// A whole number, or `None` for null and for an empty text (fact 25).
pub(super) fn integer(value: &Value) -> Result<Option<i64>, &'static str> {
    const WRONG: &str = "A valid integer is required.";
    let written = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(WRONG),
    };
    let whole = match written.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) | None => written.as_str(),
    };
    match whole.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(WRONG),
    }
}
