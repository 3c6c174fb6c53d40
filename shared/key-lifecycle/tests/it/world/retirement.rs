//! A run of retirement over the project, as its function does it, which may die at any point; and what must never happen.

use std::fmt;

use key_lifecycle::{
    Action, Class, Entry, Facts, Grade, Held, History, KeyObject, KeySeen, Kind, MarkedVersion, Mode, Next, Ownership,
    Record, SecretSeen, Signal, Tie, check_chain, check_head, class_of, judge, needs_counts, next_head, tie,
};

use super::{By, Content, Maker, Mark, World, people};

/// Why a run ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The process is gone.
    Died,
    /// Something happened that never must.
    Broken(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Died => "the process died",
            Self::Broken(what) => what,
        })
    }
}

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// Reads fail, the process dies, counts are anything.
    Rough,
    /// None of that, and every key is quiet.
    Quiet,
}

/// What a record says beside its kind. What was found and not done has no attempt.
#[derive(Default)]
struct Draft {
    attempt: u32,
    grade: Option<Grade>,
    ticket: Option<String>,
}

impl Draft {
    fn of_grade(grade: Grade) -> Self {
        Self { grade: Some(grade), ..Self::default() }
    }
}

/// What a run knows of one key beside its facts.
struct Subject {
    index: usize,
    signal: Signal,
    secret: Option<usize>,
}

impl World {
    /// A run in which anything may go wrong.
    pub(crate) fn retire(&mut self) -> Result<(), Stop> {
        match self.run(Weather::Rough) {
            Err(Stop::Died) => {
                self.counts.deaths += 1;
                self.tell(|_| "the run dies".to_owned());
                Ok(())
            }
            other => other,
        }
    }

    /// Quiet runs under terms by which everything is over: every superseded key of the system is disabled in the end, and
    /// nothing else has changed.
    pub(crate) fn come_to_rest(&mut self) -> Result<(), Stop> {
        let delete = self.numbers.chance(50);
        self.terms = people::ripe_terms(delete);
        for secret in &mut self.secrets {
            (secret.hold, secret.in_sync) = (false, true);
        }
        self.tell(|_| "quiet".to_owned());
        let doomed: Vec<usize> = (0..self.keys.len()).filter(|&index| self.must_die(index)).collect();
        let before: Vec<KeyObject> = self.keys.iter().map(|key| key.object).collect();
        let consents: Vec<bool> = (0..self.keys.len()).map(|index| self.consent(index).is_some()).collect();
        for _ in 0..4 {
            self.now += 3_600;
            self.run(Weather::Quiet)?;
        }
        self.counts.had_to_die += doomed.len();
        for index in doomed {
            if self.keys[index].object == KeyObject::Active {
                return self.broken(index, "a superseded key of the system is still enabled");
            }
        }
        for index in 0..self.keys.len() {
            let key = &self.keys[index];
            let allowed = match (before[index], key.object) {
                (KeyObject::Active, KeyObject::Inactive) => key.truth.maker != Maker::Human || consents[index],
                (KeyObject::Active | KeyObject::Inactive, KeyObject::Gone) => key.truth.maker != Maker::Human,
                (KeyObject::Inactive, KeyObject::Active) => self.held(index) != Held::default(),
                (before, after) => before == after,
            };
            if !allowed {
                return self.broken(index, &format!("it was {} before the quiet runs", before[index]));
            }
            self.check_ledger(index)?;
        }
        Ok(())
    }

    fn broken<T>(&self, index: usize, what: &str) -> Result<T, Stop> {
        Err(Stop::Broken(format!("{what}: {}", self.keys[index])))
    }

    fn run(&mut self, weather: Weather) -> Result<(), Stop> {
        self.counts.runs += 1;
        let rough = weather == Weather::Rough;
        let frozen = (rough && self.numbers.chance(5)).then(|| "a page could not be read".to_owned());
        self.counts.frozen += usize::from(frozen.is_some());
        self.tell(|world| format!("a run, frozen: {}, mode {}", frozen.is_some(), world.terms.mode));
        let seen = self.seen();
        for index in 0..self.keys.len() {
            let held = self.held(index);
            let first = self.keys[index].ledger.history.class.is_none();
            let (facts, mut subject) = self.facts(index, held, &seen, frozen.clone(), weather);
            let mut facts = facts;
            let result = self.settle(&mut subject, &mut facts, rough);
            self.keys[index].ledger.history = facts.history;
            if first {
                self.witness(index);
            }
            result?;
            if frozen.is_none() {
                self.see_enabled(index, held);
            }
        }
        if frozen.is_none() && self.terms.mode == Mode::Act {
            for index in 0..self.keys.len() {
                let key = &self.keys[index];
                if key.object == KeyObject::Inactive
                    && key.truth.disabled_by == Some(By::System)
                    && self.is_current(index)
                {
                    return self.broken(index, "current after a rollback, and not given back");
                }
            }
        }
        Ok(())
    }

    fn facts(
        &mut self,
        index: usize,
        held: Held,
        seen: &[SecretSeen<Mark>],
        frozen: Option<String>,
        weather: Weather,
    ) -> (Facts, Subject) {
        let key = &self.keys[index];
        // The list shows nothing of a key that is gone.
        let there = key.object != KeyObject::Gone;
        let key_seen = KeySeen {
            id: key.id.clone(),
            mark: key.mark.filter(|_| there),
            created: Some(key.created).filter(|_| there),
        };
        let found = tie(&key_seen, seen).map(|(tie, secret, _)| (tie, secret.arn.as_str()));
        let claimed = found.and_then(|(_, arn)| self.secrets.iter().position(|secret| secret.arn == arn));
        let of_ledger = key.ledger.secret;
        let secret = claimed.or(of_ledger);
        let replicas_in_sync = secret.is_none_or(|secret| self.secrets[secret].in_sync);
        let hold = secret.is_some_and(|secret| self.secrets[secret].hold);
        let signal = match weather {
            Weather::Quiet => Signal::Quiet,
            Weather::Rough if self.numbers.chance(50) => Signal::Quiet,
            Weather::Rough => Signal::ALL[self.numbers.below(Signal::ALL.len())],
        };
        let facts = Facts {
            now: self.time(),
            frozen,
            key: self.keys[index].object,
            held,
            tie: found.map(|(tie, _)| tie),
            secret_gone: of_ledger.is_some_and(|secret| !self.secrets[secret].exists),
            history: std::mem::take(&mut self.keys[index].ledger.history),
            // What is not asked for is not known.
            signal: Signal::Unreadable,
            successor_alive: true,
            replicas_in_sync,
            hold,
            consent: self.consent(index).map(|consent| consent.ticket.clone()),
            may_delete: self.may_delete,
            ingestion_accepts: self.keys[index].ledger.accepted,
        };
        (facts, Subject { index, signal, secret: of_ledger.or(claimed) })
    }

    /// Judges a key until there is nothing more to do for it in this run.
    fn settle(&mut self, subject: &mut Subject, facts: &mut Facts, rough: bool) -> Result<(), Stop> {
        let index = subject.index;
        let mut records_in_a_row = 0;
        for _ in 0..16 {
            facts.key = self.keys[index].object;
            facts.signal = if needs_counts(facts) { subject.signal } else { Signal::Unreadable };
            let judgement = judge(facts, &self.terms);
            self.counts.judged += 1;
            if facts.frozen.is_some() && judgement.next != Next::Nothing {
                return self.broken(index, "something is done in a frozen project");
            }
            let copied = facts.tie == Some(Tie::Mark(MarkedVersion::OtherTime));
            self.counts.copies_left_alone += usize::from(copied && judgement.ownership == Ownership::Foreign);
            match judgement.next {
                Next::Nothing => return Ok(()),
                Next::Would(_) if self.terms.mode == Mode::Observe => return Ok(()),
                Next::Would(_) => return self.broken(index, "said and not done"),
                Next::Record(kind) => {
                    records_in_a_row += 1;
                    if records_in_a_row > 4 {
                        return self.broken(index, "records without an end");
                    }
                    self.counts.reinstated += usize::from(kind == Kind::Reinstated);
                    self.counts.abandoned += usize::from(kind == Kind::Abandoned);
                    self.die(rough)?;
                    let found = Draft { ticket: facts.consent.clone(), ..Draft::default() };
                    self.record(subject, facts, kind, found)?;
                }
                Next::Act(action) => {
                    records_in_a_row = 0;
                    self.tell(|world| format!("{action} {}: {}", world.keys[index].id, judgement.reason));
                    match action {
                        Action::Disable => self.disable(subject, facts, judgement.ownership, rough)?,
                        Action::Enable => self.give_back(subject, facts, rough)?,
                        Action::Delete => self.delete(subject, facts, judgement.ownership, rough)?,
                        Action::Prove => return self.prove(subject, facts, rough),
                    }
                }
            }
        }
        self.broken(index, "judgements without an end")
    }

    fn die(&mut self, rough: bool) -> Result<(), Stop> {
        if rough && self.numbers.chance(4) { Err(Stop::Died) } else { Ok(()) }
    }

    /// What is seen of labels right before something is done is what is true then.
    fn may_touch(&self, index: usize) -> Result<(), Stop> {
        if self.held(index) != Held::default() {
            return self.broken(index, "a key that is current or pending is disabled or deleted");
        }
        if self.terms.mode == Mode::Observe {
            return self.broken(index, "something is done in the mode observe");
        }
        Ok(())
    }

    fn disable(
        &mut self,
        subject: &mut Subject,
        facts: &mut Facts,
        ownership: Ownership,
        rough: bool,
    ) -> Result<(), Stop> {
        let index = subject.index;
        self.may_touch(index)?;
        if self.keys[index].truth.maker == Maker::Human && self.consent(index).is_none() {
            return self.broken(index, "a person's key is disabled without consent");
        }
        let consent = facts.consent.as_ref();
        let truth = &self.keys[index].truth;
        if truth.hands_off.as_ref().is_some_and(|before| consent.is_none() || consent == before.as_ref()) {
            return self.broken(index, "disabled again, though nobody has cleared that it was enabled");
        }
        let grace = if ownership == Ownership::Orphan { Some(self.terms.orphan_grace) } else { self.terms.grace };
        let since = truth.last_current.unwrap_or(i64::MIN);
        if grace.is_none_or(|grace| self.now < since.saturating_add(i64::try_from(grace.as_secs()).unwrap())) {
            return self.broken(index, "disabled in its grace");
        }
        if facts.hold || !facts.replicas_in_sync {
            return self.broken(index, "disabled on hold or while a replica is behind");
        }
        let attempt = facts.history.attempts + 1;
        let draft = || Draft { attempt, ticket: facts.consent.clone(), ..Draft::default() };
        let (begun, done) = (draft(), draft());
        self.record(subject, facts, Kind::Disabling, begun)?;
        let truth = &mut self.keys[index].truth;
        (truth.attempted, truth.effect_open) = (true, true);
        self.die(rough)?;
        let key = &mut self.keys[index];
        key.object = KeyObject::Inactive;
        key.truth.disabled_by = Some(By::System);
        match ownership {
            Ownership::Ours => self.counts.disabled_ours += 1,
            Ownership::Orphan => self.counts.disabled_orphans += 1,
            Ownership::Adopted => self.counts.disabled_adopted += 1,
            Ownership::Abandoned | Ownership::Foreign | Ownership::Untouchable => {
                return self.broken(index, "disabled, and none of ours");
            }
        }
        self.die(rough)?;
        self.record(subject, facts, Kind::Disabled, done)
    }

    fn give_back(&mut self, subject: &mut Subject, facts: &mut Facts, rough: bool) -> Result<(), Stop> {
        let index = subject.index;
        let key = &self.keys[index];
        if self.held(index) == Held::default() || !key.truth.attempted || facts.key != KeyObject::Inactive {
            return self.broken(index, "enabled, though nothing holds it or the system never disabled it");
        }
        self.counts.enabled += 1;
        self.enable(index);
        self.die(rough)?;
        let attempt = facts.history.attempts.max(1);
        self.record(subject, facts, Kind::Current, Draft { attempt, ..Draft::default() })?;
        self.keys[index].truth.enabled_again = false;
        Ok(())
    }

    fn delete(
        &mut self,
        subject: &mut Subject,
        facts: &mut Facts,
        ownership: Ownership,
        rough: bool,
    ) -> Result<(), Stop> {
        let index = subject.index;
        self.may_touch(index)?;
        if self.keys[index].truth.maker == Maker::Human {
            return self.broken(index, "a person's key is deleted");
        }
        let consents = ownership == Ownership::Orphan && self.consent(index).is_some();
        if (ownership != Ownership::Ours && !consents) || facts.hold || !self.may_delete || !self.terms.delete {
            return self.broken(index, "deleted without a right to it");
        }
        self.counts.deleted_orphans += usize::from(consents);
        let attempt = facts.history.attempts + 1;
        self.record(subject, facts, Kind::Deleting, Draft { attempt, ..Draft::default() })?;
        self.die(rough)?;
        self.keys[index].object = KeyObject::Gone;
        self.counts.deleted += 1;
        self.die(rough)?;
        self.record(subject, facts, Kind::Deleted, Draft { attempt, ..Draft::default() })
    }

    fn prove(&mut self, subject: &mut Subject, facts: &mut Facts, rough: bool) -> Result<(), Stop> {
        let index = subject.index;
        if rough {
            self.keys[index].ledger.accepted = self.numbers.chance(20);
            match self.numbers.below(4) {
                0 => return Ok(()),
                1 => self.record(subject, facts, Kind::Proven, Draft::of_grade(Grade::Object))?,
                2 => self.record(subject, facts, Kind::Proven, Draft::of_grade(Grade::Question))?,
                _ => {}
            }
        }
        if self.keys[index].ledger.accepted && rough {
            return Ok(());
        }
        self.keys[index].ledger.accepted = false;
        let attempt = facts.history.refusals + 1;
        self.record(subject, facts, Kind::Refused, Draft { attempt, ..Draft::default() })?;
        self.die(rough)?;
        if facts.history.refusals >= self.terms.proof_refusals {
            self.record(subject, facts, Kind::Proven, Draft::of_grade(Grade::Ingestion))?;
        }
        Ok(())
    }

    /// Writes a record, as the function drafts it.
    fn record(&mut self, subject: &mut Subject, facts: &mut Facts, kind: Kind, draft: Draft) -> Result<(), Stop> {
        let index = subject.index;
        let history = &mut facts.history;
        let Some(class) = class_of(facts.tie, history.class) else {
            return self.broken(index, "a record of a key without a class");
        };
        if class == Class::Ours && self.keys[index].truth.maker == Maker::Human {
            return self.broken(index, "a person's key is recorded as the system's");
        }
        let Some(secret) = subject.secret else {
            return self.broken(index, "a record of a key without a secret");
        };
        let key = &mut self.keys[index];
        let sequence = u32::try_from(key.ledger.chain.len()).unwrap() + 1;
        let record = Record {
            version: 1,
            sequence,
            previous: history.head.as_ref().map(|head| head.sha256.clone()),
            time: facts.now,
            function: String::new(),
            request_id: String::new(),
            kind,
            secret_arn: self.secrets[secret].arn.clone(),
            version_id: None,
            project_id: 42,
            key_id: key.id.clone(),
            class,
            why: String::new(),
            answer: None,
            attempt: draft.attempt,
            grade: draft.grade,
            ticket: draft.ticket,
        };
        let bytes = record.to_bytes().unwrap();
        history.add(&record);
        history.head = Some(next_head(sequence, &bytes));
        key.ledger.secret = Some(secret);
        key.ledger.chain.push(bytes);
        key.truth.effect_open &= kind != Kind::Disabled;
        match kind {
            Kind::Reinstated => key.truth.hands_off = Some(facts.consent.clone()),
            Kind::Disabled | Kind::Current => key.truth.hands_off = None,
            Kind::Superseded
            | Kind::Quiet
            | Kind::Disabling
            | Kind::Refused
            | Kind::Proven
            | Kind::Deleting
            | Kind::Deleted
            | Kind::Orphan
            | Kind::Adopted
            | Kind::Abandoned => {}
        }
        self.counts.records += 1;
        self.tell(|world| format!("record {kind} of {} as {class}", world.keys[index].id));
        Ok(())
    }

    /// The chain on the bytes says what is remembered.
    fn check_ledger(&mut self, index: usize) -> Result<(), Stop> {
        let key = &self.keys[index];
        let Some(secret) = key.ledger.secret else { return Ok(()) };
        let entries: Vec<Entry<'_>> =
            key.ledger.chain.iter().zip(1..).map(|(bytes, sequence)| Entry { sequence, bytes }).collect();
        let head = self.head(index).cloned();
        let whole = check_chain(&self.secrets[secret].arn, &key.id, &entries);
        let same = head.as_ref().is_some_and(|head| check_head(&entries, head).is_ok());
        match whole {
            Ok(records) if same && History::of(&records, head) == key.ledger.history => {
                self.counts.chains_checked += 1;
                Ok(())
            }
            other => self.broken(index, &format!("the chain says something else: {other:?}")),
        }
    }

    /// Keeps what the first record of a key rests on.
    fn witness(&mut self, index: usize) {
        let key = &self.keys[index];
        let Maker::System(mark) = key.truth.maker else { return };
        if key.ledger.secret.is_none() {
            return;
        }
        let holds = self.readable(mark).is_some_and(|version| version.value == Content::Key(index));
        let bears = key.mark == Some(mark);
        let truth = &mut self.keys[index].truth;
        if holds && bears {
            truth.witnessed = true;
        } else {
            truth.mistaken = truth.pasted;
        }
    }

    /// Keeps that the system has seen a key enabled, and wrote it down.
    fn see_enabled(&mut self, index: usize, held: Held) {
        let key = &self.keys[index];
        if key.object != KeyObject::Active {
            return;
        }
        let label = key.mark.and_then(|mark| self.readable(mark));
        let under_way = held.pending || label.is_some_and(|version| version.pending && !version.current);
        let now = self.now;
        let truth = &mut self.keys[index].truth;
        if held.current {
            truth.last_current = Some(now);
            (truth.attempted, truth.effect_open, truth.enabled_again) = (false, false, false);
        } else if !under_way && !truth.effect_open {
            truth.attempted = false;
        }
    }
}
