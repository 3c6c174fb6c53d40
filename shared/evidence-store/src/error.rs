//! Why a call to S3 failed, classified in one place.

use std::fmt;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;

/// What a failure means to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The role, the bucket's policy or the KMS key does not allow it. Without `s3:ListBucket`, also: there is no such
    /// object.
    Denied,
    /// There is no such bucket.
    NoBucket,
    /// Too many requests.
    Throttled,
    /// Another request for the same object was under way or came first: ask again.
    Conflict,
    /// Nothing definite came back: no connection, no answer in time, a 5xx, an answer that cannot be read.
    Unavailable,
    /// S3 does not take the request as it is.
    Rejected,
    /// The object is, or would be, larger than 64 MiB; where it comes from a file or goes into one, larger than 1 GiB.
    TooLarge,
    /// The file on this machine cannot be read or written: it is not there, or the disk is full.
    File,
}

/// A call that failed.
///
/// It holds the action, what it asked for, AWS's error code and the request id; never a message or a
/// body: the SDK's own error prints the raw answer.
pub struct Error {
    action: &'static str,
    /// The ARN of the object, or of the bucket.
    resource: Option<String>,
    kind: Kind,
    /// What is not allowed, where S3 says so.
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

    /// The action, as IAM policies name it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// Whether it is open if the request was carried out.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        match self.kind {
            Kind::Unavailable => true,
            Kind::Denied
            | Kind::NoBucket
            | Kind::Throttled
            | Kind::Conflict
            | Kind::Rejected
            | Kind::TooLarge
            | Kind::File => false,
        }
    }

    /// Whether S3 gave this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Keeps of an SDK error what may be shown.
    pub(crate) fn from_sdk<E, R>(action: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
        SdkError<E, R>: RequestId,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        let kind = match (error, code) {
            (SdkError::ServiceError(_), Some(code)) => kind_of(code),
            _ => Kind::Unavailable,
        };
        let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
        Self {
            action,
            resource: None,
            kind,
            lacks: message.filter(|_| kind == Kind::Denied).and_then(lacks),
            code: code.filter(|code| is_code(code)).map(str::to_owned),
            request_id: error.request_id().filter(|id| is_request_id(id)).map(str::to_owned),
        }
    }

    fn without_answer(action: &'static str, kind: Kind) -> Self {
        Self { action, resource: None, kind, lacks: None, code: None, request_id: None }
    }

    /// The same error with what was asked for: an object by its whole key, or the bucket.
    pub(crate) fn about(self, bucket: &str, key: Option<&str>) -> Self {
        let object = key.map(|key| format!("/{key}")).unwrap_or_default();
        Self { resource: Some(format!("arn:aws:s3:::{bucket}{object}")), ..self }
    }

    pub(crate) fn unusable_answer(action: &'static str) -> Self {
        Self::without_answer(action, Kind::Unavailable)
    }

    pub(crate) fn too_large(action: &'static str) -> Self {
        Self::without_answer(action, Kind::TooLarge)
    }

    pub(crate) fn file(action: &'static str) -> Self {
        Self::without_answer(action, Kind::File)
    }
}

/// Which permission is missing. Of a message only is taken whether it names one of these: what else stands there may be
/// anything. <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
fn lacks(message: &str) -> Option<&'static str> {
    let (_, named) = message.split_once("is not authorized to perform: ")?;
    ["s3:GetObject", "s3:ListBucket", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"]
        .into_iter()
        .find(|permission| named.split_whitespace().next() == Some(permission))
}

/// S3's codes are short and made of letters; those that it passes on from KMS have its name in front. Anything else came
/// from somebody else, may be a credential that was sent there, and is not repeated.
fn is_code(text: &str) -> bool {
    let name = text.strip_prefix("KMS.").unwrap_or(text);
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// S3's request ids are 16 capital letters and digits, as in
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/get-request-ids.html>.
fn is_request_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn kind_of(code: &str) -> Kind {
    if let Some(code) = code.strip_prefix("KMS.") {
        return match code {
            "ThrottlingException" => Kind::Throttled,
            "InternalException" | "KMSInternalException" | "DependencyTimeoutException" => Kind::Unavailable,
            // The key is disabled, gone or out of reach.
            _ => Kind::Denied,
        };
    }
    match code {
        "NoSuchBucket" => Kind::NoBucket,
        // Of two conditional writes: the second, the one that met the first, the one that met a deletion.
        "PreconditionFailed" | "ConditionalRequestConflict" | "OperationAborted" => Kind::Conflict,
        "AccessDenied"
        | "AllAccessDisabled"
        | "AccountProblem"
        | "ExpiredToken"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "NotSignedUp"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired" => Kind::Denied,
        "SlowDown" | "RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "TooManyRequests" => {
            Kind::Throttled
        }
        // The last is no code of S3's: the SDK gives it to an empty 404, which only a HEAD gets from S3.
        "InternalError" | "ServiceUnavailable" | "RequestTimeout" | "Busy" | "NotFound" => Kind::Unavailable,
        "EntityTooLarge" => Kind::TooLarge,
        _ => Kind::Rejected,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3:{} ", self.action)?;
        if let (Kind::Denied, Some(resource)) = (self.kind, &self.resource) {
            write!(f, "on {resource} ")?;
        }
        f.write_str(match self.kind {
            Kind::Denied => "was denied",
            Kind::NoBucket => "found no such bucket",
            Kind::Throttled => "was throttled",
            Kind::Conflict => "met another request for the same object",
            Kind::Unavailable => "got no usable answer",
            Kind::Rejected => "was rejected",
            Kind::TooLarge => "was refused for an object that is too large",
            Kind::File => "could not read or write the file on this machine",
        })?;
        match (self.kind, self.lacks) {
            (_, Some(lacks)) if lacks.strip_prefix("s3:") == Some(self.action) => {}
            (_, Some(lacks)) => write!(f, " for want of {lacks}")?,
            // S3 does not tell the two apart for whoever may not list.
            (Kind::Denied, None) if self.action == "GetObject" && self.is("AccessDenied") => {
                f.write_str(", or is not there and s3:ListBucket is not allowed")?;
            }
            (_, None) => {}
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
        write!(f, "evidence_store::Error({self})")
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_message_only_is_taken_which_known_permission_it_names() {
        let user = "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: ";
        let of = |rest: &str| lacks(&format!("{user}{rest}"));
        assert_eq!(of("s3:ListBucket on resource: \"arn:aws:s3:::b\" because"), Some("s3:ListBucket"));
        assert_eq!(of("kms:Decrypt on resource: x"), Some("kms:Decrypt"));
        for rest in ["sntrys_abc on resource: x", "s3:ListBuckets on resource: x", "", "S3:GETOBJECT on"] {
            assert_eq!(of(rest), None, "{rest}");
        }
        assert_eq!(lacks("Access Denied"), None);
        assert_eq!(lacks("s3:GetObject"), None);
    }

    #[test]
    fn only_what_looks_like_a_code_or_a_request_id_of_s3_is_kept() {
        for code in ["AccessDenied", "KMS.DisabledException"] {
            assert!(is_code(code), "{code}");
        }
        for text in
            ["", "KMS.", "sntrys_abc", "0123456789abcdef", "a b", "AKIAIOSFODNN7EXAMPLE", "a.b", &"a".repeat(65)]
        {
            assert!(!is_code(text), "{text}");
        }
        for id in ["4442587FB7D0A2F9", "KQ9S0W2MK5P1RBGX"] {
            assert!(is_request_id(id), "{id}");
        }
        for text in ["", "4442587fb7d0a2f9", "4442587FB7D0A2F", "AKIAIOSFODNN7EXAMPLE", "a1b2c3d4-5678-90ab"] {
            assert!(!is_request_id(text), "{text}");
        }
    }
}
