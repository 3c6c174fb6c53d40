//! Writing objects.

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;

use crate::error::{Error, Kind};
use crate::store::{EvidenceStore, LIMIT};

pub(crate) const ACTION: &str = "PutObject";

/// What became of an object that was to be new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there with these bytes.
    Written,
    /// Somebody else's bytes are there, and stay.
    Exists,
}

impl EvidenceStore {
    /// Writes an object whose key must be free (`If-None-Match: *`).
    ///
    /// Safe to repeat: a repetition whose first attempt arrived, its answer lost, finds its own bytes and has
    /// [`Put::Written`] for an answer. So has whoever writes the same bytes as another: where it matters who was first,
    /// they must differ. It needs `s3:GetObject` as well, to look.
    ///
    /// # Errors
    /// [`Error`]; [`Kind::Conflict`] where another request for the key was under way: ask again. After
    /// [`Error::is_unclear`] the object may have been written: ask again with the same bytes.
    pub async fn put_new(&self, key: &str, body: Vec<u8>) -> Result<Put, Error> {
        match self.send(key, self.put_object(key).if_none_match("*"), body.clone()).await {
            Ok(()) => Ok(Put::Written),
            Err(error) if error.is("PreconditionFailed") => match self.get(key).await {
                Ok(Some(found)) if found == body => Ok(Put::Written),
                Ok(Some(_)) => Ok(Put::Exists),
                // What was in the way is gone again.
                Ok(None) => Err(error),
                // Larger than anything that is written here.
                Err(error) if error.kind() == Kind::TooLarge => Ok(Put::Exists),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Writes an object, over another if there is one.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::is_unclear`] it may have been written.
    pub async fn put(&self, key: &str, body: Vec<u8>) -> Result<(), Error> {
        self.send(key, self.put_object(key), body).await
    }

    async fn send(&self, key: &str, request: PutObjectFluentBuilder, body: Vec<u8>) -> Result<(), Error> {
        if body.len() > LIMIT {
            return Err(Error::too_large(ACTION));
        }
        let sent = request.body(body.into()).send().await;
        sent.map(drop).map_err(|error| Error::from_sdk(ACTION, &error).about(&self.bucket, Some(&self.absolute(key))))
    }

    pub(crate) fn put_object(&self, key: &str) -> PutObjectFluentBuilder {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(self.absolute(key))
            .set_content_type(content_type(key).map(str::to_owned))
    }
}

/// What a browser that opens the object is told; nothing for names that no function writes.
fn content_type(key: &str) -> Option<&'static str> {
    match key.rsplit_once('.')?.1 {
        "csv" => Some("text/csv; charset=utf-8"),
        "html" => Some("text/html; charset=utf-8"),
        "json" => Some("application/json"),
        "md" => Some("text/markdown; charset=utf-8"),
        _ => None,
    }
}
