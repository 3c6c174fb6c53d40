//! Two million judgements in worlds that are made up at random, and what must be true of every one of them.
//!
//! After every action: nothing that is current or pending was disabled or deleted; what a person made was disabled under a
//! consent alone, and never deleted; nothing was disabled in its grace, on hold, or after somebody had enabled it again; a
//! frozen project was left alone, and so was everything in the mode `observe`. After every run: what this system disabled
//! and a secret was rolled back to is enabled again. At the end of every world: what this system made, and can prove that it
//! made, is disabled if nothing holds it; nothing else has changed; every chain of records is whole and adds up to what is
//! remembered.

use crate::world::{Counts, Stop, World};

/// From where the worlds are made up; each has its number added.
const SEED: u64 = 0x5EED_0F11;

const WORLDS: u64 = 4_000;

/// How many things happen in a world before it comes to rest.
const EVENTS: usize = 60;

fn live(number: u64, told: bool) -> (World, Result<(), Stop>) {
    let mut world = World::new(SEED + number, told);
    for _ in 0..EVENTS {
        world.live();
        if world.numbers.chance(60)
            && let Err(stop) = world.retire()
        {
            return (world, Err(stop));
        }
    }
    let result = world.come_to_rest();
    (world, result)
}

#[test]
fn nothing_is_harmed_and_everything_that_must_die_dies() {
    let mut counts = Counts::default();
    for number in 0..WORLDS {
        let (world, result) = live(number, false);
        counts.add(&world.counts);
        if let Err(stop) = result {
            // The same world again, with its story.
            let story = live(number, true).0.story.unwrap_or_default().join("\n");
            panic!("{story}\nseed {SEED:#x}, world {number}, after {} judgements: {stop}", counts.judged);
        }
    }
    assert!(counts.judged >= 2_000_000, "seed {SEED:#x}: {counts:?}");
    // Worlds in which nothing happens would prove nothing.
    let happened = [
        counts.chains_checked,
        counts.deaths,
        counts.frozen,
        counts.disabled_ours,
        counts.disabled_orphans,
        counts.disabled_adopted,
        counts.enabled,
        counts.deleted,
        counts.reinstated,
        counts.abandoned,
        counts.copies_left_alone,
        counts.had_to_die,
    ];
    assert!(happened.iter().all(|times| *times > 1_000), "seed {SEED:#x}: {counts:?}");
    assert!(counts.deleted_orphans > 50, "seed {SEED:#x}: {counts:?}");
}

#[test]
fn a_world_is_the_same_every_time() {
    for number in 0..10 {
        let stories = [live(number, true).0.story, live(number, true).0.story];
        assert_eq!(stories[0], stories[1], "world {number}");
        assert!(stories[0].as_ref().is_some_and(|story| story.len() > EVENTS));
    }
}
