//! Plays a schedule.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::process::Process;
use super::retirement;
use super::rotation::{Attempt, attempt};
use super::settle::settle;
use super::watch::Counts;
use super::world::{Made, World};
use crate::schedule::{Actor, Schedule, Stage};

/// The number of a process that has no part in the schedule.
pub(super) const NOBODY: usize = usize::MAX;

/// What came of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What does not hold; empty where all is well.
    pub wrong: Vec<String>,
    /// What happened.
    pub counts: Counts,
    /// What happened in words, if it was asked for.
    pub story: Vec<String>,
    /// How many moves each stage took.
    pub moves: Vec<usize>,
    /// The calls of its processes, if the story was asked for.
    pub made: Vec<Made>,
}

/// Plays a schedule to its end, and then lets everything come to rest.
#[must_use]
pub fn play(schedule: &Schedule, told: bool) -> Played {
    let world = Rc::new(RefCell::new(World::new(schedule, told)));
    let mut moves = Vec::new();
    let mut number = 0;
    for stage in &schedule.stages {
        moves.push(play_stage(&world, stage, &mut number));
        arrive_late(&world);
    }
    settle(&world);
    let world = world.borrow();
    Played {
        wrong: world.wrong.iter().cloned().collect(),
        counts: world.counts,
        story: world.story.clone().unwrap_or_default(),
        moves,
        made: world.made.iter().flatten().copied().filter(|made| made.process != NOBODY).collect(),
    }
}

/// What was sent and given up is carried out now.
fn arrive_late(world: &Rc<RefCell<World>>) {
    let late = std::mem::take(&mut world.borrow_mut().late);
    for request in late {
        let mut world = world.borrow_mut();
        world.pass_one_call();
        world.tell(|| "a request arrives late".to_owned());
        let keys = world.keys.len();
        // Whose it is can be told by time alone, and its time is over.
        for secret in &mut world.secrets {
            secret.versions.iter_mut().for_each(|version| version.contested = true);
        }
        request(&mut world);
        world.keys.iter_mut().skip(keys).for_each(|key| key.truth.touched = true);
        world.watch("a late request");
    }
}

type Acting<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

fn play_stage(world: &Rc<RefCell<World>>, stage: &Stage, number: &mut usize) -> usize {
    let processes: Vec<Process> = stage
        .actors
        .iter()
        .map(|actor| {
            let (name, faults) = match actor {
                Actor::Rotation { faults, .. } => ("rotation", faults.as_slice()),
                Actor::Retirement { faults } => ("retirement", faults.as_slice()),
                Actor::Audit { .. } | Actor::Person(_) | Actor::Hours(_) => ("somebody", &[][..]),
            };
            let process = Process::new(*number, &format!("{name} {number}"), world, faults);
            *number += 1;
            process
        })
        .collect();
    let mut acting: Vec<Option<Acting<'_>>> = stage
        .actors
        .iter()
        .zip(&processes)
        .map(|(actor, process)| Some(Box::pin(act(world, actor, process)) as Acting<'_>))
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    let (mut turn, mut moves) = (0, 0);
    while acting.iter().any(Option::is_some) {
        if stage.turns.contains(&moves) {
            turn += 1;
        }
        while acting.get(turn % acting.len()).is_some_and(Option::is_none) {
            turn += 1;
        }
        let at = turn % acting.len();
        if let Some(actor) = &mut acting[at]
            && (actor.as_mut().poll(&mut context).is_ready() || processes[at].is_dead())
        {
            acting[at] = None;
        }
        moves += 1;
    }
    moves
}

async fn act(world: &Rc<RefCell<World>>, actor: &Actor, process: &Process) {
    match actor {
        Actor::Rotation { secret, .. } => match attempt(process, *secret).await {
            Attempt::Refused(refusal) => {
                let mut world = world.borrow_mut();
                world.counts.refused += 1;
                world.tell(|| format!("{} refuses: {refusal:?}", process.name));
            }
            Attempt::Completed => world.borrow_mut().tell(|| format!("{} completed", process.name)),
            Attempt::Failed(why) => world.borrow_mut().tell(|| format!("{} failed: {why:?}", process.name)),
        },
        Actor::Retirement { .. } => {
            let ended = retirement::run(process).await;
            world.borrow_mut().tell(|| format!("{} ended: {ended:?}", process.name));
        }
        Actor::Audit { .. } => {}
        Actor::Person(act) => {
            let mut world = world.borrow_mut();
            world.act(*act);
            world.watch("a person");
        }
        Actor::Hours(hours) => {
            let mut world = world.borrow_mut();
            world.tell(|| format!("{hours} hours pass"));
            world.pass_hours(*hours);
        }
    }
}

/// Lets one process act alone to its end.
pub(super) fn finish<T>(acting: impl Future<Output = T>) -> T {
    let mut acting = std::pin::pin!(acting);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = acting.as_mut().poll(&mut context) {
            return value;
        }
    }
}
