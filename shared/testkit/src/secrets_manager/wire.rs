//! The AWS JSON 1.1 protocol: signed requests in, answers and named errors out.

use serde_json::{Map, Value, json};

use crate::http::{Request, Response};

/// A refusal by the service, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// The name of the exception.
    pub(crate) code: &'static str,
    /// The sentence that goes with it.
    pub(crate) message: String,
}

impl ServiceError {
    /// An exception of any name.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A request that breaks the shape that the API's model gives it.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A request of the right shape whose values do not fit the state.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// A request that the state of the secret forbids.
    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequestException", message)
    }

    /// Something named that is not there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }
}

/// The action that a request names under a service prefix such as `secretsmanager`.
pub(crate) fn action<'a>(request: &'a Request, service: &str) -> Option<&'a str> {
    request.header("x-amz-target")?.strip_prefix(service)?.strip_prefix('.')
}

/// The body of a request that is signed and speaks the protocol.
///
/// Signatures are not computed: that a client signs at all is what a forgotten credentials provider gets wrong.
pub(crate) fn body(request: &Request) -> Result<Value, ServiceError> {
    if !request.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256")) {
        return Err(ServiceError::new("MissingAuthenticationTokenException", "Missing Authentication Token"));
    }
    if request.method != http::Method::POST || request.path != "/" {
        return Err(unknown_operation());
    }
    request.json().filter(Value::is_object).ok_or_else(|| ServiceError::new("SerializationException", "no JSON object"))
}

/// The answer to an action that the service does not have.
pub(crate) fn unknown_operation() -> ServiceError {
    ServiceError::new("UnknownOperationException", "The requested operation is not recognized.")
}

/// An outcome as the wire carries it.
pub(crate) fn respond(outcome: Result<Value, ServiceError>) -> Response {
    let content_type = "application/x-amz-json-1.1";
    match outcome {
        Ok(body) => Response::text(200, content_type, body.to_string()),
        Err(error) => {
            let body = json!({ "__type": error.code, "Message": error.message });
            Response::text(400, content_type, body.to_string()).with_header("x-amzn-errortype", error.code)
        }
    }
    .with_header("x-amzn-requestid", uuid::Uuid::new_v4().to_string())
}

/// Adds a member to an object.
pub(crate) fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// The members of a request, checked against the API's model.
pub(crate) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Takes a request's body and refuses members that the action does not have.
    pub(crate) fn new(body: Value, known: &[&str]) -> Result<Self, ServiceError> {
        let Value::Object(members) = body else {
            return Err(ServiceError::new("SerializationException", "no JSON object"));
        };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(ServiceError::validation(format!("Unknown parameter: {name}"))),
            None => Ok(Self(members)),
        }
    }

    /// A member that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string of `min` to `max` bytes, if it is given.
    pub(crate) fn text(&self, name: &str, min: usize, max: usize) -> Result<Option<&str>, ServiceError> {
        self.get(name).map(|value| sized(value, name, min, max)).transpose()
    }

    /// A string that must be given.
    pub(crate) fn required(&self, name: &str, min: usize, max: usize) -> Result<&str, ServiceError> {
        self.text(name, min, max)?.ok_or_else(|| constraint(name, "Member must not be null"))
    }

    /// A list of `1` to `most` strings of at most 2,048 bytes, if it is given.
    pub(crate) fn texts(&self, name: &str, most: usize) -> Result<Option<Vec<String>>, ServiceError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let items = value.as_array().ok_or_else(|| constraint(name, "Member must be a list"))?;
        if items.is_empty() || items.len() > most {
            return Err(constraint(name, &format!("Member must have 1 to {most} items")));
        }
        items.iter().map(|item| sized(item, name, 1, 2048).map(str::to_owned)).collect::<Result<_, _>>().map(Some)
    }

    /// A boolean, if it is given.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ServiceError> {
        self.get(name)
            .map(|value| value.as_bool().ok_or_else(|| constraint(name, "Member must be a boolean")))
            .transpose()
    }

    /// A page size of 1 to `most`, which is also what the service takes where none is given.
    pub(crate) fn page_size(&self, most: usize) -> Result<usize, ServiceError> {
        let Some(value) = self.get("MaxResults") else { return Ok(most) };
        value
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| constraint("MaxResults", &format!("Member must be between 1 and {most}")))
    }
}

fn sized<'a>(value: &'a Value, name: &str, min: usize, max: usize) -> Result<&'a str, ServiceError> {
    let text = value.as_str().ok_or_else(|| constraint(name, "Member must be a string"))?;
    if (min..=max).contains(&text.len()) {
        Ok(text)
    } else {
        Err(constraint(name, &format!("Member must have length between {min} and {max}")))
    }
}

fn constraint(name: &str, rule: &str) -> ServiceError {
    ServiceError::validation(format!(
        "1 validation error detected: Value at '{name}' failed to satisfy constraint: {rule}"
    ))
}
