//! The rules: a visible list, one file each. A rule looks at one subject and says what it found; it never fetches.

mod over_scoped;
mod owner;
mod rate_limit;
mod view;

use crate::facts::Facts;
use crate::findings::{Case, Code, Group, Severity};

pub use view::{IntegrationView, KeyView, OrganizationTokenView, ProjectView, SecretView, TokenView};

/// What a rule says of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The rule is not about such a subject.
    NotMeant,
    /// It is as it should be.
    Fine,
    /// It cannot be told: something that the rule needs could not be read. Never counted as fine.
    Unknown,
    /// It is not as it should be.
    Found(Box<Case>),
}

impl Verdict {
    /// [`Verdict::Found`].
    #[must_use]
    pub fn found(case: Case) -> Self {
        Self::Found(Box::new(case))
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// Each client key.
    Key(fn(&KeyView<'_>) -> Verdict),
    /// Each project.
    Project(fn(&ProjectView<'_>) -> Verdict),
    /// Each managed secret.
    Secret(fn(&SecretView<'_>) -> Verdict),
    /// Each stored token.
    Token(fn(&TokenView<'_>) -> Verdict),
    /// Each custom integration.
    Integration(fn(&IntegrationView<'_>) -> Verdict),
    /// Each organization token that Sentry lists.
    OrganizationToken(fn(&OrganizationTokenView<'_>) -> Verdict),
    /// The policy and the reviews: any number of subjects at once.
    Whole(fn(&Facts<'_>) -> Vec<Verdict>),
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its code.
    pub code: Code,
    /// The step of least privilege that it belongs to.
    pub group: Group,
    /// The least severity of what it finds, whatever is at stake.
    pub floor: Severity,
    /// The greatest.
    pub ceiling: Severity,
    /// What it finds, as a sentence.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What a holder could do, in general; each finding says it in particular.
    pub holder_could: &'static str,
    /// How it is mended, in general; each finding says it in particular.
    pub remedy: &'static str,
    /// What it looks at.
    pub judges: &'static [Judge],
}

/// Every rule, in the order of the report.
pub const RULES: &[Rule] = &[over_scoped::RULE, owner::RULE, rate_limit::RULE];
