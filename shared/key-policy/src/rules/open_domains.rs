//! A browser's key that every domain may use.

use super::{Judge, ProjectView, Rule, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Holds;
use crate::use_case::Exposure;

pub(super) const RULE: Rule = Rule {
    code: Code::OpenDomains,
    group: Group::Minimal,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "A managed secret of a browser use case holds a key of the project, and the project takes events from every domain. Mobile apps are not meant: they send no domain.",
    why: "The key is in the page. With the allowed domains stated, other people's pages cannot send with it; scripts still can, since they may claim any domain.",
    holder_could: "let the visitors of another page send events to the project",
    remedy: "State the domains of the pages in the project's *Allowed Domains*.",
    sees_all: true,
    judges: &[Judge::Project(judge)],
};

fn judge(view: &ProjectView<'_>) -> Verdict {
    let in_browsers = view.facts.secrets_of(view.project.id).any(|secret| {
        let current = secret.current.as_ref().is_some_and(|version| match &version.holds {
            Holds::Key { project, .. } => *project == view.project.id,
            Holds::Token | Holds::Empty | Holds::Other | Holds::Unreadable => false,
        });
        let case = view.facts.use_case_of_client_key(secret.use_case.as_deref());
        current && case.is_some_and(|case| case.exposure == Some(Exposure::Browser))
    });
    if !in_browsers {
        return Verdict::NotMeant;
    }
    let Some(domains) = &view.project.allowed_domains else {
        return Verdict::Unknown;
    };
    if !domains.iter().any(|domain| domain == "*") {
        return Verdict::Fine;
    }
    let evidence = vec![
        "a managed secret of a browser use case holds its current key".to_owned(),
        "the project takes events from every domain (*)".to_owned(),
    ];
    let calls = vec![calls::domains(&view.facts.of.organization.slug, &view.project.slug)];
    let text = "state the domains from which browsers send to this project".to_owned();
    Verdict::found(view.case(Some(Exposure::Browser), evidence, Remedy { text, calls }))
}
