//! Everything that is judged, with what is looked up in it: which secrets hold a key, and which belong to a project.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::inventory::{
    ClientKey, Holds, Integration, Organization, OrganizationToken, Project, Reviews, Secret, Token, Version,
};
use crate::policy::{Policy, UnknownUseCase};
use crate::use_case::{Kind, UseCase};
use crate::words::words;

words! {
    /// A label of a version.
    Label {
        /// AWSCURRENT.
        Current = "AWSCURRENT",
        /// AWSPENDING, on another version than AWSCURRENT.
        Pending = "AWSPENDING",
        /// AWSPREVIOUS.
        Previous = "AWSPREVIOUS",
    }
}

/// What concerns the organization as a whole: all of it is in memory, the projects come one by one.
#[derive(Debug)]
pub struct Organizational {
    /// The organization.
    pub organization: Organization,
    /// Every managed secret.
    pub secrets: Vec<Secret>,
    /// Every stored token, this system's own first.
    pub tokens: Vec<Token>,
    /// The custom integrations; `None` where they could not be listed.
    pub integrations: Option<Vec<Integration>>,
    /// The organization tokens; `None` where they could not be listed.
    pub organization_tokens: Option<Vec<OrganizationToken>>,
    /// When reviews were made and signed.
    pub reviews: Reviews,
    /// Whether every project of the organization was listed, so that one that is not among them is not there.
    pub all_projects_listed: bool,
}

/// What is judged, against which policy, at which moment.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The moment of the review.
    pub now: Timestamp,
    /// What concerns the organization as a whole.
    pub of: &'a Organizational,
    by_key: HashMap<&'a str, Vec<(Label, usize)>>,
    by_project: HashMap<u64, Vec<usize>>,
    by_arn: HashMap<&'a str, usize>,
    unread: usize,
}

impl<'a> Facts<'a> {
    /// Makes the indexes.
    #[must_use]
    pub fn new(policy: &'a Policy, now: Timestamp, of: &'a Organizational) -> Self {
        let (by_key, by_project) = (HashMap::new(), HashMap::new());
        // Backwards: of two tokens in one secret the first is found, as everywhere.
        let by_arn =
            of.tokens.iter().enumerate().rev().map(|(index, token)| (token.secret_arn.as_str(), index)).collect();
        let unread = of.secrets.iter().filter(|secret| secret.may_hide_a_key()).count();
        let mut facts = Self { policy, now, of, by_key, by_project, by_arn, unread };
        for (index, secret) in of.secrets.iter().enumerate() {
            for (label, version) in secret.versions() {
                if let Holds::Key { id, .. } = &version.holds {
                    facts.by_key.entry(id).or_default().push((label, index));
                }
            }
            if let Some(project) = secret.project() {
                facts.by_project.entry(project).or_default().push(index);
            }
        }
        facts
    }

    /// The secrets of which a version with a label holds this key, in the order of the list.
    pub fn holders(&self, key_id: &str) -> impl Iterator<Item = (Label, &'a Secret)> {
        let found = self.by_key.get(key_id).into_iter().flatten();
        found.filter_map(|(label, index)| Some((*label, self.of.secrets.get(*index)?)))
    }

    /// The secrets whose DSN names this project.
    pub fn secrets_of(&self, project: u64) -> impl Iterator<Item = &'a Secret> {
        let found = self.by_project.get(&project).into_iter().flatten();
        found.filter_map(|index| self.of.secrets.get(*index))
    }

    /// The token that the secret with this ARN holds.
    #[must_use]
    pub fn token_in(&self, secret_arn: &str) -> Option<&'a Token> {
        self.of.tokens.get(*self.by_arn.get(secret_arn)?)
    }

    /// Whether a secret that could not be read may hold a key of this project.
    #[must_use]
    pub fn may_be_held(&self, project: u64) -> bool {
        self.unread > 0 || self.secrets_of(project).any(Secret::is_unread)
    }

    /// How many secrets may hold a key of any project, for their values could not be read.
    #[must_use]
    pub const fn unread_secrets(&self) -> usize {
        self.unread
    }

    /// The integration that a proxy user belongs to: its name is the slug, or the slug, a dash and a UUID.
    #[must_use]
    pub fn integration_of(&self, proxy_user: &str) -> Option<&'a Integration> {
        let all = self.of.integrations.iter().flatten();
        all.filter(|integration| integration.has_proxy_user(proxy_user))
            .max_by_key(|integration| integration.slug.len())
    }

    /// The use case that a tag names; without a tag, the policy's default one.
    ///
    /// # Errors
    /// [`UnknownUseCase`] where the policy has none of that name.
    pub fn use_case(&self, tag: Option<&str>) -> Result<&'a UseCase, UnknownUseCase> {
        self.policy.use_case(tag)
    }

    /// The use case that the tag of a client key's secret names, where the policy has it and it is for client keys.
    #[must_use]
    pub fn use_case_of_client_key(&self, tag: Option<&str>) -> Option<&'a UseCase> {
        self.use_case(tag).ok().filter(|case| case.kind == Kind::ClientKey)
    }

    /// The day of the review (UTC).
    #[must_use]
    pub fn today(&self) -> Date {
        Offset::UTC.to_datetime(self.now).date()
    }

    /// How long ago that was; zero for what lies ahead.
    #[must_use]
    pub fn age(&self, since: Timestamp) -> std::time::Duration {
        self.now.duration_since(since).try_into().unwrap_or_default()
    }
}

impl Secret {
    /// The versions with labels.
    pub fn versions(&self) -> impl Iterator<Item = (Label, &Version)> {
        let labelled =
            [(Label::Current, &self.current), (Label::Pending, &self.pending), (Label::Previous, &self.previous)];
        labelled.into_iter().filter_map(|(label, version)| Some((label, version.as_ref()?)))
    }

    /// The project in its DSN: the current one, else the pending, else the previous, else what is remembered of it.
    #[must_use]
    pub fn project(&self) -> Option<u64> {
        let seen = self.versions().find_map(|(_, version)| match &version.holds {
            Holds::Key { project, .. } => Some(*project),
            Holds::Token | Holds::Empty | Holds::Other | Holds::Unreadable => None,
        });
        seen.or(self.remembered_project)
    }

    /// Whether one of its values could not be read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.versions().any(|(_, version)| version.holds == Holds::Unreadable)
    }

    /// The key that a labelled version holds.
    #[must_use]
    pub fn key_at(&self, label: Label) -> Option<&str> {
        let (_, version) = self.versions().find(|(at, _)| *at == label)?;
        match &version.holds {
            Holds::Key { id, .. } => Some(id),
            Holds::Token | Holds::Empty | Holds::Other | Holds::Unreadable => None,
        }
    }
}

impl Secret {
    /// Whether it may hold the key of some project, and nobody could see of which.
    fn may_hide_a_key(&self) -> bool {
        self.is_unread() && self.project().is_none() && !self.scheduled_for_deletion
    }
}

impl Integration {
    /// Whether a proxy user of this name is this integration's.
    fn has_proxy_user(&self, name: &str) -> bool {
        let is_uuid = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let Some(rest) = name.strip_prefix(&self.slug) else {
            return false;
        };
        rest.is_empty() || rest.strip_prefix('-').is_some_and(is_uuid)
    }
}

impl Project {
    /// The key with this id, where the keys are known and it is among them.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<&ClientKey> {
        self.keys.as_ref()?.iter().find(|key| key.id == id)
    }
}
