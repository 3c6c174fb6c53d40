//! A browser's or an app's key for which nobody decided whether to rotate it.

use super::view::about;
use super::{Judge, Rule, Verdict, calls, tell};
use crate::facts::Facts;
use crate::findings::{Code, Group, Remedy, Severity, SubjectKind, Where};

pub(super) const RULE: Rule = Rule {
    code: Code::ClientSideUndecided,
    group: Group::Rotation,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "A use case for browsers or mobile apps that a secret is in, without an `interval`, a `rationale` or an `at_grace_max`.",
    why: "A public key is no secret, so rotation protects less, and ending the old key loses the events of old pages and apps. Rotate, control by limits and domains, or both: somebody must decide, and say why.",
    holder_could: "send events to the project with a key that everybody can read",
    remedy: "State in the use case how old a key may become, why, and whether the old one is disabled or kept at the end of its grace.",
    sees_all: true,
    judges: &[Judge::Whole(judge)],
};

fn judge(facts: &Facts<'_>) -> Vec<Verdict> {
    let client_side = facts.policy.use_cases().iter().filter(|case| Where::of(case.exposure) == Where::ClientSide);
    client_side
        .map(|case| {
            let is_in = |tag: Option<&str>| facts.use_case(tag).is_ok_and(|named| named.name == case.name);
            let secrets = facts.of.secrets.iter().filter(|secret| is_in(secret.use_case.as_deref())).count();
            if secrets == 0 {
                return Verdict::NotMeant;
            }
            let members = [
                ("interval", case.interval.is_none()),
                ("rationale", case.rationale.is_none()),
                ("at_grace_max", case.at_grace_max.is_none()),
            ];
            let missing: Vec<&str> = members.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
            if missing.is_empty() {
                return Verdict::Fine;
            }
            let evidence = vec![
                format!("the use case {} does not state: {}", tell::quoted(&case.name), missing.join(", ")),
                format!("managed secrets in it: {secrets}"),
            ];
            let text = "decide whether keys that everybody can read are rotated, controlled, or both".to_owned();
            let calls =
                missing.iter().map(|member| calls::use_case(&case.name, &format!("{member} = \"...\""))).collect();
            let holder_could = "send events with a key that everybody can read";
            let remedy = Remedy { text, calls };
            let mut found = about(SubjectKind::UseCase, case.name.clone(), evidence, holder_could, remedy);
            (found.owner, found.contact) = (case.owner.clone(), case.contact.clone());
            Verdict::found(found)
        })
        .collect()
}
