//! Nobody answers for a secret, or nobody says how to reach who does.

use super::view::stated;
use super::{Judge, Rule, SecretView, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const NO_OWNER: Rule = Rule {
    code: Code::NoOwner,
    group: Group::Review,
    floor: Severity::Low,
    ceiling: Severity::High,
    what: "Neither the tag `sentry:owner` of a secret nor its use case says which team answers for it.",
    why: "When a key leaks, somebody must decide within minutes what breaks if it is revoked. Without an owner nobody can.",
    holder_could: "what the key or token in the secret allows, for as long as nobody feels responsible",
    remedy: "Tag the secret with `sentry:owner`, or give its use case an owner in the policy.",
    sees_all: true,
    judges: &[Judge::Secret(no_owner)],
};

pub(super) const NO_CONTACT: Rule = Rule {
    code: Code::NoContact,
    group: Group::Review,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "A secret has an owner, and its use case does not say how to reach them.",
    why: "An alarm at night needs a channel or a telephone number, not the name of a team.",
    holder_could: "what the key or token in the secret allows, until somebody is reached",
    remedy: "Give the use case, or `[defaults]`, a `contact`.",
    sees_all: true,
    judges: &[Judge::Secret(no_contact)],
};

fn has_owner(view: &SecretView<'_>) -> bool {
    let tag = stated(view.secret.owner.as_deref());
    tag.is_some() || view.use_case().is_some_and(|case| case.owner.is_some())
}

fn no_owner(view: &SecretView<'_>) -> Verdict {
    if has_owner(view) {
        return Verdict::Fine;
    }
    let evidence = vec!["the secret has no tag sentry:owner, and its use case names no owner".to_owned()];
    let calls = vec![calls::tag(&view.secret.arn, "sentry:owner", "<team>")];
    Verdict::found(view.case(evidence, Remedy { text: "name the team that answers for this secret".to_owned(), calls }))
}

fn no_contact(view: &SecretView<'_>) -> Verdict {
    // NO_OWNER says so.
    if !has_owner(view) {
        return Verdict::NotMeant;
    }
    let (told, call) = match view.use_case() {
        Some(case) if case.contact.is_some() => return Verdict::Fine,
        Some(case) => (
            format!("its use case {} states no contact", tell::quoted(&case.name)),
            calls::use_case(&case.name, "contact = \"<channel or address>\""),
        ),
        None => (
            "it is in no use case of its kind, where a contact could stand".to_owned(),
            calls::policy("[use_case.<name>] > contact = \"<channel or address>\""),
        ),
    };
    let text = "say in the policy how to reach the owner".to_owned();
    Verdict::found(view.case(vec![told], Remedy { text, calls: vec![call] }))
}
