//! A person's token does a machine's work.

use super::{Judge, Rule, TokenView, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::{ActsAs, Answer};
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::PersonalTokenInAutomation,
    group: Group::Identify,
    floor: Severity::Medium,
    ceiling: Severity::Critical,
    what: "A stored token acts as a person, by what Sentry says, by its tag or by its shape.",
    why: "It ends when the person leaves, it may do what the person may, and the audit log says that the person did what a machine did.",
    holder_could: "what its scopes allow, in that person's name and in every organization of that person",
    remedy: "Make an internal integration with the scopes that the machine needs, store its token, and revoke the person's.",
    sees_all: false,
    judges: &[Judge::Token(judge)],
};

fn judge(view: &TokenView<'_>) -> Verdict {
    let token = view.token;
    if token.answer == Answer::Refused {
        return Verdict::NotMeant;
    }
    let mut evidence = Vec::new();
    match token.acts_as() {
        Some(ActsAs::Person(name)) => evidence.push(format!("Sentry says that it acts as {}", tell::quoted(name))),
        Some(ActsAs::Organization | ActsAs::Integration(_)) | None => {}
    }
    if view.said_kind() == Some(Kind::PersonalToken) {
        evidence.push(
            "its tag sentry:kind says that it is a personal token, or it has none and its shape says so".to_owned(),
        );
    } else if token.shape == Some(Kind::PersonalToken) {
        evidence.push("its shape is that of a personal token, whatever its tag sentry:kind says".to_owned());
    }
    if evidence.is_empty() {
        return if token.answer == Answer::Unknown { Verdict::Unknown } else { Verdict::Fine };
    }
    let calls = vec![
        calls::mint(Some(Kind::IntegrationToken)).to_owned(),
        calls::put_value(&token.secret_arn),
        calls::end(Some(Kind::PersonalToken)).to_owned(),
    ];
    let text = "replace it by the token of an internal integration".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
