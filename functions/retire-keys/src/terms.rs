//! The policy's terms for the keys of a secret.

use std::time::Duration;

use key_lifecycle::{AtGraceMax, Mode, Quiet, Terms};
use key_policy::{Kind, Policy, UseCase};

use crate::inventory::Secret;

/// The window in which events are counted where the policy names none: for the report, since silence proves nothing then.
const DAY: Duration = Duration::from_secs(86_400);

/// The least window: Sentry counts by the hour.
const HOUR: Duration = Duration::from_secs(3_600);

/// What the policy says of a secret's keys.
#[derive(Debug, Clone)]
pub(crate) struct Applied {
    pub(crate) terms: Terms,
    /// In which time before now events are counted.
    pub(crate) window: Duration,
}

impl Applied {
    /// Under which nothing is ever done.
    pub(crate) fn nothing() -> Self {
        let never = Duration::MAX;
        let terms = Terms {
            mode: Mode::Observe,
            grace: None,
            grace_max: None,
            at_grace_max: AtGraceMax::Keep,
            quiet: Quiet::Undeclared,
            quarantine: never,
            delete: false,
            orphan_grace: never,
            proof_deadline: never,
            proof_refusals: u32::MAX,
        };
        Self { terms, window: DAY }
    }
}

/// The terms of the use case that the secret's tag names.
///
/// # Errors
/// Why there are none, in words.
pub(crate) fn applied(policy: &Policy, secret: Option<&Secret>) -> Result<Applied, String> {
    let tag = secret.and_then(|secret| secret.tags.get("sentry:use-case"));
    let use_case = policy.use_case(tag.map(String::as_str)).map_err(|error| error.to_string())?;
    if use_case.kind != Kind::ClientKey {
        return Err(format!("its use case {} is for keys of the kind {}", use_case.name, use_case.kind));
    }
    Ok(Applied { terms: terms(policy, use_case), window: use_case.quiet_for.map_or(DAY, |window| window.max(HOUR)) })
}

fn terms(policy: &Policy, use_case: &UseCase) -> Terms {
    Terms {
        mode: match policy.mode {
            key_policy::Mode::Observe => Mode::Observe,
            key_policy::Mode::Act => Mode::Act,
        },
        grace: use_case.grace,
        grace_max: use_case.grace_max,
        at_grace_max: match use_case.at_grace_max {
            Some(key_policy::AtGraceMax::Disable) => AtGraceMax::Disable,
            Some(key_policy::AtGraceMax::Keep) | None => AtGraceMax::Keep,
        },
        quiet: if use_case.sends_errors_only() && use_case.quiet_for.is_some() {
            Quiet::Declared
        } else {
            Quiet::Undeclared
        },
        quarantine: use_case.quarantine.unwrap_or_default(),
        delete: use_case.delete,
        orphan_grace: policy.orphan.grace,
        proof_deadline: policy.proof.deadline,
        proof_refusals: policy.proof.refusals,
    }
}
