//! What values and tokens that could not be read may hide: a finding is gone only if everything that it rests on was seen.

use std::collections::BTreeSet;

use key_policy::Organizational;
use key_policy::findings::{Code, SubjectKind};
use key_policy::inventory::Answer;

use crate::gather::retirement::Judgements;
use crate::table::{ACTIVE, Found, Item};

/// The secrets and tokens of which nothing is known in this review.
#[derive(Debug)]
pub(crate) struct Hidden<'a> {
    /// By ARN.
    secrets: BTreeSet<String>,
    /// The projects of those secrets, as far as they are known.
    projects: BTreeSet<u64>,
    /// Whether the project of one of them is not known.
    anywhere: bool,
    /// Whether one of this system's own tokens could not be read, so that not even its secret is known.
    own: bool,
    /// What retirement said of keys, as far as it did.
    judgements: &'a Judgements,
}

impl<'a> Hidden<'a> {
    /// What is hidden in all secrets and tokens. `own_unread` says whether one of this system's own tokens is.
    pub(crate) fn among(all: &Organizational, own_unread: bool, judgements: &'a Judgements) -> Self {
        let (secrets, projects) = (BTreeSet::new(), BTreeSet::new());
        let mut hidden = Self { secrets, projects, anywhere: own_unread, own: own_unread, judgements };
        for secret in all.secrets.iter().filter(|secret| secret.is_unread()) {
            hidden.secrets.insert(secret.arn.clone());
            match secret.project() {
                Some(project) => {
                    hidden.projects.insert(project);
                }
                // From one that is scheduled for deletion no application reads anything.
                None => hidden.anywhere |= !secret.scheduled_for_deletion,
            }
        }
        for token in all.tokens.iter().filter(|token| token.answer == Answer::Unknown) {
            hidden.secrets.insert(token.secret_arn.clone());
            hidden.anywhere = true;
        }
        hidden
    }

    /// Whether what is hidden may be what a finding of the previous review rests on. `item` is its subject as this review
    /// sees it: what is seen to be gone, or ended, rests on nothing any more.
    pub(crate) fn may_concern(&self, was: &Found, project: Option<u64>, item: Option<&Item>) -> bool {
        match SubjectKind::from_word(&was.subject_kind) {
            // Its own value.
            Some(SubjectKind::Secret) => self.secrets.contains(&was.subject_id),
            // The same, and one of this system's own whose secret could not even be described.
            Some(SubjectKind::Token) => self.secrets.contains(&was.subject_id) || self.own && item.is_none(),
            // Which stored token acts as an integration is read out of the values.
            Some(SubjectKind::Integration) => self.anywhere && item.is_some(),
            // So is which use cases are used.
            Some(SubjectKind::UseCase) => self.anywhere || !self.projects.is_empty(),
            // Who holds a key is, too.
            Some(SubjectKind::ClientKey) => item.is_some_and(|item| {
                item.state == ACTIVE
                    && (self.in_project(project)
                        || self.anywhere && rests_on_holders(was)
                        || self.judgements.are_silent_about(&was.subject_id) && rests_on_retirement(was))
            }),
            Some(SubjectKind::Project) => self.in_project(project) || self.anywhere && rests_on_holders(was),
            Some(SubjectKind::OrganizationToken | SubjectKind::Exception | SubjectKind::Review) | None => false,
        }
    }

    fn in_project(&self, project: Option<u64>) -> bool {
        project.is_some_and(|project| self.projects.contains(&project))
    }
}

/// Whether a rule about keys or projects looks at who holds the key.
fn rests_on_holders(was: &Found) -> bool {
    let codes = [Code::OpenDomains, Code::ClientSideNoRateLimit, Code::NoRateLimit, Code::ShadowCopy];
    codes.iter().any(|code| code.word() == was.code)
}

/// Whether a rule about keys looks at what retirement has on record.
fn rests_on_retirement(was: &Found) -> bool {
    let codes = [Code::OrphanKey, Code::AdoptedKey, Code::AbandonedKey, Code::ForeignKey, Code::UnmanagedKey];
    codes.iter().any(|code| code.word() == was.code)
}
