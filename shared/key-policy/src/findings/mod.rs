//! Findings: what a rule says about one subject, with everything that a person needs to judge and to mend it.

mod code;
mod severity;
mod subject;

use jiff::Timestamp;

pub use code::{Code, Group};
pub use severity::{Inputs, Reach, Severity, Stake, Where};
pub use subject::{Subject, SubjectKind};

use crate::exception::Exception;
use crate::words::words;

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// In words.
    pub text: String,
    /// The exact calls: of Sentry's Web API, of the AWS command line, or `manual: <where>` where only a person can.
    pub calls: Vec<String>,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// About what.
    pub subject: Subject,
    /// What was seen, one fact a sentence.
    pub evidence: Vec<String>,
    /// What is at stake.
    pub stake: Stake,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// What to do.
    pub remedy: Remedy,
}

words! {
    /// Where a finding stands.
    Status {
        /// It was not there in the previous review.
        Opened = "opened",
        /// It was there, with another severity or other evidence.
        Changed = "changed",
        /// It was there, the same.
        Open = "open",
        /// An exception accepts it for a while. It is shown and not counted.
        Excepted = "excepted",
    }
}

/// A case with its severity, its place in time and the exception that accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// How grave.
    pub severity: Severity,
    /// What the severity was made of.
    pub inputs: Inputs,
    /// What was found.
    pub case: Case,
    /// Where it stands. [`crate::judge_project`] and [`crate::judge_rest`] know no previous review: `Opened`, or `Excepted`.
    pub status: Status,
    /// The review in which it was first seen; this one until the previous one is known.
    pub first_seen: Timestamp,
    /// The exception that accepts it.
    pub exception: Option<Exception>,
}
