//! The same key in two secrets.

use super::{Judge, Rule, SecretView, Verdict, calls, tell};
use crate::facts::Label;
use crate::findings::{Code, Group, Remedy, Severity, SubjectKind};
use crate::inventory::Secret;

pub(super) const RULE: Rule = Rule {
    code: Code::ShadowCopy,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "Two managed secrets or more hold the same client key, at AWSCURRENT or AWSPENDING. It is said once for each key.",
    why: "When one of them is rotated, the other still holds the old key: either it cannot be ended, or applications that read the other lose their events.",
    holder_could: "send events to the project; and no rotation of one secret ends the key",
    remedy: "Let all applications read one of the secrets, and remove the other; or rotate the other, so that each has a key of its own.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    if secret.scheduled_for_deletion {
        return Verdict::Unknown;
    }
    let keys = [Label::Current, Label::Pending].into_iter().filter_map(|label| secret.key_at(label));
    let shared = keys.map(|key| (key, holders(view, key))).find(|(_, holders)| {
        // The first of them in the list says it for all.
        holders.len() > 1 && holders.first().is_some_and(|first| first.arn == secret.arn)
    });
    let Some((key, holders)) = shared else {
        return if secret.is_unread() { Verdict::Unknown } else { Verdict::Fine };
    };
    let names = tell::names(holders.iter().map(|holder| holder.name.as_str()));
    let mut evidence = vec![format!("the key {key} is the value of {} secrets: {names}", holders.len())];
    evidence.extend(holders.iter().map(|holder| format!("one of them is {}", holder.arn)));
    let calls = holders.iter().skip(1).map(|holder| calls::rotate(&holder.arn)).collect();
    let text = "let applications read one of the secrets and remove the others, or rotate the others".to_owned();
    let mut found = view.case(evidence, Remedy { text, calls });
    found.subject.kind = SubjectKind::ClientKey;
    key.clone_into(&mut found.subject.id);
    found.subject.name = view.key(key).map(|key| key.label.clone()).unwrap_or_default();
    Verdict::found(found)
}

/// The secrets that hold it, each once.
fn holders<'a>(view: &SecretView<'a>, key: &str) -> Vec<&'a Secret> {
    let mut secrets: Vec<&Secret> = Vec::new();
    for (label, secret) in view.facts.holders(key) {
        let live = match label {
            Label::Current | Label::Pending => true,
            Label::Previous => false,
        };
        if live && !secrets.iter().any(|known| known.arn == secret.arn) {
            secrets.push(secret);
        }
    }
    secrets
}
