//! Two invocations of one step at once, in every order of their calls with up to three changes of turn.

use std::cell::RefCell;
use std::future::Future as _;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use rotation::{Step, run};

use crate::world::{Invocation, Shared, block_on};

/// The most moves in which both invocations of a step are under way.
const MOVES: usize = 32;

/// Every choice of up to three moves before which the turn changes.
fn schedules() -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut longest = all.clone();
    for _ in 0..3 {
        longest = longest
            .iter()
            .flat_map(|schedule: &Vec<usize>| {
                let from = schedule.last().map_or(0, |last| last + 1);
                (from..MOVES).map(move |next| [schedule.clone(), vec![next]].concat())
            })
            .collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// Runs two invocations of `step`; the turn changes before the moves that the schedule names.
#[track_caller]
fn race(shared: &Rc<RefCell<Shared>>, step: Step, schedule: &[usize]) {
    let mut one = Invocation::new(shared, "v1");
    let mut other = Invocation::new(shared, "v1");
    let mut futures = [Some(pin!(run(step, &mut one))), Some(pin!(run(step, &mut other)))];
    let mut context = Context::from_waker(Waker::noop());
    let mut turn = 0;
    for number in 0.. {
        if schedule.contains(&number) || futures[turn].is_none() {
            turn = 1 - turn;
        }
        let Some(future) = &mut futures[turn] else {
            if futures.iter().all(Option::is_none) {
                break;
            }
            continue;
        };
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            assert!(result.is_ok(), "{step} under {schedule:?}: {result:?}");
            futures[turn] = None;
        }
    }
}

#[test]
fn two_create_secrets_at_once_agree_on_one_pending_key() {
    let mut most_keys = 0;
    for schedule in schedules() {
        let shared = Rc::new(RefCell::new(Shared::with_current()));
        shared.borrow_mut().begin("v1");
        race(&shared, Step::CreateSecret, &schedule);
        for step in Step::ALL {
            assert!(block_on(run(step, &mut Invocation::new(&shared, "v1"))).is_ok(), "{schedule:?}");
        }
        let shared = shared.borrow();
        let key = &shared.keys[&shared.values["v1"]];
        assert!(key.active && key.limited, "{schedule:?}");
        assert_eq!(shared.current.as_deref(), Some("v1"));
        // Sentry has no compare-and-swap: the loser may leave one orphan, which carries the mark and is found by it.
        assert!(shared.keys.len() <= 3, "{schedule:?}");
        assert!(shared.keys.values().skip(1).all(|key| key.mark.is_some()));
        assert_eq!(shared.broken_instants, 0);
        most_keys = most_keys.max(shared.keys.len());
    }
    assert_eq!(most_keys, 3, "the race is real: some interleaving makes two keys");
}

#[test]
fn two_finish_secrets_at_once_both_end_well() {
    for schedule in schedules() {
        let shared = Rc::new(RefCell::new(Shared::with_current()));
        shared.borrow_mut().begin("v1");
        for step in [Step::CreateSecret, Step::SetSecret, Step::TestSecret] {
            assert!(block_on(run(step, &mut Invocation::new(&shared, "v1"))).is_ok());
        }
        race(&shared, Step::FinishSecret, &schedule);
        assert_eq!(shared.borrow().current.as_deref(), Some("v1"));
        assert_eq!(shared.borrow().keys.len(), 2);
    }
}
