//! What people do to secrets, keys and the policy.

use std::time::Duration;

use key_lifecycle::{AtGraceMax, KeyObject, Mode, Quiet, Terms};

use super::{By, Consent, Content, Maker, Mark, Numbers, Secret, World};

const DAY: i64 = 86_400;

/// Terms at random: short ones, long ones, and none.
pub(crate) fn terms(numbers: &mut Numbers) -> Terms {
    let mut span = || Duration::from_secs([0, 0, 60, 3_600, 86_400, 7 * 86_400][numbers.below(6)]);
    let (grace, grace_max, quarantine, orphan_grace, proof_deadline) = (span(), span(), span(), span(), span());
    Terms {
        mode: if numbers.chance(90) { Mode::Act } else { Mode::Observe },
        grace: (!numbers.chance(10)).then_some(grace),
        grace_max: (!numbers.chance(10)).then_some(grace_max),
        at_grace_max: if numbers.chance(70) { AtGraceMax::Disable } else { AtGraceMax::Keep },
        quiet: Quiet::Declared,
        quarantine,
        delete: numbers.chance(60),
        orphan_grace,
        proof_deadline,
        proof_refusals: 1 + u32::try_from(numbers.below(3)).unwrap(),
    }
}

/// Everything is over at once.
pub(crate) fn ripe_terms(delete: bool) -> Terms {
    Terms {
        mode: Mode::Act,
        grace: Some(Duration::ZERO),
        grace_max: Some(Duration::ZERO),
        at_grace_max: AtGraceMax::Disable,
        quiet: Quiet::Declared,
        quarantine: Duration::ZERO,
        delete,
        orphan_grace: Duration::ZERO,
        proof_deadline: Duration::ZERO,
        proof_refusals: 1,
    }
}

impl World {
    fn add_secret(&mut self, here: bool) -> usize {
        let index = self.secrets.len();
        self.secrets.push(Secret {
            arn: format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-{index:06}"),
            here,
            exists: true,
            hold: false,
            in_sync: true,
            versions: Vec::new(),
            registered: 0,
            in_flight: None,
        });
        index
    }

    /// A secret whose first value is a key that a person made, or that has no value yet.
    pub(crate) fn adopt_a_default_key(&mut self) {
        let secret = self.add_secret(true);
        if self.numbers.chance(80) {
            let key = self.make_key(None, Maker::Human);
            self.put(secret, Content::Key(key));
            self.tell(|world| format!("secret {secret} begins with {}", world.keys[key].id));
        }
    }

    fn some_secret(&mut self) -> Option<usize> {
        let secrets: Vec<usize> = (0..self.secrets.len()).filter(|&secret| self.secrets[secret].exists).collect();
        self.numbers.pick(&secrets)
    }

    fn some_key(&mut self) -> Option<usize> {
        let keys: Vec<usize> = (0..self.keys.len()).filter(|&key| self.keys[key].object != KeyObject::Gone).collect();
        self.numbers.pick(&keys)
    }

    fn some_version(&mut self) -> Option<Mark> {
        let secret = self.some_secret()?;
        let marks: Vec<Mark> = self.secrets[secret].versions.iter().map(|version| version.mark).collect();
        self.numbers.pick(&marks)
    }

    /// The label of some key, for a key that was made at this time: it names a version whose rotation was over by then, or
    /// no version any more. A key that a person makes while a rotation is under way, and gives its label, cannot be told
    /// from one that the rotation made.
    fn some_label(&mut self, made: i64) -> Option<Mark> {
        let labels: Vec<Mark> = self.keys.iter().filter_map(|key| key.mark).collect();
        let mark = self.numbers.pick(&labels)?;
        let over = match self.version(mark) {
            None => true,
            Some(_) => self.settled(mark).is_some_and(|settled| made > settled),
        };
        over.then_some(mark)
    }

    /// Seconds, minutes, hours or days pass.
    pub(crate) fn pass(&mut self) {
        let longest = [30, 300, 3_600, 2 * 86_400, 20 * 86_400][self.numbers.below(5)];
        self.now += i64::try_from(self.numbers.below(longest)).unwrap();
    }

    /// One thing that people, rotations or the clock do.
    pub(crate) fn live(&mut self) {
        self.pass();
        match self.numbers.below(34) {
            0..=8 => self.rotate(),
            9 | 10 => self.roll_back(),
            11..=13 => self.copy_a_label(),
            14 | 15 => self.paste(),
            16 => self.adopt_a_default_key(),
            17 => self.copy_a_secret(),
            18 => self.delete_or_restore_a_secret(),
            19 => self.flip_a_flag(),
            20 | 21 => self.disable_a_key(),
            22 | 23 => self.enable_a_key(),
            24 => self.delete_a_key(),
            25 => self.rename_a_key(),
            26..=28 => self.consent_or_withdraw(),
            29 => self.change_the_terms(),
            30 => self.purge(),
            31 => self.move_pending(),
            32 => {
                let key = self.make_key(None, Maker::Human);
                self.tell(|world| format!("somebody makes {}", world.keys[key].id));
            }
            _ => self.now += 30 * DAY,
        }
    }

    /// AWSCURRENT goes back to the version that had it before.
    fn roll_back(&mut self) {
        let Some(secret) = self.some_secret() else { return };
        let previous = self.secrets[secret].versions.iter().find(|version| version.previous);
        if let Some(mark) = previous.map(|version| version.mark) {
            self.promote(mark);
            self.tell(|_| format!("rolled back to {mark:?}"));
        }
    }

    /// A person makes a key under the name of an existing one.
    fn copy_a_label(&mut self) {
        if let Some(mark) = self.some_label(self.now + self.skew) {
            let key = self.make_key(Some(mark), Maker::Human);
            self.tell(|world| format!("somebody makes {} with the label of {mark:?}", world.keys[key].id));
        }
    }

    /// A person stores an existing DSN, or something else, as the current value.
    fn paste(&mut self) {
        let here = !self.numbers.chance(15);
        let secret = if here { self.some_secret() } else { Some(self.add_secret(false)) };
        let (Some(secret), Some(key)) = (secret, self.some_key()) else { return };
        let value = if self.numbers.chance(10) { Content::Other } else { Content::Key(key) };
        let mark = self.put(secret, value);
        self.tell(|world| format!("somebody stores {value:?} {} as {mark:?}", world.keys[key].id));
    }

    /// A secret with another ARN and the same value; the first one may be gone.
    fn copy_a_secret(&mut self) {
        let Some(from) = self.some_secret() else { return };
        let current = self.secrets[from].versions.iter().find(|version| version.current);
        let Some(value) = current.map(|version| version.value) else { return };
        let here = self.secrets[from].here;
        let copy = self.add_secret(here);
        self.put(copy, value);
        if self.numbers.chance(50) {
            self.secrets[from].exists = false;
        }
        self.tell(|world| format!("secret {from} copied as {copy}, and is there: {}", world.secrets[from].exists));
    }

    fn delete_or_restore_a_secret(&mut self) {
        let secret = self.numbers.below(self.secrets.len());
        let restore = !self.secrets[secret].exists;
        self.secrets[secret].exists = restore;
        self.tell(|_| format!("secret {secret} is there: {restore}"));
    }

    /// The tag `sentry:hold`, or a replica that falls behind or catches up.
    fn flip_a_flag(&mut self) {
        let Some(secret) = self.some_secret() else { return };
        let replica = self.numbers.chance(50);
        let it = &mut self.secrets[secret];
        if replica {
            it.in_sync = !it.in_sync;
        } else {
            it.hold = !it.hold;
        }
    }

    fn disable_a_key(&mut self) {
        let Some(index) = self.some_key() else { return };
        let key = &mut self.keys[index];
        if key.object == KeyObject::Active {
            key.object = KeyObject::Inactive;
            key.truth.disabled_by = Some(By::Person);
            self.tell(|world| format!("somebody disables {}", world.keys[index].id));
        }
    }

    fn enable_a_key(&mut self) {
        let disabled: Vec<usize> =
            (0..self.keys.len()).filter(|&key| self.keys[key].object == KeyObject::Inactive).collect();
        if let Some(index) = self.numbers.pick(&disabled) {
            self.enable(index);
            self.tell(|world| format!("somebody enables {}", world.keys[index].id));
        }
    }

    fn delete_a_key(&mut self) {
        if let Some(index) = self.some_key() {
            self.keys[index].object = KeyObject::Gone;
            self.tell(|world| format!("somebody deletes {}", world.keys[index].id));
        }
    }

    fn rename_a_key(&mut self) {
        let Some(index) = self.some_key() else { return };
        self.keys[index].mark = if self.numbers.chance(50) { self.some_label(self.keys[index].created) } else { None };
        self.tell(|world| format!("somebody renames {} to {:?}", world.keys[index].id, world.keys[index].mark));
    }

    fn consent_or_withdraw(&mut self) {
        if self.numbers.chance(25) {
            self.consents.clear();
            return;
        }
        let humans: Vec<usize> =
            (0..self.keys.len()).filter(|&key| self.keys[key].truth.maker == Maker::Human).collect();
        let key = if self.numbers.chance(70) { self.numbers.pick(&humans) } else { self.some_key() };
        let Some(key) = key else { return };
        self.tickets += 1;
        let until = self.now + i64::try_from(self.numbers.below(60)).unwrap() * DAY;
        let ticket = format!("OPS-{}", self.tickets);
        self.consents.retain(|consent| consent.key != key);
        self.consents.push(Consent { key, ticket, until });
        self.tell(|world| format!("consent for {} until {until}", world.keys[key].id));
    }

    fn change_the_terms(&mut self) {
        self.terms = terms(&mut self.numbers);
        self.may_delete = self.numbers.chance(80);
    }

    /// Secrets Manager removes the oldest version without a label.
    fn purge(&mut self) {
        let Some(secret) = self.some_secret() else { return };
        let versions = &mut self.secrets[secret].versions;
        if let Some(at) = versions.iter().position(|version| !version.has_label()) {
            let purged = versions.remove(at).mark;
            self.tell(|_| format!("{purged:?} is purged"));
        }
    }

    /// A person takes AWSPENDING away, or puts it on some version.
    fn move_pending(&mut self) {
        let Some(mark) = self.some_version() else { return };
        let put = self.numbers.chance(40);
        for version in &mut self.secrets[mark.0].versions {
            version.pending = put && version.mark == mark;
        }
        self.tell(|_| format!("AWSPENDING of secret {} is on {mark:?}: {put}", mark.0));
    }
}
