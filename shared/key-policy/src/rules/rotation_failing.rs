//! A rotation began and did not come to its end, or did not begin when it was due.

use super::{Judge, Rule, SecretView, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::RotationFailing,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "A version has been at AWSPENDING for more than a day, or the day by which Secrets Manager was to rotate has passed by more than a day.",
    why: "The old key stays in use while everybody believes that it was renewed. A pending version also blocks the next rotation.",
    holder_could: "use a leaked key for longer than the policy accepts",
    remedy: "Read the last errors of the rotation function, mend what they name, and rotate again.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    if secret.scheduled_for_deletion || secret.replica_of.is_some() {
        return Verdict::NotMeant;
    }
    let mut evidence = Vec::new();
    let mut unknown = false;
    let mut calls = vec![calls::describe(&secret.arn)];
    if let Some(pending) = &secret.pending {
        match pending.created {
            Some(created) if view.facts.age(created) > tell::DAY => {
                evidence.push(format!(
                    "version {} has been at AWSPENDING since {}",
                    tell::quoted(&pending.id),
                    tell::moment(created)
                ));
                calls.push(calls::drop_pending(&secret.arn));
            }
            Some(_) => {}
            None => unknown = true,
        }
    }
    if let Some(next) = secret.rotation.next
        && secret.rotation.enabled
        && view.facts.age(next) > tell::DAY
    {
        evidence.push(format!("Secrets Manager was to rotate it by {}", tell::moment(next)));
    }
    if evidence.is_empty() {
        return if unknown { Verdict::Unknown } else { Verdict::Fine };
    }
    if let Some(last) = secret.rotation.last {
        evidence.push(format!("the last rotation came to its end at {}", tell::moment(last)));
    }
    calls.push(calls::rotate(&secret.arn));
    let text =
        "mend what the last errors of the rotation function name, clear the pending label, and rotate".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
