//! The judgement of keys, as golden tables.
//!
//! `snapshots/*__decision_table__*.snap` holds one line per group of cases with the same judgement: state, what comes next,
//! code, reason. A changed line is a changed behaviour: read it like code. The days of the tables: superseded on day 0,
//! which is the first of January 2026 at noon, disabled on day 8; the terms are those of [`given::terms`].

use key_lifecycle::{
    Action, AtGraceMax, Class, Facts, Grade, Held, History, KeyObject, Kind, MarkedVersion, Mode, Next, Ownership,
    Phase, Record, Signal, State, Terms, Tie, judge, needs_counts,
};

use crate::given::{
    self, FLAGS, PHASES, beginning, days, does, facts, history, of_class, on_day, record, records, terms, words,
};
use crate::table::{self, table};

const SUPERSEDED: [Ownership; 4] = [Ownership::Ours, Ownership::Adopted, Ownership::Orphan, Ownership::Abandoned];

/// A case: its values in the order of the table's columns, and what is judged.
struct Case {
    values: Vec<String>,
    facts: Facts,
    terms: Terms,
}

fn class_of(ownership: Ownership) -> Class {
    match ownership {
        Ownership::Untouchable | Ownership::Ours | Ownership::Abandoned | Ownership::Foreign => Class::Ours,
        Ownership::Adopted => Class::Adopted,
        Ownership::Orphan => Class::Orphan,
    }
}

fn judged(cases: &[Case]) -> Vec<table::Case> {
    cases.iter().map(|case| (case.values.clone(), words(&judge(&case.facts, &case.terms)))).collect()
}

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

fn consents() -> [(&'static str, Option<String>); 3] {
    [("none", None), ("OPS-1", Some("OPS-1".to_owned())), ("OPS-2", Some("OPS-2".to_owned()))]
}

/// Every class under every phase; everything is over and quiet on day 100.
fn every_phase() -> Vec<Case> {
    let mut all = Vec::new();
    for ownership in SUPERSEDED {
        for phase in PHASES {
            for key in KeyObject::ALL {
                let history = history(phase, class_of(ownership));
                let recorded = history.class.or((ownership == Ownership::Abandoned).then_some(Class::Ours));
                let history = History { class: recorded, ..history };
                let facts = Facts { key: *key, ..of_class(ownership, facts(history)) };
                let values = vec![ownership.to_string(), format!("{phase:?}"), key.to_string()];
                all.push(Case { values, facts, terms: terms() });
            }
        }
    }
    for (name, tie) in [
        ("foreign, no tie", None),
        ("foreign, other time", Some(Tie::Mark(MarkedVersion::OtherTime))),
        ("foreign, unread", Some(Tie::Mark(MarkedVersion::Unread))),
    ] {
        for key in KeyObject::ALL {
            let facts = Facts { key: *key, tie, ..facts(History::default()) };
            let values = vec![name.to_owned(), "Unknown".to_owned(), key.to_string()];
            all.push(Case { values, facts, terms: terms() });
        }
    }
    all
}

/// Enabled keys of ours that wait.
fn waiting() -> Vec<Case> {
    let mut all = Vec::new();
    let policies = [
        ("7 to 30 days", Some(days(7)), Some(days(30))),
        ("7 days or longer", Some(days(7)), None),
        ("no grace", None, Some(days(30))),
    ];
    for (policy, grace, grace_max) in policies {
        for (age, day) in [("day 6", 6), ("day 7", 7), ("day 29", 29), ("day 30", 30)] {
            for signal in Signal::ALL {
                for at_grace_max in AtGraceMax::ALL {
                    for quiet in FLAGS {
                        for hold in FLAGS {
                            for in_sync in FLAGS {
                                let mut records = records(Phase::Waiting, Class::Ours);
                                if quiet {
                                    records.push(record(Kind::Quiet, Class::Ours, on_day(5)));
                                }
                                let facts = Facts {
                                    now: on_day(day),
                                    signal: *signal,
                                    hold,
                                    replicas_in_sync: in_sync,
                                    ..facts(History::of(&records, None))
                                };
                                let terms = Terms { grace, grace_max, at_grace_max: *at_grace_max, ..terms() };
                                let values = vec![
                                    policy.to_owned(),
                                    age.to_owned(),
                                    signal.to_string(),
                                    at_grace_max.to_string(),
                                    yes(quiet),
                                    yes(hold),
                                    yes(in_sync),
                                ];
                                all.push(Case { values, facts, terms });
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

/// Enabled orphans and adopted keys.
fn by_others() -> Vec<Case> {
    let mut all = Vec::new();
    for ownership in [Ownership::Orphan, Ownership::Adopted] {
        for (consent_name, consent) in consents() {
            for (age, seconds) in [("a second before 1 day", 86_399), ("1 day", 86_400), ("31 days", 31 * 86_400)] {
                for signal in Signal::ALL {
                    for hold in FLAGS {
                        for in_sync in FLAGS {
                            let facts = Facts {
                                now: on_day(0) + jiff::SignedDuration::from_secs(seconds),
                                signal: *signal,
                                hold,
                                replicas_in_sync: in_sync,
                                consent: consent.clone(),
                                ..of_class(ownership, facts(history(Phase::Waiting, class_of(ownership))))
                            };
                            let values = vec![
                                ownership.to_string(),
                                consent_name.to_owned(),
                                age.to_owned(),
                                signal.to_string(),
                                yes(hold),
                                yes(in_sync),
                            ];
                            all.push(Case { values, facts, terms: terms() });
                        }
                    }
                }
            }
        }
    }
    all
}

/// Disabled keys.
fn disabled() -> Vec<Case> {
    let mut all = Vec::new();
    let grades = [("none", None)].into_iter().chain(Grade::ALL.iter().map(|grade| (grade.as_str(), Some(*grade))));
    for (proof, grade) in grades {
        // The deadline is day 9 and the quarantine ends on day 68.
        for (age, day) in [("day 9", 9), ("day 10", 10), ("day 68", 68)] {
            for accepts in FLAGS {
                for ownership in SUPERSEDED {
                    for consent in [None, Some("OPS-1".to_owned())] {
                        for delete in FLAGS {
                            for hold in FLAGS {
                                for may_delete in FLAGS {
                                    let class = class_of(ownership);
                                    let mut records = records(Phase::Disabled, class);
                                    records.extend(grade.map(|grade| given::proven(class, grade, on_day(8))));
                                    if ownership == Ownership::Abandoned {
                                        records.push(record(Kind::Abandoned, class, on_day(9)));
                                    }
                                    let facts = Facts {
                                        now: on_day(day),
                                        key: KeyObject::Inactive,
                                        consent: consent.clone(),
                                        ingestion_accepts: accepts,
                                        hold,
                                        may_delete,
                                        ..of_class(ownership, facts(History::of(&records, None)))
                                    };
                                    let values = vec![
                                        proof.to_owned(),
                                        age.to_owned(),
                                        yes(accepts),
                                        ownership.to_string(),
                                        yes(consent.is_some()),
                                        yes(delete),
                                        yes(hold),
                                        yes(may_delete),
                                    ];
                                    all.push(Case { values, facts, terms: Terms { delete, ..terms() } });
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

/// The chain of a key that was disabled, with or without consent, and enabled again by somebody.
fn reinstatement(class: Class, ticket: Option<&str>) -> Vec<Record> {
    let mut records = records(Phase::Reinstated, class);
    for record in &mut records {
        if record.kind == Kind::Disabled {
            record.ticket = ticket.map(str::to_owned);
        }
    }
    records
}

/// Keys that somebody enabled again.
fn reinstated() -> Vec<Case> {
    let mut all = Vec::new();
    for ownership in SUPERSEDED {
        for before in [None, Some("OPS-1")] {
            for (consent_name, consent) in consents() {
                for key in KeyObject::ALL {
                    let class = class_of(ownership);
                    let mut records = reinstatement(class, before);
                    if ownership == Ownership::Abandoned {
                        records.push(record(Kind::Abandoned, class, on_day(9)));
                    }
                    let facts = Facts {
                        key: *key,
                        consent: consent.clone(),
                        ..of_class(ownership, facts(History::of(&records, None)))
                    };
                    let values = vec![
                        ownership.to_string(),
                        before.unwrap_or("none").to_owned(),
                        consent_name.to_owned(),
                        key.to_string(),
                    ];
                    all.push(Case { values, facts, terms: terms() });
                }
            }
        }
    }
    all
}

/// The same chain, with a disablement that this system only found.
fn found_disabled(mut records: Vec<Record>) -> Vec<Record> {
    records.retain(|record| record.kind != Kind::Disabling);
    for record in &mut records {
        if record.kind == Kind::Disabled {
            record.attempt = 0;
        }
    }
    records
}

/// Keys that a current or pending version holds, or that a rotation under way may yet take.
fn untouchable() -> Vec<Case> {
    let mut all = Vec::new();
    let pending = Some(Tie::Mark(MarkedVersion::Pending));
    let holders = [
        ("current here", Held { current: true, pending: false }, Some(Tie::ValueAndMark)),
        ("current and pending here", Held { current: true, pending: true }, Some(Tie::Value)),
        ("current elsewhere", Held { current: true, pending: false }, None),
        (
            "current elsewhere, a copied mark",
            Held { current: true, pending: false },
            Some(Tie::Mark(MarkedVersion::OtherTime)),
        ),
        ("pending", Held { current: false, pending: true }, Some(Tie::ValueAndMark)),
        ("mark of a pending version", Held::default(), pending),
    ];
    for (holder, held, tie) in holders {
        for (name, history) in PHASES.iter().map(|phase| (format!("{phase:?}"), history(*phase, Class::Ours))).chain(
            [Phase::Disabled, Phase::Deleting].map(|phase| {
                let history = History::of(&found_disabled(records(phase, Class::Ours)), None);
                (format!("{phase:?} by others"), history)
            }),
        ) {
            for key in KeyObject::ALL {
                let facts = Facts { key: *key, held, tie, ..facts(history.clone()) };
                let values = vec![holder.to_owned(), key.to_string(), name.clone()];
                all.push(Case { values, facts, terms: terms() });
            }
        }
    }
    all
}

fn every_case() -> Vec<Case> {
    let mut all = every_phase();
    for more in [waiting(), by_others(), disabled(), reinstated(), untouchable()] {
        all.extend(more);
    }
    all
}

#[test]
fn every_class_under_every_phase() {
    let names = ["owner", "phase", "key"];
    insta::assert_snapshot!("phases", table(&names, &judged(&every_phase())));
}

#[test]
fn keys_of_ours_that_wait() {
    let names = ["policy", "age", "signal", "at grace max", "quiet on record", "hold", "replicas in sync"];
    insta::assert_snapshot!("waiting", table(&names, &judged(&waiting())));
}

#[test]
fn orphans_and_adopted_keys_that_wait() {
    let names = ["owner", "consent", "age", "signal", "hold", "replicas in sync"];
    insta::assert_snapshot!("orphans_and_adopted", table(&names, &judged(&by_others())));
}

#[test]
fn disabled_keys() {
    let names = ["proof", "age", "ingestion accepts", "owner", "consent", "delete", "hold", "may delete"];
    insta::assert_snapshot!("disabled", table(&names, &judged(&disabled())));
}

#[test]
fn reinstated_keys() {
    let names = ["owner", "ticket before", "consent", "key"];
    insta::assert_snapshot!("reinstated", table(&names, &judged(&reinstated())));
}

#[test]
fn untouchable_keys() {
    let names = ["holder", "key", "phase"];
    insta::assert_snapshot!("untouchable", table(&names, &judged(&untouchable())));
}

#[test]
fn an_adopted_key_with_consent_is_retired_like_one_of_ours_but_never_deleted() {
    for case in waiting() {
        let mut adopted =
            Facts { consent: Some("OPS-1".to_owned()), ..of_class(Ownership::Adopted, case.facts.clone()) };
        adopted.history.class = Some(Class::Adopted);
        assert_eq!(words(&judge(&adopted, &case.terms)), words(&judge(&case.facts, &case.terms)));
        adopted.consent = None;
        let without = judge(&adopted, &case.terms);
        assert_eq!(without.next, Next::Nothing);
        assert_eq!(without.code, Some(key_lifecycle::Code::ConsentNeeded));
    }
    for case in disabled() {
        if case.values[3] == "adopted" {
            assert!(!does(&judge(&case.facts, &case.terms), Action::Delete));
        }
    }
}

#[test]
fn only_keys_of_ours_and_orphans_with_consent_are_deleted() {
    let mut deleted = 0;
    for case in every_case() {
        let judgement = judge(&case.facts, &case.terms);
        if does(&judgement, Action::Delete) {
            deleted += 1;
            assert!(
                judgement.ownership == Ownership::Ours
                    || (judgement.ownership == Ownership::Orphan && case.facts.consent.is_some()),
                "{:?}",
                case.values
            );
            assert!(case.terms.delete && case.facts.may_delete && !case.facts.hold);
            assert_eq!(case.facts.key, KeyObject::Inactive);
            assert!(case.facts.history.proven.is_some(), "{:?}", case.values);
        }
    }
    assert!(deleted >= 10, "{deleted}");
}

#[test]
fn nothing_is_disabled_on_hold_or_while_a_replica_is_behind_or_without_consent_where_it_is_needed() {
    let mut count = 0;
    for case in every_case() {
        let judgement = judge(&case.facts, &case.terms);
        if does(&judgement, Action::Disable) {
            count += 1;
            assert!(!case.facts.hold && case.facts.replicas_in_sync, "{:?}", case.values);
            assert_eq!(case.facts.key, KeyObject::Active);
            assert_eq!(case.facts.held, Held::default());
            assert!(judgement.ownership != Ownership::Adopted || case.facts.consent.is_some(), "{:?}", case.values);
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn the_mode_observe_says_of_every_action_that_it_would_be_done_and_differs_in_nothing_else() {
    let mut actions = 0;
    for case in every_case() {
        let act = judge(&case.facts, &case.terms);
        let observed = judge(&case.facts, &Terms { mode: Mode::Observe, ..case.terms });
        let expected = match act.next {
            Next::Act(action) => {
                actions += 1;
                Next::Would(action)
            }
            next @ (Next::Nothing | Next::Record(_) | Next::Would(_)) => next,
        };
        assert_eq!(observed.next, expected, "{:?}", case.values);
        assert_eq!(
            (observed.ownership, observed.state, observed.reason, observed.code),
            (act.ownership, act.state, act.reason, act.code),
            "{:?}",
            case.values
        );
    }
    assert!(actions > 200, "{actions}");
}

#[test]
fn a_frozen_project_gets_nothing_done_whatever_the_case() {
    for case in every_case() {
        let facts = Facts { frozen: Some("a page of keys could not be read".to_owned()), ..case.facts };
        let judgement = judge(&facts, &case.terms);
        assert_eq!((judgement.state, judgement.next), (State::Frozen, Next::Nothing), "{:?}", case.values);
        assert_eq!(
            words(&judgement),
            "frozen; nothing; Retirement.Frozen; nothing is done here in this run: a page of keys could not be read"
        );
    }
}

#[test]
fn where_counts_are_not_asked_for_they_do_not_matter() {
    for case in every_case() {
        if needs_counts(&case.facts) {
            continue;
        }
        let expected = judge(&case.facts, &case.terms);
        for signal in Signal::ALL {
            let facts = Facts { signal: *signal, ..case.facts.clone() };
            assert_eq!(judge(&facts, &case.terms), expected, "{:?} {signal}", case.values);
        }
    }
}

#[test]
fn a_key_that_sentry_shows_is_never_said_to_be_deleted() {
    for case in every_case() {
        if case.facts.key != KeyObject::Gone {
            assert_ne!(judge(&case.facts, &case.terms).state, State::Deleted, "{:?}", case.values);
        }
    }
}

#[test]
fn spans_that_reach_beyond_the_end_of_time_never_end() {
    let endless = std::time::Duration::MAX;
    let ours = facts(history(Phase::Waiting, Class::Ours));
    let latest = Facts { now: jiff::Timestamp::MAX - jiff::SignedDuration::from_secs(1), ..ours };
    let forever = Terms {
        grace: Some(endless),
        grace_max: Some(endless),
        orphan_grace: endless,
        quarantine: endless,
        proof_deadline: endless,
        ..terms()
    };
    assert_eq!(judge(&latest, &forever).next, Next::Nothing);
    let orphan =
        of_class(Ownership::Orphan, Facts { history: history(Phase::Waiting, Class::Orphan), ..latest.clone() });
    assert_eq!(judge(&orphan, &forever).next, Next::Nothing);
    let mut dead = records(Phase::Disabled, Class::Ours);
    dead.push(given::proven(Class::Ours, Grade::Ingestion, on_day(9)));
    let dead = Facts { key: KeyObject::Inactive, history: History::of(&dead, None), ..latest };
    assert_eq!(judge(&dead, &forever).next, Next::Nothing);
}

#[test]
fn each_class_begins_with_its_own_record() {
    for ownership in [Ownership::Ours, Ownership::Adopted, Ownership::Orphan] {
        for phase in [Phase::Unknown, Phase::Current] {
            let class = class_of(ownership);
            let first = of_class(ownership, facts(history(phase, class)));
            assert_eq!(judge(&first, &terms()).next, Next::Record(beginning(class)), "{ownership} {phase:?}");
        }
    }
}
