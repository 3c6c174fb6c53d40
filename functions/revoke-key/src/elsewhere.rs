//! Whether another managed secret gives the key to applications as well: somebody may have pasted the DSN.
//!
//! What `retire-keys` remembers says which key a version holds, and a version's value never changes: only the versions that
//! are not remembered are read. What could not be looked at in time is told, and stops nothing: an emergency does not wait.

use std::collections::BTreeMap;
use std::time::Duration;

use evidence_store::EvidenceStore;
use retirement::{Held, NOT_VISIBLE, read_version};
use secret_store::{SecretStore, Stage};
use sentry_binding::is_for_client_key;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

/// Where `retire-keys` keeps what it remembers, and the version of its shape that is known here.
const MEMORY: (&str, u64) = ("state/retire-keys.json", 1);

/// How long the memory is waited for.
const FOR_THE_MEMORY: Duration = Duration::from_secs(3);

/// How long all secrets are looked at: a thousand that nobody remembers take about as long.
const FOR_THE_SECRETS: Duration = Duration::from_secs(15);

/// What is known of the other secrets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// A secret that gives the key to applications.
    pub(crate) reader: Option<String>,
    /// Why it is not known of all secrets whether they do.
    pub(crate) unknown: Option<String>,
}

/// Looks for another secret than `own_arn` whose AWSCURRENT holds the key.
pub(crate) async fn look_elsewhere(
    evidence: Option<&EvidenceStore>,
    store: &SecretStore,
    own_arn: &str,
    key_id: &str,
) -> Elsewhere {
    let memory = memory(evidence).await;
    let remembered = remembered(&memory);
    let end = Instant::now() + FOR_THE_SECRETS;
    let mut found = Elsewhere::default();
    let mut pages = store.secrets();
    loop {
        let page = match timeout_at(end, pages.next()).await {
            Ok(Some(Ok(page))) => page,
            Ok(Some(Err(error))) => {
                found.unknown = Some(error.to_string());
                return found;
            }
            Ok(None) => return found,
            Err(_elapsed) => {
                found.unknown = Some("there was no time to look at all of them".to_owned());
                return found;
            }
        };
        // From one that is scheduled for deletion no application reads anything.
        let others = page.into_iter().filter(|secret| !secret.scheduled_for_deletion && secret.arn != own_arn);
        for secret in others.filter(is_for_client_key) {
            let Some(version) = secret.version_at(Stage::Current) else { continue };
            let holds = match remembered.get(version) {
                Some(known) => *known == key_id,
                None => match timeout_at(end, read_version(store, &secret.arn, version)).await {
                    Ok(Ok(Held::Nothing)) => {
                        found.unknown = Some(format!("the value of {} cannot be read: {NOT_VISIBLE}", secret.name));
                        continue;
                    }
                    Ok(Ok(held)) => held.key_id() == Some(key_id),
                    Ok(Err(error)) => {
                        found.unknown = Some(format!("{} cannot be read: {error}", secret.name));
                        continue;
                    }
                    Err(_elapsed) => {
                        found.unknown = Some("there was no time to look at all of them".to_owned());
                        return found;
                    }
                },
            };
            if holds {
                found.reader = Some(secret.name);
                return found;
            }
        }
    }
}

async fn memory(evidence: Option<&EvidenceStore>) -> Value {
    let Some(evidence) = evidence else {
        return Value::Null;
    };
    match timeout_at(Instant::now() + FOR_THE_MEMORY, evidence.get(MEMORY.0)).await {
        Ok(Ok(bytes)) => bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default(),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the memory of retire-keys cannot be read: every secret is looked at");
            Value::Null
        }
        Err(_elapsed) => {
            tracing::warn!("reading the memory of retire-keys took too long: every secret is looked at");
            Value::Null
        }
    }
}

/// The key id that each remembered version holds; none where it holds no DSN.
fn remembered(memory: &Value) -> BTreeMap<&str, &str> {
    let secrets = memory.get("secrets").filter(|_| memory.get("version").and_then(Value::as_u64) == Some(MEMORY.1));
    let versions = secrets
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, secret)| secret.get("versions")?.as_object())
        .flatten();
    versions
        .map(|(version, content)| (version.as_str(), content.get(0).and_then(Value::as_str).unwrap_or_default()))
        .collect()
}
