//! A token that administers, outside administration: no exception in the use case makes that right.

use super::{IntegrationView, Judge, OrganizationTokenView, Rule, TokenView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Answer;
use crate::scope::{ScopeSet, admin_scopes, excess};
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::AdminKeyInApp,
    group: Group::NoAdmin,
    floor: Severity::Critical,
    ceiling: Severity::Critical,
    what: "A token that is not for administration carries a scope that administers: `org:admin`, `org:write`, `org:integrations`, `member:admin`, `project:admin` or `team:admin`. So does one of administration that needs none or less.",
    why: "Who steals it from an application owns the organization: settings, members, projects and their data. Stating the scope in the use case does not make it right; only an exception in the policy accepts it, for a while.",
    holder_could: "change or delete what the scope is about, in the whole organization",
    remedy: "Take the scope away at once. If the application needs what it allows, give that work to a person or to a service of its own.",
    sees_all: false,
    judges: &[Judge::Token(token), Judge::Integration(integration), Judge::OrganizationToken(organization_token)],
};

fn token(view: &TokenView<'_>) -> Verdict {
    let scopes = match &view.token.answer {
        Answer::Alive { scopes, .. } => scopes,
        Answer::Refused => return Verdict::NotMeant,
        Answer::Unknown => return Verdict::Unknown,
    };
    match told(scopes, &allowed(view), view.kind()) {
        Some((evidence, remedy)) => Verdict::found(view.case(evidence, remedy)),
        None => Verdict::Fine,
    }
}

fn integration(view: &IntegrationView<'_>) -> Verdict {
    if view.is_idle() {
        return Verdict::NotMeant;
    }
    let allowed: Vec<ScopeSet> = view.tokens().map(|token| allowed(&token)).collect();
    let allowed = ScopeSet::of(allowed.iter().flat_map(ScopeSet::iter));
    let found = told(&view.integration.scopes, &allowed, Some(Kind::IntegrationToken));
    match found {
        // A token that did not answer may be what it administers with.
        Some(_) if view.may_have_more_tokens() => Verdict::Unknown,
        Some((evidence, remedy)) => Verdict::found(view.case(evidence, remedy)),
        None => Verdict::Fine,
    }
}

fn organization_token(view: &OrganizationTokenView<'_>) -> Verdict {
    match told(&view.token.scopes, &ScopeSet::default(), Some(Kind::OrganizationToken)) {
        Some((evidence, remedy)) => Verdict::found(view.case(evidence, remedy)),
        None => Verdict::Fine,
    }
}

/// What it may administer with.
fn allowed(view: &TokenView<'_>) -> ScopeSet {
    if view.is_for_administration() { view.wanted().unwrap_or_default() } else { ScopeSet::default() }
}

fn told(scopes: &ScopeSet, allowed: &ScopeSet, kind: Option<Kind>) -> Option<(Vec<String>, Remedy)> {
    let closed = scopes.closure();
    let admin = ScopeSet::of(admin_scopes().iter().filter(|scope| closed.contains(scope)));
    let admin = excess(&admin, allowed);
    // What administers may imply what reads.
    let admin = ScopeSet::of(admin.iter().filter(|scope| admin_scopes().contains(scope)));
    if admin.is_empty() {
        return None;
    }
    let evidence = vec![
        format!("Sentry says that it carries: {}", scopes.reduced()),
        format!("of these it administers with: {admin}"),
        if allowed.is_empty() {
            "its use case is not administration".to_owned()
        } else {
            format!("its purpose is administration, for which it needs: {allowed}")
        },
    ];
    let text = format!("take {admin} away from it, and look in Sentry's audit log for what was done with it");
    Some((evidence, Remedy { text, calls: vec![calls::scopes(kind).to_owned()] }))
}
