//! A disabled key that nobody deletes.

use super::unmanaged::seen;
use super::{Judge, KeyView, Rule, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Ownership;

pub(super) const RULE: Rule = Rule {
    code: Code::InactiveKeyKept,
    group: Group::Rotation,
    floor: Severity::Low,
    ceiling: Severity::Low,
    what: "A disabled client key that no secret holds and that is not in retirement's hands.",
    why: "One click enables it again, for everybody who ever had it. It also hides the keys that matter in a long list.",
    holder_could: "nothing until somebody enables it again; then send events to the project",
    remedy: "Delete it when its project no longer needs its history. That takes `project:admin`.",
    sees_all: true,
    judges: &[Judge::Key(judge)],
};

fn judge(view: &KeyView<'_>) -> Verdict {
    if view.key.active || view.holder().is_some() {
        return Verdict::NotMeant;
    }
    match view.key.ownership {
        Ownership::Abandoned | Ownership::Foreign | Ownership::Unmanaged => {}
        // Retirement has not said yet whether it is in its hands; or a secret that could not be read may hold it.
        Ownership::Marked | Ownership::Unknown => return Verdict::Unknown,
        Ownership::Current
        | Ownership::Pending
        | Ownership::Previous
        | Ownership::Superseded
        | Ownership::Adopted
        | Ownership::Orphan => return Verdict::NotMeant,
    }
    let mut evidence = seen(view);
    evidence.push("it is disabled, and no managed secret holds it".to_owned());
    let remedy = Remedy { text: "delete it".to_owned(), calls: vec![calls::delete(&view.path())] };
    let mut found = view.case(evidence, remedy);
    found.stake.holder_could = format!("nothing until somebody enables it; then {}", found.stake.holder_could);
    Verdict::found(found)
}
