//! Rotations, as the rotation function does them, killed anywhere.

use key_lifecycle::{Held, KeyObject};

use super::{Content, Key, Ledger, Maker, Mark, Truth, Version, World};

impl World {
    /// A new version with AWSPENDING and no value, as Secrets Manager registers it; the label leaves all others.
    fn register(&mut self, secret: usize) -> Mark {
        let now = self.now;
        let it = &mut self.secrets[secret];
        for version in &mut it.versions {
            version.pending = false;
        }
        it.registered += 1;
        let mark = (secret, it.registered);
        it.versions.push(Version {
            mark,
            current: false,
            pending: true,
            previous: false,
            value: Content::Empty,
            created: now,
        });
        it.in_flight = Some(mark.1);
        mark
    }

    /// A new version with this value, as current. That abandons a rotation.
    pub(crate) fn put(&mut self, secret: usize, value: Content) -> Mark {
        if let Content::Key(key) = value {
            self.keys[key].truth.pasted = true;
        }
        let now = self.now;
        let it = &mut self.secrets[secret];
        it.registered += 1;
        let mark = (secret, it.registered);
        let version = Version { mark, current: false, pending: false, previous: false, value, created: now };
        it.versions.push(version);
        it.in_flight = None;
        for version in &mut it.versions {
            version.pending = false;
        }
        self.promote(mark);
        mark
    }

    /// Moves AWSCURRENT; AWSPREVIOUS goes where it came from.
    pub(crate) fn promote(&mut self, mark: Mark) {
        for version in &mut self.secrets[mark.0].versions {
            version.previous = version.current && version.mark != mark;
            version.current = version.mark == mark;
        }
    }

    pub(crate) fn make_key(&mut self, mark: Option<Mark>, maker: Maker) -> usize {
        let index = self.keys.len();
        self.keys.push(Key {
            id: format!("{index:032x}"),
            mark,
            created: self.now + self.skew,
            object: KeyObject::Active,
            ledger: Ledger::default(),
            truth: Truth {
                maker,
                disabled_by: None,
                attempted: false,
                effect_open: false,
                last_current: None,
                hands_off: None,
                enabled_again: false,
                pasted: false,
                witnessed: false,
                mistaken: false,
            },
        });
        index
    }

    /// Some seconds pass.
    fn seconds(&mut self, limit: usize) {
        self.now += i64::try_from(self.numbers.below(limit)).unwrap();
    }

    /// Begins a rotation or continues the one that did not end, up to its end or its death.
    pub(crate) fn rotate(&mut self) {
        let secrets: Vec<usize> = (0..self.secrets.len())
            .filter(|&secret| self.secrets[secret].here && self.secrets[secret].exists)
            .collect();
        let Some(secret) = self.numbers.pick(&secrets) else { return };
        let in_flight = self.secrets[secret].in_flight.map(|version| (secret, version));
        let open =
            in_flight.filter(|mark| self.version(*mark).is_some_and(|version| version.pending && !version.current));
        let mark = match open {
            Some(mark) if self.numbers.chance(60) => mark,
            Some(_) | None => self.register(secret),
        };
        self.tell(|_| format!("rotate {mark:?}"));
        self.seconds(20);
        if self.numbers.chance(10) {
            return;
        }
        if self.version(mark).is_some_and(|version| version.value == Content::Empty) && !self.create(mark) {
            return;
        }
        self.seconds(20);
        if self.numbers.chance(10) {
            return;
        }
        self.finish(mark);
    }

    /// createSecret: finds or makes the key of this version and stores it. False where it died before that.
    fn create(&mut self, mark: Mark) -> bool {
        // The list may be late; and two may look at once and both find nothing.
        let finds = !self.numbers.chance(10);
        if !finds || self.attempts(mark).is_empty() {
            let key = self.make_key(Some(mark), Maker::System(mark));
            self.tell(|world| format!("made {} for {mark:?}", world.keys[key].id));
            if self.numbers.chance(15) {
                self.seconds(5);
                let twin = self.make_key(Some(mark), Maker::System(mark));
                self.tell(|world| format!("made its twin {}", world.keys[twin].id));
            }
        }
        self.seconds(10);
        if self.numbers.chance(15) {
            self.tell(|_| "died before the value was stored".to_owned());
            return false;
        }
        let Some(oldest) = self.attempts(mark).into_iter().min_by_key(|&key| (self.keys[key].created, key)) else {
            return false;
        };
        let version = self.secrets[mark.0].versions.iter_mut().find(|version| version.mark == mark).unwrap();
        version.value = Content::Key(oldest);
        self.tell(|world| format!("stored {}", world.keys[oldest].id));
        true
    }

    /// Active keys with this mark that are the value of no version.
    fn attempts(&self, mark: Mark) -> Vec<usize> {
        let values: Vec<Content> =
            self.secrets.iter().flat_map(|secret| secret.versions.iter().map(|version| version.value)).collect();
        (0..self.keys.len())
            .filter(|&index| {
                let key = &self.keys[index];
                key.mark == Some(mark) && key.object == KeyObject::Active && !values.contains(&Content::Key(index))
            })
            .collect()
    }

    /// setSecret, testSecret, finishSecret.
    fn finish(&mut self, mark: Mark) {
        let Some(Content::Key(key)) = self.version(mark).map(|version| version.value) else { return };
        match self.keys[key].object {
            KeyObject::Gone => return,
            // A pending key that was disabled is enabled.
            KeyObject::Inactive => self.enable(key),
            KeyObject::Active => {}
        }
        self.seconds(30);
        if self.numbers.chance(10) {
            self.tell(|_| "died before it was promoted".to_owned());
            return;
        }
        self.promote(mark);
        self.secrets[mark.0].in_flight = None;
        if self.numbers.chance(80) {
            for version in &mut self.secrets[mark.0].versions {
                version.pending = false;
            }
        }
        self.tell(|_| format!("promoted {mark:?}"));
    }

    /// Somebody other than retirement enables a key.
    pub(crate) fn enable(&mut self, key: usize) {
        let key = &mut self.keys[key];
        if key.object == KeyObject::Inactive {
            key.object = KeyObject::Active;
            key.truth.disabled_by = None;
            key.truth.enabled_again = true;
        }
    }

    pub(crate) fn is_current(&self, key: usize) -> bool {
        self.held(key) != Held::default() && self.held(key).current
    }
}
