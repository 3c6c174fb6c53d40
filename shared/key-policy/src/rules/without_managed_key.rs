//! A project of which no managed secret holds a key.

use super::{Judge, ProjectView, Rule, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::ProjectWithoutManagedKey,
    group: Group::Project,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "No managed secret holds a DSN of the project. While a managed secret cannot be read, nobody can tell.",
    why: "Its applications have their DSN from somewhere else: nobody rotates it, and nobody knows who has it.",
    holder_could: "send events to the project with a key that is never renewed",
    remedy: "Store the project's DSN in a secret with the tag `sentry:kind = client-key`, let its applications read it from there, and rotate it.",
    sees_all: true,
    judges: &[Judge::Project(judge)],
};

fn judge(view: &ProjectView<'_>) -> Verdict {
    if view.facts.secrets_of(view.project.id).next().is_some() {
        return Verdict::Fine;
    }
    if view.facts.unread_secrets() > 0 {
        return Verdict::Unknown;
    }
    let evidence = vec!["no managed secret holds a DSN with the id of this project".to_owned()];
    let calls = vec![calls::store(&view.facts.of.organization.slug, &view.project.slug)];
    let text = "store the DSN of this project in a managed secret, and rotate it".to_owned();
    Verdict::found(view.case(None, evidence, Remedy { text, calls }))
}
