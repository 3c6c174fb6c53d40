//! How many subjects each rule looked at, and what that comes to.

use std::collections::BTreeMap;

use crate::findings::Code;
use crate::rules::RULES;
use crate::words::words;

words! {
    /// What a rule came to.
    State {
        /// Everything that it is about was seen, and is as it should be or excepted.
        Met = "met",
        /// Something is not as it should be.
        NotMet = "not-met",
        /// Nothing was found, but something could not be told.
        Unknown = "unknown",
    }
}

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

impl Tally {
    /// A tally that was put away; two counts of one code are added.
    #[must_use]
    pub fn from_counts(counts: impl IntoIterator<Item = (Code, Count)>) -> Self {
        let mut tally = Self::default();
        for (code, count) in counts {
            tally.of(code).add(&count);
        }
        tally
    }

    /// The counts of the rules that looked at something, in the order of the codes.
    pub fn counts(&self) -> impl Iterator<Item = (Code, Count)> {
        self.0.iter().map(|(code, count)| (*code, *count))
    }

    /// The count of a rule; nothing where it looked at nothing.
    #[must_use]
    pub fn count(&self, code: Code) -> Count {
        self.0.get(&code).copied().unwrap_or_default()
    }

    /// Adds the counts of another part of the same review.
    pub fn add(&mut self, other: &Self) {
        for (code, count) in other.counts() {
            self.of(code).add(&count);
        }
    }

    /// What a rule came to. A rule that does not see all that it is about is never met for certain.
    #[must_use]
    pub fn state(&self, code: Code) -> State {
        let count = self.count(code);
        let sees_all = RULES.iter().any(|rule| rule.code == code && rule.sees_all);
        if count.found > 0 {
            State::NotMet
        } else if count.unknown > 0 || !sees_all {
            State::Unknown
        } else {
            State::Met
        }
    }

    pub(crate) fn of(&mut self, code: Code) -> &mut Count {
        self.0.entry(code).or_default()
    }
}

impl Count {
    /// Adds another count.
    pub const fn add(&mut self, other: &Self) {
        self.fine = self.fine.saturating_add(other.fine);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.found = self.found.saturating_add(other.found);
        self.excepted = self.excepted.saturating_add(other.excepted);
    }
}
