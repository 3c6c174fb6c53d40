//! The JSON object in a request (fact 11).

use serde_json::{Map, Value, json};

use crate::http::{Request, Response};

use super::answers;
use super::fields::type_name;

pub(super) fn is_json(request: &Request) -> bool {
    media_type(request).eq_ignore_ascii_case("application/json")
}

/// Reads the object; a request without a body counts as an empty one, whatever its type.
pub(super) fn object(request: &Request) -> Result<Map<String, Value>, Response> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    if !is_json(request) {
        let given = request.header("content-type").unwrap_or_default();
        return Err(answers::detail(415, &format!("Unsupported media type \"{given}\" in request.")));
    }
    let value: Value = serde_json::from_slice(&request.body)
        .map_err(|error| answers::detail(400, &format!("JSON parse error - {error}")))?;
    match value {
        Value::Object(members) => Ok(members),
        Value::Null => Err(answers::invalid(&json!({"non_field_errors": ["No data provided"]}))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            let error = format!("Invalid data. Expected a dictionary, but got {}.", type_name(&value));
            Err(answers::invalid(&json!({"non_field_errors": [error]})))
        }
    }
}

fn media_type(request: &Request) -> &str {
    request.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
}
