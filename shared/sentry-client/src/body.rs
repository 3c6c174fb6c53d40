//! Bodies: bounded while they arrive, untyped where Sentry's vary, dropped as soon as they are read.

use reqwest::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{self, Cause, Error, Kind};

/// The longest answer that is read. A page of 100 keys is about 300 KiB.
const LIMIT: usize = 8 << 20;

/// The longest error body that is looked at; anything longer is no error of Sentry's.
const ERROR_LIMIT: usize = 64 << 10;

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
    serde_json::from_slice(&body).map_err(|error| {
        // The parser's own words repeat parts of the body; its place says enough.
        let cause = Cause::NotJson { line: error.line(), column: error.column() };
        Error::new(operation, Kind::Unavailable, cause)
    })
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

/// Whether a text can be a slug of Sentry's.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
