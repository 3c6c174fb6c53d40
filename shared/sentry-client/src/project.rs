//! Projects, and the organization that each belongs to.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::api::Api;
use crate::body;
use crate::call::Call;
use crate::error::{Cause, Error, Kind};
use crate::page::List;

const PROJECT: &str = "GET /projects/{org}/{project}/";
const PROJECTS: &str = "GET /projects/";
const ORGANIZATION: &str = "GET /organizations/{org}/";
const ORGANIZATION_PROJECTS: &str = "GET /organizations/{org}/projects/";

/// An organization by both of its names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organization {
    /// The numeric id, which survives renames.
    #[serde(deserialize_with = "numeric_id")]
    pub id: u64,
    /// The slug.
    #[serde(deserialize_with = "slug")]
    pub slug: String,
}

/// What [`Api::allowed_domains`] reads of a project. Its absence is no answer of Sentry's, and no "any".
#[derive(Deserialize)]
struct Domains {
    #[serde(rename = "allowedDomains", deserialize_with = "body::texts")]
    allowed_domains: Vec<String>,
}

impl Organization {
    /// Whether this text names the organization, by slug or by id.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.slug == name || self.id.to_string() == name
    }
}

/// A project by both of its names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// The numeric id, which survives renames and stands in every DSN.
    #[serde(deserialize_with = "numeric_id")]
    pub id: u64,
    /// The slug.
    #[serde(deserialize_with = "slug")]
    pub slug: String,
    /// Where it belongs.
    pub organization: Organization,
    /// Of the features that the organization's plan offers only this one is kept: an organization has ten thousand projects.
    #[serde(default, rename = "features", deserialize_with = "has_rate_limits")]
    offers_rate_limits: Option<bool>,
    #[serde(default, rename = "status", deserialize_with = "is_deleted")]
    deleted: bool,
}

impl Project {
    /// A project that was seen earlier, to ask about its keys without asking for it anew; what its plan offers is not
    /// remembered. `None` where a slug is none of Sentry's.
    ///
    /// It may have been renamed since, which a call tells with [`Kind::Moved`], and another project may have its slug:
    /// then a key that lives on is not found there. So what is not found under a remembered project is no proof; ask
    /// for the project by [`Api::project`] and compare the id.
    #[must_use]
    pub fn remembered(id: u64, slug: &str, organization: Organization) -> Option<Self> {
        let usable = body::is_slug(slug) && body::is_slug(&organization.slug);
        usable.then(|| Self { id, slug: slug.to_owned(), organization, offers_rate_limits: None, deleted: false })
    }

    /// Whether this text names the project, by slug or by id.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.slug == name || self.id.to_string() == name
    }

    /// Whether the plan offers rate limits for client keys; `None` where the server does not say. Without it a rate
    /// limit is dropped in silence (facts/sentry-23.7.1-observed.md, A6.53).
    #[must_use]
    pub fn offers_rate_limits(&self) -> Option<bool> {
        self.offers_rate_limits
    }
}

fn has_rate_limits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let features = Option::<Vec<String>>::deserialize(deserializer)?;
    // 23.7.1 fills the features of one project in each page of a list and leaves those of all others empty.
    let told = features.filter(|features| !features.is_empty());
    Ok(told.map(|features| features.iter().any(|feature| feature == "rate-limits")))
}

fn is_deleted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str() == Some("deleted"))
}

/// Ids come as strings or as numbers (A3.19).
pub(crate) fn numeric_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let id = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    id.ok_or_else(|| serde::de::Error::custom("not a numeric id"))
}

/// A slug is short and plain; an answer with anything else is none of Sentry's, and must not reach a message or a path.
pub(crate) fn slug<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let slug = String::deserialize(deserializer)?;
    if body::is_slug(&slug) { Ok(slug) } else { Err(serde::de::Error::custom("not a slug")) }
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unauthorized | Kind::Forbidden | Kind::NotFound)
}

impl Api<'_> {
    /// One project, each of the two names being a slug or a numeric id.
    ///
    /// A renamed project is found under its new slug. Newer servers take numeric ids in paths, 23.7.1 answers 404: then
    /// the list of projects is asked.
    ///
    /// # Errors
    /// [`Kind::NotFound`] and [`Kind::Forbidden`] as Sentry answers them: 404 where nothing has that name, 403 where it
    /// belongs to somebody else or a scope is missing (A1.7).
    pub async fn project(&self, organization: &str, project: &str) -> Result<Project, Error> {
        match self.project_at(organization, project).await {
            Err(error) => match error.kind() {
                Kind::Moved(Some(slug)) => self.project_at(organization, slug).await,
                Kind::NotFound if is_number(organization) || is_number(project) => {
                    let projects = self.projects(organization).await?;
                    projects
                        .into_iter()
                        .find(|found| found.organization.is_named(organization) && found.is_named(project))
                        .ok_or(error)
                }
                Kind::NotFound
                | Kind::Moved(None)
                | Kind::Unauthorized
                | Kind::Forbidden
                | Kind::RateLimited
                | Kind::Rejected
                | Kind::Unavailable
                | Kind::DeadlineNear => Err(error),
            },
            found => found,
        }
    }

    async fn project_at(&self, organization: &str, project: &str) -> Result<Project, Error> {
        let response = self.send(&Call::get(PROJECT, &["projects", organization, project])).await?;
        body::object(PROJECT, response).await
    }

    /// The Origins that ingestion admits for a project's client keys; `*` is any (facts/sentry-23.7.1-observed.md, A6.55).
    /// Each is cut after 200 characters.
    ///
    /// # Errors
    /// [`Error`]: [`Kind::Moved`] for a project that was renamed since, which is not followed; it needs `project:read`.
    pub async fn allowed_domains(&self, project: &Project) -> Result<Vec<String>, Error> {
        let segments = ["projects", &project.organization.slug, &project.slug];
        let response = self.send(&Call::get(PROJECT, &segments)).await?;
        let Domains { allowed_domains } = body::object(PROJECT, response).await?;
        Ok(allowed_domains)
    }

    /// One organization, named by its slug, on newer servers also by its numeric id.
    ///
    /// # Errors
    /// [`Error`]: [`Kind::NotFound`] where nothing has that name, [`Kind::Forbidden`] where the token is not of that
    /// organization or lacks `org:read`.
    pub async fn organization(&self, named: &str) -> Result<Organization, Error> {
        let response = self.send(&Call::get(ORGANIZATION, &["organizations", named])).await?;
        body::object(ORGANIZATION, response).await
    }

    /// The projects that the token can see, of a person's token those of the person's teams; those of one organization where the token cannot list across organizations.
    ///
    /// One that is being deleted is left out. 23.7.1 forgets that for an integration's token, and lists it under a slug of 32
    /// hexadecimal digits, by which it is not found.
    ///
    /// # Errors
    /// As the first list refuses, when the second refuses too; any other failure as it is.
    pub async fn projects(&self, organization: &str) -> Result<Vec<Project>, Error> {
        match self.all::<Project>(List::of(PROJECTS, &["projects"])).await {
            Ok(projects) => Ok(projects.into_iter().filter(|project| !project.deleted).collect()),
            // An integration's token may be refused here (facts/sentry-api.md section 4, sentry#33938).
            Err(error) if is_refusal(&error) => self
                .organization_projects(organization)
                .await
                // An outage of the second list must not look like the refusal of the first.
                .map_err(|second| if is_refusal(&second) { error } else { second }),
            Err(error) => Err(error),
        }
    }

    /// Every project of the organization, those of no team of the token's person among them.
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails; it needs `org:read`.
    // The items do not always repeat the organization; without it they cannot be attributed.
    pub async fn organization_projects(&self, organization: &str) -> Result<Vec<Project>, Error> {
        let segments = ["organizations", organization, "projects"];
        let items: Vec<Value> = self.all(List::of(ORGANIZATION_PROJECTS, &segments)).await?;
        let owner = self.organization(organization).await?;
        items
            .into_iter()
            .map(|mut item| {
                if let Some(members) = item.as_object_mut() {
                    members.entry("organization").or_insert_with(|| json!({"id": owner.id, "slug": owner.slug}));
                }
                serde_json::from_value(item)
            })
            .collect::<Result<_, _>>()
            .map_err(|_text_may_repeat_the_body| {
                Error::new(ORGANIZATION_PROJECTS, Kind::Unavailable, Cause::Incomplete("id"))
            })
    }
}
