//! What applications read is not accepted by Sentry.

use super::{Judge, Rule, SecretView, Sight, Verdict, calls};
use crate::facts::Label;
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::CurrentKeyDead,
    group: Group::Rotation,
    floor: Severity::High,
    ceiling: Severity::Critical,
    what: "The key of AWSCURRENT is disabled, or its project does not have it.",
    why: "Every application that reads the secret loses its events, in silence.",
    holder_could: "nothing: Sentry does not take the key",
    remedy: "Enable the key, or rotate the secret so that applications get another one.",
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
    let (told, calls) = match view.sight(Label::Current) {
        Sight::NoKey => return Verdict::NotMeant,
        Sight::Shown(key) if key.active => return Verdict::Fine,
        Sight::Shown(_) => {
            let enable = view.path(id).map_or_else(Vec::new, |path| calls::enable(&path));
            ("Sentry shows it as disabled", [enable, vec![calls::rotate(&secret.arn)]].concat())
        }
        Sight::NotThere => ("its project does not have it", vec![calls::rotate(&secret.arn)]),
        // PROJECT_NOT_FOUND says so.
        Sight::NotKnown if view.project_is_missing() => return Verdict::NotMeant,
        Sight::NotKnown => return Verdict::Unknown,
    };
    let evidence = vec![format!("AWSCURRENT holds the key {id}"), told.to_owned()];
    let text = "give the applications a key that works".to_owned();
    let mut found = view.case(evidence, Remedy { text, calls });
    "nothing while Sentry does not take the key".clone_into(&mut found.stake.holder_could);
    Verdict::found(found)
}
