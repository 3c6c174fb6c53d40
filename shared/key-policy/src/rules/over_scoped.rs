//! A token carries more than its use case needs.

use super::{IntegrationView, Judge, Rule, TokenView, Verdict};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Answer;
use crate::scope::{ScopeSet, excess, holder_could};

pub(super) const RULE: Rule = Rule {
    code: Code::OverScoped,
    group: Group::Minimal,
    floor: Severity::Medium,
    ceiling: Severity::Critical,
    what: "A token carries scopes that its use case does not need.",
    why: "Every scope that nobody needs is used by nobody but an attacker.",
    holder_could: "everything that the scopes in excess allow, in every project of the organization",
    remedy: "Take the scopes away in Sentry, or let a person mint a token with the wanted ones and store it.",
    judges: &[Judge::Token(token)],
};

fn token(view: &TokenView<'_>) -> Verdict {
    let scopes = match &view.token.answer {
        Answer::Alive { scopes, .. } => scopes,
        Answer::Refused => return Verdict::NotMeant,
        Answer::Unknown => return Verdict::Unknown,
    };
    let wanted = match (view.token.function, view.use_case()) {
        (Some(function), _) => super::own::wanted(function),
        (None, Some(case)) => ScopeSet::of(case.allowed_scopes()),
        // What it needs is not known: UNDOCUMENTED_USE says so.
        (None, None) => return Verdict::NotMeant,
    };
    let excess = excess(scopes, &wanted);
    if excess.is_empty() {
        return Verdict::Fine;
    }
    let evidence = vec![
        format!("Sentry says that it carries: {}", scopes.reduced()),
        format!("its use case needs: {wanted}"),
        format!("in excess: {excess}, with which its holder could {}", holder_could(&excess)),
    ];
    let text = format!("leave only {wanted}");
    let calls = vec!["manual: Sentry > Settings > Custom Integrations > the integration > Permissions".to_owned()];
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
