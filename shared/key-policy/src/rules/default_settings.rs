//! Sentry's own first key, as it was made.

use super::{Judge, KeyView, Rule, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::DefaultSettings,
    group: Group::Minimal,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "An active key is labelled `Default`, as Sentry made it with the project, and has no rate limit: it was never tightened. The domains that a project names do not count: they bind browsers, and who has copied a DSN needs none.",
    why: "What Sentry makes with a project works for everybody, which is the opposite of the least that is needed.",
    holder_could: "send any number of events to the project, from anywhere",
    remedy: "Let a rotation replace the key, or give it a rate limit; state the domains of the project if browsers use it.",
    sees_all: true,
    judges: &[Judge::Key(judge)],
};

/// The label that Sentry gives to the key that it makes with a project.
const LABEL: &str = "Default";

fn judge(view: &KeyView<'_>) -> Verdict {
    if !view.key.active || view.key.label != LABEL {
        return Verdict::NotMeant;
    }
    if view.key.rate_limit.is_some() {
        return Verdict::Fine;
    }
    let mut evidence =
        vec!["its label is \"Default\", as Sentry made it".to_owned(), "it has no rate limit".to_owned()];
    if view.project.allowed_domains.iter().flatten().any(|domain| domain == "*") {
        evidence.push("its project takes events from every domain (*)".to_owned());
    }
    let mut calls = calls::limit(&view.path(), 1_000, 60);
    calls.push(calls::domains(&view.facts.of.organization.slug, &view.project.slug));
    let text = "limit the key, and name the project's domains if browsers send to it".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
