//! Why a call to Secrets Manager failed, classified in one place.

use std::fmt;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::RequestId as _;

/// What a failure means to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such secret, version or value.
    NotFound,
    /// The version has another value already.
    ValueExists,
    /// A label is not where the request says it is: a compare-and-swap that lost.
    LabelMoved,
    /// The role, the secret's own policy or the KMS key does not allow it.
    Denied,
    /// Too many requests, or too many versions.
    Throttled,
    /// Nothing definite came back: no connection, no answer in time, a 5xx, an answer that cannot be read.
    Unavailable,
    /// Secrets Manager does not take the request as it is.
    Rejected,
}

/// A call that failed. It holds the action, AWS's error code and the request id; never a message, a body or a value:
/// the SDK's own error prints the raw answer, which may hold the secret.
pub struct Error {
    action: &'static str,
    kind: Kind,
    code: Option<String>,
    request_id: Option<String>,
}

impl Error {
    /// What the failure means.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The API action, as IAM policies name it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// Whether it is open if the request was carried out.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        match self.kind {
            Kind::Unavailable => true,
            Kind::NotFound | Kind::ValueExists | Kind::LabelMoved | Kind::Denied | Kind::Throttled | Kind::Rejected => {
                false
            }
        }
    }

    /// Keeps of an SDK error what may be shown.
    pub(crate) fn from_sdk<E, R>(action: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
        SdkError<E, R>: aws_sdk_secretsmanager::operation::RequestId,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        let kind = match (error, code) {
            (SdkError::ServiceError(_), Some(code)) => kind_of(action, code),
            _ => Kind::Unavailable,
        };
        Self {
            action,
            kind,
            code: code.filter(|code| is_code(code)).map(str::to_owned),
            request_id: error.request_id().filter(|id| is_request_id(id)).map(str::to_owned),
        }
    }

    pub(crate) fn unusable_answer(action: &'static str) -> Self {
        Self { action, kind: Kind::Unavailable, code: None, request_id: None }
    }
}

/// AWS's codes are short and made of letters. Anything else came from somebody else, may be a credential that was sent
/// there, and is not repeated.
fn is_code(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// AWS's request ids are UUIDs.
fn is_request_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html> and the actions' own errors.
fn kind_of(action: &str, code: &str) -> Kind {
    match code {
        "ResourceNotFoundException" => Kind::NotFound,
        "ResourceExistsException" => Kind::ValueExists,
        // The one way in which Secrets Manager says that a compare-and-swap lost.
        "InvalidParameterException" if action == "UpdateSecretVersionStage" => Kind::LabelMoved,
        "AccessDeniedException"
        | "AccessDenied"
        | "DecryptionFailure"
        | "EncryptionFailure"
        | "KmsAccessDeniedException"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId" => Kind::Denied,
        "ThrottlingException"
        | "Throttling"
        | "LimitExceededException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException" => Kind::Throttled,
        "InternalServiceError" | "InternalServiceErrorException" | "InternalFailure" | "ServiceUnavailable" => {
            Kind::Unavailable
        }
        _ => Kind::Rejected,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secretsmanager:{} ", self.action)?;
        f.write_str(match self.kind {
            Kind::NotFound => "found no such secret or version",
            Kind::ValueExists => "found another value in the version",
            Kind::LabelMoved => "found the staging label elsewhere, or a parameter that it does not take",
            Kind::Denied => "was denied",
            Kind::Throttled => "was throttled",
            Kind::Unavailable => "got no usable answer",
            Kind::Rejected => "was rejected",
        })?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret_store::Error({self})")
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_code_or_a_request_id_of_aws_is_kept() {
        assert!(is_code("InvalidSignatureException"));
        for text in ["sntrys_abc", "0123456789abcdef", "a b", "AKIAIOSFODNN7EXAMPLE", &"a".repeat(65)] {
            assert!(!is_code(text), "{text}");
        }
        assert!(is_request_id("a1b2c3d4-5678-90ab-cdef-123456789012"));
        for text in ["", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef0123", "QzLeak7x"] {
            assert!(!is_request_id(text), "{text}");
        }
    }
}
