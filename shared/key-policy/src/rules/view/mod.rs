//! What a rule sees: one subject, what belongs to it, and everything else through [`Facts`].
//!
//! [`Facts`]: crate::facts::Facts

mod key;
mod secret;
mod token;

pub use key::{KeyView, ProjectView};
pub use secret::{SecretView, Sight};
pub use token::{IntegrationView, OrganizationTokenView, TokenView};

use crate::findings::{Case, Reach, Remedy, Stake, Subject, SubjectKind, Where};
use crate::scope::{Power, ScopeSet, holder_could, holder_of_client_key_could};
use crate::use_case::{Exposure, UseCase};

/// A tag that says something; one of blanks says nothing.
pub(super) fn stated(tag: Option<&str>) -> Option<&str> {
    tag.map(str::trim).filter(|text| !text.is_empty())
}

/// The tag comes before the policy: it is nearer to the secret.
fn owner(use_case: Option<&UseCase>, tag: Option<&str>) -> Option<String> {
    stated(tag).map(str::to_owned).or_else(|| use_case?.owner.clone())
}

fn contact(use_case: Option<&UseCase>) -> Option<String> {
    use_case?.contact.clone()
}

/// What is at stake with a client key.
fn of_client_key(project: &str, exposure: Option<Exposure>) -> Stake {
    Stake {
        power: Power::StoreOnly,
        reach: Reach::Project,
        exposure: Where::of(exposure),
        holder_could: holder_of_client_key_could(project),
    }
}

/// What is at stake with a token: every kind reaches every project of the organization.
fn of_token(scopes: &ScopeSet, exposure: Option<Exposure>) -> Stake {
    Stake {
        power: Power::of(scopes),
        reach: Reach::Organization,
        exposure: Where::of(exposure),
        holder_could: holder_could(scopes),
    }
}

/// A case about the policy or the reviews: nothing can be held, but keys go unwatched in the whole organization.
pub(super) fn about(kind: SubjectKind, id: String, evidence: Vec<String>, holder_could: &str, remedy: Remedy) -> Case {
    let name = id.clone();
    Case {
        subject: Subject { kind, id, name, project: None },
        evidence,
        stake: Stake {
            power: Power::StoreOnly,
            reach: Reach::Organization,
            exposure: Where::NotStated,
            holder_could: holder_could.to_owned(),
        },
        owner: None,
        contact: None,
        remedy,
    }
}
