//! A token carries more than its use case needs.

use super::{IntegrationView, Judge, Rule, TokenView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Answer;
use crate::scope::{ScopeSet, excess, holder_could};
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::OverScoped,
    group: Group::Minimal,
    floor: Severity::Medium,
    ceiling: Severity::Critical,
    what: "A token, or an integration with its tokens, carries scopes that its use case does not need.",
    why: "Every scope that nobody needs is used by nobody but an attacker.",
    holder_could: "everything that the scopes in excess allow, in every project of the organization",
    remedy: "Take the scopes away in Sentry, or let a person mint a token with the wanted ones and store it.",
    sees_all: false,
    judges: &[Judge::Token(token), Judge::Integration(integration)],
};

fn token(view: &TokenView<'_>) -> Verdict {
    let scopes = match &view.token.answer {
        Answer::Alive { scopes, .. } => scopes,
        Answer::Refused => return Verdict::NotMeant,
        Answer::Unknown => return Verdict::Unknown,
    };
    // What it needs is not known: UNDOCUMENTED_USE says so.
    let Some(wanted) = view.wanted() else {
        return Verdict::NotMeant;
    };
    match told(scopes, &wanted, view.kind()) {
        Some((evidence, remedy)) => Verdict::found(view.case(evidence, remedy)),
        None => Verdict::Fine,
    }
}

/// An integration may have more tokens than are stored: its scopes are measured by all that its stored ones need.
fn integration(view: &IntegrationView<'_>) -> Verdict {
    let wanted: Vec<ScopeSet> = view.tokens().filter_map(|token| token.wanted()).collect();
    // What it is for is not known: UNDOCUMENTED_USE says so.
    if view.is_idle() || wanted.is_empty() {
        return Verdict::NotMeant;
    }
    let wanted = ScopeSet::of(wanted.iter().flat_map(ScopeSet::iter));
    match told(&view.integration.scopes, &wanted, Some(Kind::IntegrationToken)) {
        // What a token of it needs that did not answer is not known.
        Some(_) if view.may_have_more_tokens() => Verdict::Unknown,
        Some((evidence, remedy)) => Verdict::found(view.case(evidence, remedy)),
        None => Verdict::Fine,
    }
}

fn told(scopes: &ScopeSet, wanted: &ScopeSet, kind: Option<Kind>) -> Option<(Vec<String>, Remedy)> {
    let excess = excess(scopes, wanted);
    if excess.is_empty() {
        return None;
    }
    let needs = if wanted.is_empty() { "no scope at all".to_owned() } else { wanted.to_string() };
    let evidence = vec![
        format!("Sentry says that it carries: {}", scopes.reduced()),
        format!("it needs: {needs}"),
        format!("in excess: {excess}, with which its holder could {}", holder_could(&excess)),
    ];
    let text = format!("leave {needs}");
    Some((evidence, Remedy { text, calls: vec![calls::scopes(kind).to_owned()] }))
}
