//! The value was written anew, the key is the old one: by its dates the secret looks rotated.

use super::{Judge, Rule, SecretView, Sight, Verdict, calls, tell};
use crate::duration::duration_text;
use crate::facts::Label;
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::RotationFaked,
    group: Group::Rotation,
    floor: Severity::High,
    ceiling: Severity::Critical,
    what: "The current version was written more than a day after its key was made, and it looks like a rotation: the version before holds the same key, or Secrets Manager has a rotation on record since, or the value is within the interval while the key is beyond it.",
    why: "Whoever looks at the dates of the secret believes that the key is new. Somebody did this by hand, or a rotation function does not do what it says. A first value that was imported is not meant, nor a copy in another Region.",
    holder_could: "go on using a key that everybody believes to be replaced",
    remedy: "Rotate the secret now, and find out in CloudTrail who wrote the value (`PutSecretValue`).",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    if secret.replica_of.is_some() {
        return Verdict::NotMeant;
    }
    let Some(current) = &secret.current else {
        return if secret.scheduled_for_deletion { Verdict::Unknown } else { Verdict::NotMeant };
    };
    let key = match view.sight(Label::Current) {
        Sight::NoKey => return Verdict::NotMeant,
        Sight::Shown(key) => key,
        Sight::NotThere | Sight::NotKnown => return Verdict::Unknown,
    };
    let (Some(written), Some(made)) = (current.created, key.created) else {
        return Verdict::Unknown;
    };
    let slack = tell::later(made, tell::DAY);
    if written <= slack {
        return Verdict::Fine;
    }
    let mut signs = Vec::new();
    if secret.key_at(Label::Previous) == Some(key.id.as_str()) {
        signs.push("the version at AWSPREVIOUS holds the same key".to_owned());
    }
    if let Some(last) = secret.rotation.last.filter(|last| *last > slack) {
        signs.push(format!("Secrets Manager has a rotation on record at {}", tell::moment(last)));
    }
    let mut unknown = false;
    if let Some(interval) = view.use_case().and_then(|case| case.interval)
        && tell::is_beyond(view.facts, made, interval)
        && !tell::is_beyond(view.facts, written, interval)
    {
        match secret.created {
            // The first value: the key was imported, and ROTATION_OVERDUE says that it is old.
            Some(born) if written <= tell::later(born, tell::DAY) => {}
            Some(_) => signs
                .push(format!("the value is within the interval of {}, the key is beyond it", duration_text(interval))),
            None => unknown = true,
        }
    }
    if signs.is_empty() {
        return if unknown { Verdict::Unknown } else { Verdict::Fine };
    }
    let mut evidence = vec![format!(
        "the current version was written at {}, its key was made at {}",
        tell::moment(written),
        tell::moment(made)
    )];
    evidence.extend(signs);
    let calls = vec![calls::rotate(&secret.arn), calls::writers(&secret.arn)];
    let text = "rotate the secret, and find out who wrote the value".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
