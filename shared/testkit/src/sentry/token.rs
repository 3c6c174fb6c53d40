//! Tokens, and whom they act as (fact 2, section 3.1).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::state::Flavor;

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An internal integration's: it acts as a user that Sentry made for the integration.
    Integration,
    /// A person's.
    Person,
    /// The organization's: nobody's, and good for `org:ci` alone.
    Organization,
}

/// Whom a token acts as, or who did something.
#[derive(Clone)]
pub(super) struct User {
    pub(super) id: u64,
    /// For people who did not choose another it is the address, too.
    pub(super) name: String,
    /// Empty for the user of an integration.
    pub(super) email: String,
}

impl User {
    pub(super) fn show(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "name": self.name,
            "username": if self.email.is_empty() { &self.name } else { &self.email },
            "email": self.email,
            "isActive": true,
        })
    }
}

/// A person's role in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Owner,
    Member,
}

/// What the token's kind adds to it.
#[derive(Clone)]
pub(super) enum Holder {
    Integration { slug: String, user: User },
    Person(User, Role),
    Organization { id: u64, name: String, date_created: String, date_last_used: Option<String> },
}

#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: String,
    pub(super) organization: u64,
    /// As they were given.
    pub(super) granted: BTreeSet<String>,
    /// Closed under the hierarchy of section 5.2, as newer versions have it ([`Token::as_of`]).
    pub(super) scopes: BTreeSet<String>,
    pub(super) holder: Holder,
    /// Whether its time is over.
    pub(super) expired: bool,
}

/// What a person with the role of a member can do at most (section 5.3).
const MEMBER: [&str; 11] = [
    "event:read",
    "event:write",
    "event:admin",
    "project:read",
    "project:releases",
    "org:read",
    "member:read",
    "member:invite",
    "team:read",
    "alerts:read",
    "alerts:write",
];

impl Token {
    /// The token as this version takes it: 23.7.1 adds nothing to what was granted, so that a role that lacks a scope bounds
    /// what the scope implies as well.
    pub(super) fn as_of(&self, flavor: Flavor) -> Self {
        match flavor {
            Flavor::V23_7_1 => Self { scopes: self.granted.clone(), ..self.clone() },
            Flavor::V2026 => self.clone(),
        }
    }

    /// Whether it is good for a scope. The role of its person bounds it, which the token itself does not show (fact 3).
    pub(super) fn may(&self, scope: &str) -> bool {
        let by_role = match &self.holder {
            Holder::Person(_, Role::Member) => MEMBER.contains(&scope),
            Holder::Person(_, Role::Owner) | Holder::Integration { .. } | Holder::Organization { .. } => true,
        };
        by_role && self.scopes.contains(scope)
    }

    pub(super) fn user(&self) -> Option<&User> {
        match &self.holder {
            Holder::Integration { user, .. } | Holder::Person(user, _) => Some(user),
            Holder::Organization { .. } => None,
        }
    }
}

/// 64 hex digits: all that integrations' tokens and older personal ones are.
pub(super) fn hex() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Personal tokens got their prefix after 23.7.1.
pub(super) fn personal(flavor: Flavor) -> String {
    match flavor {
        Flavor::V23_7_1 => hex(),
        Flavor::V2026 => format!("sntryu_{}", hex()),
    }
}

/// A prefix, what the token is for (not signed), and 32 random bytes without padding.
pub(super) fn organizational(organization: &str, url: &str) -> String {
    let payload = json!({"iat": 1_767_225_600.5, "url": url, "region_url": url, "org": organization});
    let random: Vec<u8> = [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|uuid| *uuid.as_bytes()).collect();
    format!("sntrys_{}_{}", base64(payload.to_string().as_bytes()), base64(&random).trim_end_matches('='))
}

fn base64(bytes: &[u8]) -> String {
    let letter = |number: u32| match u8::try_from(number & 63).unwrap_or_default() {
        number @ 0..=25 => char::from(b'A' + number),
        number @ 26..=51 => char::from(b'a' + number - 26),
        number @ 52..=61 => char::from(b'0' + number - 52),
        62 => '+',
        _ => '/',
    };
    let group = |group: &[u8]| {
        let number = (0..3).fold(0, |number, at| number << 8 | u32::from(group.get(at).copied().unwrap_or_default()));
        let letters = [18, 12, 6, 0].map(|shift| letter(number >> shift));
        letters.into_iter().take(group.len() + 1).chain("==".chars().take(3 - group.len())).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_shapes_of_their_kinds() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob\u{fe}", "Zm9vYsO+")] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        let token = organizational("acme", "http://127.0.0.1:9000");
        let parts: Vec<&str> = token.split('_').collect();
        assert_eq!((parts.len(), parts[0], parts[2].len()), (3, "sntrys", 43));
        assert!((180..=250).contains(&token.len()), "{}", token.len());
        assert_eq!((personal(Flavor::V23_7_1).len(), personal(Flavor::V2026).len()), (64, 71));
    }
}
