//! The rules: a visible list, one file each. A rule looks at one subject and says what it found; it never fetches.

mod admin_key;
mod calls;
mod client_side_undecided;
mod consumer;
mod current_dead;
mod default_settings;
mod exceptions;
mod inactive;
mod left_over;
mod open_domains;
mod org_wide;
mod over_scoped;
mod own;
mod owner;
mod page;
mod personal_token;
mod previous_live;
mod project_not_found;
mod rate_limit;
mod rationale;
mod replica;
mod review;
mod rotation_age;
mod rotation_disabled;
mod rotation_failing;
mod rotation_faked;
mod shadow_copy;
mod store_only;
mod tell;
mod token_refused;
mod undocumented;
mod unknown_kind;
mod unmanaged;
mod view;
mod without_managed_key;

use crate::facts::Facts;
use crate::findings::{Case, Code, Group, Severity};

pub use page::findings_page;
pub use view::{IntegrationView, KeyView, OrganizationTokenView, ProjectView, SecretView, Sight, TokenView};

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

impl Judge {
    /// What it looks at, as a plural.
    #[must_use]
    pub const fn subjects(&self) -> &'static str {
        match self {
            Self::Key(_) => "client keys",
            Self::Project(_) => "projects",
            Self::Secret(_) => "managed secrets",
            Self::Token(_) => "stored tokens",
            Self::Integration(_) => "custom integrations",
            Self::OrganizationToken(_) => "organization tokens",
            Self::Whole(_) => "the policy and the reviews",
        }
    }
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
    /// Whether everything that it is about can be seen. Kinds of tokens exist that no API lists: a rule about tokens never
    /// sees all of them, so it is never met for certain.
    pub sees_all: bool,
    /// What it looks at.
    pub judges: &'static [Judge],
}

/// Every rule, in the order of the report.
pub const RULES: &[Rule] = &[
    // Know what each key is for and what it needs.
    undocumented::RULE,
    unknown_kind::RULE,
    consumer::RULE,
    personal_token::RULE,
    // Keys that reach one project.
    org_wide::RULE,
    without_managed_key::RULE,
    unmanaged::UNMANAGED,
    unmanaged::FOREIGN,
    // No more than a key needs.
    over_scoped::RULE,
    store_only::RULE,
    default_settings::RULE,
    rate_limit::SERVER,
    rate_limit::CLIENT_SIDE,
    open_domains::RULE,
    // Somebody looks again.
    owner::NO_OWNER,
    owner::NO_CONTACT,
    review::RULE,
    exceptions::EXPIRED,
    exceptions::SELF_APPROVED,
    exceptions::UNUSED,
    // No administration in applications.
    admin_key::RULE,
    // Keys are renewed, and old ones end.
    rotation_age::OVERDUE,
    rotation_age::UPCOMING,
    rotation_failing::RULE,
    rotation_disabled::RULE,
    rotation_faked::RULE,
    client_side_undecided::RULE,
    rationale::RULE,
    current_dead::RULE,
    project_not_found::RULE,
    previous_live::RULE,
    left_over::ORPHAN,
    left_over::ADOPTED,
    left_over::ABANDONED,
    shadow_copy::RULE,
    replica::RULE,
    token_refused::RULE,
    inactive::RULE,
];
