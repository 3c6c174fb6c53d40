//! What a call needs to be allowed: the action itself, and the key that encrypts the bucket
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>).

use std::sync::{Arc, PoisonError};

use super::{Bucket, S3, wire};
use crate::access::{Access, Denial, Question};
use crate::http::{Request, Response};

/// Who may do what, and with which key the objects are encrypted.
#[derive(Debug, Clone, Default)]
pub(super) struct Permissions {
    access: Option<Arc<Access>>,
    kms_key: Option<String>,
}

impl S3 {
    /// Lets a call through only if the caller's policies allow it; what the bucket's own policy denies is part of them.
    pub fn enforce(&self, access: &Arc<Access>) {
        self.0.permissions.lock().unwrap_or_else(PoisonError::into_inner).access = Some(Arc::clone(access));
    }

    /// Encrypts all objects with a customer managed key, named by its ARN: reading and writing then needs the key, too.
    pub fn set_kms_key(&self, key_arn: &str) {
        self.0.permissions.lock().unwrap_or_else(PoisonError::into_inner).kms_key = Some(key_arn.to_owned());
    }
}

impl Bucket {
    pub(super) fn asker(&self, request: &Request) -> Asker {
        let permissions = self.permissions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Asker { permissions, bucket: format!("arn:aws:s3:::{}", self.name), request: request.clone() }
    }
}

/// One request, and whom to ask about it.
pub(super) struct Asker {
    permissions: Permissions,
    bucket: String,
    request: Request,
}

impl Asker {
    /// Before anything is done. An action that is not known here is not implemented either.
    pub(super) fn before(&self, action: &str, key: &str) -> Result<(), Response> {
        let (bucket, object) = (self.bucket.as_str(), format!("{}/{key}", self.bucket));
        let (name, resource) = match action {
            "GetObject" | "HeadObject" => ("s3:GetObject", object.as_str()),
            "PutObject" => ("s3:PutObject", object.as_str()),
            "DeleteObject" => ("s3:DeleteObject", object.as_str()),
            "ListObjectsV2" | "HeadBucket" => ("s3:ListBucket", bucket),
            _ => return Ok(()),
        };
        self.ask(
            Question::new(name, resource)
                // On loopback there is no TLS; AWS is never asked without.
                .with("aws:SecureTransport", "true")
                .with_any("s3:prefix", self.request.query("prefix"))
                .with_any("s3:if-none-match", self.request.header("if-none-match")),
        )?;
        if action == "PutObject" { self.ask_kms("kms:GenerateDataKey") } else { Ok(()) }
    }

    /// After it was done: an object that is not there is only called so to whoever may list, and one that is not there is
    /// not decrypted.
    pub(super) fn after(&self, action: &str, response: &Response) -> Result<(), Response> {
        match (action, response.status) {
            ("GetObject" | "HeadObject", 404) => {
                self.ask(Question::new("s3:ListBucket", self.bucket.as_str()).with("aws:SecureTransport", "true"))
            }
            ("GetObject", 200..=299) => self.ask_kms("kms:Decrypt"),
            _ => Ok(()),
        }
    }

    fn ask_kms(&self, action: &str) -> Result<(), Response> {
        let Some(key) = &self.permissions.kms_key else { return Ok(()) };
        self.ask(Question::new(action, key).with("kms:ViaService", "s3.us-east-1.amazonaws.com"))
    }

    fn ask(&self, question: Question) -> Result<(), Response> {
        let Some(access) = &self.permissions.access else { return Ok(()) };
        access
            .ask(&self.request, question)
            .map_err(|denial: Denial| wire::error(403, "AccessDenied", &denial.message("&quot;")))
    }
}
