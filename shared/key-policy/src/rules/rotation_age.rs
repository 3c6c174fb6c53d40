//! A key is older than its interval, or will be soon. The age is the key's own, not that of the stored value.

use std::time::Duration;

use jiff::Timestamp;

use super::{Judge, Rule, SecretView, Sight, TokenView, Verdict, calls, tell};
use crate::duration::duration_text;
use crate::facts::{Facts, Label};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::inventory::Answer;
use crate::use_case::{Kind, UseCase};

pub(super) const OVERDUE: Rule = Rule {
    code: Code::RotationOverdue,
    group: Group::Rotation,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "The key that a secret holds was made longer ago than the interval of its use case. For a token, which does not say when it was made, the day counts on which it was stored.",
    why: "The interval bounds how long a leak that nobody noticed can be used.",
    holder_could: "use a leaked key for longer than the policy accepts",
    remedy: "Rotate the secret; for a token that only a person can make, make one and store it.",
    sees_all: false,
    judges: &[Judge::Secret(overdue_key), Judge::Token(overdue_token)],
};

pub(super) const UPCOMING: Rule = Rule {
    code: Code::RotationUpcoming,
    group: Group::Rotation,
    floor: Severity::Low,
    ceiling: Severity::Low,
    what: "The key that a secret holds will be older than the interval of its use case within the time that the use case calls `warn`.",
    why: "A token that only a person can make needs a person in time.",
    holder_could: "nothing that the policy does not accept yet",
    remedy: "Rotate the secret before that day, or see to it that its schedule does; for a token, make one and store it.",
    sees_all: false,
    judges: &[Judge::Secret(upcoming_key), Judge::Token(upcoming_token)],
};

/// When it was made, and by what it is measured.
enum Age<'a> {
    Known(Timestamp, Duration, &'a UseCase),
    Unknown,
    NotMeant,
}

fn of_key<'a>(view: &SecretView<'a>) -> Age<'a> {
    if !view.is_for_client_key() {
        return Age::NotMeant;
    }
    let Some((case, interval)) = view.use_case().and_then(|case| Some((case, case.interval?))) else {
        return Age::NotMeant;
    };
    match view.sight(Label::Current) {
        Sight::NoKey => Age::NotMeant,
        Sight::Shown(key) => key.created.map_or(Age::Unknown, |created| Age::Known(created, interval, case)),
        // A key that is not there: CURRENT_KEY_DEAD says so.
        Sight::NotThere | Sight::NotKnown => Age::Unknown,
    }
}

fn of_token<'a>(view: &TokenView<'a>) -> Age<'a> {
    let Some((case, interval)) = view.use_case().and_then(|case| Some((case, case.interval?))) else {
        return Age::NotMeant;
    };
    if view.token.answer == Answer::Refused {
        return Age::NotMeant;
    }
    view.token.stored.map_or(Age::Unknown, |stored| Age::Known(stored, interval, case))
}

#[derive(PartialEq, Eq)]
enum Due {
    Overdue,
    Soon,
    Later,
}

fn due(facts: &Facts<'_>, since: Timestamp, interval: Duration, case: &UseCase) -> Due {
    if tell::is_beyond(facts, since, interval) {
        return Due::Overdue;
    }
    let rest = interval.saturating_sub(facts.age(since));
    if case.warn.is_some_and(|warn| rest <= warn) { Due::Soon } else { Due::Later }
}

fn evidence(verb: &str, since: Timestamp, interval: Duration, case: &UseCase) -> Vec<String> {
    vec![
        format!("{verb} at {}", tell::moment(since)),
        format!(
            "its use case {} states an interval of {}: it is due for rotation at {}",
            tell::quoted(&case.name),
            duration_text(interval),
            tell::moment(tell::later(since, interval))
        ),
    ]
}

fn overdue_key(view: &SecretView<'_>) -> Verdict {
    key(view, &Due::Overdue)
}

fn overdue_token(view: &TokenView<'_>) -> Verdict {
    token(view, &Due::Overdue)
}

fn upcoming_key(view: &SecretView<'_>) -> Verdict {
    key(view, &Due::Soon)
}

fn upcoming_token(view: &TokenView<'_>) -> Verdict {
    token(view, &Due::Soon)
}

fn key(view: &SecretView<'_>, meant: &Due) -> Verdict {
    let (since, interval, case) = match of_key(view) {
        Age::Known(since, interval, case) => (since, interval, case),
        Age::Unknown => return Verdict::Unknown,
        Age::NotMeant => return Verdict::NotMeant,
    };
    if due(view.facts, since, interval, case) != *meant {
        return Verdict::Fine;
    }
    let mut evidence = evidence("Sentry made the key", since, interval, case);
    if !view.secret.rotation.enabled {
        evidence.push("rotation of the secret is not enabled".to_owned());
    }
    let remedy = Remedy { text: "rotate the secret".to_owned(), calls: vec![calls::rotate(&view.secret.arn)] };
    Verdict::found(view.case(evidence, remedy))
}

fn token(view: &TokenView<'_>, meant: &Due) -> Verdict {
    let (since, interval, case) = match of_token(view) {
        Age::Known(since, interval, case) => (since, interval, case),
        Age::Unknown => return Verdict::Unknown,
        Age::NotMeant => return Verdict::NotMeant,
    };
    if due(view.facts, since, interval, case) != *meant {
        return Verdict::Fine;
    }
    let evidence = evidence("the token was stored", since, interval, case);
    let arn = &view.token.secret_arn;
    let calls = match view.kind() {
        Some(Kind::InstallationToken | Kind::OauthToken) => vec![calls::rotate(arn)],
        kind @ (Some(Kind::ClientKey | Kind::OrganizationToken | Kind::IntegrationToken | Kind::PersonalToken)
        | None) => vec![calls::mint(kind).to_owned(), calls::put_value(arn), calls::end(kind).to_owned()],
    };
    let text = "make a new token, store it, and end this one when nothing uses it any more".to_owned();
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}
