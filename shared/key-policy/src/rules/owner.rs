//! Nobody answers for a secret.

use super::{Judge, Rule, SecretView, Verdict};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::NoOwner,
    group: Group::Review,
    floor: Severity::Low,
    ceiling: Severity::High,
    what: "Neither the tag `sentry:owner` of a secret nor its use case says which team answers for it.",
    why: "When a key leaks, somebody must decide within minutes what breaks if it is revoked. Without an owner nobody can.",
    holder_could: "what the key or token in the secret allows, for as long as nobody feels responsible",
    remedy: "Tag the secret with `sentry:owner`, or give its use case an owner in the policy.",
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let stated = view.secret.owner.is_some() || view.use_case().is_some_and(|case| case.owner.is_some());
    if stated {
        return Verdict::Fine;
    }
    let evidence = vec!["the secret has no tag sentry:owner, and its use case names no owner".to_owned()];
    let calls = vec![format!(
        "aws secretsmanager tag-resource --secret-id {} --tags Key=sentry:owner,Value=<team>",
        view.secret.arn
    )];
    Verdict::found(view.case(evidence, Remedy { text: "name the team that answers for this secret".to_owned(), calls }))
}
