//! What a failed invocation says.

use std::fmt;

use lambda_runtime::Diagnostic;

/// A failed invocation: a stable code for alarms, and a sentence for people that names the subject and the remedy.
///
/// Its `Debug` is what the runtime writes as the one ERROR line of the invocation: code, sentence, and the chain of
/// causes. Whoever makes one answers for the sentence holding no secret.
pub struct Failure {
    code: &'static str,
    sentence: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure with a code of `contracts.md` and its sentence.
    #[must_use]
    pub fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), source: None }
    }

    /// The same failure with its cause.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The sentence and the chain of causes.
    #[must_use]
    pub fn message(&self) -> String {
        let mut message = self.sentence.clone();
        let mut cause = self.source.as_ref().map(|source| &**source as &dyn std::error::Error);
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        message
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.code.to_owned(), error_message: failure.message() }
    }
}
