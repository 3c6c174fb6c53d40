//! Every state has a way out, and no judgement goes round in circles: over a finite model of one key's life.
//!
//! A place in the model is the key in Sentry and what its records add up to, with two times: now and long ago. From each
//! place, the key is judged under every combination of labels, consent, hold and signal, and whatever follows is done, or
//! half done by a process that dies. What ties the key to its secret stays as it is for a whole life.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use key_lifecycle::{
    Action, Class, Disabled, Facts, Grade, Held, History, Judgement, KeyObject, Kind, Next, Ownership, Proven, Reason,
    Record, Signal, State, Tie, class_of, judge, ownership,
};

use crate::given::{self, FLAGS, facts, on_day, record, terms};

/// Now, and long ago: longer than any span of the terms.
fn now() -> Timestamp {
    on_day(1_000)
}

fn long_ago() -> Timestamp {
    on_day(0)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    key: KeyObject,
    history: History,
}

/// A place by its parts, to be found again by.
type Name = (KeyObject, Phase8, Option<Class>, [Option<bool>; 4], Option<(bool, String)>, Option<Grade>, bool, bool);
type Phase8 = u8;

impl Place {
    fn name(&self) -> Name {
        let history = &self.history;
        let old = |time: Timestamp| time == long_ago();
        (
            self.key,
            history.phase as Phase8,
            history.class,
            [
                history.since.map(old),
                history.quiet.map(old),
                history.begun.map(old),
                history.disabled.as_ref().map(|disabled| old(disabled.at)),
            ],
            history.disabled.as_ref().map(|it| (it.by_us, it.ticket.clone().unwrap_or_default())),
            history.proven.map(|proven| proven.grade),
            history.abandoned,
            history.attempts > 0,
        )
    }

    /// The same with another key, or after records that are written now.
    fn then(&self, key: KeyObject, records: &[Record]) -> Self {
        let mut history = self.history.clone();
        for record in records {
            history.add(record);
        }
        // How often, and when a proof was given, is of no consequence.
        history.attempts = history.attempts.min(1);
        history.refusals = 0;
        history.proven = history.proven.map(|proven| Proven { at: long_ago(), ..proven });
        Self { key, history }
    }

    /// The same after a long time.
    fn aged(&self) -> Self {
        let mut history = self.history.clone();
        history.since = history.since.map(|_| long_ago());
        history.quiet = history.quiet.map(|_| long_ago());
        history.begun = history.begun.map(|_| long_ago());
        history.disabled = history.disabled.map(|disabled| Disabled { at: long_ago(), ..disabled });
        Self { key: self.key, history }
    }
}

/// What stays the same for a whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tied {
    tie: Option<Tie>,
    secret_gone: bool,
}

impl Tied {
    fn every() -> Vec<Self> {
        let ties = std::iter::once(None).chain(Tie::ALL.iter().copied().map(Some));
        ties.flat_map(|tie| FLAGS.map(|secret_gone| Self { tie, secret_gone })).collect()
    }

    fn owner(self, place: &Place) -> Ownership {
        ownership(Held::default(), self.tie, place.history.class, self.secret_gone)
    }
}

/// What people and policies can change at any time without touching the key.
fn every_world(tied: Tied, place: &Place) -> Vec<Facts> {
    let mut all = Vec::new();
    for held in FLAGS.iter().flat_map(|&pending| FLAGS.map(|current| Held { current, pending })) {
        for consent in [None, Some("OPS-1"), Some("OPS-2")] {
            for hold in FLAGS {
                for signal in [Signal::Quiet, Signal::StillUsed] {
                    all.push(Facts {
                        now: now(),
                        key: place.key,
                        held,
                        tie: tied.tie,
                        secret_gone: tied.secret_gone,
                        signal,
                        hold,
                        consent: consent.map(str::to_owned),
                        ..facts(place.history.clone())
                    });
                }
            }
        }
    }
    all
}

/// Where a life may end.
fn is_end(facts: &Facts, judgement: &Judgement) -> bool {
    let is_foreign_and_gone = judgement.ownership == Ownership::Foreign && facts.key == KeyObject::Gone;
    match judgement.state {
        _ if is_foreign_and_gone => true,
        State::Deleted => judgement.next == Next::Nothing && facts.held == Held::default(),
        State::Disabled => judgement.reason == Reason::Dead,
        State::Active => facts.held.current && judgement.reason == Reason::Current,
        State::Superseded | State::Draining | State::StillInUse | State::Reinstated | State::Frozen => false,
    }
}

fn written(facts: &Facts, kind: Kind) -> Record {
    let class = class_of(facts.tie, facts.history.class).unwrap();
    let attempt = u32::from(matches!(kind, Kind::Disabling | Kind::Deleting));
    Record { attempt, ticket: facts.consent.clone(), ..record(kind, class, now()) }
}

/// Where a judgement may lead: wholly done, or broken off by the death of the process.
fn outcomes(place: &Place, facts: &Facts, judgement: &Judgement) -> Vec<Place> {
    let of = |kind| written(facts, kind);
    match judgement.next {
        Next::Nothing | Next::Would(_) => vec![],
        Next::Record(kind) => vec![place.then(place.key, &[of(kind)])],
        Next::Act(Action::Disable) => {
            let disabled = Record { attempt: 1, ..of(Kind::Disabled) };
            vec![
                place.then(KeyObject::Active, &[of(Kind::Disabling)]),
                place.then(KeyObject::Inactive, &[of(Kind::Disabling)]),
                place.then(KeyObject::Inactive, &[of(Kind::Disabling), disabled]),
            ]
        }
        Next::Act(Action::Enable) => {
            vec![place.then(KeyObject::Active, &[]), place.then(KeyObject::Active, &[of(Kind::Current)])]
        }
        Next::Act(Action::Prove) => Grade::ALL
            .iter()
            .map(|grade| place.then(place.key, &[Record { grade: Some(*grade), ..of(Kind::Proven) }]))
            .collect(),
        Next::Act(Action::Delete) => vec![
            place.then(KeyObject::Inactive, &[of(Kind::Deleting)]),
            place.then(KeyObject::Gone, &[of(Kind::Deleting)]),
            place.then(KeyObject::Gone, &[of(Kind::Deleting), of(Kind::Deleted)]),
        ],
    }
}

/// A life, as a graph.
#[derive(Default)]
struct Life {
    places: Vec<Place>,
    numbers: HashMap<Name, usize>,
    /// Whether the life may end here.
    ends: Vec<bool>,
    /// The same while no label moves: dead or deleted.
    dies: Vec<bool>,
    /// From where each place is reached without anybody touching the key in Sentry or moving a label.
    before_by_itself: Vec<Vec<usize>>,
    /// From where else.
    before_by_people: Vec<Vec<usize>>,
    judged: usize,
}

impl Life {
    fn number(&mut self, place: Place, open: &mut VecDeque<usize>) -> usize {
        let name = place.name();
        if let Some(&number) = self.numbers.get(&name) {
            assert_eq!(self.places[number], place, "two places of one name");
            return number;
        }
        let number = self.places.len();
        self.numbers.insert(name, number);
        self.places.push(place);
        self.ends.push(false);
        self.dies.push(false);
        self.before_by_itself.push(Vec::new());
        self.before_by_people.push(Vec::new());
        open.push_back(number);
        number
    }

    /// Everything that can come of a key with this tie.
    fn of(tied: Tied) -> Self {
        let mut life = Self::default();
        let mut open = VecDeque::new();
        life.number(Place { key: KeyObject::Active, history: History::default() }, &mut open);
        while let Some(number) = open.pop_front() {
            let place = life.places[number].clone();
            for facts in every_world(tied, &place) {
                let judgement = judge(&facts, &terms());
                life.judged += 1;
                let end = is_end(&facts, &judgement);
                let unmoved = facts.held == Held::default();
                life.ends[number] |= end;
                life.dies[number] |= end && unmoved;
                for after in outcomes(&place, &facts, &judgement) {
                    let after = life.number(after, &mut open);
                    let before = if unmoved { &mut life.before_by_itself } else { &mut life.before_by_people };
                    before[after].push(number);
                }
            }
            let aged = life.number(place.aged(), &mut open);
            life.before_by_itself[aged].push(number);
            // A person disables, enables or deletes the key.
            for key in KeyObject::ALL {
                if place.key != KeyObject::Gone && *key != place.key {
                    let after = life.number(place.then(*key, &[]), &mut open);
                    life.before_by_people[after].push(number);
                }
            }
        }
        life
    }

    /// The places from which one of these is reached.
    fn leads_to(&self, ends: &[bool], by_people: bool) -> Vec<bool> {
        let mut leads = ends.to_vec();
        let mut open: Vec<usize> = (0..leads.len()).filter(|&number| leads[number]).collect();
        while let Some(number) = open.pop() {
            let people = if by_people { self.before_by_people[number].as_slice() } else { &[] };
            for &before in self.before_by_itself[number].iter().chain(people) {
                if !std::mem::replace(&mut leads[before], true) {
                    open.push(before);
                }
            }
        }
        leads
    }
}

#[test]
fn from_everywhere_a_life_comes_to_an_end() {
    let (mut places, mut judged) = (0, 0);
    for tied in Tied::every() {
        let life = Life::of(tied);
        let leads = life.leads_to(&life.ends, true);
        for (place, leads) in life.places.iter().zip(leads) {
            assert!(leads, "{tied:?}: no way out of {place:?}");
        }
        places += life.places.len();
        judged += life.judged;
    }
    assert!(places > 1_000 && judged > 50_000, "{places} places, {judged} judgements");
}

#[test]
fn a_superseded_key_comes_to_its_end_without_anybody_touching_it_or_its_labels() {
    let mut counted = 0;
    for tied in Tied::every() {
        let life = Life::of(tied);
        let leads = life.leads_to(&life.dies, false);
        for (place, leads) in life.places.iter().zip(leads) {
            match tied.owner(place) {
                // Time, a consent, the end of a hold and silence are enough.
                Ownership::Ours | Ownership::Adopted | Ownership::Orphan => {
                    assert!(leads, "{tied:?}: no way out of {place:?}");
                    counted += 1;
                }
                // This takes a person: in Sentry, with revoke-key, or by the end of a rotation.
                Ownership::Abandoned | Ownership::Untouchable | Ownership::Foreign => {
                    assert!(!leads || place.key != KeyObject::Active, "{tied:?}: {place:?}");
                }
            }
        }
    }
    assert!(counted > 1_000, "{counted}");
}

/// Every history that so many records can make, whether or not they make sense.
fn every_history(records: usize) -> Vec<History> {
    let mut known: HashMap<Name, History> = HashMap::new();
    let mut newest = vec![History::default()];
    for _ in 0..records {
        let mut next = Vec::new();
        for history in &newest {
            for kind in Kind::ALL {
                for class in Class::ALL {
                    for by_us in FLAGS {
                        let place = Place { key: KeyObject::Active, history: history.clone() };
                        let one = Record {
                            attempt: u32::from(by_us),
                            grade: Some(Grade::Question),
                            ..record(*kind, *class, now())
                        };
                        let place = place.then(KeyObject::Active, &[one]);
                        for place in [place.aged(), place] {
                            if known.insert(place.name(), place.history.clone()).is_none() {
                                next.push(place.history);
                            }
                        }
                    }
                }
            }
        }
        newest = next;
    }
    known.into_values().chain([History::default()]).collect()
}

#[test]
fn what_is_recorded_is_not_asked_for_again_and_again() {
    let (mut judged, mut longest) = (0_usize, 0);
    for history in every_history(3) {
        for key in KeyObject::ALL {
            let place = Place { key: *key, history: history.clone() };
            for tied in Tied::every() {
                for mut facts in every_world(tied, &place) {
                    let mut rounds = 0;
                    loop {
                        judged += 1;
                        let Next::Record(kind) = judge(&facts, &terms()).next else { break };
                        rounds += 1;
                        assert!(
                            rounds <= 4,
                            "{} is recorded again and again: {facts:?}",
                            given::next(Next::Record(kind))
                        );
                        let record = written(&facts, kind);
                        facts.history.add(&record);
                    }
                    longest = longest.max(rounds);
                }
            }
        }
    }
    assert!(judged > 1_000_000, "{judged}");
    assert_eq!(longest, 2);
}
