//! A token that reaches every project, without an exception that justifies it.

use super::{IntegrationView, Judge, OrganizationTokenView, Rule, TokenView, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Answer;
use crate::scope::excess;
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::OrgWideKey,
    group: Group::Project,
    floor: Severity::Medium,
    ceiling: Severity::Critical,
    what: "A token, an integration or an organization token that nobody justified: Sentry has no token for one project, each reaches all of them. This system's own tokens are justified while they carry no more than they need.",
    why: "A leak in one application exposes the data of every other one.",
    holder_could: "what its scopes allow, in every project of the organization instead of one",
    remedy: "If it only sends events, replace it by a client key of its project. Else let somebody justify it by an exception in the policy, with reason, approver and end.",
    sees_all: false,
    judges: &[Judge::Token(token), Judge::Integration(integration), Judge::OrganizationToken(organization_token)],
};

const REACH: &str = "a token of any kind reaches every project of the organization, or every one that its person sees";

fn token(view: &TokenView<'_>) -> Verdict {
    let scopes = match &view.token.answer {
        Answer::Alive { scopes, .. } => scopes,
        Answer::Refused => return Verdict::NotMeant,
        Answer::Unknown => return Verdict::Unknown,
    };
    if is_justified(view) {
        return Verdict::NotMeant;
    }
    let evidence = vec![format!("Sentry takes the token, which carries: {}", scopes.reduced()), REACH.to_owned()];
    Verdict::found(view.case(evidence, remedy(&view.token.secret_arn, view.kind())))
}

fn integration(view: &IntegrationView<'_>) -> Verdict {
    let scopes = &view.integration.scopes;
    let covered = |token: TokenView<'_>| {
        is_justified(&token) && token.wanted().is_some_and(|wanted| excess(scopes, &wanted).is_empty())
    };
    if view.is_idle() || view.tokens().any(covered) {
        return Verdict::NotMeant;
    }
    // One of this system's own may be its, and did not answer.
    if view.may_have_more_tokens() {
        return Verdict::Unknown;
    }
    let evidence = vec![format!("each of its tokens carries: {}", scopes.reduced()), REACH.to_owned()];
    Verdict::found(view.case(evidence, remedy(&view.integration.slug, Some(Kind::IntegrationToken))))
}

fn organization_token(view: &OrganizationTokenView<'_>) -> Verdict {
    let evidence = vec![format!("Sentry lists it with: {}", view.token.scopes.reduced()), REACH.to_owned()];
    Verdict::found(view.case(evidence, remedy(&view.token.id, Some(Kind::OrganizationToken))))
}

/// One of this system's own that carries no more than it needs.
fn is_justified(view: &TokenView<'_>) -> bool {
    let within = |wanted| excess(&view.token.scopes(), &wanted).is_empty();
    view.token.function.is_some() && view.wanted().is_some_and(within)
}

fn remedy(subject: &str, kind: Option<Kind>) -> Remedy {
    Remedy {
        text: "replace it by a client key if it only sends events, else justify it by an exception".to_owned(),
        calls: vec![calls::end(kind).to_owned(), calls::accept(Code::OrgWideKey, subject)],
    }
}
