//! Keys that earlier attempts made: which one to adopt, and how many were never promoted.

use crate::mark::Mark;

/// How many active keys of one secret may be the value of no version before createSecret refuses to make another: more
/// than that is a rotation that fails over and over.
pub const MAX_UNPROMOTED: usize = 3;

/// An active key of the project that carries a mark of this secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedKey {
    /// The key id (its public key).
    pub id: String,
    /// The mark at the end of its label.
    pub mark: Mark,
    /// When Sentry made it, as Sentry wrote it; RFC 3339 in UTC, so that text order is time order. Keys without a date
    /// sort as the youngest.
    pub created: Option<String>,
    /// Whether it is the value of a version of this secret other than the pending one, or was: a superseded key.
    pub promoted: bool,
}

/// What createSecret finds of its own earlier work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierAttempts {
    /// The key that carries this very version's mark and is the value of no other version: the oldest, ties by key id.
    pub adopt: Option<String>,
    /// How many active keys of this secret are the value of no version.
    pub unpromoted: usize,
}

/// Judges the active keys of a project.
///
/// Only keys with a mark of the same secret as `wanted` count; the others are somebody else's.
#[must_use]
pub fn earlier_attempts(keys: &[MarkedKey], wanted: &Mark) -> EarlierAttempts {
    let unpromoted = keys.iter().filter(|key| key.mark.same_secret(wanted) && !key.promoted);
    let adopt = unpromoted
        .clone()
        .filter(|key| key.mark == *wanted)
        .min_by_key(|key| (key.created.is_none(), key.created.clone(), key.id.clone()))
        .map(|key| key.id.clone());
    EarlierAttempts { adopt, unpromoted: unpromoted.count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, version: &str, created: Option<&str>, promoted: bool) -> MarkedKey {
        MarkedKey { id: id.to_owned(), mark: Mark::new("arn", version), created: created.map(str::to_owned), promoted }
    }

    #[test]
    fn the_oldest_key_of_this_version_is_adopted_and_ties_go_by_key_id() {
        let keys = [
            key("undated", "v1", None, false),
            key("young", "v1", Some("2026-02-02T00:00:00Z"), false),
            key("old-b", "v1", Some("2026-01-01T00:00:00Z"), false),
            key("old-a", "v1", Some("2026-01-01T00:00:00Z"), false),
            key("other-version", "v0", Some("2025-01-01T00:00:00Z"), false),
        ];
        let found = earlier_attempts(&keys, &Mark::new("arn", "v1"));
        assert_eq!(found, EarlierAttempts { adopt: Some("old-a".to_owned()), unpromoted: 5 });
    }

    #[test]
    fn the_value_of_another_version_is_neither_adopted_nor_counted() {
        let keys = [key("current", "v1", Some("2026-01-01T00:00:00Z"), true)];
        let found = earlier_attempts(&keys, &Mark::new("arn", "v1"));
        assert_eq!(found, EarlierAttempts { adopt: None, unpromoted: 0 });
    }

    #[test]
    fn keys_of_another_secret_are_not_counted() {
        let keys = [key("ours", "v0", None, false)];
        let found = earlier_attempts(&keys, &Mark::new("another-arn", "v1"));
        assert_eq!(found, EarlierAttempts { adopt: None, unpromoted: 0 });
    }
}
