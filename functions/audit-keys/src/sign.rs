//! A reviewer's signature: written once beside the review, and chained to its manifest.

use evidence_store::{EvidenceStore, Put};
use function_kit::Failure;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::chain::manifest_key;
use crate::config::Config;
use crate::digest;
use crate::event::Signature;
use crate::failure::{defect, evidence};
use crate::state::State;

/// How many signatures a review can have.
const MOST: u32 = 100;

/// Writes the next signature under a review.
pub(crate) async fn sign(
    config: &Config,
    store: &EvidenceStore,
    signature: &Signature,
    request_id: &str,
    now: Timestamp,
) -> Result<Value, Failure> {
    let reviewers = &config.policy.review.reviewers;
    if !reviewers.is_empty() && !reviewers.contains(&signature.by) {
        return Err(Failure::new(
            "Audit.NotAReviewer",
            "the one who signs is not among the policy's [review] reviewers: let one of them sign, or change the policy",
        ));
    }
    let folder = format!("reviews/{}", signature.review_id);
    let not_found = || {
        Failure::new(
            "Audit.ReviewNotFound",
            format!("there is no whole review {}: take the review_id of an audit's reply", signature.review_id),
        )
    };
    let manifest = store.get(&manifest_key(&signature.review_id)).await.map_err(evidence)?.ok_or_else(not_found)?;
    let mut previous = digest::of(&manifest);
    for number in 1..=MOST {
        let record = json!({
            "version": 1,
            "review_id": signature.review_id,
            "number": number,
            "previous": previous,
            "by": signature.by,
            "at": now.to_string(),
            "request_id": request_id,
            "notes": signature.notes,
            "changes": signature.changes,
        });
        let mut bytes = serde_json::to_vec_pretty(&record)
            .map_err(|_its_text_is_not_needed| defect("a signature cannot be written as JSON"))?;
        bytes.push(b'\n');
        let name = format!("{folder}/signatures/{number}.json");
        match store.put_new(&name, bytes).await.map_err(evidence)? {
            Put::Written => {
                let mut state = State::load(store).await?;
                state.last_signed = Some(now);
                state.save(store).await?;
                return Ok(json!({"version": 1, "review_id": signature.review_id, "signature": store.absolute(&name)}));
            }
            Put::Exists => {
                let there = store.get(&name).await.map_err(evidence)?.ok_or_else(not_found)?;
                previous = digest::of(&there);
            }
        }
    }
    Err(Failure::new("Event.Invalid", "the review has a hundred signatures: sign a newer one"))
}
