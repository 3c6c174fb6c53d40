//! What acts with scopes: stored tokens, integrations, organization tokens.

use super::{contact, of_token, owner};
use crate::facts::Facts;
use crate::findings::{Case, Remedy, Subject, SubjectKind};
use crate::inventory::{ActsAs, Answer, Integration, OrganizationToken, Said, Token};
use crate::preset::Preset;
use crate::rules::own;
use crate::scope::ScopeSet;
use crate::use_case::{Kind, UseCase};

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
        let suits = match &self.token.kind {
            Said::Known(kind) => case.kind == *kind,
            Said::Nothing | Said::Unknown(_) => case.kind != Kind::ClientKey,
        };
        suits.then_some(case)
    }

    /// The scopes that it needs: of its use case, else of the function of this system that acts with it; `None` = nobody says.
    #[must_use]
    pub fn wanted(&self) -> Option<ScopeSet> {
        match (self.use_case(), self.token.function) {
            (Some(case), _) => Some(ScopeSet::of(case.allowed_scopes())),
            (None, Some(function)) => Some(own::wanted(function)),
            (None, None) => None,
        }
    }

    /// Whether it administers Sentry by its purpose: one of this system's own, or in a use case that does.
    #[must_use]
    pub fn is_for_administration(&self) -> bool {
        let preset = self.use_case().and_then(|case| case.preset);
        self.token.function.is_some() || preset.is_some_and(Preset::is_administration)
    }

    /// What kind of token it is. Who Sentry says that it acts as comes before what people say of it.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        let said = self.said_kind();
        match (self.token.acts_as(), said) {
            // The token of an OAuth application acts as the person who authorized it.
            (Some(ActsAs::Person(_)), Some(Kind::OauthToken)) => Some(Kind::OauthToken),
            (Some(ActsAs::Person(_)), _) => Some(Kind::PersonalToken),
            (Some(ActsAs::Organization), _) => Some(Kind::OrganizationToken),
            (Some(ActsAs::Integration(_)), Some(Kind::InstallationToken)) => Some(Kind::InstallationToken),
            (Some(ActsAs::Integration(_)), _) => Some(Kind::IntegrationToken),
            (None, said) => said,
        }
    }

    /// What kind of token people say that it is: by its tag, else by its shape.
    #[must_use]
    pub fn said_kind(&self) -> Option<Kind> {
        match &self.token.kind {
            Said::Known(kind) => Some(*kind),
            Said::Nothing | Said::Unknown(_) => self.token.shape,
        }
    }

    /// A case about this token.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let exposure = self.use_case().and_then(|case| case.exposure);
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
            contact: contact(self.use_case()),
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
    pub const fn acts_as(&self) -> Option<&ActsAs> {
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

impl<'a> IntegrationView<'a> {
    /// The stored tokens that act as it.
    pub fn tokens(&self) -> impl Iterator<Item = TokenView<'a>> {
        let (facts, slug) = (self.facts, self.integration.slug.as_str());
        facts.of.tokens.iter().map(move |token| TokenView { facts, token }).filter(move |view| {
            match view.token.acts_as() {
                Some(ActsAs::Integration(name)) => facts.integration_of(name).is_some_and(|found| found.slug == slug),
                Some(ActsAs::Organization | ActsAs::Person(_)) | None => false,
            }
        })
    }

    /// Whether a stored token may be its, of which Sentry said nothing.
    #[must_use]
    pub fn may_have_more_tokens(&self) -> bool {
        self.facts.of.tokens.iter().any(|token| token.answer == Answer::Unknown)
    }

    /// Whether nobody installed it, so that no token of it reaches the organization.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.integration.installed == Some(false)
    }

    /// A case about this integration, whose owner is that of the first stored token that acts as it.
    #[must_use]
    pub fn case(&self, evidence: Vec<String>, remedy: Remedy) -> Case {
        let integration = self.integration;
        let token = self.tokens().next();
        let use_case = token.and_then(|view| view.use_case());
        Case {
            subject: Subject {
                kind: SubjectKind::Integration,
                id: integration.slug.clone(),
                name: integration.name.clone(),
                project: None,
            },
            evidence,
            stake: of_token(&integration.scopes, use_case.and_then(|case| case.exposure)),
            owner: owner(use_case, token.and_then(|view| view.token.owner.as_deref())),
            contact: contact(use_case),
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
