//! An SDK's secret holds more than the public form of a DSN.

use super::{Judge, Rule, SecretView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Holds;

pub(super) const RULE: Rule = Rule {
    code: Code::SdkSecretNotStoreOnly,
    group: Group::Minimal,
    floor: Severity::High,
    ceiling: Severity::Critical,
    what: "A secret for an SDK holds, at any label, a token (alone or beside the DSN; 64 hexadecimal digits may be one), a DSN with its secret part, or something that is neither DSN nor token.",
    why: "An SDK sends events and needs nothing else. What it is given ends in logs, crash dumps and the pages that it runs in. What is neither DSN nor token counts like a token, since nobody can say what it allows.",
    holder_could: "with a token, what its scopes allow in every project; with a DSN's secret part, nothing more today, but it marks a value that was copied from an old form",
    remedy: "Store the public form of the DSN, and treat a token that was there as leaked: end it.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    if !view.is_for_client_key() {
        return Verdict::NotMeant;
    }
    let mut evidence = Vec::new();
    let mut unread = view.secret.scheduled_for_deletion;
    let mut token = false;
    for (label, version) in view.secret.versions() {
        let what = match &version.holds {
            Holds::Token => "a token",
            Holds::Key { secret_part: true, token: true, .. } => {
                "a DSN with its secret part, and beside it a token or what may be one"
            }
            Holds::Key { secret_part: false, token: true, .. } => "beside the DSN a token, or what may be one",
            Holds::Key { secret_part: true, token: false, .. } => "a DSN with its secret part",
            Holds::Other => "neither a DSN nor a token",
            Holds::Key { secret_part: false, token: false, .. } | Holds::Empty => continue,
            Holds::Unreadable => {
                unread = true;
                continue;
            }
        };
        token |= matches!(version.holds, Holds::Token | Holds::Key { token: true, .. });
        evidence.push(format!("its version at {label} holds {what}"));
    }
    if evidence.is_empty() {
        return if unread { Verdict::Unknown } else { Verdict::Fine };
    }
    let mut calls = vec![calls::put_value(&view.secret.arn), calls::rotate(&view.secret.arn)];
    if token {
        calls.push(calls::end(view.token.and_then(|token| token.shape)).to_owned());
    }
    let text = "store the public form of the DSN, rotate, and end a token that was here".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
