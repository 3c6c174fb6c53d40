//! Why Sentry refused: it never names the missing scope, and answers 403 for what belongs to somebody else as well
//! (facts/sentry-23.7.1-observed.md, A1.5 and A1.7). A few more questions tell them apart.

use function_kit::Failure;
use sentry_client::{Api, Error, Identity, Kind};

use crate::failure::of_sentry;
use crate::role::{Principal, Role};

/// The scopes that reading would do with; but what a function has to do needs more, so that is what is asked for.
const READ: &[&str] = &["project:read", "project:write", "project:admin"];

/// What the function needs of the token, if the token lacks it.
#[must_use]
pub fn missing_scope(identity: &Identity, principal: Principal<'_>) -> Option<Failure> {
    missing(identity, principal.role.need.scopes, principal.role.task, principal)
}

fn missing(identity: &Identity, accepted: &[&str], what: &str, principal: Principal<'_>) -> Option<Failure> {
    if identity.has_any(accepted) {
        return None;
    }
    let Principal { role: Role { need, .. }, secret_id } = principal;
    let has: Vec<&str> = identity.scopes.iter().map(String::as_str).collect();
    let has = if has.is_empty() { "no scope".to_owned() } else { has.join(", ") };
    Some(Failure::new(
        "Rotation.ScopeMissing",
        format!(
            "the management token in {secret_id} lacks the scope {} for {what} (it has {has}): grant it in Sentry under Settings > \
             Custom Integrations > the integration > Permissions > {}, and store its token",
            need.least, need.permission
        ),
    ))
}

/// Puts a failed call into words, asking Sentry who the token is and what it sees where the status alone does not tell.
pub async fn diagnose(
    api: &Api<'_>,
    error: Error,
    organization: &str,
    project: &str,
    principal: Principal<'_>,
) -> Failure {
    let role = principal.role;
    let accepted = if error.operation().starts_with("GET") { READ } else { role.need.scopes };
    match error.kind() {
        Kind::Forbidden => match api.identity().await {
            Ok(identity) => match missing(&identity, accepted, error.operation(), principal) {
                Some(failure) => failure,
                None => {
                    let is_person = identity.user.is_some_and(|user| user.is_person);
                    not_visible(api, error, organization, project, is_person, principal).await
                }
            },
            Err(why) if *why.kind() == Kind::Unauthorized => of_sentry(why, role),
            Err(_no_answer) => of_sentry(error, role),
        },
        Kind::NotFound | Kind::Moved(_) => not_visible(api, error, organization, project, false, principal).await,
        Kind::Unauthorized | Kind::RateLimited | Kind::Rejected | Kind::Unavailable | Kind::DeadlineNear => {
            of_sentry(error, role)
        }
    }
}

/// Whether a question that was asked in order to tell more was not answered: then that is what the operator must know.
fn is_no_answer(error: &Error) -> bool {
    matches!(error.kind(), Kind::RateLimited | Kind::Unavailable | Kind::DeadlineNear)
}

/// The scopes suffice, so the object is the matter: does the token see the organization, and the project in it?
async fn not_visible(
    api: &Api<'_>,
    error: Error,
    organization: &str,
    project: &str,
    is_person: bool,
    principal: Principal<'_>,
) -> Failure {
    let Principal { role, secret_id } = principal;
    let need = &role.need;
    let seen = match api.projects(organization).await {
        Ok(projects) => projects,
        Err(why) if is_no_answer(&why) => {
            return of_sentry(why, role);
        }
        // It may not list; what it asked for says the rest.
        Err(_refused) => Vec::new(),
    };
    let in_organization: Vec<_> = seen.iter().filter(|seen| seen.organization.is_named(organization)).collect();
    let mut is_seen = in_organization.iter().any(|seen| seen.is_named(project));
    // The list shows a person the projects of the own teams alone, and others may be read all the same.
    if !is_seen && is_person && !error.operation().starts_with("GET") {
        is_seen = match api.project(organization, project).await {
            Ok(_readable) => true,
            Err(why) if is_no_answer(&why) => {
                return of_sentry(why, role);
            }
            Err(_refused) => false,
        };
    }
    let (code, sentence) = if is_seen {
        (
            "Rotation.ScopeMissing",
            format!(
                "the management token in {secret_id} carries {} and Sentry refuses it for the project {project} all the same: a \
                 person's token is limited by the person's role; use a token of a custom integration with the permission {}",
                need.least, need.permission
            ),
        )
    } else if in_organization.is_empty() {
        let or_role = if is_person {
            format!(
                "; or it is a person's, whose role allows less than the token carries: use a token of a custom integration with the permission {}",
                need.permission
            )
        } else {
            String::new()
        };
        (
            "Rotation.OrganizationNotVisible",
            format!(
                "the management token in {secret_id} sees no project of the organization {organization}: check the organization's \
                 slug, SENTRY_URL (its region), that the token belongs to that organization, and that the project was not deleted{or_role}"
            ),
        )
    } else {
        (
            "Rotation.ProjectNotFound",
            format!(
                "the organization {organization} has no project {project} that the management token in {secret_id} sees: it was \
                 deleted, or renamed and its former name given away; correct `project` in the secret's value, or its tag"
            ),
        )
    };
    Failure::new(code, sentence).because(error)
}
