//! What a POST or PUT says about a key (facts 21 to 28).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::http::Response;

use super::answers;
use super::fields;
use super::key;
use super::rate_limit::RateLimitInput;
use super::state::Flavor;

/// The members that Sentry knows; others are dropped in silence.
#[derive(Debug)]
pub(super) struct KeyInput {
    /// `None` where absent, null or empty.
    pub(super) name: Option<String>,
    pub(super) public: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) rate_limit: RateLimitInput,
    pub(super) is_active: Option<bool>,
    pub(super) browser_sdk_version: Option<String>,
    pub(super) loader_options: BTreeMap<String, bool>,
}

impl KeyInput {
    /// Checks all members and reports all errors at once, as Sentry does.
    pub(super) fn read(members: &Map<String, Value>, flavor: Flavor) -> Result<Self, Response> {
        let mut errors = Map::new();
        let input = Self {
            name: checked(&mut errors, members, "name", name).filter(|name| !name.is_empty()),
            public: checked(&mut errors, members, "public", hex),
            secret: checked(&mut errors, members, "secret", hex),
            rate_limit: RateLimitInput::read(members.get("rateLimit")).unwrap_or_else(|error| {
                errors.insert("rateLimit".to_owned(), error);
                RateLimitInput::Absent
            }),
            is_active: checked(&mut errors, members, "isActive", |value| Ok(Some(fields::truth(value)?))),
            browser_sdk_version: checked(&mut errors, members, "browserSdkVersion", |value| version(value, flavor)),
            loader_options: loader_options(members.get("dynamicSdkLoaderOptions"), flavor).unwrap_or_else(|error| {
                errors.insert("dynamicSdkLoaderOptions".to_owned(), error);
                BTreeMap::new()
            }),
        };
        if errors.is_empty() { Ok(input) } else { Err(answers::invalid(&Value::Object(errors))) }
    }
}

fn checked<T>(
    errors: &mut Map<String, Value>,
    members: &Map<String, Value>,
    name: &str,
    check: impl FnOnce(&Value) -> Result<Option<T>, String>,
) -> Option<T> {
    check(members.get(name)?).unwrap_or_else(|error| {
        errors.insert(name.to_owned(), json!([error]));
        None
    })
}

fn name(value: &Value) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let name = fields::text(value)?;
    if name.chars().count() > 64 {
        Err("Ensure this field has no more than 64 characters.".to_owned())
    } else if name.contains('\0') {
        Err("Null characters are not allowed.".to_owned())
    } else {
        Ok(Some(name))
    }
}

fn hex(value: &Value) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let text = fields::text(value)?;
    if text.is_empty() {
        Err(fields::NOT_BLANK.to_owned())
    } else if text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(Some(text))
    } else {
        Err("This value does not match the required pattern.".to_owned())
    }
}

/// Old versions stay acceptable after they left the choices that the key object shows (fact 26).
fn version(value: &Value, flavor: Flavor) -> Result<Option<String>, String> {
    let known: &[&str] = match flavor {
        Flavor::V23_7_1 => &["latest", "7.x", "6.x", "5.x", "4.x"],
        Flavor::V2026 => &["latest", "10.x", "9.x", "8.x", "7.x", "6.x", "5.x", "4.x"],
    };
    match value {
        Value::Null => Err(fields::NOT_NULL.to_owned()),
        Value::String(version) if known.contains(&version.as_str()) => Ok(Some(version.clone())),
        Value::String(other) => Err(format!("\"{other}\" is not a valid choice.")),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(format!("\"{other}\" is not a valid choice."))
        }
    }
}

fn loader_options(value: Option<&Value>, flavor: Flavor) -> Result<BTreeMap<String, bool>, Value> {
    let members = match value {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(members)) => members,
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_))) => {
            let error = format!("Invalid data. Expected a dictionary, but got {}.", fields::type_name(other));
            return Err(json!({"non_field_errors": [error]}));
        }
    };
    let mut options = BTreeMap::new();
    let mut errors = Map::new();
    for &name in key::loader_option_names(flavor) {
        match members.get(name).map(fields::truth) {
            None => {}
            Some(Ok(on)) => drop(options.insert(name.to_owned(), on)),
            Some(Err(error)) => drop(errors.insert(name.to_owned(), json!([error]))),
        }
    }
    if errors.is_empty() { Ok(options) } else { Err(Value::Object(errors)) }
}
