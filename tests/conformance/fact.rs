//! What a fact is.

use crate::place::Place;

/// On which servers something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// On 23.7.1 and on newer versions.
    Everywhere,
    /// On 23.7.1; newer versions differ, as their source says.
    Observed,
    /// On newer versions: there is no real server of them here, and the stand-in answers for it.
    Newer,
    /// In ingestion, of which there is no real server here.
    Relay,
}

/// One thing about Sentry that something here relies on.
pub(crate) struct Fact {
    /// A name that stays.
    pub(crate) id: &'static str,
    /// The fact as a sentence.
    pub(crate) says: &'static str,
    /// Where it was seen or read.
    pub(crate) source: &'static str,
    /// What would go wrong if it did not hold.
    pub(crate) used_by: &'static str,
    pub(crate) holds: Holds,
    /// Asks, in a place of its own, and panics where the answer is another.
    pub(crate) check: fn(&Place),
}

/// A fact that holds everywhere.
pub(crate) const fn fact(
    id: &'static str,
    says: &'static str,
    source: &'static str,
    used_by: &'static str,
    check: fn(&Place),
) -> Fact {
    Fact { id, says, source, used_by, holds: Holds::Everywhere, check }
}

impl Fact {
    /// The same fact, on these servers alone.
    pub(crate) const fn only(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }
}

/// The facts about one part of Sentry.
pub(crate) struct Area {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) facts: &'static [Fact],
}
