//! What Secrets Manager sends.

use function_kit::Failure;
use rotation::Step;
use secrecy::SecretString;
use serde_json::Value;

/// One call of the rotation contract.
///
/// This is our own type: the one of `aws_lambda_events` 1.2 has no `RotationToken`, which every `PutSecretValue` must
/// pass on (facts/aws.md section 1.1).
#[derive(Debug, Clone)]
pub struct RotationEvent {
    /// The step.
    pub step: Step,
    /// The secret's ARN.
    pub secret_id: String,
    /// The id of the version that the rotation makes.
    pub version_id: String,
    /// By which Secrets Manager knows who makes the version. Sensitive.
    pub rotation_token: Option<SecretString>,
}

impl RotationEvent {
    /// Reads the four fields; others are ignored, as Secrets Manager may add some.
    ///
    /// # Errors
    /// `Event.Invalid`, naming every field that cannot be used.
    pub fn read(event: &Value) -> Result<Self, Failure> {
        let text = |name: &str| event.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let step = text("Step").and_then(|word| word.parse::<Step>().ok());
        let secret_id = text("SecretId");
        let version_id = text("ClientRequestToken");
        let rotation_token = event.get("RotationToken").filter(|token| !token.is_null());
        let token_usable = rotation_token.is_none_or(Value::is_string);
        if let (Some(step), Some(secret_id), Some(version_id), true) = (step, secret_id, version_id, token_usable) {
            return Ok(Self {
                step,
                secret_id: secret_id.to_owned(),
                version_id: version_id.to_owned(),
                rotation_token: rotation_token.and_then(Value::as_str).map(SecretString::from),
            });
        }
        let problems: Vec<&str> = [
            (step.is_none(), "Step must be createSecret, setSecret, testSecret or finishSecret"),
            (secret_id.is_none(), "SecretId must be the secret's ARN"),
            (version_id.is_none(), "ClientRequestToken must be the id of the pending version"),
            (!token_usable, "RotationToken must be a text"),
        ]
        .into_iter()
        .filter_map(|(wrong, problem)| wrong.then_some(problem))
        .collect();
        Err(Failure::new(
            "Event.Invalid",
            format!(
                "this is no call of Secrets Manager's rotation: {}; let only Secrets Manager invoke it",
                problems.join(", ")
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_four_fields_are_read_and_others_ignored() {
        let event = RotationEvent::read(&json!({
            "Step": "setSecret", "SecretId": "arn", "ClientRequestToken": "v1", "RotationToken": "marker", "New": 1,
        }))
        .unwrap();
        assert_eq!((event.step, event.secret_id.as_str(), event.version_id.as_str()), (Step::SetSecret, "arn", "v1"));
        assert!(event.rotation_token.is_some());
        assert!(!format!("{event:?}").contains("marker"));
    }

    #[test]
    fn every_unusable_field_is_named_and_no_value_repeated() {
        let cases = [
            (json!({}), vec!["Step", "SecretId", "ClientRequestToken"]),
            (json!({"Step": "create_secret", "SecretId": "marker", "ClientRequestToken": "v1"}), vec!["Step"]),
            (
                json!({"Step": "testSecret", "SecretId": "", "ClientRequestToken": 7}),
                vec!["SecretId", "ClientRequestToken"],
            ),
            (
                json!({"Step": "testSecret", "SecretId": "a", "ClientRequestToken": "v", "RotationToken": ["marker"]}),
                vec!["RotationToken"],
            ),
            (json!("marker"), vec!["Step", "SecretId", "ClientRequestToken"]),
            (json!(null), vec!["Step"]),
        ];
        for (event, named) in cases {
            let failure = RotationEvent::read(&event).unwrap_err();
            assert_eq!(failure.code(), "Event.Invalid");
            for name in named {
                assert!(failure.sentence().contains(name), "{failure:?}");
            }
            assert!(!format!("{failure:?}").contains("marker"));
        }
    }
}
