//! The actions of the bucket: those of `s3s-fs`, except for the list.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output, Object, PutObjectInput,
    PutObjectOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use super::list;

/// S3 gives no more keys on one page, whatever is asked for.
const LARGEST_PAGE: usize = 1000;

/// Actions that are not here answer `NotImplemented`.
pub(super) struct Files {
    files: FileSystem,
    folder: PathBuf,
}

impl Files {
    pub(super) fn new(root: &Path, folder: &Path) -> io::Result<Self> {
        let files = FileSystem::new(root).map_err(|error| io::Error::other(format!("{error:?}")))?;
        Ok(Self { files, folder: folder.to_owned() })
    }

    fn describe(&self, key: String) -> Option<Object> {
        let metadata = fs::metadata(self.folder.join(&key)).ok()?;
        Some(Object {
            size: i64::try_from(metadata.len()).ok(),
            last_modified: metadata.modified().ok().map(Into::into),
            key: Some(key),
            ..Object::default()
        })
    }
}

#[async_trait::async_trait]
impl s3s::S3 for Files {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.files.put_object(request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.files.get_object(request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.files.head_bucket(request).await
    }

    /// `s3s-fs` walks through the whole bucket for each page.
    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "This stand-in groups no keys."));
        }
        let most = match input.max_keys.map(usize::try_from) {
            None => LARGEST_PAGE,
            Some(Ok(most)) => most.min(LARGEST_PAGE),
            Some(Err(_)) => return Err(s3_error!(InvalidArgument)),
        };
        let after = match &input.continuation_token {
            None => input.start_after.clone(),
            Some(token) => Some(resumed(token).ok_or_else(|| s3_error!(InvalidArgument))?),
        };
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let mut keys = list::keys(&self.folder, prefix, after.as_deref(), most + 1);
        let is_truncated = most > 0 && keys.len() > most;
        keys.truncate(most);
        let next = keys.last().filter(|_| is_truncated).map(hex::encode);
        let contents: Vec<Object> = keys.into_iter().filter_map(|key| self.describe(key)).collect();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix,
            start_after: input.start_after,
            continuation_token: input.continuation_token,
            max_keys: i32::try_from(most).ok(),
            key_count: i32::try_from(contents.len()).ok(),
            is_truncated: Some(is_truncated),
            next_continuation_token: next,
            contents: Some(contents),
            ..ListObjectsV2Output::default()
        }))
    }
}

/// The last key of the page before.
fn resumed(token: &str) -> Option<String> {
    String::from_utf8(hex::decode(token).ok()?).ok()
}
