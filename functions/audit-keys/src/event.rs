//! What starts an audit, and what signs a review.

use function_kit::Failure;
use sentry_binding::Scope;
use serde::Deserialize;
use serde_json::Value;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A review of all keys, or of one secret's.
    Review(Scope),
    /// A reviewer's signature under a review.
    Sign(Signature),
}

/// Who signs which review.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The review.
    pub review_id: String,
    /// Who signs.
    pub by: String,
    /// What the reviewer has to say.
    #[serde(default)]
    pub notes: String,
    /// What was changed because of it.
    #[serde(default)]
    pub changes: Vec<String>,
}

/// The longest text in a signature, in bytes.
const LONGEST: usize = 4_096;

impl Request {
    /// Reads `{}`, `{"secret_id": "…"}`, `{"sign": {…}}`, or any event of EventBridge.
    ///
    /// # Errors
    /// `Event.Invalid` for anything else. Nothing of the event is repeated.
    pub fn read(event: &Value) -> Result<Self, Failure> {
        let Some(sign) = event.get("sign") else { return Scope::read(event).map(Self::Review) };
        let invalid = |why: &str| {
            Failure::new(
                "Event.Invalid",
                format!(
                    "{why}: send {{\"sign\": {{\"review_id\": \"…\", \"by\": \"…\", \"notes\": \"…\", \"changes\": [\"…\"]}}}} and nothing else"
                ),
            )
        };
        if event.as_object().is_none_or(|members| members.len() != 1) {
            return Err(invalid("a signature stands alone"));
        }
        let signature = Signature::deserialize(sign)
            .map_err(|_its_text_may_repeat_the_event| invalid("the signature has a wrong or an unknown member"))?;
        let texts = [&signature.review_id, &signature.by, &signature.notes];
        if texts.into_iter().chain(&signature.changes).any(|text| text.len() > LONGEST) || signature.changes.len() > 100
        {
            return Err(invalid("the signature has a member that is too long"));
        }
        if !is_review_id(&signature.review_id) {
            return Err(invalid("review_id is not the id of a review"));
        }
        if signature.by.trim().is_empty() {
            return Err(invalid("by says nobody"));
        }
        Ok(Self::Sign(signature))
    }
}

/// Whether a text can be the id of a review, and so a part of an object's key.
fn is_review_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_review_or_a_signature_is_asked_for_and_nothing_else() {
        assert_eq!(Request::read(&json!({})).unwrap(), Request::Review(Scope::All));
        let signed = json!({"sign": {"review_id": "20261126T060000Z-a1", "by": "kim@example.com"}});
        assert!(matches!(Request::read(&signed).unwrap(), Request::Sign(_)));
        for wrong in [
            json!({"sign": {}}),
            json!({"sign": "marker"}),
            json!({"sign": {"review_id": "r", "by": "kim"}, "secret_id": "a"}),
            json!({"sign": {"review_id": "../marker", "by": "kim"}}),
            json!({"sign": {"review_id": "r", "by": " "}}),
            json!({"sign": {"review_id": "r", "by": "kim", "marker": 1}}),
            json!({"sign": {"review_id": "r", "by": "kim", "notes": "m".repeat(5_000)}}),
        ] {
            let failure = Request::read(&wrong).unwrap_err();
            assert_eq!(failure.code(), "Event.Invalid", "{wrong}");
            assert!(!failure.sentence().contains("marker"), "{failure}");
        }
    }
}
