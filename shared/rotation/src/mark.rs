//! The mark at the end of a key's label, by which a retry finds the key that an earlier attempt made.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The longest label that Sentry takes, in code points (facts/sentry-23.7.1-observed.md, "Label limit").
pub const LABEL_LIMIT: usize = 64;

const SECRET_DIGITS: usize = 7;
const VERSION_DIGITS: usize = 8;

/// `[sssssss/vvvvvvvv]`: which secret, and which version of it, a key was made for.
///
/// It is a locator and a hint for people in Sentry's UI, never a proof: anybody may copy or edit a label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    secret: String,
    version: String,
}

impl Mark {
    /// The mark of one version of a secret.
    #[must_use]
    pub fn new(secret_arn: &str, version_id: &str) -> Self {
        Self {
            secret: digits(&[secret_arn], SECRET_DIGITS),
            version: digits(&[secret_arn, "\n", version_id], VERSION_DIGITS),
        }
    }

    /// Reads the mark at the end of a label; `None` where there is none.
    #[must_use]
    pub fn in_label(label: &str) -> Option<Self> {
        let (_, mark) = label.strip_suffix(']')?.rsplit_once(" [")?;
        let (secret, version) = mark.split_once('/')?;
        let hex = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        (hex(secret, SECRET_DIGITS) && hex(version, VERSION_DIGITS))
            .then(|| Self { secret: secret.to_owned(), version: version.to_owned() })
    }

    /// Whether both marks name the same secret, whatever the version.
    #[must_use]
    pub fn same_secret(&self, other: &Self) -> bool {
        self.secret == other.secret
    }

    /// The part that names the secret, whatever the version.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The label of a key with this mark: the secret's name, cut by code points so that the whole fits, and the mark.
    #[must_use]
    pub fn label(&self, secret_name: &str) -> String {
        let mark = self.to_string();
        let room = LABEL_LIMIT - mark.chars().count() - 1;
        let base: String = secret_name.chars().take(room).collect();
        format!("{base} {mark}")
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}/{}]", self.secret, self.version)
    }
}

fn digits(parts: &[&str], count: usize) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
    }
    let mut text = hex::encode(digest.finalize());
    text.truncate(count);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/storefront-AbCdEf";
    const VERSION: &str = "0b8e3c5e-7c67-4b8a-9d0f-2f6f9a1f0001";

    #[test]
    fn the_digits_are_the_first_of_sha_256_over_the_arn_and_over_arn_newline_version() {
        // printf '%s' "$ARN" | sha256sum; printf '%s\n%s' "$ARN" "$VERSION" | sha256sum
        let mark = Mark::new(ARN, VERSION);
        assert_eq!(mark.to_string(), format!("[{}/{}]", mark.secret, mark.version));
        assert_eq!((mark.secret.as_str(), mark.secret()), ("d7c2dae", "d7c2dae"));
        assert_eq!(mark.version, "70e95afd");
    }

    #[test]
    fn a_label_is_read_back_whatever_its_base() {
        let mark = Mark::new(ARN, VERSION);
        for name in ["acme/storefront", "a", "", &"x".repeat(200), &"ключ ".repeat(30), "[0000000/00000000]", "a [b] "]
        {
            let label = mark.label(name);
            assert!(label.chars().count() <= LABEL_LIMIT, "{label}");
            assert_eq!(Mark::in_label(&label), Some(mark.clone()), "{label}");
        }
    }

    #[test]
    fn as_much_of_the_name_is_kept_as_there_is_room_for() {
        let mark = Mark::new(ARN, VERSION);
        assert_eq!(mark.label(&"é".repeat(46)), format!("{} {mark}", "é".repeat(45)));
        assert_eq!(mark.label(&"x".repeat(45)), format!("{} {mark}", "x".repeat(45)));
        assert_eq!(mark.label("acme/storefront"), format!("acme/storefront {mark}"));
    }

    #[test]
    fn a_mark_counts_at_the_end_only_and_only_whole() {
        for label in [
            "storefront",
            "[1234567/12345678]",
            "storefront [1234567/12345678] copy",
            "storefront [123456/12345678]",
            "storefront [1234567/1234567]",
            "storefront [1234567/1234567G]",
            "storefront [1234567/1234567A]",
            "storefront [1234567/12345678",
            "storefront[1234567/12345678]",
        ] {
            assert_eq!(Mark::in_label(label), None, "{label}");
        }
    }
}
