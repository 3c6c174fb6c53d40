//! The tables of the previous review, fetched and checked against its manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use evidence_store::EvidenceStore;
use function_kit::Failure;
use key_policy::inventory::{Secret, Unknown};
use sentry_client::Project;

use crate::before::Before;
use crate::chain::{Manifest, manifest_key};
use crate::digest;
use crate::failure::{evidence, spool as spool_failure};
use crate::state::Last;
use crate::table::{self, Found, Item, OWN};
use crate::unknowns::unknown;

/// The tables of the previous review, where they are fetched to.
const ITEMS: &str = "previous-inventory.csv";
const FINDINGS: &str = "previous-findings.csv";

/// Opens the previous review. One that is not what its manifest says, or whose manifest is not the one that was written,
/// is not compared with, and that is said.
pub(crate) async fn open(
    store: &EvidenceStore,
    folder: &Path,
    last: Option<&Last>,
    unknowns: &mut Vec<Unknown>,
) -> Result<(Before, bool), Failure> {
    let items = folder.join(ITEMS);
    let findings = folder.join(FINDINGS);
    let nothing = (folder.join("none"), folder.join("none"));
    let Some(last) = last else { return opened(&nothing.0, &nothing.1, false) };
    if let Err(why) = fetch(store, last, &[("inventory.csv", &items), ("findings.csv", &findings)]).await? {
        let subject = format!("what has changed since the review {}", last.review_id);
        unknowns.push(unknown(subject, why, None));
        return opened(&nothing.0, &nothing.1, false);
    }
    opened(&items, &findings, true)
}

fn opened(items: &Path, findings: &Path, compared: bool) -> Result<(Before, bool), Failure> {
    Ok((Before::open(items, findings).map_err(spool_failure)?, compared))
}

/// Gives the secrets whose values cannot be read the project that the previous review saw in them: they are judged where
/// they were judged then, and nothing is concluded from their absence there.
pub(crate) fn remember_projects(folder: &Path, secrets: &mut [Secret]) -> Result<(), Failure> {
    let path = folder.join(ITEMS);
    if !path.exists() || !secrets.iter().any(|secret| secret.is_unread() && secret.project().is_none()) {
        return Ok(());
    }
    let mut projects = BTreeMap::new();
    for item in table::read::<Item>(&path).map_err(spool_failure)? {
        let item = item.map_err(spool_failure)?;
        if item.kind == "secret" {
            projects.extend(item.project_id.map(|project| (item.id, project)));
        }
    }
    for secret in secrets.iter_mut().filter(|secret| secret.is_unread()) {
        secret.remembered_project = projects.get(&secret.arn).copied();
    }
    Ok(())
}

/// The projects in the tables of the previous review that are not among those that Sentry lists now.
pub(crate) fn missing(folder: &Path, listed: &[Project]) -> Result<BTreeMap<u64, String>, Failure> {
    let listed: BTreeSet<u64> = listed.iter().map(|project| project.id).chain([OWN]).collect();
    let mut missing = BTreeMap::new();
    let mut note =
        |id: Option<u64>, slug: String| missing.extend(id.filter(|id| !listed.contains(id)).map(|id| (id, slug)));
    // A finding may stay open of a project that was not listed last time either.
    for found in table::read::<Found>(&folder.join(FINDINGS)).map_err(spool_failure)? {
        let found = found.map_err(spool_failure)?;
        note(found.project_id, found.project);
    }
    for item in table::read::<Item>(&folder.join(ITEMS)).map_err(spool_failure)? {
        let item = item.map_err(spool_failure)?;
        note(item.project_id, item.project);
    }
    Ok(missing)
}

async fn fetch(store: &EvidenceStore, last: &Last, files: &[(&str, &PathBuf)]) -> Result<Result<(), String>, Failure> {
    let folder = format!("reviews/{}", last.review_id);
    let manifest = store.get(&manifest_key(&last.review_id)).await.map_err(evidence)?;
    let manifest = match manifest {
        None => return Ok(Err("its manifest is gone from the evidence bucket".to_owned())),
        Some(bytes) if digest::of(&bytes) != last.sha256 => {
            return Ok(Err(
                "its manifest is not the one that was written: somebody has changed the evidence".to_owned()
            ));
        }
        Some(bytes) => match serde_json::from_slice::<Manifest>(&bytes) {
            Ok(manifest) => manifest,
            Err(_its_text_is_not_needed) => {
                return Ok(Err("its manifest is not one that this version writes".to_owned()));
            }
        },
    };
    for (name, path) in files {
        if !store.get_file(&format!("{folder}/{name}"), path).await.map_err(evidence)? {
            return Ok(Err(format!("its {name} is gone from the evidence bucket")));
        }
        let (sha256, _) = digest::of_file(path).map_err(spool_failure)?;
        if !manifest.files.iter().any(|file| file.name == **name && file.sha256 == sha256) {
            return Ok(Err(format!("its {name} is not what its manifest says: somebody has changed the evidence")));
        }
    }
    Ok(Ok(()))
}
