//! A secret of a kind that nobody knows: it counts as the worst that it may be.

use super::{Judge, Rule, SecretView, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Said;
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::UnknownKind,
    group: Group::Identify,
    floor: Severity::High,
    ceiling: Severity::Critical,
    what: "The tag `sentry:kind` of a secret says a word that is no kind.",
    why: "No function rotates, retires or judges a secret whose kind it does not know. A mistake in one letter takes a key out of all care.",
    holder_could: "whatever the secret holds allows; until that is known, suppose the most",
    remedy: "Correct the tag to the kind of what the secret holds.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let word = match &view.secret.kind {
        Said::Nothing => return Verdict::NotMeant,
        Said::Known(_) => return Verdict::Fine,
        Said::Unknown(word) => word,
    };
    let known = Kind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
    let evidence = vec![format!("its tag sentry:kind says {}", tell::quoted(word)), format!("the kinds are: {known}")];
    let calls = vec![calls::tag(&view.secret.arn, "sentry:kind", "<kind>")];
    Verdict::found(view.case(evidence, Remedy { text: format!("say one of {known}"), calls }))
}
