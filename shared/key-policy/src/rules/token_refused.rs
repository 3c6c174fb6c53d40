//! A stored token that Sentry refuses.

use super::{Judge, Rule, TokenView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Answer;

pub(super) const RULE: Rule = Rule {
    code: Code::TokenRefused,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "Sentry refused a stored token when it was presented: it is revoked, expired, or was never one.",
    why: "What reads it does not work, or nobody reads it any more. If it is one of this system's own, keys are not rotated or ended.",
    holder_could: "nothing: Sentry refuses it",
    remedy: "Store a new token, or remove the secret if nobody needs it.",
    sees_all: false,
    judges: &[Judge::Token(judge)],
};

fn judge(view: &TokenView<'_>) -> Verdict {
    let token = view.token;
    match token.answer {
        Answer::Alive { .. } => return Verdict::Fine,
        Answer::Unknown => return Verdict::Unknown,
        Answer::Refused => {}
    }
    let mut evidence = vec!["Sentry refused it when it was presented".to_owned()];
    if let Some(function) = token.function {
        evidence.push(format!("{function} of this system acts with it"));
    }
    let calls = vec![
        calls::mint(view.kind()).to_owned(),
        calls::put_value(&token.secret_arn),
        calls::delete_secret(&token.secret_arn),
    ];
    let text = "store a new token; or remove the secret if nobody needs it".to_owned();
    let mut found = view.case(evidence, Remedy { text, calls });
    "nothing: Sentry refuses it".clone_into(&mut found.stake.holder_could);
    Verdict::found(found)
}
