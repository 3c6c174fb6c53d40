//! The four calls that Secrets Manager makes.

use std::fmt;
use std::str::FromStr;

/// A step of the rotation contract, as in the `Step` field of the event.
///
/// Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Make the new key and store it as AWSPENDING.
    CreateSecret,
    /// Bring the new key to the wanted settings.
    SetSecret,
    /// Show that the new key works.
    TestSecret,
    /// Move AWSCURRENT to the new key.
    FinishSecret,
}

impl Step {
    /// The steps in the order in which Secrets Manager calls them.
    pub const ALL: [Self; 4] = [Self::CreateSecret, Self::SetSecret, Self::TestSecret, Self::FinishSecret];

    /// The word that Secrets Manager uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The event names a step that the contract does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of createSecret, setSecret, testSecret, finishSecret")]
pub struct UnknownStep;

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(word: &str) -> Result<Self, UnknownStep> {
        Self::ALL.into_iter().find(|step| step.as_str() == word).ok_or(UnknownStep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_read_from_the_word_that_it_prints_and_from_no_other() {
        let words = Step::ALL.map(|step| step.to_string());
        assert_eq!(words, ["createSecret", "setSecret", "testSecret", "finishSecret"]);
        for (step, word) in Step::ALL.into_iter().zip(&words) {
            assert_eq!(word.parse(), Ok(step));
        }
        for word in ["", "createsecret", "create_secret", " createSecret"] {
            assert_eq!(word.parse::<Step>(), Err(UnknownStep), "{word:?}");
        }
    }
}
