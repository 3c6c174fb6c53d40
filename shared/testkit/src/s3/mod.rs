//! S3: one bucket in a private folder, served by `s3s-fs`, a kept implementation.
//!
//! What that implementation leaves open is closed here: conditional writes that arrive together are judged one after
//! the other, an upload whose checksum is wrong leaves nothing behind, a page has at most 1,000 keys and is found without
//! a walk through all objects.

mod files;
mod list;
mod permission;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use files::Files;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;

use crate::http::{Request, Response, StandIn};

/// One bucket. Its folder is gone when the last owner is.
pub struct S3(Arc<Bucket>);

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("bucket", &self.0.name).finish_non_exhaustive()
    }
}

impl S3 {
    /// An empty bucket of this name. Its folder is where all temporary files are (`TMPDIR`); with many thousand objects
    /// that should be memory, because some disks are slow to delete folders.
    #[expect(clippy::panic, reason = "a test without a temporary folder cannot go on")]
    #[must_use]
    pub fn new(bucket: &str) -> Arc<Self> {
        match Bucket::new(bucket) {
            Ok(bucket) => Arc::new(Self(Arc::new(bucket))),
            Err(error) => panic!("no folder for the bucket {bucket}: {error}"),
        }
    }

    /// The bucket's folder: an object's key is its path in it. Read what you like; to change an object, use
    /// [`S3::put`] and [`S3::remove`], which also forget what is remembered of the object, such as its checksum.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The keys of all objects, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        list::keys(&self.0.folder, "", None, usize::MAX)
    }

    /// The bytes of an object, if there is one.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        fs::read(self.0.path(key)).ok()
    }

    /// Writes an object behind the API's back.
    #[expect(clippy::panic, reason = "a test that writes where nothing can be written is itself wrong")]
    pub fn put(&self, key: &str, bytes: impl AsRef<[u8]>) {
        if let Err(error) = self.0.write(key, bytes.as_ref()) {
            panic!("the object {key}: {error}");
        }
        self.0.forget_attributes();
    }

    /// Deletes an object behind the API's back.
    #[expect(clippy::panic, reason = "a test that removes an object that it never made is itself wrong")]
    pub fn remove(&self, key: &str) {
        if let Err(error) = fs::remove_file(self.0.path(key)) {
            panic!("the object {key}: {error}");
        }
        self.0.forget_attributes();
    }

    /// Answers an action with 403 `AccessDenied` from now on. As with S3, who may not `GetObject` may not `HeadObject`
    /// either, and who may not `ListObjectsV2` gets this 403 for a key that is not there, too.
    pub fn deny(&self, action: &str) {
        self.0.denied().insert(action.to_owned());
    }

    /// Lifts [`S3::deny`].
    pub fn allow(&self, action: &str) {
        self.0.denied().remove(action);
    }
}

impl StandIn for S3 {
    fn call_name(&self, request: &Request) -> String {
        wire::action(request)
    }

    /// What has begun is carried out to its end, even if the client does not wait for it.
    async fn answer(&self, request: Request) -> Response {
        let bucket = Arc::clone(&self.0);
        let answer = tokio::spawn(async move { bucket.carry_out(request).await }).await;
        answer.unwrap_or_else(|_| wire::error(500, "InternalError", "We encountered an internal error."))
    }
}

struct Bucket {
    name: String,
    /// Has the bucket's folder in it, and beside it what `s3s-fs` remembers of each object.
    root: TempDir,
    folder: PathBuf,
    service: S3Service,
    denied: Mutex<BTreeSet<String>>,
    permissions: Mutex<permission::Permissions>,
    /// `s3s-fs` looks whether a key is free and writes later: two conditional writes could both succeed.
    turn: tokio::sync::Mutex<()>,
}

impl Bucket {
    fn new(name: &str) -> io::Result<Self> {
        let root = tempfile::tempdir()?;
        let folder = root.path().join(name);
        fs::create_dir(&folder)?;
        let service = S3ServiceBuilder::new(Files::new(root.path(), &folder)?).build();
        let (name, denied, permissions) = (name.to_owned(), Mutex::default(), Mutex::default());
        Ok(Self { name, root, folder, service, denied, permissions, turn: tokio::sync::Mutex::default() })
    }

    /// Where an object lies; no key leads out of the folder.
    fn path(&self, key: &str) -> PathBuf {
        let names = Path::new(key).components().filter(|part| matches!(part, Component::Normal(_)));
        self.folder.join(names.collect::<PathBuf>())
    }

    fn denied(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn denies(&self, action: &str) -> bool {
        let denied = self.denied();
        denied.contains(action) || (action == "HeadObject" && denied.contains("GetObject"))
    }

    async fn carry_out(&self, request: Request) -> Response {
        let action = wire::action(&request);
        let (bucket, key) = wire::names(&request.path);
        if !wire::is_signed(&request) || self.denies(&action) {
            return wire::access_denied();
        }
        if bucket != self.name {
            return wire::error(404, "NoSuchBucket", "The specified bucket does not exist");
        }
        let asker = self.asker(&request);
        if let Err(refusal) = asker.before(&action, &key) {
            return refusal;
        }
        let request = match wire::plain(request) {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
        let _turn = self.turn.lock().await;
        let before = fs::read(self.path(&key)).ok();
        let response = wire::serve(&self.service, request).await;
        if action == "PutObject" && response.status >= 400 {
            self.restore(&key, before);
        }
        if response.status == 404 && self.denied().contains("ListObjectsV2") {
            return wire::access_denied();
        }
        match asker.after(&action, &response) {
            Ok(()) => response,
            Err(refusal) => refusal,
        }
    }

    /// `s3s-fs` compares checksums after it has written.
    fn restore(&self, key: &str, before: Option<Vec<u8>>) {
        match before {
            Some(bytes) => drop(self.write(key, &bytes)),
            None => drop(fs::remove_file(self.path(key))),
        }
    }

    fn write(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        fs::write(path, bytes)
    }

    /// Checksum, entity tag and content type; the entity tag is computed anew from the bytes when it is missing.
    fn forget_attributes(&self) {
        for entry in fs::read_dir(self.root.path()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".bucket-") {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}
