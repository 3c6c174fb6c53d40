//! A key's rate limit, as requests write it (facts 25 and 27).

use serde_json::{Map, Value, json};

use crate::http::Response;

use super::answers;
use super::fields;
use super::state::Flavor;

/// The largest number that the database column holds; a larger one breaks the request.
const LARGEST: u64 = 2_147_483_647;

/// One of the two numbers; the outer `None` is an absent member, the inner one is null.
type Part = Option<Option<u64>>;

/// The member `rateLimit` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RateLimitInput {
    Absent,
    Null,
    Pair { count: Part, window: Part },
}

impl RateLimitInput {
    /// Reads the member; the error is the value of `rateLimit` in the list of errors.
    pub(super) fn read(member: Option<&Value>) -> Result<Self, Value> {
        let members = match member {
            None => return Ok(Self::Absent),
            Some(Value::Null) => return Ok(Self::Null),
            Some(Value::Object(members)) => members,
            Some(other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_))) => {
                let error = format!("Invalid data. Expected a dictionary, but got {}.", fields::type_name(other));
                return Err(json!({"non_field_errors": [error]}));
            }
        };
        let mut errors = Map::new();
        let mut part = |name: &str, most: Option<i64>| match read_part(members.get(name), most) {
            Ok(part) => part,
            Err(error) => {
                errors.insert(name.to_owned(), json!([error]));
                None
            }
        };
        let (count, window) = (part("count", None), part("window", Some(86_400)));
        if errors.is_empty() { Ok(Self::Pair { count, window }) } else { Err(Value::Object(errors)) }
    }

    /// The limit of a new key. Null and half a pair break the request; only newer versions say so.
    pub(super) fn on_create(self, flavor: Flavor) -> Result<Option<(u64, u64)>, Response> {
        match (self, flavor) {
            (Self::Absent, _) => Ok(None),
            (Self::Null, Flavor::V2026) => Err(answers::invalid(&json!({"rateLimit": [fields::NOT_NULL]}))),
            (Self::Null, Flavor::V23_7_1) | (Self::Pair { count: None, .. }, _) => Err(answers::internal_error()),
            // A zero or null count ends Sentry's check before it reaches the window.
            (Self::Pair { count: Some(None | Some(0)), .. } | Self::Pair { window: Some(None | Some(0)), .. }, _) => {
                Ok(None)
            }
            (Self::Pair { count: Some(Some(count)), window: Some(Some(window)) }, _) => stored(count, window),
            (Self::Pair { window: None, .. }, _) => Err(answers::internal_error()),
        }
    }

    /// The limit of a key after an update.
    pub(super) fn on_update(self, before: Option<(u64, u64)>) -> Result<Option<(u64, u64)>, Response> {
        match self {
            Self::Absent | Self::Pair { count: None, window: None } => Ok(before),
            Self::Null | Self::Pair { count: Some(None), .. } => Ok(None),
            Self::Pair { count: None, .. } | Self::Pair { window: None, .. } => Err(answers::internal_error()),
            Self::Pair { window: Some(None), .. } => Ok(None),
            Self::Pair { count: Some(Some(count)), window: Some(Some(window)) } => stored(count, window),
        }
    }
}

/// A pair with a zero in it is kept and means no limit: "0 events" fails open (fact 27).
fn stored(count: u64, window: u64) -> Result<Option<(u64, u64)>, Response> {
    if count > LARGEST {
        return Err(answers::internal_error());
    }
    Ok((count > 0 && window > 0).then_some((count, window)))
}

fn read_part(value: Option<&Value>, most: Option<i64>) -> Result<Part, String> {
    let Some(value) = value else { return Ok(None) };
    let Some(number) = fields::integer(value)? else { return Ok(Some(None)) };
    if let Some(most) = most.filter(|most| number > *most) {
        return Err(format!("Ensure this value is less than or equal to {most}."));
    }
    match u64::try_from(number) {
        Ok(number) => Ok(Some(Some(number))),
        Err(_) => Err("Ensure this value is greater than or equal to 0.".to_owned()),
    }
}
