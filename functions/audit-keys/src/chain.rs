//! The chain of reviews as the evidence bucket has it: where the memory is behind or gone, the manifests say what stands.

use evidence_store::EvidenceStore;
use function_kit::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest;
use crate::failure::{defect, evidence};
use crate::publish::Head;
use crate::state::{Last, Point, State};
use crate::totals::{BySeverity, Totals};

/// The version of a manifest's shape.
const VERSION: u32 = 1;

/// The manifest of a review: what its files are, which review came before, and what the next one has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    pub(crate) review_id: String,
    pub(crate) generated_at: Timestamp,
    function: String,
    software: String,
    policy: Value,
    /// Null for a review of everything; only those are chained.
    scope: Value,
    pub(crate) files: Vec<Listed>,
    previous: Value,
    pub(crate) summary: Summary,
    /// When the first review of the chain was made.
    first: Timestamp,
    trend: Vec<Point>,
}

/// A file of a review.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// What a review came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) findings: BySeverity,
    pub(crate) opened: u64,
    pub(crate) changed: u64,
    pub(crate) closed: u64,
    pub(crate) unknown: u64,
}

impl Summary {
    pub(crate) fn of(totals: &Totals) -> Self {
        let Totals { open: findings, opened, changed, closed, unknown, .. } = *totals;
        Self { findings, opened, changed, closed, unknown }
    }
}

impl Manifest {
    pub(crate) fn new(head: &Head, files: Vec<Listed>, summary: Summary, first: Timestamp, trend: &[Point]) -> Self {
        Self {
            version: VERSION,
            review_id: head.review_id.clone(),
            generated_at: head.generated_at,
            function: crate::FUNCTION.to_owned(),
            software: function_kit::VERSION.to_owned(),
            policy: head.policy.clone(),
            scope: head.scope.clone(),
            files,
            previous: head.previous.clone(),
            summary,
            first,
            trend: trend.to_vec(),
        }
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|_its_text_is_not_needed| defect("the manifest cannot be written as JSON"))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Where the manifest of a review lies.
pub(crate) fn manifest_key(review_id: &str) -> String {
    format!("reviews/{review_id}/manifest.json")
}

/// Brings the memory up to the newest review of everything that stands in the bucket. The ids of reviews begin with their
/// time, so newer ones come later in the list.
pub(crate) async fn catch_up(store: &EvidenceStore, state: &mut State) -> Result<(), Failure> {
    let known = state.last.as_ref().map(|last| manifest_key(&last.review_id));
    let keys = store.keys_after("reviews/", known.as_deref()).await.map_err(evidence)?;
    if state.last.is_none() {
        state.last_signed = state.last_signed.max(last_signature(store, &keys).await?);
    }
    for key in keys.iter().rev().filter(|key| key.ends_with("/manifest.json")) {
        let Some(bytes) = store.get(key).await.map_err(evidence)? else { continue };
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else { continue };
        // Of two in one second the ids do not say which is newer.
        let is_known = state.last.as_ref().is_some_and(|last| manifest.generated_at <= last.at);
        if is_known || !manifest.scope.is_null() || manifest_key(&manifest.review_id) != *key {
            continue;
        }
        tracing::warn!(
            review.id = manifest.review_id,
            "a review stands that the memory does not know: it is gone on from"
        );
        state.first = Some(manifest.first);
        state.trend = manifest.trend;
        state.last = Some(Last {
            review_id: manifest.review_id,
            at: manifest.generated_at,
            sha256: digest::of(&bytes),
            told: false,
        });
        return Ok(());
    }
    Ok(())
}

/// When the newest signature in this list was given.
async fn last_signature(store: &EvidenceStore, keys: &[String]) -> Result<Option<Timestamp>, Failure> {
    #[derive(Deserialize)]
    struct Signed {
        at: Timestamp,
    }
    let mut newest = None;
    for key in keys.iter().filter(|key| key.contains("/signatures/")) {
        let bytes = store.get(key).await.map_err(evidence)?.unwrap_or_default();
        newest = newest.max(serde_json::from_slice::<Signed>(&bytes).ok().map(|signed| signed.at));
    }
    Ok(newest)
}
