//! A secret that ought to be rotated is not.

use std::time::Duration;

use super::{Judge, Rule, SecretView, Verdict, calls, tell};
use crate::duration::duration_text;
use crate::findings::{Code, Group, Remedy, Severity};

pub(super) const RULE: Rule = Rule {
    code: Code::RotationDisabled,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "Rotation is not enabled for a client key's secret whose use case states an interval. Copies in other Regions and secrets that wait for their deletion are not meant.",
    why: "Nothing renews the key; somebody must think of it.",
    holder_could: "use a leaked key until somebody thinks of rotating it",
    remedy: "Enable rotation with a schedule that is no longer than the interval.",
    sees_all: true,
    judges: &[Judge::Secret(judge)],
};

fn judge(view: &SecretView<'_>) -> Verdict {
    let secret = view.secret;
    if !view.is_for_client_key() || secret.scheduled_for_deletion || secret.replica_of.is_some() {
        return Verdict::NotMeant;
    }
    let Some((case, interval)) = view.use_case().and_then(|case| Some((case, case.interval?))) else {
        return Verdict::NotMeant;
    };
    if secret.rotation.enabled {
        return Verdict::Fine;
    }
    let evidence = vec![
        "rotation of the secret is not enabled".to_owned(),
        format!("its use case {} states an interval of {}", tell::quoted(&case.name), duration_text(interval)),
    ];
    let calls = vec![calls::enable_rotation(&secret.arn, &schedule(interval))];
    Verdict::found(view.case(evidence, Remedy { text: "enable rotation".to_owned(), calls }))
}

/// The longest schedule of Secrets Manager within an interval: 1 to 999 days, or else every 4 hours, the shortest.
fn schedule(interval: Duration) -> String {
    match interval.as_secs() / tell::DAY.as_secs() {
        0 => "rate(4 hours)".to_owned(),
        1 => "rate(1 day)".to_owned(),
        days => format!("rate({} days)", days.min(999)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_within_the_interval_and_within_what_aws_takes() {
        let rows =
            [("0s", "4 hours"), ("23h", "4 hours"), ("47h", "1 day"), ("90d", "90 days"), ("36500d", "999 days")];
        for (interval, expected) in rows {
            let interval = crate::parse_duration(interval).unwrap();
            assert_eq!(schedule(interval), format!("rate({expected})"));
        }
    }
}
