//! From the names that a secret gives to the one project that it is bound to.

use function_kit::Failure;
use sentry_client::{Api, Kind, Project};

use crate::binding::{Allowed, Claims, check};
use crate::diagnosis::diagnose;
use crate::remembered::{Found, Remembered};
use crate::role::Principal;

/// The bound project, and the names that lead to it.
#[derive(Debug, Clone)]
pub struct Located {
    /// The project as Sentry names it today.
    pub project: Project,
    /// Names other than slug and id that mean this project, by Sentry's redirect or by the DSN's project id.
    pub other_names: Vec<String>,
}

impl Located {
    /// Whether a name means this project.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.project.is_named(name) || self.other_names.iter().any(|other| other == name)
    }
}

/// Asks Sentry for the project that a secret names, follows renames, and checks it against everything said.
///
/// # Errors
/// `Rotation.DocumentInvalid` and `Rotation.BindingMismatch` for what the secret says; otherwise as Sentry refuses.
pub async fn locate(
    api: &Api<'_>,
    remembered: &Remembered,
    claims: &Claims,
    allowed: &Allowed,
    secret: &str,
    principal: Principal<'_>,
) -> Result<Located, Failure> {
    claims.check_names(secret)?;
    claims.check_organization(allowed, secret)?;
    let name = claims.project_name(secret)?;
    let found = match look_up(api, remembered, &allowed.organization, &name).await {
        Ok(found) => found,
        Err(error) => match by_dsn(api, remembered, claims, allowed, error.kind()).await {
            Some(found) => found,
            None => return Err(diagnose(api, error, &allowed.organization, &name, principal).await),
        },
    };
    let project = found.project;
    let mut other_names = Vec::new();
    if found.redirected {
        other_names.push(name);
    }
    for claim in &claims.project {
        if project.is_named(&claim.name) || other_names.contains(&claim.name) {
            continue;
        }
        // A tag and a document may name one project by its former and its present slug.
        match look_up(api, remembered, &allowed.organization, &claim.name).await {
            Ok(other) if other.project.id == project.id => other_names.push(claim.name.clone()),
            Ok(_another_project) => {}
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden | Kind::Moved(_)) => {}
            Err(error) => return Err(diagnose(api, error, &allowed.organization, &claim.name, principal).await),
        }
    }
    check(claims, allowed, &project, &other_names, secret)?;
    Ok(Located { project, other_names })
}

async fn look_up(
    api: &Api<'_>,
    remembered: &Remembered,
    organization: &str,
    name: &str,
) -> Result<Found, sentry_client::Error> {
    if let Some(found) = remembered.project(organization, name) {
        return Ok(found);
    }
    let project = api.project(organization, name).await?;
    let found = Found { redirected: !project.is_named(name), project };
    remembered.keep_project(organization, name, &found);
    Ok(found)
}

/// A slug that leads nowhere heals where the DSN still says which project it was. Only a document may be healed so, and
/// only where every project of the organization is allowed: otherwise whoever writes the document could steer past the
/// tag or the binding with the DSN of another project.
async fn by_dsn(
    api: &Api<'_>,
    remembered: &Remembered,
    claims: &Claims,
    allowed: &Allowed,
    why: &Kind,
) -> Option<Found> {
    let lost = matches!(why, Kind::NotFound | Kind::Forbidden);
    let free = allowed.projects.is_empty() && claims.project.iter().all(|claim| claim.place != "tag");
    if !lost || !free || claims.project.is_empty() {
        return None;
    }
    let id = claims.dsn.as_ref()?.project_id().to_string();
    let found = look_up(api, remembered, &allowed.organization, &id).await.ok()?;
    Some(Found { redirected: true, ..found })
}
