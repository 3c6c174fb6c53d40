//! Retry and crash safety by enumeration: every single fault and every pair of faults, at every call.

use std::cell::RefCell;
use std::rc::Rc;

use crate::world::{Fault, Invocation, Shared, block_on};
use rotation::{Effect, Outcome, Step, run};

/// Secrets Manager's side: the four steps in order; after a failed step all four again with the same token.
fn rotate(shared: &Rc<RefCell<Shared>>, version: &str, attempts: usize) -> bool {
    shared.borrow_mut().begin(version);
    (0..attempts).any(|_| {
        Step::ALL.into_iter().all(|step| {
            let mut invocation = Invocation::new(shared, version);
            block_on(run(step, &mut invocation)).is_ok()
        })
    })
}

#[track_caller]
fn assert_one_key_made_and_current(shared: &Shared, version: &str, faults: &[(usize, Fault)]) {
    assert_eq!(shared.current.as_deref(), Some(version), "{faults:?}");
    let id = &shared.values[version];
    let key = &shared.keys[id];
    assert!(key.active && key.limited, "{faults:?}: {key:?}");
    assert_eq!(shared.keys.len(), 2, "exactly one key was made: {faults:?}: {:?}", shared.keys);
    assert_eq!(shared.broken_instants, 0, "{faults:?}");
}

fn calls_of_a_rotation_without_faults() -> usize {
    let shared = Rc::new(RefCell::new(Shared::with_current()));
    assert!(rotate(&shared, "v1", 1));
    assert_one_key_made_and_current(&shared.borrow(), "v1", &[]);
    let shared = shared.borrow();
    shared.calls
}

const FAULTS: [Fault; 2] = [Fault::Lost, Fault::DoneUnanswered];

#[test]
fn under_every_single_fault_one_key_is_made_and_current() {
    for at in 0..calls_of_a_rotation_without_faults() {
        for fault in FAULTS {
            check(&[(at, fault)]);
        }
    }
}

#[test]
fn under_every_pair_of_faults_one_key_is_made_and_current() {
    // A first fault makes a rotation longer: pairs reach beyond the calls of a quiet one.
    let calls = 3 * calls_of_a_rotation_without_faults();
    let mut pairs = 0;
    for first in 0..calls {
        for second in first + 1..calls {
            for one in FAULTS {
                for other in FAULTS {
                    check(&[(first, one), (second, other)]);
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 10_000, "{pairs}");
}

#[track_caller]
fn check(faults: &[(usize, Fault)]) {
    let shared = Rc::new(RefCell::new(Shared::with_current()));
    shared.borrow_mut().faults = faults.to_vec();
    assert!(rotate(&shared, "v1", faults.len() + 1), "{faults:?}");
    assert_one_key_made_and_current(&shared.borrow(), "v1", faults);
}

#[test]
fn a_crash_after_any_number_of_calls_is_continued_by_the_next_attempt() {
    for crash in 0..calls_of_a_rotation_without_faults() {
        let shared = Rc::new(RefCell::new(Shared::with_current()));
        // Every call from here on is lost: as far as the world can tell, the process is gone.
        shared.borrow_mut().faults = (crash..crash + 200).map(|at| (at, Fault::Lost)).collect();
        assert!(!rotate(&shared, "v1", 1), "{crash}");
        shared.borrow_mut().faults.clear();
        assert!(rotate(&shared, "v1", 1), "{crash}");
        assert_one_key_made_and_current(&shared.borrow(), "v1", &[]);
    }
}

#[test]
fn every_order_and_repetition_of_steps_before_the_proper_four_does_no_harm() {
    for first in Step::ALL {
        for second in Step::ALL {
            for third in Step::ALL {
                let shared = Rc::new(RefCell::new(Shared::with_current()));
                shared.borrow_mut().begin("v1");
                for step in [first, second, third] {
                    // Out of order a step may refuse; what it must not do is seen below.
                    drop(block_on(run(step, &mut Invocation::new(&shared, "v1"))));
                }
                assert!(rotate(&shared, "v1", 1), "{first} {second} {third}");
                let shared = shared.borrow();
                assert_eq!(shared.current.as_deref(), Some("v1"), "{first} {second} {third}");
                assert!(shared.keys[&shared.values["v1"]].active);
                assert_eq!((shared.keys.len(), shared.broken_instants), (2, 0), "{first} {second} {third}");
            }
        }
    }
}

#[test]
fn an_effect_whose_answer_was_lost_is_told_all_the_same() {
    let mut survived = 0;
    for at in 0..calls_of_a_rotation_without_faults() {
        let shared = Rc::new(RefCell::new(Shared::with_current()));
        shared.borrow_mut().faults = vec![(at, Fault::DoneUnanswered)];
        shared.borrow_mut().begin("v1");
        let steps: Result<Vec<_>, _> =
            Step::ALL.into_iter().map(|step| block_on(run(step, &mut Invocation::new(&shared, "v1")))).collect();
        // A lost reading fails its step; a lost effect is looked up within it.
        let Ok(steps) = steps else { continue };
        survived += 1;
        let effects: Vec<Effect> = steps.iter().flat_map(|finished| finished.effects.clone()).collect();
        let all = [Effect::CreateKey, Effect::StorePending, Effect::UpdateKey, Effect::TryKey, Effect::Promote];
        assert_eq!(effects, all, "{at}");
        assert!(steps.iter().all(|finished| finished.outcome == Outcome::Done), "{at}");
    }
    assert_eq!(survived, 5, "one for each effect");
}

#[test]
fn a_creation_whose_answer_is_lost_is_looked_for_and_never_sent_again_in_the_same_call() {
    let create = 4; // describe, pending value, current value, list, then the creation
    for fault in FAULTS {
        let shared = Rc::new(RefCell::new(Shared::with_current()));
        shared.borrow_mut().begin("v1");
        shared.borrow_mut().faults = vec![(create, fault)];
        let result = block_on(run(Step::CreateSecret, &mut Invocation::new(&shared, "v1")));
        // A lost request may still arrive: a second one would make a second key.
        assert_eq!(result.is_ok(), fault == Fault::DoneUnanswered, "{fault:?}: {result:?}");
        assert!(shared.borrow().keys.len() <= 2, "{fault:?}");
    }
}
