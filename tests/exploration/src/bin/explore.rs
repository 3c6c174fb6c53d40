//! Explores what may happen to keys: see `scripts/explore.sh`. It reports on standard error; standard output is the functions'.

use std::process::ExitCode;

use exploration::memory::{self, Counts};
use exploration::wire::{self, Kind};
use exploration::{Found, campaign, generate};
use integration_tests::Binary;

const USAGE: &str = "usage: explore every [N]             every schedule of each kind in memory, or each Nth of them
       explore memory FIRST COUNT     so many seeds on the shipped decisions, in memory
       explore libraries FIRST COUNT  so many seeds on the functions as libraries, over loopback
       explore binaries FIRST COUNT   so many seeds on the release binaries, over loopback
       explore replay WHERE SEED      one seed (WHERE: memory, libraries, binaries), with its whole story";

/// Whoever waits for sockets leaves the processor to others.
const WAITING: usize = 12;

#[expect(clippy::print_stderr, reason = "a program for people")]
fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    let outcome = match words.as_slice() {
        ["every"] => Some(every(1)),
        ["every", nth] => number(nth).map(every),
        ["replay", place, seed] => number(seed).and_then(|seed| replay(place, seed)),
        ["memory", first, count] => number(first).zip(number(count)).map(|(first, count)| in_memory(first, count)),
        [place, first, count] => number(first)
            .zip(number(count))
            .zip(kind(place))
            .map(|((first, count), kind)| at_the_wire(kind, first, count)),
        _ => None,
    };
    match outcome {
        Some(true) => ExitCode::SUCCESS,
        Some(false) => ExitCode::FAILURE,
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn kind(place: &str) -> Option<Kind> {
    match place {
        "libraries" => Some(Kind::Libraries),
        "binaries" => Some(Kind::Binaries(Binary::Release)),
        _ => None,
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

#[expect(clippy::print_stderr, reason = "a program for people")]
fn progress(done: usize) {
    eprintln!("  {done} played");
}

/// Says what does not hold, and how to see it; whether all is well.
#[expect(clippy::print_stderr, reason = "a program for people")]
fn tell<N: std::fmt::Display>(what: &str, found: &Found<N>, again: &str) -> bool {
    for (wrong, (times, case)) in &found.wrong {
        eprintln!("  BROKEN {times} times: {wrong}\n    first in {case}: {again} {case}");
    }
    eprintln!("  {what}: {} schedules, {} invariants broken", found.played, found.wrong.len());
    found.wrong.is_empty()
}

#[expect(clippy::print_stderr, reason = "a program for people")]
fn every(nth: u64) -> bool {
    let mut well = true;
    for family in memory::families() {
        eprintln!("In memory: {}", family.name);
        let cases: Vec<usize> = (0..family.schedules.len()).step_by(usize::try_from(nth).unwrap_or(1).max(1)).collect();
        let play = |case: usize| {
            family.schedules.get(case).map(|schedule| memory::play(schedule, false).wrong).unwrap_or_default()
        };
        let found = campaign(&cases, processors(), play, progress);
        if let Some((_, case)) = found.wrong.values().next()
            && let Some(schedule) = family.schedules.get(*case)
        {
            eprintln!("{schedule}\n{}", memory::play(schedule, true).story.join("\n"));
        }
        well &= tell(family.name, &found, "schedule");
    }
    well
}

#[expect(clippy::print_stderr, reason = "a program for people")]
fn in_memory(first: u64, count: u64) -> bool {
    eprintln!("In memory: {count} seeds from {first}");
    let seeds: Vec<u64> = (first..first.saturating_add(count)).collect();
    let counts = std::sync::Mutex::new(Counts::default());
    let play = |seed| {
        let played = memory::play(&generate(seed), false);
        counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&played.counts);
        played.wrong
    };
    let found = campaign(&seeds, processors(), play, progress);
    eprintln!("  {:?}", counts.into_inner().unwrap_or_default());
    tell("seeds in memory", &found, "scripts/explore.sh replay memory")
}

#[expect(clippy::print_stderr, reason = "a program for people")]
fn at_the_wire(kind: Kind, first: u64, count: u64) -> bool {
    eprintln!("Over loopback, {kind:?}: {count} seeds from {first}");
    let seeds: Vec<u64> = (first..first.saturating_add(count)).collect();
    let counts = std::sync::Mutex::new((0, 0, 0));
    let play = |seed| match wire::play(&generate(seed), kind) {
        Ok(outcome) => {
            let mut counts = counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            counts.0 += outcome.faults;
            counts.1 += outcome.made;
            counts.2 += outcome.disabled;
            outcome.wrong.into_iter().collect()
        }
        Err(error) => vec![format!("the small world cannot be made: {error}")],
    };
    let found = campaign(&seeds, WAITING, play, progress);
    let (faults, made, disabled) = counts.into_inner().unwrap_or_default();
    eprintln!("  {faults} calls went wrong as planned, {made} keys made, {disabled} of the last ones disabled");
    let place = if kind == Kind::Libraries { "libraries" } else { "binaries" };
    tell("seeds over loopback", &found, &format!("scripts/explore.sh replay {place}"))
}

#[expect(clippy::print_stderr, reason = "a program for people")]
fn replay(place: &str, seed: u64) -> Option<bool> {
    let schedule = generate(seed);
    eprintln!("{schedule}");
    let (story, wrong) = if place == "memory" {
        let played = memory::play(&schedule, true);
        (played.story, played.wrong)
    } else {
        let outcome = wire::play(&schedule, kind(place)?).ok()?;
        (outcome.story, outcome.wrong.into_iter().collect())
    };
    eprintln!("{}\n{}", story.join("\n"), if wrong.is_empty() { "all is well".to_owned() } else { wrong.join("\n") });
    Some(wrong.is_empty())
}
