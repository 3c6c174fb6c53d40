//! No application is known to read a secret.

use std::time::Duration;

use super::view::stated;
use super::{Judge, Rule, SecretView, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::NoConsumer,
    group: Group::Identify,
    floor: Severity::Low,
    ceiling: Severity::Low,
    what: "A secret without the tag `sentry:consumers`. Secrets that wait for their deletion are not meant.",
    why: "Before a key is ended in a hurry, somebody must know what stops. Secrets Manager does not tell who reads a secret, and its last read includes this audit and rotation.",
    holder_could: "what the key or token in the secret allows, while nobody knows whether it can be ended",
    remedy: "Name the applications that read it in the tag; remove the secret if there are none.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

/// A read within this may be this audit's own, or rotation's.
const OWN_READS: Duration = Duration::from_secs(7 * 86_400);

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    if secret.scheduled_for_deletion {
        return Verdict::NotMeant;
    }
    if stated(secret.consumers.as_deref()).is_some() {
        return Verdict::Fine;
    }
    let mut evidence = vec!["the secret has no tag sentry:consumers".to_owned()];
    evidence.push(match secret.last_accessed {
        Some(last) if view.facts.age(last) > OWN_READS => {
            format!("nobody has read its value since {}", tell::moment(last))
        }
        Some(_) => "its value was read within the last 7 days, which may have been this audit or a rotation".to_owned(),
        None => "Secrets Manager does not say when its value was last read".to_owned(),
    });
    let calls = vec![calls::tag(&secret.arn, "sentry:consumers", "<applications>")];
    let text = "name the applications that read this secret".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
