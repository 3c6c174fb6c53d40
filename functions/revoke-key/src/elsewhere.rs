//! Whether another managed secret gives the key to applications as well: somebody may have pasted the DSN.
//!
//! What `retire-keys` remembers says which versions hold the key, and a version's value never changes; which of them is
//! AWSCURRENT now is asked. Without that memory nothing is known, and nothing is stopped.

use std::time::Duration;

use evidence_store::EvidenceStore;
use secret_store::{Kind, SecretStore, Stage};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

/// Where `retire-keys` keeps what it remembers, and the version of its shape that is known here.
const MEMORY: (&str, u64) = ("state/retire-keys.json", 1);

/// How long the memory is waited for: an emergency does not wait long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Another secret than `own_arn` whose AWSCURRENT holds the key: its name. One that cannot be looked at counts as well.
pub(crate) async fn other_reader(
    evidence: &EvidenceStore,
    store: &SecretStore,
    own_arn: &str,
    key_id: &str,
) -> Option<String> {
    let memory = match timeout_at(Instant::now() + PATIENCE, evidence.get(MEMORY.0)).await {
        Ok(Ok(bytes)) => serde_json::from_slice(&bytes?).unwrap_or_default(),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "it is not known whether another secret holds the key: the memory cannot be read");
            return None;
        }
        Err(_elapsed) => {
            tracing::warn!("it is not known whether another secret holds the key: reading the memory took too long");
            return None;
        }
    };
    for (arn, version) in holders(&memory, key_id).filter(|(arn, _)| *arn != own_arn) {
        match store.describe(arn).await {
            Ok(other) if other.has_stage(version, Stage::Current) && !other.scheduled_for_deletion => {
                return Some(other.name);
            }
            Ok(_another_version_is_current) => {}
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => {
                tracing::warn!(secret.arn = arn, error = %error, "a secret that held the key cannot be looked at");
                return Some(arn.to_owned());
            }
        }
    }
    None
}

/// The ARN and the version id of every version that is remembered to hold the key.
fn holders<'a>(memory: &'a Value, key_id: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let secrets = memory.get("secrets").filter(|_| memory.get("version").and_then(Value::as_u64) == Some(MEMORY.1));
    secrets.and_then(Value::as_object).into_iter().flatten().flat_map(move |(arn, secret)| {
        let versions = secret.get("versions").and_then(Value::as_object).into_iter().flatten();
        let holds = move |content: &Value| content.get(0).and_then(Value::as_str) == Some(key_id);
        versions.filter(move |(_, content)| holds(content)).map(|(version, _)| (arn.as_str(), version.as_str()))
    })
}
