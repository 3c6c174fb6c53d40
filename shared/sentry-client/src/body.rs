//! Bodies: bounded while they arrive, untyped where Sentry's vary, dropped as soon as they are read.

use reqwest::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

use crate::error::{self, Cause, Error, Kind};

/// The longest answer that is read. A page of 100 keys is about 300 KiB.
const LIMIT: usize = 8 << 20;

/// The longest error body that is looked at; anything longer is no error of Sentry's.
const ERROR_LIMIT: usize = 64 << 10;

/// The longest text of Sentry's that is kept where people will read it, in characters.
const TEXT_LIMIT: usize = 200;

async fn read(operation: &'static str, mut response: Response, limit: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| error::transport(operation, &error))? {
        if body.len() + chunk.len() > limit {
            return Err(Error::new(operation, Kind::Unavailable, Cause::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads the JSON of a success.
pub(crate) async fn json<T: DeserializeOwned>(operation: &'static str, response: Response) -> Result<T, Error> {
    let body = read(operation, response, LIMIT).await?;
    serde_json::from_slice(&body).map_err(|error| not_json(operation, error.line(), error.column()))
}

/// Reads the JSON object of a success. A list would be read as one, its items taken for the members in their order.
pub(crate) async fn object<T: DeserializeOwned>(operation: &'static str, response: Response) -> Result<T, Error> {
    let body = read(operation, response, LIMIT).await?;
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(not_json(operation, 1, 1));
    }
    serde_json::from_slice(&body).map_err(|error| not_json(operation, error.line(), error.column()))
}

/// The parser's own words repeat parts of the body; the place says enough.
fn not_json(operation: &'static str, line: usize, column: usize) -> Error {
    Error::new(operation, Kind::Unavailable, Cause::NotJson { line, column })
}

/// Reads whatever an error answer says; [`Value::Null`] where that is not JSON, too long, or breaks off.
pub(crate) async fn lenient(operation: &'static str, response: Response) -> Value {
    match read(operation, response, ERROR_LIMIT).await {
        Ok(body) => serde_json::from_slice(&body).unwrap_or(Value::Null),
        Err(_) => Value::Null,
    }
}

/// The new slug in the body of a redirect (facts/sentry-23.7.1-observed.md, A3.31).
pub(crate) fn moved_to(body: &Value) -> Option<String> {
    let slug = body.get("slug").or_else(|| body.pointer("/detail/extra/slug"))?.as_str()?;
    is_slug(slug).then(|| slug.to_owned())
}

/// A text as it is kept: one that is too long is cut and marked with `…`, because anybody who may write in Sentry chooses
/// how long a name is.
pub(crate) fn bounded(text: &str) -> String {
    if text.chars().nth(TEXT_LIMIT).is_none() {
        return text.to_owned();
    }
    text.chars().take(TEXT_LIMIT - 1).chain(['…']).collect()
}

/// Reads a text and bounds it.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(bounded(&String::deserialize(deserializer)?))
}

/// Reads a text that may be null, and bounds it.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().map(bounded))
}

/// Reads a list of texts and bounds each.
pub(crate) fn texts<'de, D: Deserializer<'de>, T: FromIterator<String>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.iter().map(|text| bounded(text)).collect())
}

/// Whether a text can be a slug of Sentry's.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_only_where_it_is_too_long() {
        for (text, kept) in [
            (String::new(), String::new()),
            ("é".repeat(200), "é".repeat(200)),
            ("é".repeat(201), format!("{}…", "é".repeat(199))),
            ("🔑".repeat(5_000), format!("{}…", "🔑".repeat(199))),
        ] {
            assert_eq!(bounded(&text), kept);
        }
    }
}
