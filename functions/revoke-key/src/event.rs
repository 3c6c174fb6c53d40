//! What an operator asks for.

use std::time::Duration;

use function_kit::Failure;
use serde_json::{Map, Value};

/// How long the superseded key stays enabled after the new one was promoted, unless the event says otherwise: the longest
/// time for which consumers keep a secret's value.
const HOLD: Duration = Duration::from_secs(300);

/// The longest hold: what leaves a rotation enough of Lambda's 15 minutes.
const LONGEST_HOLD: u64 = 600;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// The members of the event.
const MEMBERS: [&str; 5] = ["secret_id", "key_id", "reason", "hold_seconds", "allow_outage"];

/// One key to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The secret that holds the key, or held it: its name or ARN.
    pub secret_id: String,
    /// The key id: the part of the DSN before the `@`.
    pub key_id: String,
    /// Why, for the records.
    pub reason: String,
    /// How long to wait between the promotion of the new key and the end of this one.
    pub hold: Duration,
    /// Whether it is revoked even if applications have no other key.
    pub allow_outage: bool,
}

impl Order {
    /// Reads the event.
    ///
    /// # Errors
    /// `Event.Invalid`, naming every member that cannot be used and repeating none of them.
    pub fn read(event: &Value) -> Result<Self, Failure> {
        let empty = Map::new();
        let members = event.as_object().unwrap_or(&empty);
        let mut problems = Vec::new();
        if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
            problems.push(format!("it has a member other than {}", MEMBERS.join(", ")));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let secret_id = text("secret_id");
        if secret_id.is_empty() || !sentry_binding::is_secret_id(secret_id) {
            problems.push("secret_id must be the name or ARN of a secret".to_owned());
        }
        let key_id = text("key_id");
        if key_id.len() != 32 || !key_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            problems.push("key_id must be the 32 hexadecimal digits before the @ of the DSN".to_owned());
        }
        let reason = text("reason").trim();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
            problems.push(format!("reason must be a text of one line, {LONGEST_REASON} characters at most"));
        }
        let hold = match members.get("hold_seconds") {
            None | Some(Value::Null) => Some(HOLD),
            Some(seconds) => seconds.as_u64().filter(|seconds| *seconds <= LONGEST_HOLD).map(Duration::from_secs),
        };
        if hold.is_none() {
            problems.push(format!("hold_seconds must be a whole number from 0 to {LONGEST_HOLD}"));
        }
        let allow_outage = match members.get("allow_outage") {
            None | Some(Value::Null) => Some(false),
            Some(flag) => flag.as_bool(),
        };
        if allow_outage.is_none() {
            problems.push("allow_outage must be true or false".to_owned());
        }
        match (hold, allow_outage) {
            (Some(hold), Some(allow_outage)) if problems.is_empty() => Ok(Self {
                secret_id: secret_id.to_owned(),
                key_id: key_id.to_owned(),
                reason: reason.to_owned(),
                hold,
                allow_outage,
            }),
            (_, _) => Err(Failure::new(
                "Event.Invalid",
                format!(
                    "the event cannot be used: {}; send {{\"secret_id\": …, \"key_id\": …, \"reason\": …}}",
                    problems.join("; ")
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_left_out_has_the_careful_value() {
        let order = Order::read(&json!({"secret_id": "acme/storefront", "key_id": KEY, "reason": " leaked "})).unwrap();
        assert_eq!(order.reason, "leaked");
        assert_eq!((order.hold, order.allow_outage), (Duration::from_secs(300), false));
    }

    #[test]
    fn every_unusable_member_is_named_and_no_value_repeated() {
        let failure = Order::read(&json!({
            "secret_id": "marker marker", "key_id": "https://marker@o1.ingest.sentry.io/1", "reason": "",
            "hold_seconds": -1, "allow_outage": "marker", "marker": 1,
        }))
        .unwrap_err();
        for name in ["secret_id", "key_id", "reason", "hold_seconds", "allow_outage", "another", "other than"] {
            assert_eq!(failure.sentence().contains(name), name != "another", "{name}: {failure}");
        }
        assert!(!format!("{failure:?}").contains("marker"), "{failure:?}");
        for event in [json!(null), json!([]), json!({})] {
            assert_eq!(Order::read(&event).unwrap_err().code(), "Event.Invalid");
        }
    }
}
