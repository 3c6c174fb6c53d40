//! The secret with the management token.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// The stored value holds no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("holds no token: it must be {{\"token\": \"…\"}} or the bare token")]
pub struct NoToken;

#[derive(Deserialize)]
struct Stored {
    token: SecretString,
}

/// The token in a stored value: `{"token": "…"}` or the bare token.
///
/// # Errors
/// [`NoToken`] where there is none; the value is not repeated.
pub fn auth_token(value: &SecretString) -> Result<SecretString, NoToken> {
    #[expect(clippy::disallowed_methods, reason = "the bytes go from one redacting type into another")]
    let text = value.expose_secret().trim();
    let token = if text.starts_with('{') {
        let stored: Stored = serde_json::from_str(text).map_err(|_its_text_may_repeat_the_token| NoToken)?;
        stored.token
    } else {
        SecretString::from(text)
    };
    #[expect(clippy::disallowed_methods, reason = "only its shape is looked at")]
    let usable = {
        let token = token.expose_secret();
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    usable.then_some(token).ok_or(NoToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test compares what was read")]
    fn read(text: &str) -> Option<String> {
        auth_token(&SecretString::from(text)).ok().map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        assert_eq!(read(r#"{"token": "abc", "note": 1}"#).as_deref(), Some("abc"));
        assert_eq!(read("  abc\n").as_deref(), Some("abc"));
        for text in ["", "  ", "{}", r#"{"token": ""}"#, r#"{"token": null}"#, r#"{"tok"#, "a b", "a\u{e9}"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
