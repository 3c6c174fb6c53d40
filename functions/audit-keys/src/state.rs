//! What is remembered between audits: `state/audit-keys.json` in the evidence bucket.
//!
//! Without it the next review is a first one: it has nothing to compare itself with, and says so.

use std::collections::BTreeMap;

use evidence_store::EvidenceStore;
use function_kit::Failure;
use jiff::Timestamp;
use key_policy::findings::Code;
use serde::{Deserialize, Serialize};

use crate::failure::{defect, evidence};
use crate::top::Top;
use crate::totals::{BySeverity, Totals};

/// Where it lies.
const NAME: &str = "state/audit-keys.json";

/// The version of its shape. Another one is forgotten.
const VERSION: u32 = 1;

/// How many reviews the trend goes back.
const TREND: usize = 60;

/// The memory of all audits so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    /// When the first review was made.
    pub(crate) first: Option<Timestamp>,
    /// The last whole review.
    pub(crate) last: Option<Last>,
    /// When a reviewer last signed one.
    pub(crate) last_signed: Option<Timestamp>,
    /// The last reviews in figures, the oldest first.
    #[serde(default)]
    pub(crate) trend: Vec<Point>,
    /// A review that must be gone on with.
    #[serde(default)]
    pub(crate) paused: Option<Paused>,
    /// Whether there was a memory that could not be read. The next review says so.
    #[serde(default)]
    pub(crate) is_lost: bool,
}

/// The last whole review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    pub(crate) review_id: String,
    pub(crate) at: Timestamp,
    /// SHA-256 of its manifest.
    pub(crate) sha256: String,
    /// Whether all its events were sent.
    pub(crate) told: bool,
}

/// A review in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) at: Timestamp,
    pub(crate) open: BySeverity,
    pub(crate) client_keys_active: u64,
    pub(crate) client_keys_managed: u64,
    pub(crate) unknown: u64,
}

/// Where a review stopped, and what it had come to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Paused {
    pub(crate) review_id: String,
    pub(crate) began: Timestamp,
    /// How often it has stopped.
    pub(crate) times: u32,
    /// Where its parts wait.
    pub(crate) folder: String,
    /// The last project that it has judged.
    pub(crate) cursor: u64,
    /// The policy that it judges by. Under another one it begins anew.
    pub(crate) policy_sha256: String,
    /// The organization that was reviewed.
    pub(crate) organization: String,
    /// The review that it compares itself with.
    pub(crate) previous: Option<String>,
    pub(crate) totals: Totals,
    pub(crate) tally: Vec<Counted>,
    pub(crate) top: Top,
    /// How many findings each exception accepts.
    pub(crate) accepted: BTreeMap<String, u64>,
    /// The parts of the report that were begun.
    pub(crate) parts: Vec<String>,
}

/// What a rule came to so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) code: String,
    pub(crate) fine: u64,
    pub(crate) unknown: u64,
    pub(crate) found: u64,
    pub(crate) excepted: u64,
}

impl Counted {
    pub(crate) fn of(code: Code, count: key_policy::Count) -> Self {
        let key_policy::Count { fine, unknown, found, excepted } = count;
        Self { code: code.word().to_owned(), fine, unknown, found, excepted }
    }

    pub(crate) fn counted(&self) -> Option<(Code, key_policy::Count)> {
        let Self { fine, unknown, found, excepted, .. } = *self;
        Some((Code::from_word(&self.code)?, key_policy::Count { fine, unknown, found, excepted }))
    }
}

impl State {
    /// Reads the memory; an empty one where there is none. One of another shape is lost.
    pub(crate) async fn load(store: &EvidenceStore) -> Result<Self, Failure> {
        let bytes = store.get(NAME).await.map_err(evidence)?;
        let is_lost = bytes.is_some();
        let state = bytes.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let state = state.filter(|state| state.version == VERSION);
        Ok(state.unwrap_or(Self { version: VERSION, is_lost, ..Self::default() }))
    }

    /// Writes the memory.
    pub(crate) async fn save(&self, store: &EvidenceStore) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(self)
            .map_err(|_its_text_is_not_needed| defect("the state of the audit cannot be written as JSON"))?;
        store.put(NAME, bytes).await.map_err(evidence)
    }

    /// Notes a review in the trend.
    pub(crate) fn note(&mut self, at: Timestamp, totals: &Totals) {
        self.trend.push(Point {
            at,
            open: totals.open,
            client_keys_active: totals.client_keys_active,
            client_keys_managed: totals.client_keys_managed,
            unknown: totals.unknown,
        });
        let surplus = self.trend.len().saturating_sub(TREND);
        self.trend.drain(..surplus);
    }
}
