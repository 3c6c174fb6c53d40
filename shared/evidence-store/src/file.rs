//! Objects that are larger than memory: from a file, and into one, a piece at a time.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Config, RequestChecksumCalculation};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::error::Error;
use crate::read::ACTION as GET;
use crate::store::{EvidenceStore, FILE_LIMIT};
use crate::write::{ACTION as PUT, Put};

/// What is read from a file at once, in bytes.
const PIECE: usize = 64 << 10;

impl EvidenceStore {
    /// [`EvidenceStore::put_new`] with the bytes of a file, which must not change meanwhile. An object that is there already
    /// is compared with the file.
    ///
    /// An attempt may take a second longer for each MiB than the client's timeouts say. Every attempt begins at the
    /// beginning of the file, and carries a checksum, which S3 demands where objects are locked.
    ///
    /// # Errors
    /// As [`EvidenceStore::put_new`]; [`crate::Kind::File`] where the file cannot be read; [`crate::Kind::TooLarge`] beyond
    /// 1 GiB.
    pub async fn put_new_file(&self, key: &str, path: &Path) -> Result<Put, Error> {
        match self.send_file(key, self.put_object(key).if_none_match("*"), path).await {
            Ok(()) => Ok(Put::Written),
            Err(error) if error.is("PreconditionFailed") => match self.holds(key, path).await? {
                Some(true) => Ok(Put::Written),
                Some(false) => Ok(Put::Exists),
                // What was in the way is gone again.
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// [`EvidenceStore::put`] with the bytes of a file, as [`EvidenceStore::put_new_file`] sends them.
    ///
    /// # Errors
    /// As [`EvidenceStore::put_new_file`]; after [`Error::is_unclear`] the object may have been written.
    pub async fn put_file(&self, key: &str, path: &Path) -> Result<(), Error> {
        self.send_file(key, self.put_object(key), path).await
    }

    /// Writes the bytes of an object into a file, over another if there is one; `false`, and no file is touched, where
    /// there is no object.
    ///
    /// The file has its name only when it is whole: until then its name ends with `.part`.
    ///
    /// # Errors
    /// As [`EvidenceStore::get`]; [`crate::Kind::File`] where the file cannot be written; [`crate::Kind::TooLarge`] beyond
    /// 1 GiB.
    pub async fn get_file(&self, key: &str, path: &Path) -> Result<bool, Error> {
        let Some(answer) = self.open(key).await? else { return Ok(false) };
        if answer.content_length.and_then(|length| u64::try_from(length).ok()).is_some_and(|it| it > FILE_LIMIT) {
            return Err(Error::too_large(GET));
        }
        let part = path.with_added_extension("part");
        let saved = save(answer.body, &part, FILE_LIMIT).await;
        let saved = match saved {
            Ok(()) => fs::rename(&part, path).await.map_err(|_its_text_names_the_path| Error::file(GET)),
            Err(error) => Err(error),
        };
        if saved.is_err() {
            // That what broke off takes room is no second failure.
            drop(fs::remove_file(&part).await);
        }
        saved.map(|()| true)
    }

    async fn send_file(&self, key: &str, request: PutObjectFluentBuilder, path: &Path) -> Result<(), Error> {
        let unreadable = || Error::file(PUT);
        let length = fs::metadata(path).await.map_err(|_its_text_names_the_path| unreadable())?.len();
        if length > FILE_LIMIT {
            return Err(Error::too_large(PUT));
        }
        let body = ByteStream::read_from().path(path).buffer_size(PIECE).build().await;
        let body = body.map_err(|_its_text_names_the_path| unreadable())?;
        // Whatever the environment says of checksums.
        let settings = Config::builder().request_checksum_calculation(RequestChecksumCalculation::WhenSupported);
        let settings = settings.timeout_config(self.timeouts(Duration::from_secs(length >> 20)));
        let sent = request.body(body).customize().config_override(settings).send().await;
        sent.map(drop).map_err(|error| Error::from_sdk(PUT, &error).about(&self.bucket, Some(&self.absolute(key))))
    }

    /// The client's timeouts, longer by the time that one attempt may take to send.
    fn timeouts(&self, longer: Duration) -> TimeoutConfig {
        let config = self.client.config();
        let attempts = config.retry_config().map_or(1, aws_sdk_s3::config::retry::RetryConfig::max_attempts);
        let timeouts = config.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
        let mut wider = timeouts.to_builder();
        wider.set_operation_attempt_timeout(timeouts.operation_attempt_timeout().map(|time| time + longer));
        wider.set_operation_timeout(timeouts.operation_timeout().map(|time| time + longer * attempts));
        wider.build()
    }

    /// Whether an object has the bytes of a file; `None` where there is none.
    async fn holds(&self, key: &str, path: &Path) -> Result<Option<bool>, Error> {
        let Some(answer) = self.open(key).await? else { return Ok(None) };
        let mut file = File::open(path).await.map_err(|_its_text_names_the_path| Error::file(GET))?;
        let (mut wanted, mut body) = (Vec::new(), answer.body);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_its_text_may_repeat_the_body| Error::unusable_answer(GET))?;
            wanted.resize(chunk.len(), 0);
            match file.read_exact(&mut wanted).await {
                Ok(_) if wanted == chunk => {}
                Ok(_) => return Ok(Some(false)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Some(false)),
                Err(_its_text_names_the_path) => return Err(Error::file(GET)),
            }
        }
        let rest = file.read(&mut [0]).await.map_err(|_its_text_names_the_path| Error::file(GET))?;
        Ok(Some(rest == 0))
    }
}

async fn save(mut body: ByteStream, path: &Path, limit: u64) -> Result<(), Error> {
    let mut file = File::create(path).await.map_err(|_its_text_names_the_path| Error::file(GET))?;
    let mut length = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_its_text_may_repeat_the_body| Error::unusable_answer(GET))?;
        length += chunk.len() as u64;
        if length > limit {
            return Err(Error::too_large(GET));
        }
        file.write_all(&chunk).await.map_err(|_its_text_names_the_path| Error::file(GET))?;
    }
    // What is still on its way to the disk can fail, too.
    file.flush().await.map_err(|_its_text_names_the_path| Error::file(GET))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[tokio::test]
    async fn an_object_that_does_not_say_how_long_it_is_ends_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        save(ByteStream::from_static(b"1234"), &path, 4).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1234");
        assert_eq!(save(ByteStream::from_static(b"12345"), &path, 4).await.unwrap_err().kind(), Kind::TooLarge);
    }
}
