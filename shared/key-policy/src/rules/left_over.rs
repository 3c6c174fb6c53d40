//! Active keys that rotation left behind: orphans, adopted ones, abandoned ones.

use super::unmanaged::seen;
use super::{Judge, KeyView, Rule, Verdict, calls};
use crate::duration::duration_text;
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Ownership;
use crate::policy::Mode;

pub(super) const ORPHAN: Rule = Rule {
    code: Code::OrphanKey,
    group: Group::Rotation,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "An active client key that a rotation made and never came to use.",
    why: "Nobody reads it from a secret, so nobody misses it, and nobody watches it either. Many of them say that rotations are killed half-way.",
    holder_could: "send events to the project",
    remedy: "Retirement disables it after `[orphan] grace` when the policy says `mode = \"act\"`. Else disable it by hand.",
    sees_all: true,
    judges: &[Judge::Key(orphan)],
};

pub(super) const ADOPTED: Rule = Rule {
    code: Code::AdoptedKey,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "An active client key that somebody made by hand and that rotation superseded, such as the `Default` key of before.",
    why: "It is the oldest key of the project and the one that was copied most. Retirement does not touch what this system did not make, unless somebody consents.",
    holder_could: "send events to the project, although the secret was rotated",
    remedy: "Consent to its retirement by a `[[consent]]` in the policy, or disable it by hand.",
    sees_all: true,
    judges: &[Judge::Key(adopted)],
};

pub(super) const ABANDONED: Rule = Rule {
    code: Code::AbandonedKey,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "An active client key that this system made for a secret that does not exist any more.",
    why: "Retirement does not disable it by itself, for applications may still have its value. It lives until somebody decides.",
    holder_could: "send events to the project with a key that nobody rotates",
    remedy: "Revoke it when no application has it any more; retirement reports it in every run until then.",
    sees_all: true,
    judges: &[Judge::Key(abandoned)],
};

fn orphan(view: &KeyView<'_>) -> Verdict {
    if !view.key.active {
        return Verdict::NotMeant;
    }
    match view.key.ownership {
        Ownership::Orphan => {}
        // Retirement has not said yet whether it is one; or a secret that could not be read may hold it.
        Ownership::Marked | Ownership::Unknown => return Verdict::Unknown,
        Ownership::Current
        | Ownership::Pending
        | Ownership::Previous
        | Ownership::Superseded
        | Ownership::Adopted
        | Ownership::Abandoned
        | Ownership::Foreign
        | Ownership::Unmanaged => return Verdict::Fine,
    }
    let policy = view.facts.policy;
    let mut evidence = seen(view);
    evidence.push("it bears the mark of a rotation, whose version holds another key or none".to_owned());
    evidence.push(match policy.mode {
        Mode::Act => format!("retirement disables it {} after it first saw it", duration_text(policy.orphan.grace)),
        Mode::Observe => "the policy lets retirement observe only: it will not disable it".to_owned(),
    });
    let mut calls = calls::disable(&view.path());
    if policy.mode == Mode::Observe {
        calls.push(calls::policy("mode = \"act\""));
    }
    Verdict::found(
        view.case(evidence, Remedy { text: "let retirement disable it, or disable it by hand".to_owned(), calls }),
    )
}

fn adopted(view: &KeyView<'_>) -> Verdict {
    if !view.key.active {
        return Verdict::NotMeant;
    }
    if view.key.ownership != Ownership::Adopted {
        return Verdict::Fine;
    }
    let today = view.facts.today();
    let consent = view.facts.policy.consent_for(&view.key.id).filter(|consent| consent.holds_on(today));
    let mut evidence = seen(view);
    evidence.push("it was the value of a managed secret, and somebody other than this system made it".to_owned());
    evidence.push(match consent {
        Some(consent) => format!("the policy has a consent to retire it, until {}", consent.until),
        None => "the policy has no consent to retire it".to_owned(),
    });
    let mut calls = calls::disable(&view.path());
    if consent.is_none() {
        let change = format!("[[consent]] > key_id = \"{}\", with by, ticket and until", view.key.id);
        calls.insert(0, calls::policy(&change));
    }
    let text = "consent to its retirement, or disable it when no application has it any more".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}

fn abandoned(view: &KeyView<'_>) -> Verdict {
    if !view.key.active {
        return Verdict::NotMeant;
    }
    if view.key.ownership != Ownership::Abandoned {
        return Verdict::Fine;
    }
    let mut evidence = seen(view);
    evidence.push("it bears the mark of a secret that does not exist any more".to_owned());
    let mut calls = calls::disable(&view.path());
    calls.push(calls::revoke("<ARN of the secret that is gone: retirement's event has it>", &view.key.id));
    let text =
        "revoke it when no application has it; retirement reports it until then, and does not disable it by itself"
            .to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
