//! The superseded key is still enabled after its grace.

use std::time::Duration;

use super::{Judge, Rule, SecretView, Sight, Verdict, calls, tell};
use crate::duration::duration_text;
use crate::facts::Label;
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Ownership;
use crate::policy::Mode;
use crate::use_case::{AtGraceMax, UseCase};

pub(super) const RULE: Rule = Rule {
    code: Code::PreviousStillLive,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "The key of AWSPREVIOUS is still enabled although the current version is older than `grace_max` of its use case, else than `grace`, else than 30 days.",
    why: "Rotation helps only when the old key ends. Until then a leaked one works as before.",
    holder_could: "send events to the project with the superseded key",
    remedy: "Let retirement disable it (`mode = \"act\"`, and a `grace_max` with `at_grace_max`), or revoke it.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

/// Where the policy states no grace.
const DEFAULT_GRACE: Duration = Duration::from_secs(30 * 86_400);

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    let previous = match view.sight(Label::Previous) {
        Sight::NoKey => return Verdict::NotMeant,
        Sight::Shown(key) => key,
        Sight::NotThere => return Verdict::Fine,
        Sight::NotKnown => return Verdict::Unknown,
    };
    if secret.key_at(Label::Current) == Some(previous.id.as_str()) {
        return Verdict::NotMeant;
    }
    if !previous.active {
        return Verdict::Fine;
    }
    // ADOPTED_KEY says what that needs, which is not what ends a key of this system's own.
    if previous.ownership == Ownership::Adopted {
        return Verdict::NotMeant;
    }
    if previous.ownership == Ownership::Unknown {
        return Verdict::Unknown;
    }
    let Some(since) = secret.current.as_ref().and_then(|version| version.created) else {
        return Verdict::Unknown;
    };
    let (grace, stated) = grace(view.use_case());
    if !tell::is_beyond(view.facts, since, grace) {
        return Verdict::Fine;
    }
    let mut evidence = vec![
        format!("the key {} of AWSPREVIOUS is enabled", previous.id),
        format!("the current version was written at {}", tell::moment(since)),
        format!("{stated} ended at {}", tell::moment(tell::later(since, grace))),
    ];
    if view.use_case().and_then(|case| case.at_grace_max) == Some(AtGraceMax::Keep) {
        evidence.push("the policy keeps such a key and reports it: at_grace_max = keep".to_owned());
    }
    let mut calls = vec![calls::revoke(&secret.arn, &previous.id)];
    if view.facts.policy.mode == Mode::Observe {
        evidence.push("the policy lets retirement observe only: it will not disable the key".to_owned());
        calls.push(calls::policy("mode = \"act\""));
    }
    let text = "see who still uses the key in retirement's record of the run, then end it".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}

fn grace(case: Option<&UseCase>) -> (Duration, String) {
    let most = case.and_then(|case| case.grace_max).map(|grace| (grace, "grace_max"));
    match most.or_else(|| case.and_then(|case| case.grace).map(|grace| (grace, "grace"))) {
        Some((grace, name)) => (grace, format!("its {name} of {}", duration_text(grace))),
        None => {
            (DEFAULT_GRACE, format!("no grace is stated; that of {}, which counts then,", duration_text(DEFAULT_GRACE)))
        }
    }
}
