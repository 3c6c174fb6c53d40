//! A copy in another Region does not hold what the original holds.

use super::{Judge, Rule, SecretView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::ReplicaOutOfSync,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "Secrets Manager says that a copy of the secret in another Region is not in sync.",
    why: "Applications there still read the old key. Retirement waits for them, or they lose their events.",
    holder_could: "send events to the project with a key that cannot be ended yet",
    remedy: "Read the copy's status message, mend what it names (most often the key policy of KMS there), and replicate again.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    if secret.replica_of.is_some() {
        return Verdict::NotMeant;
    }
    let Some(replicas) = &secret.replicas else {
        return Verdict::Unknown;
    };
    if replicas.is_empty() {
        return Verdict::NotMeant;
    }
    let behind: Vec<&str> =
        replicas.iter().filter(|replica| !replica.in_sync).map(|replica| replica.region.as_str()).collect();
    if behind.is_empty() {
        return Verdict::Fine;
    }
    let evidence = vec![format!("not in sync: {}, of {} copies", behind.join(", "), replicas.len())];
    let mut calls = vec![calls::describe(&secret.arn)];
    calls.extend(behind.iter().map(|region| calls::replicate(&secret.arn, region)));
    let text = "read the status message of the copy, mend what it names, and replicate again".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
