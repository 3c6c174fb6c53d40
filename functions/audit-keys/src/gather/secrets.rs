//! The managed secrets: what Secrets Manager says of them, and what their labelled versions hold.

use std::collections::BTreeMap;

use function_kit::Failure;
use futures_util::stream::{self, StreamExt as _};
use key_policy::Kind;
use key_policy::inventory::{Holds, Replica, Rotation, Said, Secret, Unknown, Version};
use secret_store::{ListedSecret, RotationRules, SecretStore, Stage};
use sentry_binding::{KIND_TAG, deadline_near, is_rotated_by, of_store};
use tokio::time::{Instant, timeout_at};

use super::at;
use super::held::{Stored, classify};
use crate::failure::ROLE;
use crate::plain;
use crate::unknowns::unknown;

/// The names with which the deployed copies of the rotation functions end.
const ROTATED_BY: [&str; 2] = ["rotate-client-key", "rotate-token"];

/// How many secrets are read at a time. Secrets Manager allows thousands of reads in a second.
const AT_A_TIME: usize = 8;

/// The managed secrets, and the tokens that they hold.
#[derive(Default)]
pub(crate) struct Managed {
    pub(crate) secrets: Vec<Secret>,
    /// By ARN.
    pub(crate) tokens: BTreeMap<String, Stored>,
    pub(crate) unknowns: Vec<Unknown>,
}

struct Read {
    secret: Secret,
    token: Option<Stored>,
    unknowns: Vec<Unknown>,
}

/// Lists every secret, page by page, and reads those that are managed.
pub(crate) async fn gather(store: &SecretStore, region: &str, end: Instant) -> Result<Managed, Failure> {
    let mut managed = Managed::default();
    let mut pages = store.secrets();
    while let Some(page) = timeout_at(end, pages.next()).await.map_err(|_elapsed| deadline_near(&ROLE))? {
        let page = page.map_err(|error| of_store(error, &ROLE))?;
        let mut reads = stream::iter(page.into_iter().filter(is_managed))
            .map(|listed| read(store, listed, region))
            .buffered(AT_A_TIME);
        while let Some(read) = timeout_at(end, reads.next()).await.map_err(|_elapsed| deadline_near(&ROLE))? {
            let Read { secret, token, unknowns } = read;
            managed.unknowns.extend(unknowns);
            managed.tokens.extend(token.map(|token| (secret.arn.clone(), token)));
            managed.secrets.push(secret);
        }
    }
    Ok(managed)
}

/// By its tag; without one, by the function that rotates it.
fn is_managed(secret: &ListedSecret) -> bool {
    secret.tags.contains_key(KIND_TAG) || is_rotated_by(secret, &ROTATED_BY)
}

/// What the tag `sentry:kind` says.
pub(crate) fn said_kind(tag: Option<&String>) -> Said<Kind> {
    match tag {
        None => Said::Nothing,
        Some(word) => Kind::from_word(word).map_or_else(|| Said::Unknown(plain::text(word)), Said::Known),
    }
}

async fn read(store: &SecretStore, listed: ListedSecret, region: &str) -> Read {
    let kind = said_kind(listed.tags.get(KIND_TAG));
    let is_for_token = matches!(&kind, Said::Known(kind) if *kind != Kind::ClientKey);
    let mut unknowns = Vec::new();
    let mut token = None;
    let current = listed.version_at(Stage::Current).map(str::to_owned);
    if listed.scheduled_for_deletion {
        let subject = format!("the values of the secret {}", listed.name);
        let why = "it is scheduled for deletion: nobody can read it, and what it holds may still be alive";
        unknowns.push(unknown(subject, why, Some("secretsmanager:RestoreSecret, by a person who wants to look")));
    }
    let mut versions = Vec::new();
    for stage in [Stage::Current, Stage::Pending, Stage::Previous] {
        let id = listed.version_at(stage).filter(|id| stage == Stage::Current || Some(*id) != current.as_deref());
        let Some(id) = id.map(str::to_owned) else {
            versions.push(None);
            continue;
        };
        let (created, holds) = if listed.scheduled_for_deletion {
            (None, Holds::Unreadable)
        } else {
            match store.stored(&listed.arn, &id).await {
                Ok(None) if stage == Stage::Current => {
                    let subject = format!("the value of the secret {} at AWSCURRENT", listed.name);
                    unknowns.push(unknown(subject, "it shows no value yet, and something is always current", None));
                    (None, Holds::Unreadable)
                }
                Ok(None) => (None, Holds::Empty),
                Ok(Some(stored)) => {
                    let (holds, found) = classify(&stored.value, is_for_token);
                    if stage == Stage::Current {
                        token = found;
                    }
                    (stored.created, holds)
                }
                Err(error) => {
                    let subject = format!("the value of the secret {} at {}", listed.name, stage.as_str());
                    let shown_by = "secretsmanager:GetSecretValue, and kms:Decrypt of its key";
                    unknowns.push(unknown(subject, error.to_string(), Some(shown_by)));
                    (None, Holds::Unreadable)
                }
            }
        };
        versions.push(Some(Version { id, created: at(created), holds }));
    }
    let replicas = replicas(store, &listed, region, &mut unknowns).await;
    let mut versions = versions.into_iter();
    let (current, pending, previous) =
        (versions.next().flatten(), versions.next().flatten(), versions.next().flatten());
    let tag = |name: &str| listed.tags.get(name).map(|value| plain::text(value));
    let secret = Secret {
        kind,
        use_case: tag("sentry:use-case"),
        owner: tag("sentry:owner"),
        consumers: tag("sentry:consumers"),
        created: at(listed.created),
        last_accessed: at(listed.last_accessed),
        rotation: Rotation {
            enabled: listed.rotation_enabled,
            last: at(listed.last_rotated),
            next: at(listed.next_rotation),
            schedule: listed.rotation_rules.as_ref().and_then(schedule),
            function: listed.rotation_function,
        },
        current,
        pending,
        previous,
        replicas,
        replica_of: listed.primary_region.filter(|primary| primary != region),
        scheduled_for_deletion: listed.scheduled_for_deletion,
        remembered_project: None,
        arn: listed.arn,
        name: listed.name,
    };
    Read { secret, token, unknowns }
}

fn schedule(rules: &RotationRules) -> Option<String> {
    rules.schedule.clone().or_else(|| rules.automatically_after_days.map(|days| format!("every {days} days")))
}

/// Only the list says whether there are copies, and only a description how they are.
async fn replicas(
    store: &SecretStore,
    listed: &ListedSecret,
    region: &str,
    unknowns: &mut Vec<Unknown>,
) -> Option<Vec<Replica>> {
    if listed.primary_region.as_deref() != Some(region) {
        return Some(Vec::new());
    }
    match store.describe(&listed.arn).await {
        Ok(description) => {
            let replicas = description.replicas.into_iter();
            Some(replicas.map(|replica| Replica { region: replica.region, in_sync: replica.in_sync }).collect())
        }
        Err(error) => {
            let subject = format!("the copies of the secret {}", listed.name);
            unknowns.push(unknown(subject, error.to_string(), Some("secretsmanager:DescribeSecret")));
            None
        }
    }
}
