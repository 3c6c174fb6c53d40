//! Active keys that no managed secret holds: beside managed ones, and where there is none.

use super::{Judge, KeyView, Rule, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Ownership;

pub(super) const UNMANAGED: Rule = Rule {
    code: Code::UnmanagedKey,
    group: Group::Project,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "An active client key that no managed secret holds, in a project without managed keys.",
    why: "Nobody rotates it, and a leak of it ends when somebody happens to notice.",
    holder_could: "send events to the project, for as long as the key lives",
    remedy: "If applications use it, store it in a managed secret and rotate that. If nobody does, disable it.",
    sees_all: true,
    judges: &[Judge::Key(unmanaged)],
};

pub(super) const FOREIGN: Rule = Rule {
    code: Code::ForeignKey,
    group: Group::Project,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "An active client key that no managed secret holds, in a project that has managed keys.",
    why: "Rotation renews the managed keys and leaves this one as it is: who has it is served for ever. It may also be a copy that somebody made on purpose.",
    holder_could: "send events to the project, whatever is rotated",
    remedy: "Find out who made it (Sentry's audit log says so). If applications use it, let them read the managed secret. Then disable it.",
    sees_all: true,
    judges: &[Judge::Key(foreign)],
};

fn unmanaged(view: &KeyView<'_>) -> Verdict {
    if let Some(verdict) = unless(view, Ownership::Unmanaged) {
        return verdict;
    }
    let mut evidence = seen(view);
    evidence.push("no managed secret holds it, nor any other key of its project".to_owned());
    let mut calls = vec![calls::store(&view.facts.of.organization.slug, &view.project.slug)];
    calls.extend(calls::disable(&view.path()));
    let text = "store it in a managed secret and rotate that, or disable it if nobody uses it".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}

fn foreign(view: &KeyView<'_>) -> Verdict {
    if let Some(verdict) = unless(view, Ownership::Foreign) {
        return verdict;
    }
    let mut evidence = seen(view);
    evidence.push("no managed secret holds it, while managed secrets hold other keys of its project".to_owned());
    let text = "find out who uses it, let them read the managed secret, then disable it".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls: calls::disable(&view.path()) }))
}

/// The verdict on a key that does not stand so to the managed secrets, or may not.
fn unless(view: &KeyView<'_>, meant: Ownership) -> Option<Verdict> {
    let ownership = view.key.ownership;
    if !view.key.active {
        Some(Verdict::NotMeant)
    } else if ownership == Ownership::Unknown {
        Some(Verdict::Unknown)
    } else {
        (ownership != meant).then_some(Verdict::Fine)
    }
}

/// What Sentry shows of a key.
pub(super) fn seen(view: &KeyView<'_>) -> Vec<String> {
    let made = view.key.created.map_or("Sentry does not say when it was made".to_owned(), |created| {
        format!("it was made at {}", tell::moment(created))
    });
    vec![format!("its label is {}", tell::quoted(&view.key.label)), made]
}
