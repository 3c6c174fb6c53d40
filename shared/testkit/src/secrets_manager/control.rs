//! What the service does by itself, and what happens to a secret elsewhere: behind the back of the actions here.

use super::SecretsManager;
use super::life::ReplicationStatus;

impl SecretsManager {
    /// Takes a version away, labels and all, as the service does in time with versions that have no label.
    #[expect(clippy::panic, reason = "a test that names a version it never made is itself wrong")]
    pub fn purge_version(&self, arn: &str, version_id: &str) {
        self.change(arn, |secret| {
            if secret.versions.get(version_id).is_none() {
                panic!("there is no version {version_id}");
            }
            secret.versions.remove(version_id);
        });
    }

    /// Sets when a version was registered, in seconds since 1970.
    #[expect(clippy::panic, reason = "a test that names a version it never made is itself wrong")]
    pub fn set_version_created(&self, arn: &str, version_id: &str, unix_seconds: f64) {
        self.change(arn, |secret| match secret.versions.get_mut(version_id) {
            Some(version) => version.created = unix_seconds,
            None => panic!("there is no version {version_id}"),
        });
    }

    /// Sets the function that rotates the secret, which descriptions and lists show. Whether rotation is on is left as
    /// it is.
    pub fn set_rotation_lambda(&self, arn: &str, lambda_arn: &str) {
        self.change(arn, |secret| secret.rotation_lambda = Some(lambda_arn.to_owned()));
    }

    /// Deletes a secret for good: nothing finds it any more, and its name is free.
    #[expect(clippy::panic, reason = "a test that names a secret it never made is itself wrong")]
    pub fn delete_secret(&self, arn: &str) {
        if self.lock().secrets.remove(arn).is_none() {
            panic!("there is no secret {arn}");
        }
    }

    /// Deletes a secret with a recovery window of 30 days: `DescribeSecret` and `ListSecretVersionIds` still show it, with
    /// its `DeletedDate`, `ListSecrets` on request only; everything else is refused.
    pub fn schedule_deletion(&self, arn: &str) {
        self.change(arn, |secret| secret.life.schedule_deletion());
    }

    /// Takes [`SecretsManager::schedule_deletion`] back.
    pub fn restore(&self, arn: &str) {
        self.change(arn, |secret| secret.life.deleted = None);
    }

    /// Says which other Regions have a copy of the secret, and how it is.
    pub fn set_replication(&self, arn: &str, replicas: &[(&str, ReplicationStatus)]) {
        self.change(arn, |secret| secret.replicate(replicas));
    }

    /// Says in which Region the secret is kept. In another one than `us-east-1` the secret here is a replica: it can be
    /// read and not written.
    pub fn set_primary_region(&self, arn: &str, region: &str) {
        self.change(arn, |secret| secret.life.primary_region = Some(region.to_owned()));
    }
}
