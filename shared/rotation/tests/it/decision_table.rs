//! The decision over every combination of what can be observed, as a golden table.
//!
//! `snapshots/*__decision_table__*.snap` holds one line per group of combinations with the same decision; a dimension that
//! does not matter is written `*`. A changed line is a changed behaviour: read it like code.

use std::fmt::Debug;

use rotation::{
    Contract, Current, Decision, Effect, Ingestion, Observed, Pending, Question, Refusal, Settings, Step, Trial, decide,
};

const CONTRACTS: [Contract; 5] = [
    Contract::NotEnabled,
    Contract::UnknownVersion,
    Contract::NotPending,
    Contract::AlreadyCurrent,
    Contract::UnderWay,
];
const PENDINGS: [Pending; 7] = [
    Pending::Empty,
    Pending::Unreadable,
    Pending::Foreign,
    Pending::CopyOfCurrent,
    Pending::KeyGone,
    Pending::KeyDisabled,
    Pending::KeyActive,
];
const CURRENTS: [Current; 5] =
    [Current::None, Current::KeyGone, Current::KeyDisabled, Current::KeyActive, Current::OtherDestination];
const SETTINGS: [Settings; 4] =
    [Settings::AsWanted, Settings::Differ, Settings::LimitDroppedByPlan, Settings::RequiredLimitDroppedByPlan];
const FLAGS: [bool; 2] = [false, true];

fn trials() -> Vec<Trial> {
    let mut all = vec![Trial::NotYet];
    for question in [Question::Alive, Question::Dead, Question::Unknown] {
        for ingestion in [Ingestion::Accepted, Ingestion::Refused, Ingestion::Inconclusive] {
            all.push(Trial::Done(question, ingestion));
        }
    }
    all
}

fn every_observation() -> Vec<Observed> {
    let mut all = Vec::new();
    for contract in CONTRACTS {
        for pending in PENDINGS {
            for current in CURRENTS {
                for settings in SETTINGS {
                    for earlier_attempt in FLAGS {
                        for too_many_unpromoted in FLAGS {
                            for updated in FLAGS {
                                for trial in trials() {
                                    all.push(Observed {
                                        contract,
                                        pending,
                                        current,
                                        settings,
                                        earlier_attempt,
                                        too_many_unpromoted,
                                        updated,
                                        trial,
                                    });
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

/// One dimension of an observation as text, in the order of the table's columns.
type Dimension = fn(&Observed) -> String;

fn text(value: impl Debug) -> String {
    format!("{value:?}")
}

const DIMENSIONS: [(&str, Dimension); 8] = [
    ("contract", |observed| text(observed.contract)),
    ("pending", |observed| text(observed.pending)),
    ("current", |observed| text(observed.current)),
    ("settings", |observed| text(observed.settings)),
    ("earlier", |observed| text(observed.earlier_attempt)),
    ("too many", |observed| text(observed.too_many_unpromoted)),
    ("updated", |observed| text(observed.updated)),
    ("trial", |observed| match observed.trial {
        Trial::NotYet => "NotYet".to_owned(),
        Trial::Done(question, ingestion) => format!("{question:?}+{ingestion:?}"),
    }),
];

/// The rows for these observations: values of the remaining dimensions, then the decision.
fn rows(step: Step, observations: &[Observed], dimensions: &[(&str, Dimension)]) -> Vec<Vec<String>> {
    let Some(((_, value_of), rest)) = dimensions.split_first() else {
        return vec![vec![text(decide(step, observations.first().unwrap()))]];
    };
    let mut groups: Vec<(String, Vec<Observed>)> = Vec::new();
    for observed in observations {
        let value = value_of(observed);
        match groups.iter_mut().find(|(known, _)| *known == value) {
            Some((_, members)) => members.push(*observed),
            None => groups.push((value, vec![*observed])),
        }
    }
    let count = groups.len();
    let mut merged: Vec<(Vec<String>, Vec<Vec<String>>)> = Vec::new();
    for (value, members) in groups {
        let below = rows(step, &members, rest);
        match merged.iter_mut().find(|(_, known)| *known == below) {
            Some((values, _)) => values.push(value),
            None => merged.push((vec![value], below)),
        }
    }
    let mut table = Vec::new();
    for (values, below) in merged {
        let head = if values.len() == count { "*".to_owned() } else { values.join("|") };
        for row in below {
            table.push([vec![head.clone()], row].concat());
        }
    }
    table
}

#[test]
fn every_combination_is_decided_as_the_table_says() {
    let observations = every_observation();
    for step in Step::ALL {
        let names: Vec<&str> = DIMENSIONS.iter().map(|(name, _)| *name).collect();
        let mut table = format!("{} => decision\n", names.join(", "));
        for row in rows(step, &observations, &DIMENSIONS) {
            let (decision, head) = row.split_last().unwrap();
            table.push_str(&format!("{} => {decision}\n", head.join(", ")));
        }
        insta::assert_snapshot!(step.as_str(), table);
    }
}

#[test]
fn nothing_is_promoted_that_is_not_active_in_the_bound_project_and_other_than_the_current_key() {
    for observed in every_observation() {
        for step in Step::ALL {
            if decide(step, &observed) == Decision::Do(Effect::Promote) {
                assert_eq!(step, Step::FinishSecret);
                assert_eq!(observed.contract, Contract::UnderWay);
                assert_eq!(observed.pending, Pending::KeyActive);
                assert_ne!(observed.current, Current::OtherDestination);
            }
        }
    }
}

#[test]
fn a_key_is_made_only_where_no_earlier_one_waits_and_no_value_is_stored() {
    for observed in every_observation() {
        for step in Step::ALL {
            if decide(step, &observed) == Decision::Do(Effect::CreateKey) {
                assert_eq!(step, Step::CreateSecret);
                assert_eq!(observed.pending, Pending::Empty);
                assert!(!observed.earlier_attempt && !observed.too_many_unpromoted);
            }
        }
    }
}

#[test]
fn a_dead_or_missing_current_key_never_blocks_a_rotation() {
    for mut observed in every_observation() {
        if !matches!(observed.current, Current::KeyActive) || observed.pending == Pending::Empty {
            continue;
        }
        for step in Step::ALL {
            // A pending value that repeats the current key is a test-only rotation, which tests the current key.
            if step == Step::TestSecret && observed.pending == Pending::CopyOfCurrent {
                continue;
            }
            observed.current = Current::KeyActive;
            let with = decide(step, &observed);
            for current in [Current::None, Current::KeyGone, Current::KeyDisabled] {
                observed.current = current;
                assert_eq!(decide(step, &observed), with, "{step} {observed:?}");
            }
        }
    }
}

#[test]
fn an_effect_that_was_tried_is_never_decided_forever() {
    for observed in every_observation() {
        let updated = Observed { updated: true, ..observed };
        assert_ne!(decide(Step::SetSecret, &updated), Decision::Do(Effect::UpdateKey));
        if observed.trial != Trial::NotYet {
            assert_ne!(decide(Step::TestSecret, &observed), Decision::Do(Effect::TryKey));
        }
    }
}

#[test]
fn a_step_never_acts_on_a_version_that_is_not_pending() {
    for observed in every_observation() {
        for step in Step::ALL {
            let decision = decide(step, &observed);
            match observed.contract {
                Contract::NotEnabled => assert_eq!(decision, Decision::Refuse(Refusal::NotEnabled)),
                Contract::UnknownVersion => {
                    assert_eq!(decision, Decision::Refuse(Refusal::UnknownVersion));
                }
                Contract::NotPending => assert_eq!(decision, Decision::Refuse(Refusal::NotPending)),
                Contract::AlreadyCurrent => assert_eq!(decision, Decision::AlreadyDone),
                Contract::UnderWay => {}
            }
        }
    }
}
