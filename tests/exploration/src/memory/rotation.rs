//! One attempt of Secrets Manager at a rotation: four steps, each the shipped loop.

use rotation::{
    Aftermath, Contract, Current, Effect, Ingestion, MAX_UNPROMOTED, MarkedKey, Observed, Pending, Question, Refusal,
    Settings, Step, Stopped, Trial, World as StepWorld, earlier_attempts, run,
};

use key_lifecycle::KeyObject;

use super::process::{Lost, Process};
use super::world::{Key, KeyNumber, Labels, Truth, Version, World};

/// Why an observation or an effect failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// A call gave no answer.
    Call(Lost),
    /// The version has another value.
    ValueExists,
    /// AWSCURRENT is not where it was.
    LabelMoved,
    /// The key that a call was for is gone.
    KeyGone,
    /// Somebody else moved AWSCURRENT meanwhile.
    Rival,
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        Self::Call(lost)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The new version is current.
    Completed,
    /// A step refused.
    Refused(Refusal),
    /// A step failed, or all succeeded and the version is not current.
    Failed(Option<Failure>),
}

/// Calls the four steps, as Secrets Manager does.
pub(super) async fn attempt(process: &Process, secret: usize) -> Attempt {
    let version = process.world(|world| {
        let version = world.begin_rotation(secret);
        world.attempt_begins(secret, version);
        version
    });
    let _at_work = AtWork { process, secret };
    steps(process, secret, version).await
}

/// An attempt is at work until it ends, or its process does.
struct AtWork<'p> {
    process: &'p Process,
    secret: usize,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.process.world(|world| world.attempt_ends(self.secret));
    }
}

async fn steps(process: &Process, secret: usize, version: usize) -> Attempt {
    for step in Step::ALL {
        let mut invocation = Invocation::new(process, secret, version);
        match run(step, &mut invocation).await {
            Ok(_) => {}
            Err(Stopped::Refused(refusal)) => return Attempt::Refused(refusal),
            Err(Stopped::Failed(failure)) => return Attempt::Failed(Some(failure)),
            Err(Stopped::NoProgress) => return Attempt::Failed(None),
        }
    }
    match process.world(|world| world.complete_rotation(secret, version)) {
        true => Attempt::Completed,
        false => Attempt::Failed(None),
    }
}

/// One step's invocation.
struct Invocation<'p> {
    process: &'p Process,
    secret: usize,
    version: usize,
    created: Vec<KeyNumber>,
    /// A creation was sent, whatever came of it.
    sent: bool,
    /// The pending key was seen to be enabled.
    seen_active: bool,
    adopt: Option<KeyNumber>,
    pending: Option<KeyNumber>,
    current: Option<KeyNumber>,
    /// The labels as they were seen, for the compare-and-swap.
    seen: Labels,
    not_current: Option<Option<usize>>,
    wanted: bool,
    promoted: bool,
    updated: bool,
    trial: Trial,
}

impl<'p> Invocation<'p> {
    fn new(process: &'p Process, secret: usize, version: usize) -> Self {
        Self {
            process,
            secret,
            version,
            created: Vec::new(),
            sent: false,
            seen_active: false,
            adopt: None,
            pending: None,
            current: None,
            seen: Labels::default(),
            not_current: None,
            wanted: true,
            promoted: false,
            updated: false,
            trial: Trial::NotYet,
        }
    }

    fn contract(&self) -> Contract {
        if self.promoted || self.seen.current == Some(self.version) {
            Contract::AlreadyCurrent
        } else if self.seen.pending == Some(self.version) {
            Contract::UnderWay
        } else {
            Contract::NotPending
        }
    }

    async fn value(&self, version: usize) -> Result<Option<KeyNumber>, Lost> {
        let secret = self.secret;
        self.process.read("GetSecretValue", move |world| world.secrets[secret].versions[version].value).await
    }

    async fn key(&self, number: Option<KeyNumber>) -> Result<Option<Key>, Lost> {
        let Some(number) = number else { return Ok(None) };
        let key = self.process.read("GET key", move |world| world.keys[number].clone()).await?;
        Ok(Some(key).filter(|key| key.object != KeyObject::Gone))
    }

    /// What createSecret sees of earlier attempts.
    async fn look_for_attempts(&mut self, observed: &mut Observed) -> Result<(), Lost> {
        let keys = self.process.read("GET keys", |world| world.keys.clone()).await?;
        let secret = self.secret;
        let mark = self.process.world(|world| world.secrets[secret].versions[self.version].mark.clone());
        let mut marked: Vec<(KeyNumber, MarkedKey)> = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            let Some(found) = key.mark.as_ref().filter(|found| found.same_secret(&mark)) else { continue };
            if key.object == KeyObject::Active {
                let promoted = Some(number) == self.current;
                let created = Some(format!("{:020}", key.made));
                marked.push((number, MarkedKey { id: key.id.clone(), mark: found.clone(), created, promoted }));
            }
        }
        let doubtful =
            marked.iter().any(|(number, key)| key.mark == mark && !key.promoted && !self.created.contains(number));
        let open = marked.iter().filter(|(_, key)| !key.promoted).count();
        if doubtful || open > MAX_UNPROMOTED {
            let versions: Vec<Version> =
                self.process.read("ListSecretVersionIds", move |world| world.secrets[secret].versions.clone()).await?;
            for (number, key) in &mut marked {
                let others = versions.iter().enumerate().filter(|(it, _)| *it != self.version);
                key.promoted |= others.map(|(_, version)| version.value).any(|value| value == Some(*number));
            }
        }
        let keys: Vec<MarkedKey> = marked.iter().map(|(_, key)| key.clone()).collect();
        let attempts = earlier_attempts(&keys, &mark);
        self.adopt = attempts.adopt.and_then(|id| Some(marked.iter().find(|(_, key)| key.id == id)?.0));
        observed.earlier_attempt = self.adopt.is_some();
        observed.too_many_unpromoted = attempts.unpromoted > MAX_UNPROMOTED;
        Ok(())
    }
}

impl StepWorld for Invocation<'_> {
    type Error = Failure;

    async fn observe(&mut self, step: Step) -> Result<Observed, Failure> {
        let (secret, version) = (self.secret, self.version);
        self.seen = self.process.read("DescribeSecret", move |world| world.secrets[secret].labels).await?;
        let mut observed = Observed {
            contract: self.contract(),
            pending: Pending::Empty,
            current: Current::None,
            settings: Settings::AsWanted,
            earlier_attempt: false,
            too_many_unpromoted: false,
            updated: self.updated,
            trial: self.trial,
        };
        if observed.contract != Contract::UnderWay {
            return Ok(observed);
        }
        if self.not_current.is_some_and(|before| before != self.seen.current) {
            return Err(Failure::Rival);
        }
        self.pending = self.value(version).await?;
        self.current = match self.seen.current {
            Some(current) => self.value(current).await?,
            None => None,
        };
        if step == Step::CreateSecret {
            observed.pending = if self.pending.is_some() { Pending::KeyActive } else { Pending::Empty };
            if self.pending.is_none() {
                self.look_for_attempts(&mut observed).await?;
                let current = self.key(self.current).await?;
                self.wanted = current.is_none_or(|key| key.limited);
            }
            return Ok(observed);
        }
        let (pending, current) = (self.key(self.pending).await?, self.key(self.current).await?);
        self.seen_active = pending.as_ref().is_some_and(|key| key.object == KeyObject::Active);
        observed.pending = match (&pending, self.pending) {
            (_, None) => Pending::Empty,
            (_, Some(_)) if self.pending == self.current => Pending::CopyOfCurrent,
            (None, Some(_)) => Pending::KeyGone,
            (Some(key), _) if key.object == KeyObject::Active => Pending::KeyActive,
            (Some(_), _) => Pending::KeyDisabled,
        };
        observed.current = match (&current, self.current) {
            (_, None) => Current::None,
            (None, Some(_)) => Current::KeyGone,
            (Some(key), _) if key.object == KeyObject::Active => Current::KeyActive,
            (Some(_), _) => Current::KeyDisabled,
        };
        self.wanted = current.as_ref().is_none_or(|key| key.limited);
        if pending.is_some_and(|key| key.limited != self.wanted) {
            observed.settings = Settings::Differ;
        }
        Ok(observed)
    }

    async fn apply(&mut self, effect: Effect) -> Result<(), Failure> {
        let (secret, version, process) = (self.secret, self.version, self.process);
        match effect {
            Effect::CreateKey => {
                if std::mem::replace(&mut self.sent, true) {
                    process.world(|world| world.broken(&process.name, "one invocation asks for two keys"));
                }
                let limited = self.wanted;
                // A key is never born with all settings of the old one: setSecret has something to do.
                let number = process.write("POST keys", move |world| world.create(secret, version, !limited)).await?;
                self.created.push(number);
                Ok(())
            }
            Effect::StorePending => {
                let Some(key) = self.adopt else { return Err(Failure::KeyGone) };
                let stored = process.write("PutSecretValue", move |world| world.store(secret, version, key)).await?;
                if stored { Ok(()) } else { Err(Failure::ValueExists) }
            }
            Effect::UpdateKey => {
                self.updated = true;
                let (Some(key), limited) = (self.pending, self.wanted) else { return Err(Failure::KeyGone) };
                let found = process.write("PUT key", move |world| world.update(key, limited)).await?;
                if found { Ok(()) } else { Err(Failure::KeyGone) }
            }
            Effect::TryKey => {
                let Some(key) = self.pending.or(self.current) else { return Err(Failure::KeyGone) };
                let question = move |world: &mut World| world.keys[key].object == KeyObject::Active;
                let alive = process.read("POST question", question).await?;
                let accepted = process.read("POST envelope", question).await?;
                self.trial = Trial::Done(
                    if alive { Question::Alive } else { Question::Dead },
                    if accepted { Ingestion::Accepted } else { Ingestion::Refused },
                );
                Ok(())
            }
            Effect::Promote => {
                if !self.seen_active {
                    let what = "a key is promoted that was not seen to be enabled";
                    process.world(|world| world.broken(&process.name, what));
                }
                let from = self.seen.current;
                let moved =
                    process.write("UpdateSecretVersionStage", move |world| world.promote(secret, version, from)).await;
                match moved {
                    Ok(true) => {
                        self.promoted = true;
                        Ok(())
                    }
                    Ok(false) => {
                        self.not_current = Some(from);
                        Err(Failure::LabelMoved)
                    }
                    Err(lost) => Err(lost.into()),
                }
            }
        }
    }

    fn aftermath(&self, error: &Failure) -> Aftermath {
        match error {
            Failure::Call(Lost::Unclear) | Failure::LabelMoved => Aftermath::Unclear,
            Failure::ValueExists | Failure::KeyGone => Aftermath::Overtaken,
            Failure::Call(Lost::Refused | Lost::Deadline) | Failure::Rival => Aftermath::Final,
        }
    }
}

/// What the calls of a rotation do.
impl World {
    fn attempt_begins(&mut self, secret: usize, version: usize) {
        let secret = &mut self.secrets[secret];
        secret.at_work += 1;
        secret.versions[version].contested |= secret.at_work > 1;
    }

    fn attempt_ends(&mut self, secret: usize) {
        let secret = &mut self.secrets[secret];
        secret.at_work = secret.at_work.saturating_sub(1);
    }

    fn create(&mut self, secret: usize, version: usize, limited: bool) -> KeyNumber {
        let made = &mut self.secrets[secret].versions[version];
        made.keys_made += 1;
        let mark = made.mark.clone();
        // Where its rotation was ended, or a person stored another version meanwhile, time does not tell the key from one with
        // a copied label.
        let at = &self.secrets[secret];
        let touched = at.in_flight != Some(version) || at.versions.len() > version + 1;
        let truth = Truth { made_for: Some((secret, version)), touched, ..Truth::default() };
        let key = self.add_key(Some(mark), limited, truth);
        self.counts.keys_made += 1;
        self.check_one_key_for_each_version(secret, version);
        key
    }

    fn store(&mut self, secret: usize, version: usize, key: KeyNumber) -> bool {
        let at = &mut self.secrets[secret];
        if at.versions[version].value.is_some_and(|value| value != key) {
            return false;
        }
        at.versions[version].value = Some(key);
        at.labels.pending = Some(version);
        // What a person made and labelled so is the system's from here on.
        self.keys[key].truth.made_for = Some((secret, version));
        true
    }

    fn update(&mut self, key: KeyNumber, limited: bool) -> bool {
        let key = &mut self.keys[key];
        if key.object == KeyObject::Gone {
            return false;
        }
        // What somebody enables again is left alone, and reported, once it is superseded.
        key.truth.touched |= key.object == KeyObject::Inactive;
        (key.object, key.limited) = (KeyObject::Active, limited);
        (key.truth.overtaken, key.truth.moved_onto, key.truth.ended_by_person) = (false, false, false);
        true
    }

    fn promote(&mut self, secret: usize, version: usize, from: Option<usize>) -> bool {
        let labels = &mut self.secrets[secret].labels;
        if labels.current != from {
            return false;
        }
        labels.previous = labels.current;
        labels.current = Some(version);
        if let Some(key) = self.key_at(secret, Some(version))
            && self.secrets[secret].in_flight != Some(version)
            && self.keys[key].object == KeyObject::Inactive
        {
            // Its rotation was ended after finishSecret looked, and retirement was quicker: that takes a grace of nothing.
            self.keys[key].truth.overtaken = self.terms.grace == Some(std::time::Duration::ZERO);
            self.counts.overtaken += 1;
        }
        self.counts.promotions += 1;
        true
    }
}
