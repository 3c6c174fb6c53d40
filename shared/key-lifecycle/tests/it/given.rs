//! What the cases of the tables are made of.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use key_lifecycle::{
    Action, AtGraceMax, Class, Facts, Grade, Held, History, Judgement, KeyObject, Kind, MarkedVersion, Mode, Next,
    Ownership, Phase, Quiet, Record, Signal, Terms, Tie,
};

pub(crate) const FLAGS: [bool; 2] = [false, true];

pub(crate) const PHASES: [Phase; 8] = [
    Phase::Unknown,
    Phase::Current,
    Phase::Waiting,
    Phase::Disabling,
    Phase::Disabled,
    Phase::Reinstated,
    Phase::Deleting,
    Phase::Deleted,
];

pub(crate) const DAY: u64 = 86_400;

pub(crate) const fn days(count: u64) -> Duration {
    Duration::from_secs(count * DAY)
}

/// The first of January 2026, at noon, and so many days more: the key was superseded on that first day.
pub(crate) fn on_day(count: i64) -> Timestamp {
    let first: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(24 * count)
}

/// Grace 7 days, at most 30; orphans 1 day; proof within 1 day; quarantine 60 days, and then deleted.
pub(crate) fn terms() -> Terms {
    Terms {
        mode: Mode::Act,
        grace: Some(days(7)),
        grace_max: Some(days(30)),
        at_grace_max: AtGraceMax::Disable,
        quiet: Quiet::Declared,
        quarantine: days(60),
        delete: true,
        orphan_grace: days(1),
        proof_deadline: days(1),
        proof_refusals: 3,
    }
}

/// A record; what only tells of something found has attempt 0.
pub(crate) fn record(kind: Kind, class: Class, time: Timestamp) -> Record {
    let attempt = match kind {
        Kind::Disabling | Kind::Disabled | Kind::Deleting | Kind::Refused => 1,
        Kind::Current
        | Kind::Superseded
        | Kind::Quiet
        | Kind::Proven
        | Kind::Deleted
        | Kind::Reinstated
        | Kind::Orphan
        | Kind::Adopted
        | Kind::Abandoned => 0,
    };
    Record {
        version: 1,
        sequence: 1,
        previous: None,
        time,
        function: "retire-keys".to_owned(),
        request_id: "request".to_owned(),
        kind,
        secret_arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:storefront-AbCdEf".to_owned(),
        version_id: None,
        project_id: 42,
        key_id: "key".to_owned(),
        class,
        why: "why".to_owned(),
        answer: None,
        attempt,
        grade: None,
        ticket: None,
    }
}

pub(crate) fn proven(class: Class, grade: Grade, time: Timestamp) -> Record {
    Record { grade: Some(grade), ..record(Kind::Proven, class, time) }
}

/// The record with which a superseded key of this class begins to wait.
pub(crate) fn beginning(class: Class) -> Kind {
    match class {
        Class::Ours => Kind::Superseded,
        Class::Adopted => Kind::Adopted,
        Class::Orphan => Kind::Orphan,
    }
}

/// The shortest chain by which a key of this class comes to this phase: superseded on day 0, disabled on day 8, deleted on
/// day 70.
pub(crate) fn records(phase: Phase, class: Class) -> Vec<Record> {
    let of = |kind, day| record(kind, class, on_day(day));
    let (begin, disabling, disabled) = (of(beginning(class), 0), of(Kind::Disabling, 8), of(Kind::Disabled, 8));
    match phase {
        Phase::Unknown => vec![],
        Phase::Current => vec![of(Kind::Current, 0)],
        Phase::Waiting => vec![begin],
        Phase::Disabling => vec![begin, disabling],
        Phase::Disabled => vec![begin, disabling, disabled],
        Phase::Reinstated => vec![begin, disabling, disabled, of(Kind::Reinstated, 9)],
        Phase::Deleting => {
            vec![begin, disabling, disabled, proven(class, Grade::Ingestion, on_day(9)), of(Kind::Deleting, 70)]
        }
        Phase::Deleted => vec![begin, disabling, disabled, of(Kind::Deleting, 70), of(Kind::Deleted, 70)],
    }
}

pub(crate) fn history(phase: Phase, class: Class) -> History {
    History::of(&records(phase, class), None)
}

/// A superseded key of ours, in a quiet world where everything may be done, on day 100.
pub(crate) fn facts(history: History) -> Facts {
    Facts {
        now: on_day(100),
        frozen: None,
        key: KeyObject::Active,
        held: Held::default(),
        tie: Some(Tie::ValueAndMark),
        secret_gone: false,
        history,
        signal: Signal::Quiet,
        successor_alive: true,
        replicas_in_sync: true,
        hold: false,
        consent: None,
        may_delete: true,
        ingestion_accepts: false,
    }
}

/// The facts by which a superseded key is of this class, whatever its history.
pub(crate) fn of_class(ownership: Ownership, facts: Facts) -> Facts {
    let (tie, secret_gone) = match ownership {
        Ownership::Untouchable => (Some(Tie::Mark(MarkedVersion::Pending)), false),
        Ownership::Ours => (Some(Tie::ValueAndMark), false),
        Ownership::Adopted => (Some(Tie::Value), false),
        Ownership::Orphan => (Some(Tie::Mark(MarkedVersion::Settled)), false),
        Ownership::Abandoned => (None, true),
        Ownership::Foreign => (Some(Tie::Mark(MarkedVersion::OtherTime)), false),
    };
    Facts { tie, secret_gone, ..facts }
}

pub(crate) fn next(next: Next) -> String {
    match next {
        Next::Nothing => "nothing".to_owned(),
        Next::Record(kind) => format!("record {kind}"),
        Next::Act(action) => format!("ACT {action}"),
        Next::Would(action) => format!("would {action}"),
    }
}

/// State, what comes next, code, reason.
pub(crate) fn words(judgement: &Judgement) -> String {
    let code = judgement.code.map_or("-", key_lifecycle::Code::as_str);
    format!("{}; {}; {code}; {}", judgement.state, next(judgement.next), judgement.reason)
}

pub(crate) fn does(judgement: &Judgement, action: Action) -> bool {
    judgement.next == Next::Act(action)
}
