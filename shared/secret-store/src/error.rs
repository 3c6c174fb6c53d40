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

/// A call that failed.
///
/// It holds the action, the secret that it asked for, AWS's error code and the request id; never a message, a body or a
/// value: the SDK's own error prints the raw answer, which may hold the secret.
pub struct Error {
    action: &'static str,
    secret_id: Option<String>,
    kind: Kind,
    /// What is not allowed, where that is another permission than the action's own.
    lacks: Option<&'static str>,
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

    /// The secret that was asked for, as the caller named it; `None` for a list.
    #[must_use]
    pub fn secret_id(&self) -> Option<&str> {
        self.secret_id.as_deref()
    }

    /// The permission that a role needs for the call, as IAM policies name it: where the call was denied and Secrets Manager
    /// says for want of which one, that one.
    #[must_use]
    pub fn permission(&self) -> String {
        self.lacks.map_or_else(|| format!("secretsmanager:{}", self.action), str::to_owned)
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
        let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
        Self {
            action,
            secret_id: None,
            kind,
            lacks: if kind == Kind::Denied { lacks(action, code, message) } else { None },
            code: code.filter(|code| is_code(code)).map(str::to_owned),
            request_id: error.request_id().filter(|id| is_request_id(id)).map(str::to_owned),
        }
    }

    pub(crate) fn unusable_answer(action: &'static str) -> Self {
        Self { action, secret_id: None, kind: Kind::Unavailable, lacks: None, code: None, request_id: None }
    }

    /// The same error with the secret that was asked for.
    pub(crate) fn about(self, secret_id: &str) -> Self {
        Self { secret_id: Some(secret_id.to_owned()), ..self }
    }
}

/// Which other permission than the action's own is missing. Of a message only is taken whether it names one of these:
/// what else stands there may be anything.
fn lacks(action: &str, code: Option<&str>, message: Option<&str>) -> Option<&'static str> {
    let message = message.unwrap_or_default();
    let of_kms = ["DecryptionFailure", "EncryptionFailure", "KmsAccessDeniedException"];
    if code.is_some_and(|code| of_kms.contains(&code)) || message.starts_with("Access to KMS is not allowed") {
        return Some(if action == "PutSecretValue" { "kms:GenerateDataKey and kms:Decrypt" } else { "kms:Decrypt" });
    }
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    let (_, named) = message.split_once("is not authorized to perform: ")?;
    ["kms:Decrypt", "kms:GenerateDataKey", "lambda:InvokeFunction"]
        .into_iter()
        .find(|permission| named.split_whitespace().next() == Some(permission))
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
        if let (Kind::Denied, Some(id)) = (self.kind, &self.secret_id) {
            write!(f, "on {id} ")?;
        }
        f.write_str(match self.kind {
            Kind::NotFound => "found no such secret or version",
            Kind::ValueExists => "found another value in the version",
            Kind::LabelMoved => "found the staging label elsewhere, or a parameter that it does not take",
            Kind::Denied => "was denied",
            Kind::Throttled => "was throttled",
            Kind::Unavailable => "got no usable answer",
            Kind::Rejected => "was rejected",
        })?;
        if let Some(lacks) = self.lacks {
            write!(f, " for want of {lacks}")?;
        }
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
    fn of_a_message_only_is_taken_which_known_permission_it_names() {
        let denied = "AccessDeniedException";
        let user = "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: ";
        for (action, code, message, expected) in [
            ("GetSecretValue", denied, "Access to KMS is not allowed", Some("kms:Decrypt")),
            ("PutSecretValue", denied, "Access to KMS is not allowed", Some("kms:GenerateDataKey and kms:Decrypt")),
            ("GetSecretValue", "DecryptionFailure", "", Some("kms:Decrypt")),
            ("RotateSecret", denied, "lambda:InvokeFunction on resource: x", Some("lambda:InvokeFunction")),
            ("RotateSecret", denied, "lambda:InvokeFunctions on resource: x", None),
            ("GetSecretValue", denied, "secretsmanager:GetSecretValue on resource: x", None),
            ("GetSecretValue", denied, "sntrys_abc on resource: x", None),
        ] {
            let message =
                if message.contains(" on resource") { format!("{user}{message}") } else { message.to_owned() };
            assert_eq!(lacks(action, Some(code), Some(&message)), expected, "{message}");
        }
        assert_eq!(lacks("RotateSecret", Some(denied), Some("lambda:InvokeFunction")), None);
    }

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
