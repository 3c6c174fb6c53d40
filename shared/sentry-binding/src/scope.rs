//! What starts a run over many secrets.

use function_kit::Failure;
use serde_json::Value;

use crate::config::is_secret_id;

/// Which secrets a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that are managed.
    All,
    /// One, by ARN or name.
    Secret(String),
}

/// Members by which an EventBridge event is known.
const ENVELOPE: [&str; 3] = ["source", "detail-type", "detail"];

impl Scope {
    /// Reads `{}`, `{"secret_id": "…"}`, or any event of EventBridge. What an event says is never used: it is a reason to
    /// look, and what is seen decides.
    ///
    /// # Errors
    /// `Event.Invalid` for anything else.
    pub fn read(event: &Value) -> Result<Self, Failure> {
        let invalid = |why: String| {
            Failure::new(
                "Event.Invalid",
                format!("{why}: send {{}}, {{\"secret_id\": \"name or ARN\"}}, or an event of EventBridge"),
            )
        };
        let members = event.as_object().ok_or_else(|| invalid("the event is no JSON object".to_owned()))?;
        if ENVELOPE.iter().all(|name| members.contains_key(*name)) {
            return Ok(Self::All);
        }
        // Names of members may be anything that somebody sent by mistake, and are not repeated.
        if members.keys().any(|name| name != "secret_id") {
            return Err(invalid("the event has a member that this function does not know".to_owned()));
        }
        match members.get("secret_id") {
            None => Ok(Self::All),
            Some(Value::String(id)) if !id.is_empty() && is_secret_id(id) => Ok(Self::Secret(id.clone())),
            Some(_) => Err(invalid("secret_id is not the name or ARN of a secret".to_owned())),
        }
    }

    /// Whether a secret is meant.
    #[must_use]
    pub fn includes(&self, arn: &str, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Secret(id) => id == arn || id == name,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_three_shapes_are_taken() {
        assert_eq!(Scope::read(&json!({})).unwrap(), Scope::All);
        assert_eq!(
            Scope::read(&json!({"secret_id": "acme/storefront"})).unwrap(),
            Scope::Secret("acme/storefront".into())
        );
        let envelope = json!({"version": "0", "source": "aws.secretsmanager", "detail-type": "Secret Label Updated",
            "detail": {"name": "x", "secret_id": "y"}, "secret_id": 7});
        assert_eq!(Scope::read(&envelope).unwrap(), Scope::All);
        for wrong in [
            json!(null),
            json!([]),
            json!({"secret_id": 7}),
            json!({"secret_id": ""}),
            json!({"marker": 1}),
            json!({"secret_id": "a b"}),
            json!({"secret_id": "a", "key_id": "marker"}),
            json!({"detail": {}}),
        ] {
            let failure = Scope::read(&wrong).unwrap_err();
            assert_eq!(failure.code(), "Event.Invalid", "{wrong}");
            assert!(!failure.sentence().contains("marker"), "{failure}");
        }
    }
}
