//! A schedule from a seed.

use fastrand::Rng;

use crate::schedule::{Act, Actor, Fault, Planned, Schedule, Stage};

/// More calls than an attempt or a run makes: some faults are planned for calls that never come.
const CALLS: usize = 45;

/// More moves than two actors make together.
const MOVES: usize = 70;

/// The schedule of a seed: the same for ever.
#[must_use]
pub fn generate(seed: u64) -> Schedule {
    let mut random = Rng::with_seed(seed);
    let secrets = random.usize(1..=2);
    let stages = random.usize(2..=7);
    Schedule {
        secrets,
        at_once: random.bool(),
        delete: random.u8(..) < 80,
        stages: (0..stages).map(|_| stage(&mut random, secrets)).collect(),
    }
}

fn stage(random: &mut Rng, secrets: usize) -> Stage {
    // No process lives for hours.
    if random.u8(..) < 30 {
        return Stage::of(Actor::Hours(random.choice([1, 30, 200, 900]).unwrap_or(1)));
    }
    let mut actors = vec![actor(random, secrets)];
    let mut turns = Vec::new();
    while random.u8(..) < 90 {
        actors.push(actor(random, secrets));
        // There, and sometimes back and there again.
        turns.push(random.usize(..MOVES));
        while random.u8(..) < 100 {
            turns.push(random.usize(..MOVES));
        }
    }
    turns.sort_unstable();
    turns.dedup();
    Stage { actors, turns }
}

fn actor(random: &mut Rng, secrets: usize) -> Actor {
    match random.u8(..100) {
        0..40 => Actor::Rotation { secret: random.usize(..secrets), faults: faults(random) },
        40..68 => Actor::Retirement { faults: faults(random) },
        68..72 => Actor::Audit { faults: faults(random) },
        _ => Actor::Person(act(random, secrets)),
    }
}

fn faults(random: &mut Rng) -> Vec<Planned> {
    let count = match random.u8(..100) {
        0..45 => 0,
        45..80 => 1,
        80..95 => 2,
        _ => 3,
    };
    let fault = |random: &mut Rng| random.choice(Fault::ALL).unwrap_or(Fault::LostBefore);
    let mut faults: Vec<Planned> =
        (0..count).map(|_| Planned { call: random.usize(..CALLS), fault: fault(random) }).collect();
    faults.sort_unstable_by_key(|planned| planned.call);
    faults.dedup_by_key(|planned| planned.call);
    faults
}

fn act(random: &mut Rng, secrets: usize) -> Act {
    let (secret, key) = (random.usize(..secrets), random.usize(..8));
    match random.u8(..100) {
        0..25 => Act::Abandon { secret },
        25..45 => Act::RollBack { secret },
        45..55 => Act::Disable { key },
        55..65 => Act::Enable { key },
        65..70 => Act::Delete { key },
        70..78 => Act::CopyLabel { key },
        78..86 => Act::EditLabel { key },
        86..93 => Act::Paste { secret, key },
        _ => Act::WritePending { secret, key },
    }
}
