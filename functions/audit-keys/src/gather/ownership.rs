//! How a key stands to the managed secrets: by the labels of the versions that hold it, else by what retirement has on
//! record, else by the mark in its label, which is a hint and no proof.

use std::collections::HashSet;

use key_policy::inventory::{Ownership, Secret};
use key_policy::{Facts, Label};
use rotation::Mark;
use sentry_client::ClientKey;

use super::retirement::{Judged, Judgements};

/// What is looked up for every key.
pub(crate) struct Owners<'a> {
    judgements: &'a Judgements,
    /// The marks of the managed secrets, whatever their version.
    marks: HashSet<String>,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(judgements: &'a Judgements, secrets: &[Secret]) -> Self {
        let marks = secrets.iter().map(|secret| Mark::new(&secret.arn, "").secret().to_owned()).collect();
        Self { judgements, marks }
    }

    /// How a key of this project stands.
    pub(crate) fn of(&self, key: &ClientKey, project: u64, facts: &Facts<'_>) -> Ownership {
        if let Some((label, _)) = facts.holders(&key.id).min_by_key(|(label, _)| *label) {
            return match label {
                Label::Current => Ownership::Current,
                Label::Pending => Ownership::Pending,
                // Retirement leaves it alone until somebody consents.
                Label::Previous if self.judgements.of(&key.id) == Some(Judged::Adopted) => Ownership::Adopted,
                // It may be one of those.
                Label::Previous if self.judgements.have_not_come_to(&key.id) => Ownership::Unknown,
                Label::Previous => Ownership::Previous,
            };
        }
        let nobodys = if facts.may_be_held(project) {
            Ownership::Unknown
        } else if facts.secrets_of(project).next().is_some() {
            Ownership::Foreign
        } else {
            Ownership::Unmanaged
        };
        match self.judgements.of(&key.id) {
            Some(Judged::Ours) => Ownership::Superseded,
            Some(Judged::Adopted) => Ownership::Adopted,
            Some(Judged::Orphan) => Ownership::Orphan,
            Some(Judged::Abandoned) => Ownership::Abandoned,
            // Retirement knows that the label is a copy.
            Some(Judged::Foreign) => nobodys,
            // The mark of a secret that is not here may be another stack's: it says nothing.
            None if Mark::in_label(&key.label).is_some_and(|mark| self.marks.contains(mark.secret())) => {
                Ownership::Marked
            }
            // It may be one that the system superseded.
            None if self.judgements.have_not_come_to(&key.id) => Ownership::Unknown,
            None => nobodys,
        }
    }
}
