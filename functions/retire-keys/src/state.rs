//! What is remembered between runs: `state/retire-keys.json` in the evidence bucket.
//!
//! A memory, never an authority. A version's value never changes, so that its key id needs to be read once; what was
//! recorded of a key is summed up, and read anew from the ledger before anything is done to it. Without this object a run
//! takes longer and comes to the same.
//!
//! Most maps in it have one or two entries, ten thousand times: a `LiteMap` has room for no more.

use std::collections::{BTreeMap, BTreeSet};

use evidence_store::EvidenceStore;
use function_kit::Failure;
use key_lifecycle::History;
use litemap::LiteMap;
use sentry_client::{Organization, Project};
use serde::{Deserialize, Serialize};

/// Where it lies.
const NAME: &str = "state/retire-keys.json";

/// The version of its shape. Another one is forgotten.
const VERSION: u32 = 1;

/// The memory of all runs so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    /// The project after which the next run goes on.
    #[serde(default)]
    pub(crate) cursor: Option<u64>,
    /// By ARN.
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// How Sentry last named a project, by its id.
    pub(crate) projects: BTreeMap<u64, Names>,
    /// Chains of the ledger that were not read since the memory was lost: key ids by the last six characters of the ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) unread: BTreeMap<String, BTreeSet<String>>,
}

/// What is remembered of a secret.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Secret {
    /// The project that it was bound to, as long as nothing of what that rests on has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bound: Option<Bound>,
    /// What its labelled versions hold.
    #[serde(default)]
    pub(crate) versions: LiteMap<String, Content>,
    /// Its keys in the ledger, by key id.
    #[serde(default, skip_serializing_if = "LiteMap::is_empty")]
    pub(crate) keys: LiteMap<String, Key>,
}

/// A binding, and the digest of what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    pub(crate) project: u64,
    pub(crate) seal: String,
}

/// What a version holds, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    /// A DSN: the key id, and the project's id in it.
    Key(String, u64),
    /// Something else.
    Other(()),
}

/// What is remembered of a key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Key {
    /// The version that holds it, or whose mark it bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    pub(crate) project: u64,
    pub(crate) history: History,
    /// On which day the event of a lasting state was last sent, by the event's type.
    #[serde(default, skip_serializing_if = "LiteMap::is_empty")]
    pub(crate) told: LiteMap<String, String>,
    /// Whether ingestion took the last probe.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) accepted: bool,
    /// The status of the last refused attempt on it, which is on record once; 0 where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused_with: Option<u16>,
}

/// The names of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names {
    pub(crate) slug: String,
    pub(crate) organization: String,
    pub(crate) organization_id: u64,
}

impl Names {
    pub(crate) fn of(project: &Project) -> Self {
        Self {
            slug: project.slug.clone(),
            organization: project.organization.slug.clone(),
            organization_id: project.organization.id,
        }
    }

    pub(crate) fn project(&self, id: u64) -> Option<Project> {
        let organization = Organization { id: self.organization_id, slug: self.organization.clone() };
        Project::remembered(id, &self.slug, organization)
    }
}

/// The last six characters of an ARN, by which the ledger's folders are named.
pub(crate) fn suffix(arn: &str) -> &str {
    arn.rsplit_once('-').map_or(arn, |(_, suffix)| suffix)
}

impl State {
    /// Reads the memory; without one, the ledger is listed, so that no key in it is forgotten.
    pub(crate) async fn load(store: &EvidenceStore) -> Result<Self, Failure> {
        let bytes = store.get(NAME).await.map_err(unavailable)?;
        let state = bytes.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        if let Some(state) = state.filter(|state| state.version == VERSION) {
            return Ok(state);
        }
        let mut state = Self { version: VERSION, ..Self::default() };
        for name in store.keys("ledger/").await.map_err(unavailable)? {
            let mut parts = name.split('/').skip(1);
            if let (Some(suffix), Some(key_id), Some(_), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            {
                state.unread.entry(suffix.to_owned()).or_default().insert(key_id.to_owned());
            }
        }
        Ok(state)
    }

    /// Writes the memory.
    pub(crate) async fn save(&self, store: &EvidenceStore) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(self).map_err(|_its_text_is_not_needed| {
            Failure::new("Internal.Defect", "the state of retirement cannot be written as JSON")
        })?;
        store.put(NAME, bytes).await.map_err(unavailable)
    }

    /// The secret of this ARN, which is remembered from now on.
    pub(crate) fn secret(&mut self, arn: &str) -> &mut Secret {
        if !self.secrets.contains_key(arn) {
            self.secrets.insert(arn.to_owned(), Secret::default());
        }
        self.secrets.entry(arn.to_owned()).or_default()
    }
}

/// The failure of a call to the evidence bucket.
pub(crate) fn unavailable(error: evidence_store::Error) -> Failure {
    Failure::new(
        "Retirement.LedgerUnavailable",
        "the evidence bucket cannot be used, and nothing is done to a key that is not on record: check EVIDENCE_BUCKET and the function's role",
    )
    .because(error)
}
