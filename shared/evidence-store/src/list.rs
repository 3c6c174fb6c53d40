//! Listing objects.

use crate::error::Error;
use crate::store::EvidenceStore;

/// As IAM names what `ListObjectsV2` needs, which has another name than the call.
const ACTION: &str = "ListBucket";

impl EvidenceStore {
    /// The keys that begin with a text, which may be empty, in order; without the store's own prefix, as the other
    /// methods take them.
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>, Error> {
        self.keys_after(prefix, None).await
    }

    /// Of the [`EvidenceStore::keys`] those after another one, in the order of their bytes.
    ///
    /// # Errors
    /// As [`EvidenceStore::keys`].
    pub async fn keys_after(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Error> {
        let after = after.map(|after| self.absolute(after));
        let prefix = Some(self.absolute(prefix)).filter(|prefix| !prefix.is_empty());
        let mut keys = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_objects_v2().bucket(&self.bucket).set_prefix(prefix.clone());
            let page = request
                .set_start_after(after.clone())
                .set_continuation_token(token.clone())
                .send()
                .await
                .map_err(|error| Error::from_sdk(ACTION, &error).about(&self.bucket, None))?;
            let objects = page.contents.unwrap_or_default();
            // The SDK reads what breaks off in the middle as if it were all.
            let whole = page.key_count.is_none_or(|count| usize::try_from(count) == Ok(objects.len()));
            let truncated = page.is_truncated.filter(|_| whole).ok_or_else(|| Error::unusable_answer(ACTION))?;
            for object in objects {
                let key = object.key.as_deref().and_then(|key| key.strip_prefix(self.prefix.as_str()));
                // The console makes an empty object for a folder: the store's own has no key here.
                match key.ok_or_else(|| Error::unusable_answer(ACTION))? {
                    "" => {}
                    key => keys.push(key.to_owned()),
                }
            }
            match page.next_continuation_token.filter(|next| !next.is_empty()) {
                _ if !truncated => break,
                // A part of a list must not pass for the whole, and no list is endless.
                None => return Err(Error::unusable_answer(ACTION)),
                repeated if repeated == token => return Err(Error::unusable_answer(ACTION)),
                next => token = next,
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}
