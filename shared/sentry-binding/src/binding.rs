//! Which organization and project a secret may name: whoever can write a secret must not steer the management token to
//! a project that is not theirs.

use function_kit::Failure;
use sentry_client::{Dsn, Organization, Project};

use key_policy::Policy;

/// What the environment and the policy allow a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The organization, by slug or id.
    pub organization: String,
    /// The projects, by slug or id; none listed is any.
    pub projects: Vec<String>,
}

impl Allowed {
    /// The policy's binding of the longest prefix of the secret's name, else the function's organization.
    ///
    /// # Errors
    /// `Rotation.BindingMismatch` where neither says anything.
    pub fn of(policy: &Policy, organization: Option<&str>, secret_name: &str) -> Result<Self, Failure> {
        if let Some(binding) = policy.binding_for(secret_name) {
            return Ok(Self { organization: binding.organization.clone(), projects: binding.projects.clone() });
        }
        let organization = organization.ok_or_else(|| {
            mismatch(secret_name, "no binding of the key policy matches its name, and SENTRY_ORG is not set")
        })?;
        Ok(Self { organization: organization.to_owned(), projects: Vec::new() })
    }
}

/// A name that a tag or a document gives to the organization or the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where it stands, for people.
    pub place: &'static str,
    /// The slug or numeric id.
    pub name: String,
}

/// What a secret says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The names given to the organization.
    pub organization: Vec<Claim>,
    /// The names given to the project.
    pub project: Vec<Claim>,
    /// The DSN of AWSCURRENT.
    pub dsn: Option<Dsn>,
}

/// The tag that names the organization.
pub const ORGANIZATION_TAG: &str = "sentry:organization";
/// The tag that names the project.
pub const PROJECT_TAG: &str = "sentry:project";

/// The longest slug that Sentry gives an organization or a project.
const LONGEST_SLUG: usize = 50;

/// Whether a text can be a slug or a numeric id of Sentry's. Anything else may be a secret in the wrong place, or a path.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=LONGEST_SLUG).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl Claims {
    /// Reads tags, by name, and the current document.
    #[must_use]
    pub fn of(
        tag: impl Fn(&str) -> Option<String>,
        organization: Option<String>,
        project: Option<String>,
        dsn: Option<Dsn>,
    ) -> Self {
        let claims = |tag_name: &str, place, name: Option<String>| {
            let tagged = tag(tag_name).filter(|name| !name.is_empty());
            let tagged = tagged.map(|name| Claim { place: "tag", name });
            tagged.into_iter().chain(name.map(|name| Claim { place, name })).collect()
        };
        Self {
            organization: claims(ORGANIZATION_TAG, "current value", organization),
            project: claims(PROJECT_TAG, "current value", project),
            dsn,
        }
    }

    /// Refuses a name that no organization or project of Sentry's can have, without repeating it: it may be a secret in the
    /// wrong place.
    ///
    /// # Errors
    /// `Rotation.DocumentInvalid`.
    pub fn check_names(&self, secret: &str) -> Result<(), Failure> {
        let names = [("organization", &self.organization), ("project", &self.project)];
        for (what, claims) in names {
            if let Some(claim) = claims.iter().find(|claim| !is_name(&claim.name)) {
                return Err(Failure::new(
                    "Rotation.DocumentInvalid",
                    format!(
                        "the {} of {secret} names as its {what} something that is neither a slug nor a numeric id: write one of \
                         the two there",
                        claim.place
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Refuses claims that contradict the allowed organization before anything is asked: two slugs that differ. A slug
    /// beside a numeric id is compared once Sentry has said both (see [`check`]).
    ///
    /// # Errors
    /// `Rotation.BindingMismatch`.
    pub fn check_organization(&self, allowed: &Allowed, secret: &str) -> Result<(), Failure> {
        match self.organization.iter().find(|claim| contradicts(&claim.name, &allowed.organization)) {
            None => Ok(()),
            Some(claim) => Err(wrong_organization(secret, claim, allowed)),
        }
    }

    /// The name by which the project is looked up: the tag's or the document's, else the DSN's numeric id.
    ///
    /// # Errors
    /// `Rotation.DocumentInvalid` where none is given.
    pub fn project_name(&self, secret: &str) -> Result<String, Failure> {
        let claimed = self.project.first().map(|claim| claim.name.clone());
        claimed.or_else(|| self.dsn.as_ref().map(|dsn| dsn.project_id().to_string())).ok_or_else(|| {
            Failure::new(
                "Rotation.DocumentInvalid",
                format!(
                    "{secret} names no project: write `project` into its value, set the tag {PROJECT_TAG}, or store the DSN of an \
                     existing key"
                ),
            )
        })
    }
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

fn contradicts(one: &str, other: &str) -> bool {
    one != other && is_number(one) == is_number(other)
}

fn mismatch(secret: &str, why: &str) -> Failure {
    Failure::new(
        "Rotation.BindingMismatch",
        format!("{secret} is refused because {why}; correct its value, its tags, or the bindings of the key policy"),
    )
}

fn wrong_organization(secret: &str, claim: &Claim, allowed: &Allowed) -> Failure {
    mismatch(
        secret,
        &format!(
            "its {} names the organization {}, and it is bound to {}",
            claim.place, claim.name, allowed.organization
        ),
    )
}

/// Checks a project that Sentry has named against everything that the secret, the policy and the environment say.
///
/// `same_project` holds the claims that are other names of this very project: Sentry redirects an old slug to it.
///
/// # Errors
/// `Rotation.BindingMismatch`, saying which two things contradict each other.
pub fn check(
    claims: &Claims,
    allowed: &Allowed,
    project: &Project,
    same_project: &[String],
    secret: &str,
) -> Result<(), Failure> {
    let Organization { id, slug } = &project.organization;
    if !project.organization.is_named(&allowed.organization) {
        return Err(mismatch(
            secret,
            &format!(
                "Sentry says that its project belongs to the organization {slug} ({id}), and it is bound to {}",
                allowed.organization
            ),
        ));
    }
    if let Some(claim) = claims.organization.iter().find(|claim| !project.organization.is_named(&claim.name)) {
        return Err(wrong_organization(secret, claim, allowed));
    }
    let is_this = |name: &str| project.is_named(name) || same_project.iter().any(|same| same == name);
    if let Some(claim) = claims.project.iter().find(|claim| !is_this(&claim.name)) {
        return Err(mismatch(
            secret,
            &format!(
                "its {} names the project {}, and another part of it names {} ({})",
                claim.place, claim.name, project.slug, project.id
            ),
        ));
    }
    if let Some(dsn) = claims.dsn.as_ref().filter(|dsn| dsn.project_id() != project.id) {
        return Err(mismatch(
            secret,
            &format!(
                "its DSN belongs to the project with id {}, and it names {}, whose id is {}",
                dsn.project_id(),
                project.slug,
                project.id
            ),
        ));
    }
    if !allowed.projects.is_empty() && !allowed.projects.iter().any(|name| is_this(name)) {
        return Err(mismatch(
            secret,
            &format!(
                "it names the project {}, and its binding allows only {}",
                project.slug,
                allowed.projects.join(", ")
            ),
        ));
    }
    Ok(())
}
