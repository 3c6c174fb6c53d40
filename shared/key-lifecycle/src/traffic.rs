//! How much has moved from the old key to the new one.
//!
//! Sentry counts errors alone for each key: zero is "no errors seen", not "unused" (facts/sentry-api.md section 1.7).

use serde::{Deserialize, Serialize};

use crate::terms::Quiet;
use crate::words::words;

words! {
    /// What the counts of the window say.
    Signal {
        /// The old key sent nothing in the window, and the new one did.
        Quiet = "quiet",
        /// The old key is still in use.
        StillUsed = "still-used",
        /// Neither sent anything, so that nothing follows from the silence.
        BothSilent = "both-silent",
        /// The use case does not declare that its senders send errors alone.
        Undeclared = "undeclared",
        /// The counts cannot be read.
        Unreadable = "unreadable",
    }
}

/// The events of one day (UTC) by the two keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The day, `2026-11-23`.
    pub day: String,
    /// By the superseded key.
    pub old: u64,
    /// By the key that applications read now.
    pub new: u64,
}

/// What was counted in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Each day of the window with events, in order.
    pub days: Vec<Day>,
}

impl Traffic {
    /// The events of the whole window: by the old key, by the new key.
    #[must_use]
    pub fn sums(&self) -> (u64, u64) {
        self.days.iter().fold((0, 0), |(old, new), day| (old.saturating_add(day.old), new.saturating_add(day.new)))
    }

    /// How many of a hundred events came by the new key; none where there were none.
    #[must_use]
    pub fn moved_percent(&self) -> Option<u64> {
        let (old, new) = self.sums();
        let (old, new) = (u128::from(old), u128::from(new));
        (new * 100).checked_div(old + new).and_then(|percent| u64::try_from(percent).ok())
    }
}

impl Signal {
    /// What follows from what was counted; `None` where the counts could not be read.
    #[must_use]
    pub fn of(quiet: Quiet, traffic: Option<&Traffic>) -> Self {
        match (quiet, traffic.map(Traffic::sums)) {
            // Events that were seen are seen, whatever else the senders send.
            (_, Some((1.., _))) => Self::StillUsed,
            (Quiet::Undeclared, _) => Self::Undeclared,
            (Quiet::Declared, None) => Self::Unreadable,
            (Quiet::Declared, Some((0, 0))) => Self::BothSilent,
            (Quiet::Declared, Some((0, _))) => Self::Quiet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(old: u64, new: u64) -> Traffic {
        Traffic { days: vec![Day { day: "2026-11-23".to_owned(), old, new }] }
    }

    #[test]
    fn silence_counts_only_where_it_was_declared_and_the_new_key_speaks() {
        let cases = [
            (Quiet::Declared, Some(traffic(0, 7)), Signal::Quiet),
            (Quiet::Declared, Some(traffic(0, 0)), Signal::BothSilent),
            (Quiet::Declared, Some(traffic(1, 7)), Signal::StillUsed),
            (Quiet::Declared, None, Signal::Unreadable),
            (Quiet::Undeclared, Some(traffic(0, 7)), Signal::Undeclared),
            (Quiet::Undeclared, Some(traffic(1, 7)), Signal::StillUsed),
            (Quiet::Undeclared, None, Signal::Undeclared),
        ];
        for (quiet, traffic, expected) in cases {
            assert_eq!(Signal::of(quiet, traffic.as_ref()), expected, "{quiet} {traffic:?}");
        }
    }

    #[test]
    fn what_has_moved_is_a_share_of_what_was_sent() {
        assert_eq!(traffic(1, 3).moved_percent(), Some(75));
        assert_eq!(traffic(0, 0).moved_percent(), None);
        assert_eq!(traffic(u64::MAX, u64::MAX).moved_percent(), Some(50));
    }
}
