//! Every schedule of a kind.

use super::play::play;
use super::world::Made;
use crate::schedule::{Act, Actor, Fault, Planned, Schedule, Stage};

/// What differs in a call that only reads: whatever becomes of the request, nothing was done.
const OF_READS: [Fault; 4] = [Fault::LostBefore, Fault::TooMany, Fault::Slow, Fault::KilledBefore];

/// What differs in a call that changes something.
const OF_WRITES: [Fault; 7] = [
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::TooMany,
    Fault::Slow,
    Fault::KilledBefore,
    Fault::KilledAfter,
    Fault::Late,
];

/// All schedules of one kind.
#[derive(Debug)]
pub struct Family {
    /// What is varied.
    pub name: &'static str,
    /// Every variation.
    pub schedules: Vec<Schedule>,
}

/// Every family.
#[must_use]
pub fn families() -> Vec<Family> {
    vec![
        Family { name: "every fault of every call, and every pair of them", schedules: pairs() },
        Family { name: "every act of a person at every move, under every fault", schedules: acts() },
        Family { name: "two processes, with up to two changes of turn, under every fault", schedules: races() },
    ]
}

fn rotation() -> Actor {
    Actor::Rotation { secret: 0, faults: Vec::new() }
}

fn retirement() -> Actor {
    Actor::Retirement { faults: Vec::new() }
}

fn schedule(at_once: bool, stages: Vec<Stage>) -> Schedule {
    Schedule { secrets: 1, at_once, delete: true, stages }
}

/// The life of two keys: made, superseded, disabled, proven dead, deleted.
fn life() -> Schedule {
    let hours = || Stage::of(Actor::Hours(200));
    let actors = [rotation(), retirement(), rotation(), retirement()].map(Stage::of);
    let later = [hours(), Stage::of(retirement()), hours(), Stage::of(retirement())];
    schedule(false, actors.into_iter().chain(later).collect())
}

/// The processes of a schedule, in its order.
fn processes(schedule: &mut Schedule) -> impl Iterator<Item = &mut Actor> {
    schedule.stages.iter_mut().flat_map(|stage| &mut stage.actors)
}

fn with_fault(schedule: &Schedule, process: usize, planned: Planned) -> Schedule {
    let mut schedule = schedule.clone();
    match processes(&mut schedule).nth(process) {
        Some(Actor::Rotation { faults, .. } | Actor::Retirement { faults } | Actor::Audit { faults }) => {
            faults.push(planned);
        }
        Some(Actor::Person(_) | Actor::Hours(_)) | None => {}
    }
    schedule
}

fn faults_of(made: &Made) -> impl Iterator<Item = Planned> {
    let faults: &[Fault] = if made.writes { &OF_WRITES } else { &OF_READS };
    let call = made.call;
    faults.iter().map(move |&fault| Planned { call, fault })
}

/// Every schedule that comes of this one by one fault more, at a call of these processes or of later ones.
fn one_fault_more(schedule: &Schedule, from: (usize, usize)) -> Vec<(Schedule, (usize, usize))> {
    let made = play(schedule, true).made;
    let later = made.iter().filter(|made| (made.process, made.call) > from);
    later
        .flat_map(|made| {
            faults_of(made).map(|planned| (with_fault(schedule, made.process, planned), (made.process, made.call)))
        })
        .collect()
}

fn pairs() -> Vec<Schedule> {
    let life = life();
    let mut all = vec![life.clone()];
    // Calls are counted anew under the first fault: it makes a rotation shorter or longer.
    for (schedule, at) in one_fault_more(&life, (0, 0)) {
        all.extend(one_fault_more(&schedule, at).into_iter().map(|(schedule, _)| schedule));
        all.push(schedule);
    }
    all
}

/// Every act, on every key that there is.
fn every_act() -> Vec<Act> {
    let secret = 0;
    let mut acts = vec![Act::Abandon { secret }, Act::RollBack { secret }];
    for key in 0..3 {
        acts.extend([
            Act::Disable { key },
            Act::Enable { key },
            Act::Delete { key },
            Act::CopyLabel { key },
            Act::EditLabel { key },
            Act::Paste { secret, key },
            Act::WritePending { secret, key },
        ]);
    }
    acts
}

/// A key of the system's is superseded, and a second rotation or a run of retirement is at work while the person acts.
fn acts() -> Vec<Schedule> {
    let mut all = Vec::new();
    for (at_once, actor) in [(true, rotation()), (true, retirement()), (false, rotation()), (false, retirement())] {
        let stages = |last: Stage| {
            let before = [rotation(), retirement(), rotation()].map(Stage::of);
            schedule(at_once, before.into_iter().chain([last]).collect())
        };
        let alone = stages(Stage::of(actor.clone()));
        let moves = play(&alone, false).moves.last().copied().unwrap_or_default();
        for act in every_act() {
            for turn in 0..moves {
                let acting = Stage { actors: vec![actor.clone(), Actor::Person(act)], turns: vec![turn] };
                let acting = stages(acting);
                all.extend(one_fault_more(&acting, (2, usize::MAX)).into_iter().map(|(schedule, _)| schedule));
                all.push(acting);
            }
        }
    }
    all
}

fn races() -> Vec<Schedule> {
    let mut all = Vec::new();
    for (at_once, one, other) in [
        (true, rotation(), retirement()),
        (true, retirement(), rotation()),
        (true, retirement(), retirement()),
        (false, rotation(), rotation()),
        (false, retirement(), retirement()),
    ] {
        let stages = |turns: Vec<usize>| {
            let before = [rotation(), retirement(), rotation()].map(Stage::of);
            let both = Stage { actors: vec![one.clone(), other.clone()], turns };
            schedule(at_once, before.into_iter().chain([both]).collect())
        };
        let moves = play(&stages(Vec::new()), false).moves.last().copied().unwrap_or_default();
        for first in 0..moves {
            let there = stages(vec![first]);
            all.extend(one_fault_more(&there, (2, usize::MAX)).into_iter().map(|(schedule, _)| schedule));
            for back in first + 1..moves {
                all.push(stages(vec![first, back]));
            }
        }
    }
    all
}
