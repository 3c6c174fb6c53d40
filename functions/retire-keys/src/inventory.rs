//! Every managed secret, its labels, and which key each labelled version holds.

use std::collections::{BTreeMap, BTreeSet};

use function_kit::Failure;
use litemap::LiteMap;
use retirement::{Held, NOT_VISIBLE, read_version};
use secret_store::{ListedSecret, SecretStore, Stage};
use sentry_binding::{Claims, is_for_client_key, of_store};
use tokio::time::{Instant, timeout_at};

use crate::failure::ROLE;
use crate::state::{Content, State};

/// What a labelled version was seen to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Key {
        id: String,
        project: u64,
    },
    Other,
    Empty,
    /// Why it cannot be read.
    Unreadable(String),
}

/// A version that carries a label.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) current: bool,
    pub(crate) pending: bool,
    pub(crate) value: Value,
}

/// A managed secret.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// Only those of ours: `sentry:…`.
    pub(crate) tags: LiteMap<String, String>,
    pub(crate) versions: Vec<Version>,
    /// What its current value says of itself, where it was read in this run.
    pub(crate) claims: Option<Box<Claims>>,
    /// Why it is looked at and no more.
    pub(crate) barred: Option<String>,
}

impl Secret {
    pub(crate) fn current(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.current)
    }

    /// The id of the project in its current DSN; in any other of its DSNs where that has none.
    pub(crate) fn project_hint(&self) -> Option<u64> {
        let of = |version: &Version| match &version.value {
            Value::Key { project, .. } => Some(*project),
            Value::Other | Value::Empty | Value::Unreadable(_) => None,
        };
        self.current().and_then(of).or_else(|| self.versions.iter().find_map(of))
    }

    /// The keys that its labelled versions hold.
    pub(crate) fn key_ids(&self) -> impl Iterator<Item = String> {
        self.versions.iter().filter_map(|version| match &version.value {
            Value::Key { id, .. } => Some(id.clone()),
            Value::Other | Value::Empty | Value::Unreadable(_) => None,
        })
    }

    /// Why one of its values cannot be read.
    pub(crate) fn unreadable(&self) -> Option<String> {
        self.versions.iter().find_map(|version| match &version.value {
            Value::Unreadable(why) => Some(format!("the value of {} cannot be read: {why}", self.name)),
            Value::Key { .. } | Value::Other | Value::Empty => None,
        })
    }

    /// Whether a key is the value of AWSCURRENT or AWSPENDING, as the list says.
    pub(crate) fn holds(&self, key_id: &str) -> bool {
        self.versions.iter().any(|version| {
            (version.current || version.pending) && matches!(&version.value, Value::Key { id, .. } if id == key_id)
        })
    }

    pub(crate) fn on_hold(&self) -> bool {
        self.tags.contains_key("sentry:hold")
    }
}

/// All managed secrets of the Region.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) secrets: Vec<Secret>,
    /// The keys that are the value of AWSCURRENT.
    pub(crate) current: BTreeSet<String>,
    /// The keys that are the value of AWSPENDING.
    pub(crate) pending: BTreeSet<String>,
}

impl Inventory {
    /// Lists every secret, page by page, and reads the values that are not remembered.
    pub(crate) async fn gather(
        store: &SecretStore,
        state: &mut State,
        region: &str,
        end: Instant,
    ) -> Result<Self, Failure> {
        let mut inventory = Self::default();
        let mut pages = store.secrets();
        while let Some(page) = timeout_at(end, pages.next()).await.map_err(|_elapsed| near())? {
            for listed in page.map_err(|error| of_store(error, &ROLE))? {
                if is_for_client_key(&listed) {
                    let secret =
                        timeout_at(end, read(store, state, listed, region)).await.map_err(|_elapsed| near())?;
                    inventory.take(secret);
                }
            }
        }
        Ok(inventory)
    }

    fn take(&mut self, secret: Secret) {
        for version in &secret.versions {
            if let Value::Key { id, .. } = &version.value {
                if version.current {
                    self.current.insert(id.clone());
                }
                if version.pending {
                    self.pending.insert(id.clone());
                }
            }
        }
        self.secrets.push(secret);
    }
}

fn near() -> Failure {
    sentry_binding::deadline_near(&ROLE)
}

async fn read(store: &SecretStore, state: &mut State, listed: ListedSecret, region: &str) -> Secret {
    let ListedSecret { arn, name, stages, .. } = &listed;
    let remembered = state.secret(arn);
    let tags = ours(&listed.tags);
    let mut claims = None;
    let mut versions = Vec::new();
    for id in stages.keys() {
        let (current, pending) = (listed.has_stage(id, Stage::Current), listed.has_stage(id, Stage::Pending));
        if !current && !pending && !listed.has_stage(id, Stage::Previous) {
            continue;
        }
        let value = match remembered.versions.get(id) {
            Some(Content::Key(id, project)) => Value::Key { id: id.clone(), project: *project },
            Some(Content::Other(())) => Value::Other,
            // Nobody can read it, applications neither. A key that is disabled meanwhile is healed when the secret is restored.
            None if listed.scheduled_for_deletion => Value::Other,
            None => match read_version(store, arn, id).await {
                Ok(Held::Nothing) if current => Value::Unreadable(NOT_VISIBLE.to_owned()),
                Ok(held) => {
                    if current {
                        claims = Some(Box::new(claims_of(&tags, &held)));
                    }
                    let content = content_of(&held);
                    let value = value_of(content.as_ref());
                    // An empty version may get a value yet; one that has a value keeps it for ever.
                    if let Some(content) = content {
                        remembered.versions.insert(id.clone(), content);
                    }
                    value
                }
                Err(error) => Value::Unreadable(of_store(error, &ROLE).message()),
            },
        };
        versions.push(Version { id: id.clone(), current, pending, value });
    }
    remembered.versions.retain(|id, _| stages.contains_key(id));
    let primary = listed.primary_region.as_deref().filter(|primary| *primary != region);
    let barred = match primary {
        Some(primary) => Some(format!("{name} is a replica here, and its keys are retired in {primary}")),
        None if listed.scheduled_for_deletion => {
            Some(format!("{name} is scheduled for deletion: restore it, or let it be deleted"))
        }
        None => None,
    };
    Secret { arn: arn.clone(), name: name.clone(), tags, versions, claims, barred }
}

/// The tags that mean something here.
fn ours(tags: &BTreeMap<String, String>) -> LiteMap<String, String> {
    let ours = tags.iter().filter(|(key, _)| key.starts_with("sentry:"));
    ours.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn content_of(held: &Held) -> Option<Content> {
    match held {
        Held::Dsn(dsn, _) => Some(Content::Key(dsn.key_id().to_owned(), dsn.project_id())),
        Held::Other(_) => Some(Content::Other(())),
        Held::Nothing => None,
    }
}

fn value_of(content: Option<&Content>) -> Value {
    match content {
        Some(Content::Key(id, project)) => Value::Key { id: id.clone(), project: *project },
        Some(Content::Other(())) => Value::Other,
        None => Value::Empty,
    }
}

/// What a secret says of itself: its tags, and its current value.
pub(crate) fn claims_of(tags: &LiteMap<String, String>, held: &Held) -> Claims {
    let document = held.document();
    Claims::of(
        |name| tags.get(name).cloned(),
        document.and_then(secret_store::Document::organization),
        document.and_then(secret_store::Document::project),
        held.dsn().cloned(),
    )
}
