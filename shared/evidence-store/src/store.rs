//! The bucket; what can be asked of it is in the modules of what it is about.

use std::fmt;

use aws_sdk_s3::Client;

/// The largest object that is written or read, in bytes: what a function holds in memory.
pub(crate) const LIMIT: usize = 64 << 20;

/// The largest object that goes from a file or into one, in bytes: far more than an audit writes, and less than a disk.
pub(crate) const FILE_LIMIT: u64 = 1 << 30;

/// A part of a bucket: every key is below one prefix.
#[derive(Clone)]
pub struct EvidenceStore {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    /// Empty, or with a slash at its end.
    pub(crate) prefix: String,
}

impl fmt::Debug for EvidenceStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidenceStore")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl EvidenceStore {
    /// Uses a client of the SDK; its retries and timeouts are the caller's choice, and any are safe.
    ///
    /// The prefix may be empty; slashes at its ends mean nothing.
    #[must_use]
    pub fn new(client: Client, bucket: String, mut prefix: String) -> Self {
        prefix.truncate(prefix.trim_end_matches('/').len());
        drop(prefix.drain(..prefix.len() - prefix.trim_start_matches('/').len()));
        if !prefix.is_empty() {
            prefix.push('/');
        }
        Self { client, bucket, prefix }
    }

    /// The whole key in the bucket of a key below the prefix.
    #[must_use]
    pub fn absolute(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}
