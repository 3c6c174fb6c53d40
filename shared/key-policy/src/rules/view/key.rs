//! A client key, and a project.

use super::{contact, of_client_key, owner};
use crate::facts::{Facts, Label};
use crate::findings::{Case, Remedy, Subject, SubjectKind};
use crate::inventory::{ClientKey, Project, Secret};
use crate::use_case::{Exposure, UseCase};

/// A client key in its project.
#[derive(Debug, Clone, Copy)]
pub struct KeyView<'a> {
    /// Everything.
    pub facts: &'a Facts<'a>,
    /// Its project.
    pub project: &'a Project,
    /// The key.
    pub key: &'a ClientKey,
}

impl<'a> KeyView<'a> {
    /// The secret that holds it: as its current value, else as its pending, else as its previous one.
    #[must_use]
    pub fn holder(&self) -> Option<(Label, &'a Secret)> {
        self.facts.holders(&self.key.id).min_by_key(|(label, _)| *label)
    }

    /// The use case of the secret that holds it.
    #[must_use]
    pub fn use_case(&self) -> Option<&'a UseCase> {
        let (_, secret) = self.holder()?;
        self.facts.use_case_of_client_key(secret.use_case.as_deref())
    }

    /// Where it is held, by its use case.
    #[must_use]
    pub fn exposure(&self) -> Option<Exposure> {
        self.use_case()?.exposure
    }

    /// Whether everybody who opens a page or an app can read it.
    #[must_use]
    pub fn is_client_side(&self) -> bool {
        match self.exposure() {
            Some(Exposure::Browser | Exposure::Mobile) => true,
            Some(Exposure::Server) | None => false,
        }
    }

    /// The path of the key in Sentry's Web API.
    #[must_use]
    pub fn path(&self) -> String {
        key_path(self.facts, self.project, &self.key.id)
    }

    /// A case about this key.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let holder = self.holder().map(|(_, secret)| secret);
        Case {
            subject: Subject {
                kind: SubjectKind::ClientKey,
                id: self.key.id.clone(),
                name: self.key.label.clone(),
                project: Some(self.project.slug.clone()),
            },
            evidence,
            stake: of_client_key(&self.project.slug, self.exposure()),
            owner: owner(self.use_case(), holder.and_then(|secret| secret.owner.as_deref())),
            contact: contact(self.use_case()),
            remedy,
        }
    }
}

/// The path of a key in Sentry's Web API.
pub(super) fn key_path(facts: &Facts<'_>, project: &Project, key_id: &str) -> String {
    format!("/api/0/projects/{}/{}/keys/{key_id}/", facts.of.organization.slug, project.slug)
}

/// A project.
#[derive(Debug, Clone, Copy)]
pub struct ProjectView<'a> {
    /// Everything.
    pub facts: &'a Facts<'a>,
    /// The project.
    pub project: &'a Project,
}

impl ProjectView<'_> {
    /// A case about this project, whose owner is that of its first managed secret.
    #[must_use]
    pub fn case(&self, exposure: Option<Exposure>, evidence: Vec<String>, remedy: Remedy) -> Case {
        let secret = self.facts.secrets_of(self.project.id).next();
        let use_case = secret.and_then(|secret| self.facts.use_case_of_client_key(secret.use_case.as_deref()));
        Case {
            subject: Subject {
                kind: SubjectKind::Project,
                id: self.project.id.to_string(),
                name: self.project.slug.clone(),
                project: Some(self.project.slug.clone()),
            },
            evidence,
            stake: of_client_key(&self.project.slug, exposure),
            owner: owner(use_case, secret.and_then(|secret| secret.owner.as_deref())),
            contact: contact(use_case),
            remedy,
        }
    }
}
