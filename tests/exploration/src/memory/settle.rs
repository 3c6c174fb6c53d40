//! What must have come of everything once nothing goes wrong any more.

use std::cell::RefCell;
use std::rc::Rc;

use key_lifecycle::{Class, KeyObject};

use super::play::finish;
use super::process::Process;
use super::rotation::{Attempt, attempt};
use super::world::World;
use super::{play::NOBODY, retirement};

/// How many attempts without a fault complete a rotation that is under way, unless a person stands in its way.
const ATTEMPTS: usize = 2;

/// How many runs without a fault it takes until every superseded key is dead, once its grace is over: one that heals, one that
/// sees what it is, one that disables, one that proves, one that deletes.
const RUNS: usize = 5;

/// More than every grace, in hours.
const A_MONTH: u32 = 720;

/// Lets everything end without a fault, and looks at what came of it.
pub(super) fn settle(world: &Rc<RefCell<World>>) {
    world.borrow_mut().tell(|| "from here on nothing goes wrong".to_owned());
    let secrets = world.borrow().secrets.len();
    for secret in 0..secrets {
        let under_way = world.borrow().secrets[secret].in_flight.is_some();
        if under_way {
            let completed = (0..ATTEMPTS).any(|_| rotate(world, secret) == Attempt::Completed);
            if !completed {
                stuck(world, secret);
            }
        }
    }
    retire(world);
    for secret in 0..secrets {
        check_given_back(&mut world.borrow_mut(), secret);
        clear_unpromoted(&mut world.borrow_mut(), secret);
        let outcome = rotate(world, secret);
        if outcome != Attempt::Completed {
            let what = format!("a new rotation without a fault does not complete: {outcome:?}");
            world.borrow_mut().broken("rotation", &what);
        }
    }
    retire(world);
    check(&mut world.borrow_mut());
}

/// A rotation that nothing but a person can end: they do what its message says.
fn stuck(world: &Rc<RefCell<World>>, secret: usize) {
    let mut world = world.borrow_mut();
    let in_flight = world.secrets[secret].in_flight;
    let by_hand = in_flight.is_none_or(|version| {
        let at = &world.secrets[secret];
        let value = at.versions[version].value;
        let touched = value.is_some_and(|key| world.keys[key].truth.touched);
        // Its label was taken by an earlier rotation that was abandoned and came back.
        let label_taken = at.labels.pending != Some(version);
        at.versions[version].contested || touched || label_taken || too_many(&world, secret)
    });
    if !by_hand {
        world.broken("rotation", "a rotation does not complete by itself, and no person stands in its way");
    }
    world.abandon(secret);
}

/// Where so many keys bear the secret's mark and are the value of no version that rotation refuses to make another, people
/// disable them, as its message says: labels that they copied, and second keys of one version.
fn clear_unpromoted(world: &mut World, secret: usize) {
    if !too_many(world, secret) {
        return;
    }
    for number in 0..world.keys.len() {
        let mut versions = world.secrets.iter().flat_map(|secret| &secret.versions);
        let is_value = versions.any(|version| version.value == Some(number));
        let must_be_dead = world.must_be_dead(number);
        let of_secret = &world.secrets[secret].versions[0].mark;
        let key = &mut world.keys[number];
        let is_marked = key.mark.as_ref().is_some_and(|mark| of_secret.same_secret(mark));
        if is_marked && !is_value && !must_be_dead && key.object == KeyObject::Active {
            key.object = KeyObject::Inactive;
            key.truth.ended_by_person = true;
        }
    }
}

/// Whether there are so many keys of rotations that never came to their end that rotation refuses to make another.
fn too_many(world: &World, secret: usize) -> bool {
    let open = world.keys.iter().filter(|key| {
        let ours = key.mark.as_ref().is_some_and(|mark| world.secrets[secret].versions[0].mark.same_secret(mark));
        ours && key.object == KeyObject::Active
    });
    open.count() > rotation::MAX_UNPROMOTED
}

fn rotate(world: &Rc<RefCell<World>>, secret: usize) -> Attempt {
    let process = Process::new(NOBODY, "rotation", world, &[]);
    finish(attempt(&process, secret))
}

fn retire(world: &Rc<RefCell<World>>) {
    for _ in 0..RUNS {
        world.borrow_mut().pass_hours(A_MONTH);
        let process = Process::new(NOBODY, "retirement", world, &[]);
        if finish(retirement::run(&process)).is_err() {
            world.borrow_mut().broken("retirement", "a run without a fault fails");
        }
    }
}

/// Whatever key AWSCURRENT was moved to is accepted by now, unless a person ended it or it was deleted before, or pasted a
/// dead key of another secret: the records that say who disabled it are the other's.
fn check_given_back(world: &mut World, secret: usize) {
    let Some(key) = world.key_at(secret, world.secrets[secret].labels.current) else { return };
    let truth = &world.keys[key].truth;
    let is_ours = world.memory.iter().any(|((_, known), it)| *known == key && it.history.class == Some(Class::Ours));
    let of_another = truth.moved_onto && !is_ours && truth.made_for.is_some_and(|(made_for, _)| made_for != secret);
    if world.keys[key].object == KeyObject::Inactive && !truth.ended_by_person && !of_another {
        world.broken("retirement", "AWSCURRENT was moved back to a key, and it is not given back");
    }
}

fn check(world: &mut World) {
    for secret in 0..world.secrets.len() {
        let current = world.key_at(secret, world.secrets[secret].labels.current);
        match current.map(|key| world.keys[key].object) {
            Some(KeyObject::Active) => {}
            other => world.broken("everybody", &format!("in the end AWSCURRENT's key is {other:?}")),
        }
    }
    for key in 0..world.keys.len() {
        if world.must_be_dead(key) && world.keys[key].object == KeyObject::Active {
            let about = format!("{:?}", world.keys[key]);
            world.tell(|| about);
            world.broken("retirement", "in the end a superseded key of the system's is still enabled");
        }
    }
    world.check_ledger();
}
