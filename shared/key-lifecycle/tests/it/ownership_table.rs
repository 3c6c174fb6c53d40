//! Whose key it is, over every combination of what can be seen, as a golden table.

use key_lifecycle::{
    Action, Class, Facts, Held, History, KeyObject, Mode, Next, Ownership, Signal, Terms, Tie, judge, ownership,
};

use crate::given::{self, FLAGS, PHASES};
use crate::table::{self, table};

fn every_held() -> Vec<Held> {
    FLAGS.iter().flat_map(|&pending| FLAGS.map(|current| Held { current, pending })).collect()
}

fn every<T: Copy>(all: &[T]) -> Vec<Option<T>> {
    std::iter::once(None).chain(all.iter().copied().map(Some)).collect()
}

struct Case {
    held: Held,
    tie: Option<Tie>,
    recorded: Option<Class>,
    secret_gone: bool,
}

fn every_case() -> Vec<Case> {
    let mut all = Vec::new();
    for held in every_held() {
        for tie in every(Tie::ALL) {
            for recorded in every(Class::ALL) {
                for secret_gone in FLAGS {
                    all.push(Case { held, tie, recorded, secret_gone });
                }
            }
        }
    }
    assert_eq!(all.len(), 4 * 7 * 4 * 2);
    all
}

fn of(case: &Case) -> Ownership {
    ownership(case.held, case.tie, case.recorded, case.secret_gone)
}

#[test]
fn every_combination_has_the_owner_that_the_table_says() {
    let cases: Vec<table::Case> = every_case()
        .iter()
        .map(|case| {
            let held = match (case.held.current, case.held.pending) {
                (false, false) => "none",
                (true, false) => "current",
                (false, true) => "pending",
                (true, true) => "both",
            };
            let tie = case.tie.map_or("none".to_owned(), |tie| format!("{tie:?}"));
            let recorded = case.recorded.map_or("none", Class::as_str).to_owned();
            (vec![held.to_owned(), tie, recorded, case.secret_gone.to_string()], of(case).to_string())
        })
        .collect();
    insta::assert_snapshot!("ownership", table(&["held", "tie", "recorded", "secret gone"], &cases));
}

#[test]
fn what_a_current_or_pending_version_holds_is_untouchable_whatever_else_is_seen() {
    for case in every_case() {
        if case.held != Held::default() {
            assert_eq!(of(&case), Ownership::Untouchable);
        }
    }
}

#[test]
fn a_key_is_ours_only_by_value_and_mark_of_one_version_seen_now_or_before() {
    for case in every_case() {
        if of(&case) == Ownership::Ours {
            assert!(case.tie == Some(Tie::ValueAndMark) || case.recorded == Some(Class::Ours));
        }
        // A mark alone makes an orphan at most, a value alone an adopted key.
        if case.recorded.is_none() && case.tie != Some(Tie::ValueAndMark) {
            assert_ne!(of(&case), Ownership::Ours);
        }
    }
}

#[test]
fn a_key_is_abandoned_only_if_the_ledger_knows_it_and_its_secret_is_gone() {
    for case in every_case() {
        if of(&case) == Ownership::Abandoned {
            assert!(case.recorded.is_some() && case.secret_gone && case.tie.is_none());
        }
    }
}

/// The facts that lead to the most: everything is over, quiet and allowed, now and under each phase of the ledger.
fn ripe(case: &Case) -> Vec<(Facts, Terms)> {
    let mut all = Vec::new();
    for phase in PHASES {
        for key in KeyObject::ALL {
            for signal in Signal::ALL {
                for consent in [None, Some("OPS-1".to_owned())] {
                    for flag in FLAGS {
                        let class = case.recorded.unwrap_or(Class::Ours);
                        let history = History { class: case.recorded, ..given::history(phase, class) };
                        let facts = Facts {
                            key: *key,
                            held: case.held,
                            tie: case.tie,
                            secret_gone: case.secret_gone,
                            signal: *signal,
                            consent: consent.clone(),
                            ingestion_accepts: flag,
                            now: given::on_day(1_000),
                            ..given::facts(history)
                        };
                        all.push((facts, given::terms()));
                    }
                }
            }
        }
    }
    all
}

#[test]
fn foreign_and_untouchable_keys_are_never_disabled_or_deleted() {
    let mut judged = 0;
    for case in every_case() {
        for (facts, terms) in ripe(&case) {
            let judgement = judge(&facts, &terms);
            judged += 1;
            assert_eq!(judgement.ownership, of(&case));
            match judgement.ownership {
                Ownership::Foreign => assert_eq!(judgement.next, Next::Nothing, "{facts:?}"),
                Ownership::Untouchable => assert!(
                    !matches!(judgement.next, Next::Act(Action::Disable | Action::Delete | Action::Prove)),
                    "{facts:?}"
                ),
                Ownership::Abandoned => assert!(
                    !matches!(judgement.next, Next::Act(Action::Disable | Action::Delete | Action::Enable)),
                    "{facts:?}"
                ),
                Ownership::Ours | Ownership::Adopted | Ownership::Orphan => {
                    assert_ne!(judgement.next, Next::Act(Action::Enable), "{facts:?}");
                }
            }
            // The mode `observe` touches nothing, whoever owns the key.
            let observed = judge(&facts, &Terms { mode: Mode::Observe, ..terms });
            assert!(!matches!(observed.next, Next::Act(_)), "{facts:?}");
        }
    }
    assert_eq!(judged, 224 * 8 * 3 * 5 * 2 * 2);
}

#[test]
fn a_key_is_enabled_only_if_a_current_or_pending_version_holds_it() {
    for case in every_case() {
        for (facts, terms) in ripe(&case) {
            if judge(&facts, &terms).next == Next::Act(Action::Enable) {
                assert_ne!(case.held, Held::default(), "{facts:?}");
            }
        }
    }
}

#[test]
fn the_labels_of_several_looks_add_up() {
    let every = || FLAGS.iter().flat_map(|&current| FLAGS.map(|pending| Held { current, pending }));
    for one in every() {
        for other in every() {
            let mut held = one;
            held |= other;
            let expected = Held { current: one.current || other.current, pending: one.pending || other.pending };
            assert_eq!(held, expected, "{one:?} {other:?}");
        }
    }
}
