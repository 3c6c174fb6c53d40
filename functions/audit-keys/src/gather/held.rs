//! What a stored value is: a DSN, a token, or something that is none of Sentry's.

use key_policy::Kind;
use key_policy::inventory::Holds;
use secrecy::{ExposeSecret as _, SecretString};
use secret_store::{Document, auth_token};
use sentry_client::{AuthToken, Dsn};

/// A token, and what its shape says.
pub(crate) struct Stored {
    pub(crate) token: AuthToken,
    pub(crate) shape: Option<Kind>,
}

/// What a value holds, and the token in it if there is one.
///
/// Only what is certainly meant for Sentry is taken for a token, because a token is presented to Sentry: something that
/// bears the prefix of Sentry's tokens, wherever it stands; 64 hexadecimal digits where a token is stored, or anywhere in a
/// secret that is tagged as a token's; or whatever is stored as its token in such a secret.
pub(crate) fn classify(value: &SecretString, is_for_token: bool) -> (Holds, Option<Stored>) {
    let document = Document::parse(value).ok();
    let texts = document.as_ref().map(Document::texts).unwrap_or_default();
    let stored = stored(value, &texts, is_for_token);
    let dsn = document.as_ref().and_then(Document::dsn);
    if let Some(dsn) = dsn.and_then(|text| text.parse::<Dsn>().ok()) {
        let secret_part = has_secret_part(&texts);
        let token = stored.is_some() || may_hold_a_token(&texts);
        return (Holds::Key { id: dsn.key_id().to_owned(), project: dsn.project_id(), secret_part, token }, stored);
    }
    if stored.is_some() {
        return (Holds::Token, stored);
    }
    // Infrastructure as code declares a secret with its project; the first rotation makes the key.
    let waits = document
        .is_some_and(|document| document.is_empty() || document.project().is_some() && document.dsn().is_none());
    (if waits { Holds::Empty } else { Holds::Other }, None)
}

/// The token in a value: where this system stores one, else the first text in it that bears the prefix of one.
fn stored(value: &SecretString, texts: &[SecretString], is_for_token: bool) -> Option<Stored> {
    let meant = auth_token(value).ok().and_then(|token| match shape_of(&token) {
        Shape::Of(kind) => Some(Stored { token: AuthToken::new(token), shape: Some(kind) }),
        Shape::Hex => Some(Stored { token: AuthToken::new(token), shape: None }),
        Shape::Nothing => is_for_token.then(|| Stored { token: AuthToken::new(token), shape: None }),
    });
    meant.or_else(|| {
        texts.iter().find_map(|text| match shape_of(text) {
            Shape::Of(kind) => Some(Stored { token: AuthToken::new(text.clone()), shape: Some(kind) }),
            // Elsewhere it may be anything's.
            Shape::Hex => is_for_token.then(|| Stored { token: AuthToken::new(text.clone()), shape: None }),
            Shape::Nothing => None,
        })
    })
}

/// Whether a longer text has the beginning of a token in it, such as a header or a line of a file.
#[expect(clippy::disallowed_methods, reason = "only its shape is looked at")]
fn has_prefix(text: &SecretString) -> bool {
    PREFIXES.iter().any(|(prefix, _)| text.expose_secret().contains(prefix))
}

/// Whether something in a document may be a token. What is not certain is not presented to Sentry, and not called fine.
fn may_hold_a_token(texts: &[SecretString]) -> bool {
    texts.iter().any(|text| !matches!(shape_of(text), Shape::Nothing) || has_prefix(text))
}

/// Whether a DSN with its secret part stands anywhere in a document.
#[expect(clippy::disallowed_methods, reason = "only its shape is looked at")]
fn has_secret_part(texts: &[SecretString]) -> bool {
    let is_one = |text: &str| text.parse::<Dsn>().is_ok() && Dsn::has_secret_part(text);
    texts.iter().any(|text| is_one(text.expose_secret()))
}

#[expect(clippy::disallowed_methods, reason = "only its shape is looked at")]
fn shape_of(token: &SecretString) -> Shape {
    let token = token.expose_secret();
    if token.bytes().all(|byte| byte.is_ascii_graphic()) { shape(token) } else { Shape::Nothing }
}

enum Shape {
    Of(Kind),
    /// 64 hex digits: the token of an integration, of an OAuth application, or an old one of a person.
    Hex,
    Nothing,
}

/// What each kind of token begins with (facts/sentry-api.md section 3.1).
const PREFIXES: [(&str, Kind); 4] = [
    ("sntrys_", Kind::OrganizationToken),
    ("sntryu_", Kind::PersonalToken),
    ("sntryi_", Kind::IntegrationToken),
    ("sntrya_", Kind::OauthToken),
];

fn shape(token: &str) -> Shape {
    match PREFIXES.iter().find(|(prefix, _)| token.starts_with(prefix)) {
        Some((_, kind)) => Shape::Of(*kind),
        None if token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()) => Shape::Hex,
        None => Shape::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn holds(text: &str, is_for_token: bool) -> (Holds, Option<Option<Kind>>) {
        let (holds, stored) = classify(&SecretString::from(text), is_for_token);
        (holds, stored.map(|stored| stored.shape))
    }

    #[test]
    fn a_dsn_is_a_dsn_with_or_without_a_secret_part() {
        for (text, secret_part) in [
            (format!("https://{KEY}@o1.ingest.sentry.io/42"), false),
            (format!("https://{KEY}:{KEY}@o1.ingest.sentry.io/42"), true),
        ] {
            let expected = Holds::Key { id: KEY.to_owned(), project: 42, secret_part, token: false };
            assert_eq!(holds(&text, false), (expected, None), "{text}");
        }
    }

    #[test]
    fn a_token_beside_a_dsn_is_seen_whatever_its_member_is_called() {
        let dsn = format!("https://{KEY}@o1.ingest.sentry.io/42");
        let hex = "ab".repeat(32);
        let key = |token| Holds::Key { id: KEY.to_owned(), project: 42, secret_part: false, token };
        for (member, shape) in [
            (r#""token": "sntryu_x""#.to_owned(), Some(Kind::PersonalToken)),
            (r#""n": [1, null, true, 0.5], "SENTRY_AUTH_TOKEN": "sntrys_x""#.to_owned(), Some(Kind::OrganizationToken)),
            (r#""extra": {"sentry": [{"token": "sntrys_x"}]}"#.to_owned(), Some(Kind::OrganizationToken)),
            (format!(r#""token": "{hex}""#), None),
        ] {
            assert_eq!(holds(&format!(r#"{{"dsn": "{dsn}", {member}}}"#), false), (key(true), Some(shape)), "{member}");
        }
        // What may be another product's is told of, and not presented to Sentry.
        let value = format!(r#"{{"dsn": "{dsn}", "auth_token": "{hex}"}}"#);
        assert_eq!(holds(&value, false), (key(true), None));
        let value = format!(r#"{{"dsn": "{dsn}", "note": "Authorization: Bearer sntrys_x"}}"#);
        assert_eq!(holds(&value, false), (key(true), None));
        for member in
            [format!(r#""api_key": "{KEY}""#), r#""token": "hunter2""#.to_owned(), r#""x": "sentry x""#.to_owned()]
        {
            assert_eq!(holds(&format!(r#"{{"dsn": "{dsn}", {member}}}"#), false), (key(false), None), "{member}");
        }
        assert_eq!(holds(r#"{"ci": "sntrys_x"}"#, false), (Holds::Token, Some(Some(Kind::OrganizationToken))));
        assert_eq!(holds(r#"{"dsn": "sntrys_x", "project": "web"}"#, false).0, Holds::Token);
        // In the secret of a token a hexadecimal one is meant, wherever it stands; a DSN does not hide it.
        let value = format!(r#"{{"dsn": "{dsn}", "auth": {{"value": "{hex}"}}}}"#);
        assert_eq!(holds(&value, true), (key(true), Some(None)));
    }

    #[test]
    fn a_secret_part_anywhere_counts_and_what_is_no_dsn_does_not_wait_for_one() {
        let dsn = format!("https://{KEY}@o1.ingest.sentry.io/42");
        let old = format!("https://{KEY}:{KEY}@o1.ingest.sentry.io/42");
        let (found, _) = holds(&format!(r#"{{"dsn": "{dsn}", "legacy": ["{old}"]}}"#), false);
        assert_eq!(found, Holds::Key { id: KEY.to_owned(), project: 42, secret_part: true, token: false });
        assert_eq!(holds(r#"{"dsn": "http://ingest.example/5", "project": "web"}"#, false), (Holds::Other, None));
    }

    #[test]
    fn a_token_is_known_by_its_shape_and_anything_else_is_never_presented_to_sentry() {
        let hex = "ab".repeat(32);
        for (text, shape) in [
            ("sntrys_eyJpYXQiOjF9_abc".to_owned(), Some(Kind::OrganizationToken)),
            (format!("sntryu_{hex}"), Some(Kind::PersonalToken)),
            (format!("sntryi_{hex}"), Some(Kind::IntegrationToken)),
            (format!(r#"{{"token": "{hex}"}}"#), None),
            (hex.clone(), None),
        ] {
            assert_eq!(holds(&text, false), (Holds::Token, Some(shape)), "{text}");
        }
        for text in ["hunter2", r#"{"password": "hunter2"}"#, r#"{"token": "hunter2"}"#, "", "{"] {
            assert_eq!(holds(text, false), (Holds::Other, None), "{text}");
        }
        for text in [r#"{"project": "web"}"#, r#"{"dsn": null, "organization": "acme", "project": "web"}"#, "{}"] {
            assert_eq!(holds(text, false), (Holds::Empty, None), "{text}");
        }
        assert_eq!(holds(r#"{"token": "opaque"}"#, true), (Holds::Token, Some(None)));
        assert_eq!(holds(r#"{"password": "hunter2"}"#, true), (Holds::Other, None));
    }
}
