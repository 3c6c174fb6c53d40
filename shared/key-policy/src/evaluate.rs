//! From facts to findings: every rule on every subject, nothing left out, nothing fetched.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::findings::{Code, Finding};
use crate::inventory::Project;

/// What a rule came to over all subjects so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Subjects that are as they should be.
    pub fine: u64,
    /// Subjects of which it cannot be told.
    pub unknown: u64,
    /// Findings.
    pub found: u64,
    /// Findings that an exception accepts.
    pub excepted: u64,
}

/// What every rule came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Code, Count>);

/// Findings, and what every rule came to.
#[derive(Debug, Default)]
pub struct Judged {
    /// In the order of the subjects, and of the rules.
    pub findings: Vec<Finding>,
    /// How many subjects each rule looked at.
    pub tally: Tally,
}
