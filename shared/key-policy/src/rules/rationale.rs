//! Nobody says why a key is renewed as often as it is.

use super::view::about;
use super::{Judge, Rule, Verdict, calls, tell};
use crate::duration::duration_text;
use crate::facts::Facts;
use crate::findings::{Code, Group, Remedy, Severity, SubjectKind};

pub(super) const RULE: Rule = Rule {
    code: Code::NoRationale,
    group: Group::Rotation,
    floor: Severity::Low,
    ceiling: Severity::Low,
    what: "A use case of the policy states an `interval` and no `rationale`.",
    why: "An interval that nobody can explain is changed by whoever finds it a nuisance.",
    holder_could: "use a leaked key for as long as an interval that nobody weighed",
    remedy: "Say in the use case why its keys are renewed as often as they are.",
    sees_all: true,
    judges: &[Judge::Whole(judge)],
};

fn judge(facts: &Facts<'_>) -> Vec<Verdict> {
    let with_interval = facts.policy.use_cases().iter().filter_map(|case| Some((case, case.interval?)));
    with_interval
        .map(|(case, interval)| {
            if case.rationale.is_some() {
                return Verdict::Fine;
            }
            let evidence = vec![format!(
                "the use case {} states an interval of {} and no rationale",
                tell::quoted(&case.name),
                duration_text(interval)
            )];
            let calls = vec![calls::use_case(&case.name, "rationale = \"...\"")];
            let text = "say why the keys of this use case are renewed as often as they are".to_owned();
            let holder_could = "use a leaked key for as long as an interval that nobody weighed";
            let remedy = Remedy { text, calls };
            let mut found = about(SubjectKind::UseCase, case.name.clone(), evidence, holder_could, remedy);
            (found.owner, found.contact) = (case.owner.clone(), case.contact.clone());
            Verdict::found(found)
        })
        .collect()
}
