//! Secrets Manager, Sentry and the ledger, and the truth about every key, which no process sees.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use key_lifecycle::{AtGraceMax, History, KeyObject, Mode, Quiet, Terms};
use rotation::Mark;

use super::watch::Counts;
use crate::schedule::Schedule;

/// How long one call takes, in microseconds.
const ONE_CALL: i64 = 20_000;

/// One hour in microseconds.
const HOUR: i64 = 3_600_000_000;

/// When it all begins, in microseconds.
const BEGINNING: i64 = 1_767_268_800_000_000;

/// A number of a key in [`World::keys`].
pub(super) type KeyNumber = usize;

/// A secret and a version of it, by their numbers.
pub(super) type VersionNumber = (usize, usize);

/// A client key of the project.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: String,
    /// As its label has it now.
    pub(super) mark: Option<Mark>,
    /// In microseconds.
    pub(super) made: i64,
    pub(super) object: KeyObject,
    /// Whether it has the rate limit that the first key has.
    pub(super) limited: bool,
    pub(super) truth: Truth,
}

/// What only this world knows of a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    /// The version that the system made it for, or took it for.
    pub(super) made_for: Option<VersionNumber>,
    /// A person's hand was on it, on the version it was made for, or its creation came late: nobody can tell then whose
    /// it is, and it may be left alone.
    pub(super) touched: bool,
    /// A person disabled or deleted it.
    pub(super) ended_by_person: bool,
    /// It became current or pending after the look at the labels that went before its disablement.
    pub(super) overtaken: bool,
    /// AWSCURRENT was moved to it by a person while it was not enabled.
    pub(super) moved_onto: bool,
    /// AWSCURRENT was moved to it by a person since retirement last saw it current: its grace may have been counted from
    /// before.
    pub(super) moved_back: bool,
    /// Retirement enabled it again and its record of that is missing: it is taken for one that a person enabled.
    pub(super) unrecorded: bool,
    /// When it was last current, in microseconds.
    pub(super) last_current: Option<i64>,
    /// What is on record as about to be done to it, and by which process.
    pub(super) intent: Option<(key_lifecycle::Kind, usize)>,
    /// It is on record that somebody enabled it again, and nothing that clears that.
    pub(super) reinstated: bool,
    /// When the system last disabled it, in microseconds.
    pub(super) disabled_at: Option<i64>,
    /// Sentry or ingestion said to the system that it is dead.
    pub(super) said_dead: bool,
}

/// A version of a secret.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) mark: Mark,
    pub(super) value: Option<KeyNumber>,
    /// In whole seconds.
    pub(super) registered: i64,
    /// How many keys the system has made for it.
    pub(super) keys_made: usize,
    /// Two attempts of its rotation worked at the same time, or one came late.
    pub(super) contested: bool,
}

/// Which versions carry the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Labels {
    pub(super) current: Option<usize>,
    pub(super) pending: Option<usize>,
    pub(super) previous: Option<usize>,
}

/// A secret that is bound to the project.
#[derive(Debug, Clone)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) versions: Vec<Version>,
    pub(super) labels: Labels,
    /// The version whose rotation Secrets Manager would try again.
    pub(super) in_flight: Option<usize>,
    /// How many attempts are at work now.
    pub(super) at_work: usize,
}

impl Secret {
    /// Under which labels it holds a key.
    pub(super) fn holds(&self, key: KeyNumber) -> key_lifecycle::Held {
        let holds = |version: Option<usize>| version.is_some_and(|it| self.versions[it].value == Some(key));
        key_lifecycle::Held { current: holds(self.labels.current), pending: holds(self.labels.pending) }
    }
}

/// Under which labels any of these secrets holds a key.
pub(super) fn held(secrets: &[Secret], key: KeyNumber) -> key_lifecycle::Held {
    let mut held = key_lifecycle::Held::default();
    secrets.iter().for_each(|secret| held |= secret.holds(key));
    held
}

/// What retirement remembers of a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) history: History,
    pub(super) accepted: bool,
}

/// A request that is carried out when nobody waits for it any more.
pub(super) type Late = Box<dyn FnOnce(&mut World)>;

/// Everything outside the processes.
pub(super) struct World {
    micros: i64,
    pub(super) keys: Vec<Key>,
    pub(super) secrets: Vec<Secret>,
    /// The records of each key under each secret, as they were written.
    pub(super) ledger: BTreeMap<(usize, KeyNumber), Vec<Vec<u8>>>,
    /// The state object: what is known of each key under each secret.
    pub(super) memory: BTreeMap<(usize, KeyNumber), Known>,
    pub(super) late: Vec<Late>,
    /// Whether a process saw a secret hold a key when it last looked at that secret.
    pub(super) looks: BTreeMap<(usize, KeyNumber, usize), bool>,
    pub(super) terms: Terms,
    pub(super) wrong: BTreeSet<String>,
    pub(super) counts: Counts,
    pub(super) story: Option<Vec<String>>,
    /// The calls made so far, if they are asked for.
    pub(super) made: Option<Vec<Made>>,
}

/// A call that a process of the schedule made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The number of the process, in the order of the schedule, from 0.
    pub process: usize,
    /// The number of the call among those of its process, from 0.
    pub call: usize,
    /// Whether it changes something.
    pub writes: bool,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("keys", &self.keys).field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

impl World {
    /// The world in which a schedule begins: each secret holds a key that a person made.
    pub(super) fn new(schedule: &Schedule, told: bool) -> Self {
        let mut world = Self {
            micros: BEGINNING,
            keys: Vec::new(),
            secrets: Vec::new(),
            ledger: BTreeMap::new(),
            memory: BTreeMap::new(),
            late: Vec::new(),
            looks: BTreeMap::new(),
            terms: terms(schedule),
            wrong: BTreeSet::new(),
            counts: Counts::default(),
            story: told.then(Vec::new),
            made: told.then(Vec::new),
        };
        for number in 0..schedule.secrets {
            let key = world.add_key(None, true, Truth::default());
            world.secrets.push(Secret {
                arn: format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:storefront-{number}-AbCdEf"),
                versions: Vec::new(),
                labels: Labels::default(),
                in_flight: None,
                at_work: 0,
            });
            let version = world.register(number);
            world.secrets[number].versions[version].value = Some(key);
            world.secrets[number].labels.current = Some(version);
            world.pass_hours(1);
        }
        world
    }

    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.story.is_some() {
            let line = format!("{} {}", self.now(), line());
            self.story.get_or_insert_default().push(line);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.micros).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn micros(&self) -> i64 {
        self.micros
    }

    pub(super) fn pass_one_call(&mut self) {
        self.micros += ONE_CALL;
    }

    pub(super) fn pass_hours(&mut self, hours: u32) {
        self.micros += i64::from(hours) * HOUR;
    }

    /// A new version without a value or a label.
    pub(super) fn register(&mut self, secret: usize) -> usize {
        let registered = self.micros / 1_000_000;
        let secret = &mut self.secrets[secret];
        let number = secret.versions.len();
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let mark = Mark::new(&secret.arn, &id);
        secret.versions.push(Version { id, mark, value: None, registered, keys_made: 0, contested: false });
        number
    }

    pub(super) fn add_key(&mut self, mark: Option<Mark>, limited: bool, truth: Truth) -> KeyNumber {
        let number = self.keys.len();
        self.keys.push(Key {
            id: format!("{number:032x}"),
            mark,
            made: self.micros,
            object: KeyObject::Active,
            limited,
            truth,
        });
        number
    }

    /// The key of the version with a label.
    pub(super) fn key_at(&self, secret: usize, version: Option<usize>) -> Option<KeyNumber> {
        self.secrets[secret].versions[version?].value
    }

    /// Under which labels any secret holds a key.
    pub(super) fn held(&self, key: KeyNumber) -> key_lifecycle::Held {
        held(&self.secrets, key)
    }

    /// Begins a rotation, or takes up the one that is under way: its version.
    pub(super) fn begin_rotation(&mut self, secret: usize) -> usize {
        if let Some(version) = self.secrets[secret].in_flight {
            return version;
        }
        let version = self.register(secret);
        let secret = &mut self.secrets[secret];
        secret.in_flight = Some(version);
        secret.labels.pending = Some(version);
        version
    }

    /// Ends a rotation whose four steps succeeded, if its version is current.
    pub(super) fn complete_rotation(&mut self, secret: usize, version: usize) -> bool {
        let secret = &mut self.secrets[secret];
        if secret.labels.current != Some(version) {
            return false;
        }
        if secret.labels.pending == Some(version) {
            secret.labels.pending = None;
        }
        if secret.in_flight == Some(version) {
            secret.in_flight = None;
        }
        true
    }
}

fn terms(schedule: &Schedule) -> Terms {
    let days = |count: u64| std::time::Duration::from_secs(count * 86_400);
    let grace = |count| if schedule.at_once { days(0) } else { days(count) };
    Terms {
        mode: Mode::Act,
        grace: Some(grace(2)),
        grace_max: Some(grace(5)),
        at_grace_max: AtGraceMax::Disable,
        quiet: Quiet::Undeclared,
        quarantine: grace(3),
        delete: schedule.delete,
        orphan_grace: grace(1),
        proof_deadline: days(1),
        proof_refusals: 2,
    }
}
