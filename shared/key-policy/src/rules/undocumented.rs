//! A secret or an integration in no use case of the policy.

use super::{IntegrationView, Judge, Rule, SecretView, Verdict, calls, tell};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Said;
use crate::use_case::Kind;

pub(super) const RULE: Rule = Rule {
    code: Code::UndocumentedUse,
    group: Group::Identify,
    floor: Severity::Medium,
    ceiling: Severity::Medium,
    what: "A secret whose use case the policy does not have or has for another kind, or an integration of which no stored token has a use case.",
    why: "What a key is for decides what it may do, how old it may become and who answers for it. Without that nothing can be called too much.",
    holder_could: "what the key or token allows, and nobody can say whether that is right",
    remedy: "Write the use case into the policy and name it in the tag `sentry:use-case`; or end the key if nobody needs it.",
    sees_all: false,
    judges: &[Judge::Secret(secret), Judge::Integration(integration)],
};

fn secret(view: &SecretView<'_>) -> Verdict {
    // What this system's own tokens are for is known.
    if view.token.is_some_and(|token| token.function.is_some()) && view.secret.use_case.is_none() {
        return Verdict::Fine;
    }
    let tag = view.secret.use_case.as_deref();
    let named = match tag {
        Some(tag) => format!("its tag sentry:use-case says {}", tell::quoted(tag)),
        None => "it has no tag sentry:use-case, so it is in the default use case".to_owned(),
    };
    let why = match view.named_use_case() {
        Err(unknown) => {
            let known = tell::names(unknown.known.iter().map(String::as_str));
            format!("the policy has no such use case; it has: {}", if known.is_empty() { "none" } else { &known })
        }
        Ok(case) => match &view.secret.kind {
            Said::Known(kind) if case.kind != *kind => {
                format!("the use case is for {}, the tag sentry:kind says {kind}", case.kind)
            }
            Said::Nothing if view.token.is_some() && case.kind == Kind::ClientKey => {
                format!("the use case is for {}, and the secret holds a token", case.kind)
            }
            Said::Known(_) | Said::Nothing | Said::Unknown(_) => return Verdict::Fine,
        },
    };
    let calls = vec![
        calls::policy("[use_case.<name>] > kind, preset, owner, contact, interval, rationale"),
        calls::tag(&view.secret.arn, "sentry:use-case", "<name>"),
    ];
    let text = "write down in the policy what this secret is for, and name that use case in its tag".to_owned();
    Verdict::found(view.case(vec![named, why], Remedy { text, calls }))
}

fn integration(view: &IntegrationView<'_>) -> Verdict {
    if view.is_idle() {
        return Verdict::NotMeant;
    }
    if view.tokens().any(|token| token.wanted().is_some()) {
        return Verdict::Fine;
    }
    if view.may_have_more_tokens() {
        return Verdict::Unknown;
    }
    let evidence = vec![
        format!(
            "Sentry lists the integration {} with: {}",
            tell::quoted(&view.integration.name),
            view.integration.scopes.reduced()
        ),
        "no stored token with a use case acts as it".to_owned(),
    ];
    let calls = vec![
        "manual: store its token in a secret with the tags sentry:kind, sentry:use-case and sentry:owner".to_owned(),
        "manual: Sentry > Settings > Custom Integrations > the integration > remove it if nobody needs it".to_owned(),
    ];
    let text = "store its token in a secret that says what it is for, or remove the integration".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
