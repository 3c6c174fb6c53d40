//! What a rule sees: one subject, what belongs to it, and everything else through [`Facts`].

use std::borrow::Cow;

use crate::facts::{Facts, Label};
use crate::findings::{Case, Reach, Remedy, Stake, Subject, SubjectKind, Where};
use crate::inventory::{
    ActsAs, Answer, ClientKey, Integration, OrganizationToken, Project, Said, Secret, Token,
};
use crate::scope::{Power, ScopeSet, holder_could, holder_of_client_key_could};
use crate::use_case::{Exposure, Kind, UseCase};

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
        self.facts.use_case(secret.use_case.as_deref()).ok()
    }

    /// Where it is held, by its use case.
    #[must_use]
    pub fn exposure(&self) -> Option<Exposure> {
        self.use_case()?.exposure
    }

    /// The path of the key in Sentry's Web API.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/api/0/projects/{}/{}/keys/{}/", self.facts.of.organization.slug, self.project.slug, self.key.id)
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
            contact: self.use_case().and_then(|case| case.contact.clone()),
            remedy,
        }
    }
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
    /// A case about this project.
    #[must_use]
    pub fn case(&self, exposure: Option<Exposure>, evidence: Vec<String>, remedy: Remedy) -> Case {
        let secret = self.facts.secrets_of(self.project.id).next();
        let use_case = secret.and_then(|secret| self.facts.use_case(secret.use_case.as_deref()).ok());
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
            contact: use_case.and_then(|case| case.contact.clone()),
            remedy,
        }
    }
}

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

impl<'a> SecretView<'a> {
    /// Its use case, where the policy has it.
    #[must_use]
    pub fn use_case(&self) -> Option<&'a UseCase> {
        self.facts.use_case(self.secret.use_case.as_deref()).ok()
    }

    /// The key that a labelled version holds, as Sentry shows it.
    #[must_use]
    pub fn key(&self, label: Label) -> Option<&'a ClientKey> {
        self.project?.key(self.secret.key_at(label)?)
    }

    /// Whether it is the secret of an SDK: its tag says so, or its use case where it has no tag.
    #[must_use]
    pub fn is_for_client_key(&self) -> bool {
        match &self.secret.kind {
            Said::Known(kind) => *kind == Kind::ClientKey,
            Said::Nothing => self.use_case().is_none_or(|case| case.kind == Kind::ClientKey),
            Said::Unknown(_) => false,
        }
    }

    /// A case about this secret.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let exposure = self.use_case().and_then(|case| case.exposure);
        let stake = match self.token {
            Some(token) => of_token(&token.scopes(), exposure),
            None => {
                let slug = self.project.map_or(Cow::Borrowed("its project"), |project| Cow::Borrowed(&project.slug));
                of_client_key(&slug, exposure)
            }
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
            contact: self.use_case().and_then(|case| case.contact.clone()),
            remedy,
        }
    }
}

/// A stored token.
#[derive(Debug, Clone, Copy)]
pub struct TokenView<'a> {
    /// Everything.
    pub facts: &'a Facts<'a>,
    /// The token.
    pub token: &'a Token,
}

impl<'a> TokenView<'a> {
    /// Its use case, where the policy has it. A token without a tag is in the default use case, if that is for tokens.
    #[must_use]
    pub fn use_case(&self) -> Option<&'a UseCase> {
        let case = self.facts.use_case(self.token.use_case.as_deref()).ok()?;
        (case.kind != Kind::ClientKey).then_some(case)
    }

    /// A case about this token.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let exposure = self.facts.use_case(self.token.use_case.as_deref()).ok().and_then(|case| case.exposure);
        Case {
            subject: Subject {
                kind: SubjectKind::Token,
                id: self.token.secret_arn.clone(),
                name: self.token.secret_name.clone(),
                project: None,
            },
            evidence,
            stake: of_token(&self.token.scopes(), exposure),
            owner: owner(self.use_case(), self.token.owner.as_deref()),
            contact: self.use_case().and_then(|case| case.contact.clone()),
            remedy,
        }
    }
}

impl Token {
    /// What Sentry said that it may do; nothing where it said nothing.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet {
        match &self.answer {
            Answer::Alive { scopes, .. } => scopes.clone(),
            Answer::Refused | Answer::Unknown => ScopeSet::default(),
        }
    }

    /// Who it acts as, where Sentry said.
    #[must_use]
    pub fn acts_as(&self) -> Option<&ActsAs> {
        match &self.answer {
            Answer::Alive { acts_as, .. } => Some(acts_as),
            Answer::Refused | Answer::Unknown => None,
        }
    }
}

/// A custom integration.
#[derive(Debug, Clone, Copy)]
pub struct IntegrationView<'a> {
    /// Everything.
    pub facts: &'a Facts<'a>,
    /// The integration.
    pub integration: &'a Integration,
}

impl IntegrationView<'_> {
    /// A case about this integration.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let integration = self.integration;
        Case {
            subject: Subject {
                kind: SubjectKind::Integration,
                id: integration.slug.clone(),
                name: integration.name.clone(),
                project: None,
            },
            evidence,
            stake: of_token(&integration.scopes, None),
            owner: None,
            contact: None,
            remedy,
        }
    }
}

/// An organization token that Sentry lists.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationTokenView<'a> {
    /// Everything.
    pub facts: &'a Facts<'a>,
    /// The token.
    pub token: &'a OrganizationToken,
}

impl OrganizationTokenView<'_> {
    /// A case about this token.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        Case {
            subject: Subject {
                kind: SubjectKind::OrganizationToken,
                id: self.token.id.clone(),
                name: self.token.name.clone(),
                project: None,
            },
            evidence,
            stake: of_token(&self.token.scopes, None),
            owner: None,
            contact: None,
            remedy,
        }
    }
}

/// The tag comes before the policy: it is nearer to the secret.
fn owner(use_case: Option<&UseCase>, tag: Option<&str>) -> Option<String> {
    tag.map(str::to_owned).or_else(|| use_case?.owner.clone())
}

/// What is at stake with a client key.
pub(super) fn of_client_key(project: &str, exposure: Option<Exposure>) -> Stake {
    Stake {
        power: Power::StoreOnly,
        reach: Reach::Project,
        exposure: Where::of(exposure),
        holder_could: holder_of_client_key_could(project),
    }
}

/// What is at stake with a token: every kind reaches every project of the organization.
pub(super) fn of_token(scopes: &ScopeSet, exposure: Option<Exposure>) -> Stake {
    Stake {
        power: Power::of(scopes),
        reach: Reach::Organization,
        exposure: Where::of(exposure),
        holder_could: holder_could(scopes),
    }
}
