//! A managed secret.

use super::key::key_path;
use super::{contact, of_client_key, of_token, owner};
use crate::facts::{Facts, Label};
use crate::findings::{Case, Remedy, Subject, SubjectKind};
use crate::inventory::{ClientKey, Holds, Project, Said, Secret, Token};
use crate::policy::UnknownUseCase;
use crate::use_case::{Kind, UseCase};

/// A managed secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretView<'a> {
    /// Everything.
    pub facts: &'a Facts<'a>,
    /// The secret.
    pub secret: &'a Secret,
    /// The project that its DSN names, where Sentry shows it.
    pub project: Option<&'a Project>,
    /// The token that it holds, where it holds one.
    pub token: Option<&'a Token>,
}

/// What Sentry shows of the key that a labelled version holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight<'a> {
    /// The version holds no key, or there is none with that label.
    NoKey,
    /// The key.
    Shown(&'a ClientKey),
    /// The keys of the project are known, and it is not among them.
    NotThere,
    /// The version, the project or its keys could not be seen.
    NotKnown,
}

impl<'a> SecretView<'a> {
    /// The use case that its tag names, without a tag the default one, whatever kind that is for.
    ///
    /// # Errors
    /// [`UnknownUseCase`] where the policy has none of that name.
    pub fn named_use_case(&self) -> Result<&'a UseCase, UnknownUseCase> {
        self.facts.use_case(self.secret.use_case.as_deref())
    }

    /// Its use case, where the policy has it and it is for what the secret is said to hold.
    #[must_use]
    pub fn use_case(&self) -> Option<&'a UseCase> {
        let case = self.named_use_case().ok()?;
        let suits = match &self.secret.kind {
            Said::Known(kind) => case.kind == *kind,
            Said::Nothing => self.token.is_none() || case.kind != Kind::ClientKey,
            Said::Unknown(_) => true,
        };
        suits.then_some(case)
    }

    /// Whether it is the secret of an SDK: its tag says so, or its use case where it has no tag.
    #[must_use]
    pub fn is_for_client_key(&self) -> bool {
        match &self.secret.kind {
            Said::Known(kind) => *kind == Kind::ClientKey,
            Said::Nothing => {
                let is_ours = self.token.is_some_and(|token| token.function.is_some());
                !is_ours && self.named_use_case().map_or(true, |case| case.kind == Kind::ClientKey)
            }
            Said::Unknown(_) => false,
        }
    }

    /// What Sentry shows of the key that a labelled version holds.
    #[must_use]
    pub fn sight(&self, label: Label) -> Sight<'a> {
        let Some((_, version)) = self.secret.versions().find(|(at, _)| *at == label) else {
            return if self.secret.scheduled_for_deletion { Sight::NotKnown } else { Sight::NoKey };
        };
        let (id, project) = match &version.holds {
            Holds::Key { id, project, .. } => (id, *project),
            Holds::Token | Holds::Empty | Holds::Other => return Sight::NoKey,
            Holds::Unreadable => return Sight::NotKnown,
        };
        match self.project {
            Some(shown) if shown.id == project && shown.keys.is_some() => {
                shown.key(id).map_or(Sight::NotThere, Sight::Shown)
            }
            Some(_) | None => Sight::NotKnown,
        }
    }

    /// Whether the organization does not have the project in its DSN: all projects were listed, and it is not among them.
    #[must_use]
    pub fn project_is_missing(&self) -> bool {
        self.project.is_none() && self.secret.project().is_some() && self.facts.of.all_projects_listed
    }

    /// Whether the policy places it in another organization.
    #[must_use]
    pub fn is_bound_elsewhere(&self) -> bool {
        let of = &self.facts.of.organization;
        let bound = self.facts.policy.binding_for(&self.secret.name).map(|binding| binding.organization.as_str());
        bound.is_some_and(|named| named != of.slug && named != of.id.to_string())
    }

    /// The key with this id in its project, where Sentry shows it.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<&'a ClientKey> {
        self.project?.key(id)
    }

    /// The path of a key of its project in Sentry's Web API, where Sentry shows the project.
    #[must_use]
    pub fn path(&self, key_id: &str) -> Option<String> {
        Some(key_path(self.facts, self.project?, key_id))
    }

    /// A case about this secret.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let exposure = self.use_case().and_then(|case| case.exposure);
        let stake = match self.token {
            Some(token) => of_token(&token.scopes(), exposure),
            None => of_client_key(self.project.map_or("its project", |project| project.slug.as_str()), exposure),
        };
        Case {
            subject: Subject {
                kind: SubjectKind::Secret,
                id: self.secret.arn.clone(),
                name: self.secret.name.clone(),
                project: self.project.map(|project| project.slug.clone()),
            },
            evidence,
            stake,
            owner: owner(self.use_case(), self.secret.owner.as_deref()),
            contact: contact(self.use_case()),
            remedy,
        }
    }
}
