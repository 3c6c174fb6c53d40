//! Projects that the previous review saw and Sentry does not list now: gone, or only not shown.

use std::collections::{BTreeMap, BTreeSet};

use key_policy::inventory::Unknown;
use sentry_client::{Api, Kind, Organization};

use crate::unknowns::unknown;

/// How many are asked for one by one. Where more are missing, the list is at fault sooner than they.
const MOST_ASKED: usize = 100;

/// How many are named in the report.
const MOST_NAMED: usize = 20;

/// Those of `missing` that are not gone for certain: a project is gone when Sentry says so of itself.
pub(crate) async fn gather(
    api: &Api<'_>,
    organization: &Organization,
    missing: &BTreeMap<u64, String>,
    unknowns: &mut Vec<Unknown>,
) -> BTreeSet<u64> {
    let mut unlisted = BTreeSet::new();
    for (count, (id, slug)) in missing.iter().enumerate() {
        if count < MOST_ASKED && is_gone(api, organization, *id, slug).await {
            continue;
        }
        unlisted.insert(*id);
        if unlisted.len() <= MOST_NAMED {
            unknowns.push(not_listed(format!("the project {slug}")));
        }
    }
    if unlisted.len() > MOST_NAMED {
        unknowns.push(not_listed(format!("{} more projects", unlisted.len() - MOST_NAMED)));
    }
    unlisted
}

async fn is_gone(api: &Api<'_>, organization: &Organization, id: u64, slug: &str) -> bool {
    match api.project(&organization.slug, slug).await {
        // Another project has taken its slug, which Sentry gives away when the first is gone.
        Ok(project) => project.id != id,
        Err(error) => *error.kind() == Kind::NotFound,
    }
}

fn not_listed(subject: String) -> Unknown {
    let why = "the previous review saw it, and Sentry neither lists it now nor says that it is gone";
    unknown(subject, why, Some("org:read and project:read, of the token of an internal integration"))
}
