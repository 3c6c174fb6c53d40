//! What applications read names a project that the organization does not have.

use super::{Judge, Rule, SecretView, Sight, Verdict, calls};
use crate::facts::Label;
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::ProjectNotFound,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "The DSN of AWSCURRENT names a project that the organization does not have: it was deleted, or it belongs to another organization. A secret that the policy binds to another organization is not meant.",
    why: "If the project was deleted, every application that reads the secret loses its events, in silence. If it is another organization's, events go where nobody of this one looks, with a key that this audit does not see and this system does not rotate.",
    holder_could: "send events to a project of another organization, if that is what it is",
    remedy: "Ask who made the secret. If the project is another organization's, bind the secret to that in the policy, and audit that organization with a stack of its own. If it was deleted, store the DSN of a project that exists, or remove the secret when no application reads it.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    let Some(id) = secret.key_at(Label::Current) else {
        return match view.sight(Label::Current) {
            Sight::NotKnown => Verdict::Unknown,
            Sight::NoKey | Sight::Shown(_) | Sight::NotThere => Verdict::NotMeant,
        };
    };
    if view.is_bound_elsewhere() {
        return Verdict::NotMeant;
    }
    if !view.facts.of.all_projects_listed && view.project.is_none() {
        return Verdict::Unknown;
    }
    if !view.project_is_missing() {
        return Verdict::Fine;
    }
    let project = secret.project().unwrap_or_default();
    let evidence = vec![
        format!("AWSCURRENT holds the key {id} of the project {project}"),
        format!("the organization {} has no project with that id", view.facts.of.organization.slug),
        "whether Sentry takes the key was not asked: it may be alive".to_owned(),
    ];
    let calls = vec![
        calls::describe(&secret.arn),
        calls::policy(&format!(
            "[[binding]] > for the name of this secret, with the organization of the project {project}"
        )),
        calls::put_value(&secret.arn),
    ];
    let text =
        "find out whose project it is: bind the secret to that organization, or store a DSN of a project that exists"
            .to_owned();
    let mut found = view.case(evidence, Remedy { text, calls });
    "send events to the project in its DSN, whosever that is".clone_into(&mut found.stake.holder_could);
    Verdict::found(found)
}
