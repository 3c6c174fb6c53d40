//! What a review adds up to, project by project.

use std::collections::BTreeMap;

use key_policy::findings::{Severity, Status};
use key_policy::inventory::{Answer, ClientKey, Integration, Ownership, Secret, Token};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Open findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BySeverity {
    pub(crate) critical: u64,
    pub(crate) high: u64,
    pub(crate) medium: u64,
    pub(crate) low: u64,
}

impl BySeverity {
    pub(crate) fn add(&mut self, severity: Severity) {
        *match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
        } += 1;
    }

    pub(crate) fn sum(self) -> u64 {
        self.critical + self.high + self.medium + self.low
    }
}

/// The counts so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) projects: u64,
    pub(crate) projects_unread: u64,
    pub(crate) projects_managed: u64,
    pub(crate) client_keys: u64,
    pub(crate) client_keys_active: u64,
    pub(crate) client_keys_managed: u64,
    pub(crate) client_keys_limited: u64,
    pub(crate) secrets: u64,
    pub(crate) secrets_owned: u64,
    pub(crate) secrets_rotated: u64,
    pub(crate) tokens: u64,
    pub(crate) tokens_alive: u64,
    pub(crate) integrations: u64,
    /// How many active keys are how many days old.
    pub(crate) ages: BTreeMap<u64, u64>,
    pub(crate) open: BySeverity,
    pub(crate) excepted: u64,
    /// Findings of the previous review whose subject could not be seen this time. They are among the open ones.
    pub(crate) unseen: u64,
    pub(crate) opened: u64,
    pub(crate) changed: u64,
    pub(crate) closed: u64,
    pub(crate) unknown: u64,
    /// Open findings of tokens that administer, outside administration.
    pub(crate) admin_tokens_in_applications: u64,
}

impl Totals {
    pub(crate) fn add_key(&mut self, key: &ClientKey, age_days: Option<u64>) {
        self.client_keys += 1;
        let managed = matches!(key.ownership, Ownership::Current | Ownership::Pending | Ownership::Previous);
        if key.active {
            self.client_keys_active += 1;
            self.client_keys_managed += u64::from(managed);
            self.client_keys_limited += u64::from(key.rate_limit.is_some());
            if let Some(days) = age_days {
                *self.ages.entry(days).or_default() += 1;
            }
        }
    }

    pub(crate) fn add_secret(&mut self, secret: &Secret, owned: bool) {
        self.secrets += 1;
        self.secrets_owned += u64::from(owned);
        self.secrets_rotated += u64::from(secret.rotation.enabled);
    }

    pub(crate) fn add_token(&mut self, token: &Token) {
        self.tokens += 1;
        self.tokens_alive += u64::from(matches!(token.answer, Answer::Alive { .. }));
    }

    pub(crate) fn add_integrations(&mut self, integrations: &[Integration]) {
        self.integrations += u64::try_from(integrations.len()).unwrap_or_default();
    }

    pub(crate) fn add_finding(&mut self, severity: Severity, status: Status) {
        match status {
            Status::Excepted => self.excepted += 1,
            Status::Opened => {
                self.opened += 1;
                self.open.add(severity);
            }
            Status::Changed => {
                self.changed += 1;
                self.open.add(severity);
            }
            Status::Open => self.open.add(severity),
        }
    }

    /// The age in days that 95 of 100 active keys do not exceed.
    fn p95_age(&self) -> Option<u64> {
        let count: u64 = self.ages.values().sum();
        let rank = (count * 95).div_ceil(100).max(1);
        let mut seen = 0;
        self.ages.iter().find_map(|(days, keys)| {
            seen += keys;
            (seen >= rank).then_some(*days)
        })
    }

    /// How many projects all active keys and living tokens reach together: a client key reaches one, a token every one.
    fn reach(&self) -> u64 {
        self.client_keys_active + self.tokens_alive * self.projects
    }

    /// The metrics of a report.
    pub(crate) fn metrics(&self) -> Value {
        json!({
            "coverage": {
                "projects": {"all": self.projects, "managed": self.projects_managed, "unread": self.projects_unread},
                "client_keys": {
                    "all": self.client_keys,
                    "active": self.client_keys_active,
                    "managed": self.client_keys_managed,
                    "rate_limited": self.client_keys_limited,
                },
                "secrets": {"all": self.secrets, "owned": self.secrets_owned, "rotated": self.secrets_rotated},
                "tokens": {"all": self.tokens, "alive": self.tokens_alive},
                "integrations": self.integrations,
            },
            "exposure_days": {"p95": self.p95_age(), "oldest": self.ages.last_key_value().map(|(days, _)| days)},
            "blast_radius": self.reach(),
            "admin_tokens_in_applications": self.admin_tokens_in_applications,
            "findings": {
                "open": self.open,
                "opened": self.opened,
                "changed": self.changed,
                "closed": self.closed,
                "excepted": self.excepted,
                "unseen": self.unseen,
            },
            "unknown": self.unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_five_of_a_hundred_keys_are_no_older() {
        let totals = |ages: &[(u64, u64)]| Totals { ages: ages.iter().copied().collect(), ..Totals::default() };
        assert_eq!(totals(&[]).p95_age(), None);
        assert_eq!(totals(&[(3, 1)]).p95_age(), Some(3));
        assert_eq!(totals(&[(1, 95), (400, 5)]).p95_age(), Some(1));
        assert_eq!(totals(&[(1, 94), (400, 6)]).p95_age(), Some(400));
    }
}
