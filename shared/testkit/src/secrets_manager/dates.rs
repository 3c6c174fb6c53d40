//! What lists and descriptions say of a secret's past and plans, set behind the back of the actions. Dates are seconds since
//! 1970. Every change of a secret moves the date of its last change: set that one last.

use serde_json::Value;

use super::SecretsManager;

impl SecretsManager {
    /// Sets when the secret was made.
    pub fn set_created(&self, arn: &str, unix_seconds: f64) {
        self.change(arn, |secret| secret.created = unix_seconds);
    }

    /// Sets when anything of the secret was last changed.
    pub fn set_last_changed(&self, arn: &str, unix_seconds: f64) {
        self.change(arn, |secret| secret.changed = unix_seconds);
    }

    /// Sets the day on which a value was last read, as its beginning. Whoever reads one through the API moves it to the
    /// service's own today, as the service does, unless it is later already.
    pub fn set_last_accessed(&self, arn: &str, unix_seconds: f64) {
        self.change(arn, |secret| secret.accessed = Some(unix_seconds));
    }

    /// Sets when a rotation last ended well. It is shown while rotation is on.
    pub fn set_last_rotated(&self, arn: &str, unix_seconds: f64) {
        self.change(arn, |secret| secret.rotated = Some(unix_seconds));
    }

    /// Sets when the next rotation is due.
    pub fn set_next_rotation(&self, arn: &str, unix_seconds: f64) {
        self.change(arn, |secret| secret.next_rotation = Some(unix_seconds));
    }

    /// Sets when the secret is to be rotated, in the API's words, such as `{"AutomaticallyAfterDays": 30}`.
    pub fn set_rotation_rules(&self, arn: &str, rules: Value) {
        self.change(arn, |secret| secret.rotation_rules = Some(rules));
    }

    /// Sets the KMS key that encrypts the secret.
    pub fn set_kms_key(&self, arn: &str, key: &str) {
        self.change(arn, |secret| secret.kms_key = Some(key.to_owned()));
    }
}
