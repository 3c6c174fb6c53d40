//! A project, its secrets and its people, made up at random, with the truth about every key: who made it, and who disabled
//! it. The truth is kept apart from all that is read, and the code under test never sees it.

mod people;
mod retirement;
mod rotations;

use std::fmt;

use jiff::Timestamp;
use key_lifecycle::{Created, Head, Held, History, KeyObject, Labels, SecretSeen, Terms, Value as Seen, VersionSeen};

pub(crate) use retirement::Stop;

/// Which secret and version a key was made for. Rotation's marks are digests of the same two; here they are the two
/// themselves, for speed.
pub(crate) type Mark = (usize, usize);

/// How long after its key was made the rotation of a version may still make another: one invocation.
const ONE_INVOCATION: i64 = 300;

/// Numbers that look random and are the same in every run (xorshift).
#[derive(Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds shall not begin alike, and none shall be zero.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Key(usize),
    Other,
    Empty,
}

#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) mark: Mark,
    pub(crate) current: bool,
    pub(crate) pending: bool,
    pub(crate) previous: bool,
    pub(crate) value: Content,
    pub(crate) created: i64,
}

impl Version {
    fn has_label(&self) -> bool {
        self.current || self.pending || self.previous
    }
}

#[derive(Debug)]
pub(crate) struct Secret {
    pub(crate) arn: String,
    /// Bound to this project; else to another one, and only what it holds matters.
    pub(crate) here: bool,
    pub(crate) exists: bool,
    pub(crate) hold: bool,
    pub(crate) in_sync: bool,
    /// In the order of their registration.
    pub(crate) versions: Vec<Version>,
    pub(crate) registered: usize,
    /// The version whose rotation Secrets Manager would try again.
    pub(crate) in_flight: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    System(Mark),
    Human,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    System,
    Person,
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    /// As its label has it now.
    pub(crate) mark: Option<Mark>,
    /// By Sentry's clock.
    pub(crate) created: i64,
    pub(crate) object: KeyObject,
    pub(crate) ledger: Ledger,
    pub(crate) truth: Truth,
}

/// What only this world knows of a key.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) maker: Maker,
    /// Who disabled it, while it is disabled.
    pub(crate) disabled_by: Option<By>,
    /// The system has begun to disable it, and has not seen it enabled since.
    pub(crate) attempted: bool,
    /// Whether such a beginning came to its effect is not on record: nobody can tell then who disabled it.
    pub(crate) effect_open: bool,
    /// When a run last saw it current and enabled.
    pub(crate) last_current: Option<i64>,
    /// It is on record that somebody enabled it again, while the consent of this ticket held, or none.
    pub(crate) hands_off: Option<Option<String>>,
    /// Somebody enabled it, and no run has seen it current since.
    pub(crate) enabled_again: bool,
    /// A person stored its DSN as the value of some version.
    pub(crate) pasted: bool,
    /// The first run that wrote of it saw it with value and mark of the version that it was made for.
    pub(crate) witnessed: bool,
    /// The first run that wrote of it saw it as the value of another version.
    pub(crate) mistaken: bool,
}

/// The chain of a key's records.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) history: History,
    /// The secret under which it lies.
    pub(crate) secret: Option<usize>,
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) accepted: bool,
}

/// What happened in a world, so that a test can tell that it tested something.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) judged: usize,
    pub(crate) records: usize,
    pub(crate) chains_checked: usize,
    pub(crate) runs: usize,
    pub(crate) deaths: usize,
    pub(crate) frozen: usize,
    pub(crate) disabled_ours: usize,
    pub(crate) disabled_orphans: usize,
    pub(crate) disabled_adopted: usize,
    pub(crate) enabled: usize,
    pub(crate) deleted: usize,
    pub(crate) deleted_orphans: usize,
    pub(crate) reinstated: usize,
    pub(crate) abandoned: usize,
    pub(crate) copies_left_alone: usize,
    pub(crate) had_to_die: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.judged += other.judged;
        self.records += other.records;
        self.chains_checked += other.chains_checked;
        self.runs += other.runs;
        self.deaths += other.deaths;
        self.frozen += other.frozen;
        self.disabled_ours += other.disabled_ours;
        self.disabled_orphans += other.disabled_orphans;
        self.disabled_adopted += other.disabled_adopted;
        self.enabled += other.enabled;
        self.deleted += other.deleted;
        self.deleted_orphans += other.deleted_orphans;
        self.reinstated += other.reinstated;
        self.abandoned += other.abandoned;
        self.copies_left_alone += other.copies_left_alone;
        self.had_to_die += other.had_to_die;
    }
}

#[derive(Debug)]
pub(crate) struct Consent {
    pub(crate) key: usize,
    pub(crate) ticket: String,
    pub(crate) until: i64,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) numbers: Numbers,
    pub(crate) now: i64,
    /// By how much Sentry's clock is ahead of Secrets Manager's.
    pub(crate) skew: i64,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) keys: Vec<Key>,
    pub(crate) consents: Vec<Consent>,
    pub(crate) tickets: usize,
    pub(crate) terms: Terms,
    pub(crate) may_delete: bool,
    pub(crate) counts: Counts,
    /// What happened, if anybody is going to read it.
    pub(crate) story: Option<Vec<String>>,
}

impl World {
    /// A world with one to three secrets, each of which holds a key that a person made, or none.
    pub(crate) fn new(seed: u64, told: bool) -> Self {
        let mut numbers = Numbers::new(seed);
        let skew = i64::try_from(numbers.below(9)).unwrap() - 4;
        let terms = people::terms(&mut numbers);
        let mut world = Self {
            numbers,
            now: 1_767_268_800,
            skew,
            secrets: Vec::new(),
            keys: Vec::new(),
            consents: Vec::new(),
            tickets: 0,
            terms,
            may_delete: true,
            counts: Counts::default(),
            story: told.then(Vec::new),
        };
        for _ in 0..1 + world.numbers.below(3) {
            world.adopt_a_default_key();
        }
        world
    }

    pub(crate) fn tell(&mut self, what: impl FnOnce(&Self) -> String) {
        if self.story.is_some() {
            let line = format!("{} {}", self.now, what(self));
            self.story.get_or_insert_default().push(line);
        }
    }

    pub(crate) fn time(&self) -> Timestamp {
        Timestamp::from_second(self.now).unwrap()
    }

    /// Which labels the versions that hold a key carry, over all secrets.
    pub(crate) fn held(&self, key: usize) -> Held {
        let mut held = Held::default();
        for secret in self.secrets.iter().filter(|secret| secret.exists) {
            for version in secret.versions.iter().filter(|version| version.value == Content::Key(key)) {
                held.current |= version.current;
                held.pending |= version.pending;
            }
        }
        held
    }

    pub(crate) fn consent(&self, key: usize) -> Option<&Consent> {
        self.consents.iter().find(|consent| consent.key == key && consent.until > self.now)
    }

    pub(crate) fn version(&self, mark: Mark) -> Option<&Version> {
        self.secrets.get(mark.0)?.versions.iter().find(|version| version.mark == mark)
    }

    /// By when the rotation of a version had certainly made its last key, as far as can be seen now.
    ///
    /// Once it says a time it must never say a later one: what was made in between would turn from a copy to an orphan.
    /// That is why it is the date of its key alone where it holds one, and nothing once that key is gone: the promotion
    /// would count only while the version is current, the next version only until it is purged.
    pub(crate) fn settled(&self, mark: Mark) -> Created {
        let versions = &self.secrets[mark.0].versions;
        let at = versions.iter().position(|version| version.mark == mark)?;
        match versions[at].value {
            Content::Key(key) if self.keys[key].object == KeyObject::Gone => None,
            Content::Key(key) => Some(self.keys[key].created + ONE_INVOCATION),
            Content::Other | Content::Empty => versions.get(at + 1).map(|next| next.created),
        }
    }

    /// The secrets of this project as a run reads them: the versions with labels, and those without whose mark is borne by
    /// a key of which nothing is on record.
    pub(crate) fn seen(&self) -> Vec<SecretSeen<Mark>> {
        let here = self.secrets.iter().filter(|secret| secret.here && secret.exists);
        here.map(|secret| SecretSeen {
            arn: secret.arn.clone(),
            versions: secret
                .versions
                .iter()
                .filter(|version| version.has_label() || self.is_doubtful(version.mark))
                .map(|version| VersionSeen {
                    id: String::new(),
                    mark: version.mark,
                    labels: Labels { current: version.current, pending: version.pending },
                    value: match version.value {
                        Content::Key(key) => Seen::Key(self.keys[key].id.clone()),
                        Content::Other => Seen::Other,
                        Content::Empty => Seen::Empty,
                    },
                    created: Some(version.created),
                    settled: self.settled(version.mark),
                })
                .collect(),
        })
        .collect()
    }

    fn is_doubtful(&self, mark: Mark) -> bool {
        self.keys
            .iter()
            .any(|key| key.mark == Some(mark) && key.object != KeyObject::Gone && key.ledger.history.class.is_none())
    }

    /// A version of a secret that is there and bound to this project.
    fn readable(&self, mark: Mark) -> Option<&Version> {
        self.version(mark).filter(|_| self.is_bound(mark.0))
    }

    fn is_bound(&self, secret: usize) -> bool {
        self.secrets[secret].exists && self.secrets[secret].here
    }

    /// Whether a key must be disabled in the end, by the truth alone, once everything is over and quiet.
    ///
    /// It is a superseded key that the system made, and can prove that it made: the version that it was made for is there,
    /// and holds it, or settled after it was made; or a run has seen that before.
    pub(crate) fn must_die(&self, index: usize) -> bool {
        let key = &self.keys[index];
        let Maker::System(mark) = key.truth.maker else { return false };
        let label = key.mark.and_then(|mark| self.readable(mark));
        let under_way =
            label.is_some_and(|version| version.pending && !version.current && version.value != Content::Key(index));
        let is_superseded = key.object == KeyObject::Active && self.held(index) == Held::default() && !under_way;
        let is_left_alone = key.truth.enabled_again
            || key.truth.mistaken
            || key.ledger.secret.is_some_and(|secret| !self.is_bound(secret));
        if !is_superseded || is_left_alone {
            return false;
        }
        if key.truth.witnessed {
            return true;
        }
        let Some(version) = label.filter(|version| version.mark == mark) else { return false };
        let in_its_time =
            self.settled(mark).is_some_and(|settled| (version.created - 5..=settled).contains(&key.created));
        version.value == Content::Key(index) || (in_its_time && !key.truth.pasted)
    }

    pub(crate) fn head(&self, index: usize) -> Option<&Head> {
        self.keys[index].ledger.history.head.as_ref()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}, label {:?}, made {} by {:?}, {:?}, {:?}, {:?})",
            self.id,
            self.object,
            self.mark,
            self.created,
            self.truth.maker,
            self.ledger.history.phase,
            self.ledger.history.class,
            self.truth
        )
    }
}
