//! What concerns the organization as a whole.

use function_kit::Failure;
use key_policy::ScopeSet;
use key_policy::inventory::{Integration, OrganizationToken, Unknown};
use sentry_binding::of_sentry;
use sentry_client::{Api, Error, Kind, Organization, Project};

use super::date;
use crate::config::Config;
use crate::failure::ROLE;
use crate::plain;
use crate::unknowns;

/// The organization, its projects in the order of their ids, and who else may act in it.
pub(crate) struct Seen {
    pub(crate) organization: Organization,
    pub(crate) projects: Vec<Project>,
    /// Whether these are all that the organization has.
    pub(crate) all_projects_listed: bool,
    pub(crate) integrations: Option<Vec<Integration>>,
    pub(crate) organization_tokens: Option<Vec<OrganizationToken>>,
}

/// Asks Sentry. Without its projects there is nothing to review: that alone fails.
pub(crate) async fn gather(
    config: &Config,
    api: &Api<'_>,
    is_person: bool,
    unknowns: &mut Vec<Unknown>,
) -> Result<Seen, Failure> {
    // One organization is reviewed: the configuration refuses to start with none.
    let named = config.organization.as_deref().unwrap_or_default();
    let (listed, all_projects_listed) = list(api, named, is_person, unknowns).await;
    let mut projects = match listed {
        Ok(projects) => projects,
        Err(error) => return Err(invisible(config, named, error)),
    };
    projects.retain(|project| project.organization.is_named(named));
    projects.sort_by_key(|project| project.id);
    let organization = match (api.organization(named).await, projects.first()) {
        (Ok(organization), _) => organization,
        (Err(error), Some(project)) if is_refusal(error.kind()) => {
            unknowns.push(unknowns::of_sentry("the organization's own settings", &error, "org:read"));
            project.organization.clone()
        }
        (Err(error), Some(_)) => return Err(of_sentry(error, &ROLE)),
        (Err(error), None) => return Err(invisible(config, named, error)),
    };
    let integrations = match api.integrations(&organization).await {
        Ok(integrations) => Some(integrations),
        Err(error) => {
            unknowns.push(unknowns::of_sentry("the custom integrations and their scopes", &error, "org:read"));
            None
        }
    };
    let installed = match api.installations(&organization).await {
        Ok(installations) => Some(installations),
        Err(error) => {
            let shown_by = "org:read or org:integrations, of a person's token: older servers refuse an integration's";
            unknowns.push(unknowns::of_sentry("which integrations are installed", &error, shown_by));
            None
        }
    };
    let organization_tokens = match api.organization_tokens(&organization).await {
        Ok(tokens) => Some(tokens.iter().map(organization_token).collect()),
        Err(error) => {
            let shown_by =
                "org:read; newer servers show them to a person in the browser alone: Settings > Organization Tokens";
            unknowns.push(unknowns::of_sentry("the organization tokens", &error, shown_by));
            None
        }
    };
    unknowns.extend(what_no_call_shows());
    for installation in installed.iter().flatten() {
        let own = integrations.iter().flatten().any(|integration| integration.slug == installation.app);
        if !own && integrations.is_some() {
            unknowns.push(unknowns::unknown(
                format!("what the installed integration {} may do", installation.app),
                "it is another organization's: Sentry lists that it is installed, and not its scopes",
                Some("Settings > Integrations > the integration > Permissions"),
            ));
        }
    }
    let integrations = integrations.map(|integrations| {
        let is_installed = |slug: &str| Some(installed.as_ref()?.iter().any(|installation| installation.app == slug));
        let integration = |found: sentry_client::Integration| Integration {
            installed: is_installed(&found.slug),
            slug: found.slug,
            name: plain::text(&found.name),
            status: plain::text(&found.status),
            scopes: ScopeSet::of(&found.scopes),
        };
        integrations.into_iter().map(integration).collect()
    });
    Ok(Seen { organization, projects, all_projects_listed, integrations, organization_tokens })
}

/// Lists the projects, and says whether the list is whole. Without an organization's own list a person's token shows the
/// projects of the person's teams alone.
async fn list(
    api: &Api<'_>,
    named: &str,
    is_person: bool,
    unknowns: &mut Vec<Unknown>,
) -> (Result<Vec<Project>, Error>, bool) {
    if !is_person {
        return (api.projects(named).await, true);
    }
    match api.organization_projects(named).await {
        Err(error) if is_refusal(error.kind()) => {
            unknowns.push(unknowns::of_sentry(
                "the projects of teams that the token's person is not in",
                &error,
                "org:read",
            ));
            (api.projects(named).await, false)
        }
        listed => (listed, true),
    }
}

fn is_refusal(kind: &Kind) -> bool {
    matches!(kind, Kind::Forbidden | Kind::NotFound)
}

/// The failure of the lists without which there is nothing to review.
fn invisible(config: &Config, organization: &str, error: Error) -> Failure {
    if !is_refusal(error.kind()) {
        return of_sentry(error, &ROLE);
    }
    Failure::new(
        "Rotation.OrganizationNotVisible",
        format!(
            "the token in {} sees no projects of the organization {organization}: check the organization's slug, SENTRY_URL (its region), \
             that the token belongs to that organization, and that it carries project:read and org:read",
            config.auth_secret_id
        ),
    )
    .because(error)
}

fn organization_token(found: &sentry_client::OrganizationToken) -> OrganizationToken {
    OrganizationToken {
        created: date(found.date_created.as_deref()),
        last_used: date(found.date_last_used.as_deref()),
        scopes: ScopeSet::of(&found.scopes),
        name: plain::text(&found.name),
        id: plain::text(&found.id),
    }
}

/// What Sentry shows to a person in the browser alone, or only together with the secret itself (facts/sentry-api.md
/// section 3.2): said in every review, so that nobody takes it for nothing.
fn what_no_call_shows() -> [Unknown; 4] {
    [
        unknowns::unknown(
            "personal tokens that are in no managed secret",
            "Sentry lists them to the person alone",
            Some("each person's own settings: User Auth Tokens"),
        ),
        unknowns::unknown(
            "how many tokens each integration has",
            "Sentry lists them in the browser, and older servers only with the tokens in the clear, which this audit does not ask for",
            Some("Settings > Custom Integrations > the integration"),
        ),
        unknowns::unknown(
            "legacy API keys",
            "Sentry lists them only with the keys in the clear, and to who administers the organization",
            Some("Settings > API Keys, on servers that still have them"),
        ),
        unknowns::unknown(
            "keys and tokens in secrets without the tag sentry:kind",
            "the audit's role reads tagged secrets alone",
            Some("the tag sentry:kind on each secret that holds something of Sentry's"),
        ),
    ]
}
