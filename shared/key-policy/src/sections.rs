//! The small tables: `[orphan]`, `[proof]`, `[review]`.

use std::time::Duration;

use crate::errors::Problems;
use crate::read::{Node, duration, integer, names};

const DAY: Duration = Duration::from_secs(86_400);

/// Keys that bear our mark and are the value of no version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphan {
    /// How long an orphan stays before it is disabled; 1 day by default.
    pub grace: Duration,
}

impl Default for Orphan {
    fn default() -> Self {
        Self { grace: DAY }
    }
}

/// How a disabled key is proven dead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// A key that is disabled for longer without proof is an alarm; 1 day by default.
    pub deadline: Duration,
    /// Successive runs in which ingestion must refuse the key, 1 or more; 3 by default.
    pub refusals: u32,
}

impl Default for Proof {
    fn default() -> Self {
        Self { deadline: DAY, refusals: 3 }
    }
}

/// The periodic review of all keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Review {
    /// A review older than this is overdue; 90 days by default.
    pub every: Duration,
    /// Who may sign one; empty = anybody who may invoke the audit.
    pub reviewers: Vec<String>,
}

impl Default for Review {
    fn default() -> Self {
        Self { every: DAY * 90, reviewers: Vec::new() }
    }
}

pub(crate) fn orphan(node: &Node<'_>, problems: &mut Problems) -> Option<Orphan> {
    let mut table = node.table(problems)?;
    let grace = table.optional(problems, "grace", duration);
    table.finish(problems);
    let default = Orphan::default();
    Some(Orphan { grace: grace.value().unwrap_or(default.grace) })
}

pub(crate) fn proof(node: &Node<'_>, problems: &mut Problems) -> Option<Proof> {
    let mut table = node.table(problems)?;
    let deadline = table.optional(problems, "deadline", duration);
    let refusals = table.optional(problems, "refusals", |node, problems| {
        let count = integer(node, problems)?;
        match u32::try_from(count) {
            Ok(count @ 1..=100) => Some(count),
            _ => node.fail(problems, "must be between 1 and 100"),
        }
    });
    table.finish(problems);
    let default = Proof::default();
    Some(Proof {
        deadline: deadline.value().unwrap_or(default.deadline),
        refusals: refusals.value().unwrap_or(default.refusals),
    })
}

pub(crate) fn review(node: &Node<'_>, problems: &mut Problems) -> Option<Review> {
    let mut table = node.table(problems)?;
    let every = table.optional(problems, "every", duration);
    let reviewers = table.optional(problems, "reviewers", names);
    table.finish(problems);
    let default = Review::default();
    Some(Review {
        every: every.value().unwrap_or(default.every),
        reviewers: reviewers.value().unwrap_or(default.reviewers),
    })
}
