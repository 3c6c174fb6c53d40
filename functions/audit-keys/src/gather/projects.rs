//! Projects with their client keys, some at a time.

use futures_util::stream::{self, StreamExt as _};
use key_policy::inventory::{ClientKey, Ownership, Unknown};
use key_policy::{Facts, RateLimit, inventory};
use sentry_client::{Api, Error, Kind, Organization, Project};

use super::date;
use super::ownership::Owners;
use crate::plain;
use crate::unknowns;

/// How many projects are asked for at once where the organization has one list of all keys.
pub(crate) const A_BATCH: usize = 20;

/// How many projects are asked at a time where each has its own list.
const AT_A_TIME: usize = 4;

/// How a server lists keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// It has one list for the organization.
    Organization,
    /// Each project has its own: 23.7.1.
    Project,
}

/// Why a batch was not gathered: Sentry's limits or the time are used up.
pub(crate) struct Later(pub(crate) Error);

/// Whether a failure is about the moment and not about the project.
fn is_momentary(error: &Error) -> bool {
    match error.kind() {
        Kind::RateLimited | Kind::DeadlineNear => true,
        Kind::Unauthorized | Kind::Forbidden | Kind::NotFound | Kind::Moved(_) | Kind::Rejected | Kind::Unavailable => {
            false
        }
    }
}

/// The keys of some projects, in the order of the projects.
pub(crate) async fn keys(
    api: &Api<'_>,
    organization: &Organization,
    batch: &[Project],
    listing: &mut Listing,
    unknowns: &mut Vec<Unknown>,
) -> Result<Vec<Option<Vec<sentry_client::ClientKey>>>, Later> {
    if *listing == Listing::Organization {
        let ids: Vec<u64> = batch.iter().map(|project| project.id).collect();
        match api.organization_keys(organization, &ids).await {
            Ok(Some(found)) => {
                let mut by_project: Vec<Option<Vec<_>>> = batch.iter().map(|_| Some(Vec::new())).collect();
                for key in found {
                    let place = batch.iter().position(|project| project.id == key.project_id);
                    if let Some(Some(keys)) = place.and_then(|place| by_project.get_mut(place)) {
                        keys.push(key);
                    }
                }
                return Ok(by_project);
            }
            Ok(None) => *listing = Listing::Project,
            Err(error) if is_momentary(&error) => return Err(Later(error)),
            // One project may stand in the way of all: each is asked by itself, which says which.
            Err(error) => tracing::debug!(%error, "asking each project by itself"),
        }
    }
    let mut answers = stream::iter(batch).map(|project| one(api, project)).buffered(AT_A_TIME);
    let mut keys = Vec::with_capacity(batch.len());
    let mut projects = batch.iter();
    while let (Some(answer), Some(project)) = (answers.next().await, projects.next()) {
        keys.push(match answer {
            Ok(found) => Some(found),
            Err(error) if is_momentary(&error) => return Err(Later(error)),
            Err(error) => {
                let subject = format!("the client keys of the project {}", project.slug);
                unknowns.push(unknowns::of_sentry(subject, &error, "project:read"));
                None
            }
        });
    }
    Ok(keys)
}

/// Follows a rename once.
async fn one(api: &Api<'_>, project: &Project) -> Result<Vec<sentry_client::ClientKey>, Error> {
    match api.keys(project).await {
        Err(error) if matches!(error.kind(), Kind::Moved(_) | Kind::NotFound) => {
            let renamed = api.project(&project.organization.slug, &project.id.to_string()).await;
            match renamed {
                Ok(renamed) if renamed.id == project.id => api.keys(&renamed).await,
                Ok(_) | Err(_) => Err(error),
            }
        }
        keys => keys,
    }
}

/// Which domains may send to a project whose keys are held on the client side; not asked of other projects.
pub(crate) async fn allowed_domains(
    api: &Api<'_>,
    facts: &Facts<'_>,
    project: &Project,
    unknowns: &mut Vec<Unknown>,
) -> Result<Option<Vec<String>>, Later> {
    let client_side = facts.secrets_of(project.id).any(|secret| {
        let use_case = facts.use_case(secret.use_case.as_deref());
        use_case.is_ok_and(|case| case.exposure.is_some_and(|exposure| exposure != key_policy::Exposure::Server))
    });
    if !client_side {
        return Ok(None);
    }
    match api.allowed_domains(project).await {
        Ok(domains) => Ok(Some(domains.iter().map(|domain| plain::text(domain)).collect())),
        Err(error) if is_momentary(&error) => Err(Later(error)),
        Err(error) => {
            let subject = format!("the allowed domains of the project {}", project.slug);
            unknowns.push(unknowns::of_sentry(subject, &error, "project:read"));
            Ok(None)
        }
    }
}

/// A project as the rules see it. The keys come in the order of their ids, so that two reviews list them alike.
pub(crate) fn project(
    project: &Project,
    keys: Option<Vec<sentry_client::ClientKey>>,
    allowed_domains: Option<Vec<String>>,
    owners: &Owners<'_>,
    facts: &Facts<'_>,
) -> inventory::Project {
    let keys = keys.map(|mut keys| {
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        keys.into_iter().map(|key| client_key(key, project.id, owners, facts)).collect()
    });
    inventory::Project {
        id: project.id,
        slug: project.slug.clone(),
        offers_rate_limits: project.offers_rate_limits(),
        allowed_domains,
        keys,
    }
}

fn client_key(key: sentry_client::ClientKey, project: u64, owners: &Owners<'_>, facts: &Facts<'_>) -> ClientKey {
    let ownership: Ownership = owners.of(&key, project, facts);
    ClientKey {
        ownership,
        active: key.is_active,
        rate_limit: key.settings.rate_limit.and_then(|limit| RateLimit::new(limit.count, limit.window).ok()),
        created: date(key.date_created.as_deref()),
        label: plain::text(&key.label),
        id: key.id,
    }
}
