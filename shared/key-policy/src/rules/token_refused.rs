//! A stored token that Sentry refuses, or a secret of a token that holds none.

use super::{Judge, Rule, SecretView, TokenView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::{Answer, Holds, Said};
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::TokenRefused,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "Sentry refused a stored token when it was presented: it is revoked, expired, or was never one. So does a secret count whose tag says that it is a token's, and whose AWSCURRENT holds none.",
    why: "What reads it does not work, or nobody reads it any more. If it is one of this system's own, keys are not rotated or ended.",
    holder_could: "nothing: Sentry refuses it",
    remedy: "Store a new token, or remove the secret if nobody needs it.",
    sees_all: false,
    judges: &[Judge::Token(token), Judge::Secret(secret)],
};

/// A secret of a token that holds one is judged by that token.
fn secret(view: &SecretView<'_>) -> Verdict {
    let kind = match &view.secret.kind {
        Said::Known(kind) if *kind != Kind::ClientKey => *kind,
        Said::Known(_) | Said::Unknown(_) | Said::Nothing => return Verdict::NotMeant,
    };
    if view.secret.scheduled_for_deletion || view.token.is_some() {
        return Verdict::NotMeant;
    }
    let what = match view.secret.current.as_ref().map(|version| &version.holds) {
        Some(Holds::Unreadable) => return Verdict::Unknown,
        Some(Holds::Token | Holds::Key { token: true, .. }) => return Verdict::NotMeant,
        Some(Holds::Key { token: false, .. }) => "AWSCURRENT holds a DSN and no token",
        Some(Holds::Other) => "AWSCURRENT holds something that is no token of Sentry's",
        Some(Holds::Empty) | None => "it has no value at AWSCURRENT",
    };
    let evidence = vec![format!("its tag sentry:kind says {}", kind.word()), what.to_owned()];
    let arn = &view.secret.arn;
    let calls = vec![calls::mint(Some(kind)).to_owned(), calls::put_value(arn), calls::delete_secret(arn)];
    let text = "store a token, correct the tag, or remove the secret if nobody needs it".to_owned();
    let mut found = view.case(evidence, Remedy { text, calls });
    "nothing that the audit knows of".clone_into(&mut found.stake.holder_could);
    Verdict::found(found)
}

fn token(view: &TokenView<'_>) -> Verdict {
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
