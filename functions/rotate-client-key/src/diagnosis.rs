//! Why Sentry refused: it never names the missing scope, and answers 403 for what belongs to somebody else as well
//! (facts/sentry-23.7.1-observed.md, A1.5 and A1.7). A few more questions tell them apart.

use function_kit::Failure;
use sentry_client::{Api, Error, Identity, Kind};

use crate::failure::of_sentry;

/// What a call needs: any one of these scopes.
struct Need {
    scopes: &'static [&'static str],
    least: &'static str,
    permission: &'static str,
}

/// Reading would do with less; but a rotation needs to write, so that is what is asked for.
const READ: Need = Need { scopes: &["project:read", "project:write", "project:admin"], ..WRITE };

const WRITE: Need =
    Need { scopes: &["project:write", "project:admin"], least: "project:write", permission: "Project: Read & Write" };

/// What a rotation needs of the token, if it lacks it.
pub(crate) fn missing_scope(identity: &Identity, auth_secret_id: &str) -> Option<Failure> {
    missing(identity, &WRITE, "rotating a client key", auth_secret_id)
}

fn missing(identity: &Identity, need: &Need, what: &str, auth_secret_id: &str) -> Option<Failure> {
    if identity.has_any(need.scopes) {
        return None;
    }
    let has: Vec<&str> = identity.scopes.iter().map(String::as_str).collect();
    let has = if has.is_empty() { "no scope".to_owned() } else { has.join(", ") };
    Some(Failure::new(
        "Rotation.ScopeMissing",
        format!(
            "the management token in {auth_secret_id} lacks the scope {} for {what} (it has {has}): grant it in Sentry under Settings > \
             Custom Integrations > the integration > Permissions > {}, and store its token",
            need.least, need.permission
        ),
    ))
}

/// Puts a failed call into words, asking Sentry who the token is and what it sees where the status alone does not tell.
pub(crate) async fn diagnose(
    api: &Api<'_>,
    error: Error,
    organization: &str,
    project: &str,
    auth_secret_id: &str,
) -> Failure {
    let need = if error.operation().starts_with("GET") { READ } else { WRITE };
    match error.kind() {
        Kind::Forbidden => match api.identity().await {
            Ok(identity) => match missing(&identity, &need, error.operation(), auth_secret_id) {
                Some(failure) => failure,
                None => not_visible(api, error, organization, project, auth_secret_id, &need).await,
            },
            Err(why) if *why.kind() == Kind::Unauthorized => of_sentry(why),
            Err(_no_answer) => of_sentry(error),
        },
        Kind::NotFound | Kind::Moved(_) => not_visible(api, error, organization, project, auth_secret_id, &need).await,
        Kind::Unauthorized | Kind::RateLimited | Kind::Rejected | Kind::Unavailable | Kind::DeadlineNear => {
            of_sentry(error)
        }
    }
}

/// The scopes suffice, so the object is the matter: does the token see the organization, and the project in it?
async fn not_visible(
    api: &Api<'_>,
    error: Error,
    organization: &str,
    project: &str,
    auth_secret_id: &str,
    need: &Need,
) -> Failure {
    let seen = match api.projects(organization).await {
        Ok(projects) => projects,
        Err(why) if matches!(why.kind(), Kind::RateLimited | Kind::Unavailable | Kind::DeadlineNear) => {
            return of_sentry(why);
        }
        // It may not list; what it asked for says the rest.
        Err(_refused) => Vec::new(),
    };
    let in_organization: Vec<_> = seen.iter().filter(|seen| seen.organization.is_named(organization)).collect();
    let (code, sentence) = if in_organization.is_empty() {
        (
            "Rotation.OrganizationNotVisible",
            format!(
                "the management token in {auth_secret_id} sees no project of the organization {organization}: check the organization's \
                 slug, SENTRY_URL (its region), that the token belongs to that organization, and that the project was not deleted"
            ),
        )
    } else if in_organization.iter().any(|seen| seen.is_named(project)) {
        (
            "Rotation.ScopeMissing",
            format!(
                "the management token in {auth_secret_id} carries {} and Sentry refuses it for the project {project} all the same: a \
                 person's token is limited by the person's role; use a token of a custom integration with the permission {}",
                need.least, need.permission
            ),
        )
    } else {
        (
            "Rotation.ProjectNotFound",
            format!(
                "the organization {organization} has no project {project} that the management token in {auth_secret_id} sees: it was \
                 deleted, or renamed and its former name given away; correct `project` in the secret's value, or its tag"
            ),
        )
    };
    Failure::new(code, sentence).because(error)
}
