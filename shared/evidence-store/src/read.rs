//! Reading objects.

use aws_sdk_s3::operation::get_object::GetObjectOutput;

use crate::error::Error;
use crate::store::{EvidenceStore, LIMIT};

pub(crate) const ACTION: &str = "GetObject";

impl EvidenceStore {
    /// The bytes of an object; `None` where there is none.
    ///
    /// # Errors
    /// [`Error`]; [`crate::Kind::TooLarge`] beyond 64 MiB. A role without `s3:ListBucket` is told that it is denied where
    /// there is no object (the documentation of `GetObject`): [`crate::Kind::Denied`], never `None`.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(answer) = self.open(key).await? else { return Ok(None) };
        if answer.content_length.and_then(|length| usize::try_from(length).ok()).is_some_and(|length| length > LIMIT) {
            return Err(Error::too_large(ACTION));
        }
        let (mut bytes, mut body) = (Vec::new(), answer.body);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_its_text_may_repeat_the_body| Error::unusable_answer(ACTION))?;
            if bytes.len() + chunk.len() > LIMIT {
                return Err(Error::too_large(ACTION));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    /// The beginning of an object, its bytes still to come; `None` where there is none.
    pub(crate) async fn open(&self, key: &str) -> Result<Option<GetObjectOutput>, Error> {
        let key = self.absolute(key);
        let request = self.client.get_object().bucket(&self.bucket).key(&key);
        let about = |error: Error| error.about(&self.bucket, Some(&key));
        match request.send().await.map_err(|error| about(Error::from_sdk(ACTION, &error))) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is("NoSuchKey") => Ok(None),
            Err(error) => Err(error),
        }
    }
}
