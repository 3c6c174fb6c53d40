//! Severity = what the holder could do x reach x exposure, within what the rule allows.

use crate::scope::Power;
use crate::use_case::Exposure;
use crate::words::words;

words! {
    /// How grave a finding is.
    Severity {
        /// To be mended when there is time.
        Low = "low",
        /// To be mended within the quarter.
        Medium = "medium",
        /// To be mended within days.
        High = "high",
        /// To be mended now.
        Critical = "critical",
    }
}

words! {
    /// How much of Sentry the holder reaches.
    Reach {
        /// One project.
        Project = "project",
        /// Every project of the organization.
        Organization = "organization",
    }
}

words! {
    /// Who could come by it.
    Where {
        /// It is held on servers.
        Server = "server",
        /// Nobody stated where it is held: it counts as a server's.
        NotStated = "not-stated",
        /// Everybody who opens the page or the app can read it.
        ClientSide = "client-side",
    }
}

impl Where {
    /// What a use case says.
    #[must_use]
    pub const fn of(exposure: Option<Exposure>) -> Self {
        match exposure {
            Some(Exposure::Server) => Self::Server,
            Some(Exposure::Browser | Exposure::Mobile) => Self::ClientSide,
            None => Self::NotStated,
        }
    }
}

/// What is at stake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    /// What a holder could do, at most.
    pub power: Power,
    /// How much of Sentry that concerns.
    pub reach: Reach,
    /// Who could come by it.
    pub exposure: Where,
    /// What a holder could do, in a sentence without a full stop.
    pub holder_could: String,
}

/// What a severity was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inputs {
    /// 1 store only, 2 read, 3 write, 4 administer.
    pub power: u8,
    /// 1 one project, 2 the organization.
    pub reach: u8,
    /// 1 server or not stated, 2 client-side.
    pub exposure: u8,
    /// Their product.
    pub score: u8,
    /// The least severity of the rule.
    pub floor: Severity,
    /// The greatest severity of the rule.
    pub ceiling: Severity,
}

impl Inputs {
    /// The numbers of a stake, and the bounds of the rule.
    #[must_use]
    pub fn of(stake: &Stake, floor: Severity, ceiling: Severity) -> Self {
        let power = match stake.power {
            Power::StoreOnly => 1,
            Power::Read => 2,
            Power::Write => 3,
            Power::Administer => 4,
        };
        let reach = match stake.reach {
            Reach::Project => 1,
            Reach::Organization => 2,
        };
        let exposure = match stake.exposure {
            Where::Server | Where::NotStated => 1,
            Where::ClientSide => 2,
        };
        Self { power, reach, exposure, score: power * reach * exposure, floor, ceiling }
    }

    /// 8 and more is critical, 6 and more high, 2 and more medium; never outside the rule's bounds.
    #[must_use]
    pub fn severity(&self) -> Severity {
        let by_score = match self.score {
            8.. => Severity::Critical,
            6..8 => Severity::High,
            2..6 => Severity::Medium,
            0..2 => Severity::Low,
        };
        by_score.max(self.floor).min(self.ceiling)
    }
}
