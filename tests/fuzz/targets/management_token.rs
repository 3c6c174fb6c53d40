//! The secret with the management token.

use secrecy::{ExposeSecret as _, SecretString};
use secret_store::auth_token;
use serde_json::Value;

use crate::engine::{MARKER, fuzz};

const WORDS: [&str; 6] = ["{\"token\":\"", "\"}", "sntrys_", "\"token\":", "\"note\":", "\u{a0}"];

#[test]
#[expect(clippy::disallowed_methods, reason = "the test compares what was read")]
fn management_token() {
    fuzz("management_token", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        let text = text.trim();
        let usable = |token: &str| !token.is_empty() && token.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        match auth_token(&SecretString::from(text)) {
            Ok(token) => {
                assert!(!format!("{token:?}").contains(token.expose_secret()) || token.expose_secret().len() < 12);
                let token = token.expose_secret();
                assert!(usable(token), "a header can carry it");
                assert!(text.starts_with('{') || token == text);
            }
            Err(error) => {
                assert!(text.starts_with('{') || !usable(text), "a bare token is refused");
                let value = serde_json::from_str::<Value>(text).unwrap_or_default();
                let token = value.get("token").and_then(Value::as_str);
                // A member that stands there twice is a mistake, and no choice is made for whoever made it.
                assert!(
                    token.is_none_or(|token| !usable(token))
                        || text.matches("token").count() > 1
                        || text.contains("\\u")
                );
                assert!(!format!("{error} {error:?}").contains(MARKER));
            }
        }
    });
}
