//! From a managed secret to the project that it is bound to; asked of Sentry only when something has changed.

use function_kit::Failure;
use retirement::read_version;
use secret_store::SecretStore;
use sentry_binding::{Allowed, Claims, ORGANIZATION_TAG, PROJECT_TAG, Remembered, is_refused_secret, locate, of_store};
use sentry_client::{Api, Project};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::failure::ROLE;
use crate::inventory::{Secret, claims_of};
use crate::state::{Bound, Names, State};

/// Why a secret has no project.
#[derive(Debug)]
pub(crate) enum Unbound {
    /// What it says of itself is refused: it has no claim on any key.
    Refused(Failure),
    /// It could not be found out.
    Unreadable(Failure),
}

impl Unbound {
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Refused(failure) | Self::Unreadable(failure) => failure.message(),
        }
    }
}

fn of_failure(failure: Failure) -> Unbound {
    if is_refused_secret(&failure) { Unbound::Refused(failure) } else { Unbound::Unreadable(failure) }
}

/// The bound project: as remembered while nothing has changed that it rests on, else as Sentry says now.
pub(crate) async fn bind(
    config: &Config,
    store: &SecretStore,
    api: &Api<'_>,
    remembered: &Remembered,
    state: &mut State,
    secret: &Secret,
) -> Result<Project, Unbound> {
    let allowed =
        Allowed::of(&config.policy, config.organization.as_deref(), &secret.name).map_err(Unbound::Refused)?;
    let seal = seal(secret, &allowed);
    let bound = state.secret(&secret.arn).bound.clone().filter(|bound| bound.seal == seal);
    let project = bound.and_then(|bound| state.projects.get(&bound.project)?.project(bound.project));
    if let Some(project) = project {
        return Ok(project);
    }
    let claims = claims(store, secret).await.map_err(Unbound::Unreadable)?;
    let located =
        locate(api, remembered, &claims, &allowed, &secret.name, config.principal()).await.map_err(of_failure)?;
    let project = located.project;
    state.projects.insert(project.id, Names::of(&project));
    state.secret(&secret.arn).bound = Some(Bound { project: project.id, seal });
    Ok(project)
}

async fn claims(store: &SecretStore, secret: &Secret) -> Result<Claims, Failure> {
    if let Some(claims) = &secret.claims {
        return Ok((**claims).clone());
    }
    let held = match secret.current() {
        Some(version) => read_version(store, &secret.arn, &version.id).await.map_err(|error| of_store(error, &ROLE))?,
        None => retirement::Held::Nothing,
    };
    Ok(claims_of(&secret.tags, &held))
}

/// What the binding rests on: a version's value never changes, so that its id stands for it.
fn seal(secret: &Secret, allowed: &Allowed) -> String {
    let mut digest = Sha256::new();
    let current = secret.current().map(|version| version.id.as_str()).unwrap_or_default();
    let tag = |name: &str| secret.tags.get(name).map(String::as_str).unwrap_or_default();
    let parts = [current, tag(ORGANIZATION_TAG), tag(PROJECT_TAG), &allowed.organization];
    for part in parts.into_iter().chain(allowed.projects.iter().map(String::as_str)) {
        digest.update(part.as_bytes());
        digest.update(b"\n");
    }
    let mut seal = hex::encode(digest.finalize());
    seal.truncate(16);
    seal
}
