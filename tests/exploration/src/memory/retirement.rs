//! One run of retirement: the calls of `retire-keys`, and the shipped judgement of each key.

use std::collections::BTreeMap;

use key_lifecycle::{
    Action, Answer, Class, Entry, Facts, Grade, Held, History, Judgement, KeyObject, KeySeen, Kind,
    Labels as SeenLabels, Next, Phase, Record, SecretSeen, Signal, Tie, Value, VersionSeen, check_chain, class_of,
    judge, needs_counts, next_head, tie,
};
use rotation::Mark;

use super::process::{Lost, Process};
use super::world::{Key, KeyNumber, Known, Secret, World, held};

/// More records in a row than any life has.
const MOST_ROUNDS: usize = 12;

/// A second in microseconds.
const SECOND: i64 = 1_000_000;

/// What one run works with.
struct Run<'p> {
    process: &'p Process,
    secrets: Vec<Secret>,
    keys: Vec<Key>,
    seen: Vec<SecretSeen<Mark>>,
    memory: BTreeMap<(usize, KeyNumber), Known>,
}

/// One key at hand.
struct Case {
    key: KeyNumber,
    secret: Option<usize>,
    facts: Facts,
    accepted: bool,
}

#[derive(Default)]
struct Draft {
    attempt: u32,
    grade: Option<Grade>,
    answer: Option<Answer>,
}

/// Does one run.
pub(super) async fn run(process: &Process) -> Result<(), Lost> {
    let memory = process.read("GetObject state", |world| world.memory.clone()).await?;
    let secrets = process.read("ListSecrets", |world| world.secrets.clone()).await?;
    process.read("BatchGetSecretValue", |_| ()).await?;
    let keys = process.read("GET keys", |world| world.keys.clone()).await?;
    let mut run = Run { process, secrets, keys, seen: Vec::new(), memory };
    for secret in 0..run.secrets.len() {
        let seen = run.look_at(secret).await?;
        run.seen.push(seen);
    }
    let outcome = run.judge_all().await;
    // What was learned is kept, whatever became of the run.
    let memory = run.memory;
    process.write("PutObject state", move |world| world.memory = memory).await?;
    outcome
}

impl Run<'_> {
    /// The versions of a secret that matter to the keys of the project.
    async fn look_at(&self, number: usize) -> Result<SecretSeen<Mark>, Lost> {
        let secret = &self.secrets[number];
        let labelled = [secret.labels.current, secret.labels.pending, secret.labels.previous];
        let mut versions: Vec<(usize, VersionSeen<Mark>)> = Vec::new();
        for at in labelled.into_iter().flatten() {
            if versions.iter().all(|(known, _)| *known != at) {
                let version = &secret.versions[at];
                let labels = SeenLabels {
                    current: secret.labels.current == Some(at),
                    pending: secret.labels.pending == Some(at),
                };
                versions.push((at, self.seen_version(version, labels)));
            }
        }
        let doubtful: Vec<&Mark> = self
            .keys
            .iter()
            .enumerate()
            .filter(|(_, key)| key.object != KeyObject::Gone)
            .filter_map(|(number, key)| Some((number, key.mark.as_ref()?)))
            .filter(|(key, mark)| {
                let same_secret = secret.versions.iter().any(|version| version.mark.same_secret(mark));
                let plain = versions
                    .iter()
                    .any(|(_, seen)| seen.mark == **mark && seen.value == Value::Key(self.keys[*key].id.clone()));
                let known = self.memory.get(&(number, *key));
                same_secret && !plain && known.is_none_or(|known| known.history.may_become_a_value())
            })
            .map(|(_, mark)| mark)
            .collect();
        if !doubtful.is_empty() {
            let listed = self.process.read("ListSecretVersionIds", move |world| world.secrets[number].versions.clone());
            let listed = listed.await?;
            let labels = self.process.read("DescribeSecret", move |world| world.secrets[number].labels).await?;
            for (at, version) in listed.iter().enumerate() {
                if versions.iter().any(|(known, _)| *known == at) || !doubtful.contains(&&version.mark) {
                    continue;
                }
                let read = move |world: &mut World| world.secrets[number].versions[at].clone();
                let version = self.process.read("GetSecretValue", read).await?;
                let labels = SeenLabels { current: labels.current == Some(at), pending: labels.pending == Some(at) };
                versions.push((at, self.seen_version(&version, labels)));
            }
            for (at, seen) in &mut versions {
                seen.created = listed.get(*at).map(|version| version.registered * SECOND);
                let there = || self.keys.iter().filter(|key| key.object != KeyObject::Gone);
                let bound = match &seen.value {
                    Value::Key(id) => match there().find(|key| key.id == *id) {
                        Some(key) => Some(key.made - 1),
                        None => continue,
                    },
                    Value::Other | Value::Empty => {
                        let own = listed.get(*at).map(|version| version.registered);
                        let next = listed.iter().map(|version| version.registered).find(|next| Some(*next) > own);
                        next.map(|next| (next + 1) * SECOND)
                    }
                    Value::Unread => continue,
                };
                let first = there().filter(|key| key.mark.as_ref() == Some(&seen.mark)).map(|key| key.made).min();
                seen.settled = [bound, first].into_iter().flatten().min();
            }
        }
        let versions = versions.into_iter().map(|(_, seen)| seen).collect();
        Ok(SecretSeen { arn: secret.arn.clone(), versions })
    }

    fn seen_version(&self, version: &super::world::Version, labels: SeenLabels) -> VersionSeen<Mark> {
        let id = |key: KeyNumber| self.keys.get(key).map_or_else(|| format!("{key:032x}"), |key| key.id.clone());
        VersionSeen {
            id: version.id.clone(),
            mark: version.mark.clone(),
            labels,
            value: version.value.map_or(Value::Empty, |key| Value::Key(id(key))),
            created: None,
            settled: None,
        }
    }

    async fn judge_all(&mut self) -> Result<(), Lost> {
        for key in 0..self.keys.len() {
            // A key that is gone is known by its records alone.
            let recorded = self.recorded(key).any(|(_, known)| known.history.phase != Phase::Deleted);
            if self.keys[key].object == KeyObject::Gone && !recorded {
                continue;
            }
            self.judge_key(key).await?;
        }
        Ok(())
    }

    /// Which labels hold a key, by the list of secrets and by what was looked at since.
    fn held(&self, key: KeyNumber) -> Held {
        let mut held = held(&self.secrets, key);
        let value = Value::Key(self.keys[key].id.clone());
        for version in self.seen.iter().flat_map(|secret| &secret.versions).filter(|version| version.value == value) {
            held |= Held { current: version.labels.current, pending: version.labels.pending };
        }
        held
    }

    async fn case(&mut self, number: KeyNumber) -> Result<Case, Lost> {
        let key = &self.keys[number];
        let there = key.object != KeyObject::Gone;
        let seen = KeySeen {
            id: key.id.clone(),
            mark: key.mark.clone().filter(|_| there),
            created: Some(key.made).filter(|_| there),
        };
        let found = tie(&seen, &self.seen)
            .and_then(|(tie, secret, _)| Some((tie, self.secrets.iter().position(|known| known.arn == secret.arn)?)));
        let secret = self.claim(number, found);
        let object = key.object;
        let mut known = Known::default();
        if let Some(secret) = secret {
            known = match self.memory.get(&(secret, number)) {
                Some(known) => known.clone(),
                None => Known { history: self.load(secret, number).await?, accepted: false },
            };
        }
        let successor = secret.and_then(|secret| {
            let secret = &self.secrets[secret];
            secret.versions[secret.labels.current?].value
        });
        let facts = Facts {
            now: self.process.now(),
            frozen: None,
            key: object,
            held: self.held(number),
            tie: found.filter(|(_, claimed)| Some(*claimed) == secret).map(|(tie, _)| tie),
            secret_gone: false,
            history: known.history,
            signal: Signal::Unreadable,
            successor_alive: successor.is_some_and(|key| self.is_active(key)),
            replicas_in_sync: true,
            hold: false,
            consent: None,
            may_delete: true,
            ingestion_accepts: known.accepted,
        };
        let mut case = Case { key: number, secret, facts, accepted: known.accepted };
        self.confirm_if_disabled(&mut case).await?;
        Ok(case)
    }

    fn recorded(&self, key: KeyNumber) -> impl Iterator<Item = (usize, &Known)> {
        let of_this_key = self.memory.iter().filter(move |((_, other), _)| *other == key);
        of_this_key.map(|((secret, _), known)| (*secret, known))
    }

    /// Which secret has the best claim on a key, as the function chooses.
    fn claim(&self, key: KeyNumber, found: Option<(Tie, usize)>) -> Option<usize> {
        if let Some((Tie::ValueAndMark, secret)) = found {
            return Some(secret);
        }
        let mut recorded: Vec<(usize, &Known)> = self.recorded(key).collect();
        recorded.sort_by_key(|(_, known)| (known.history.class, known.history.phase == Phase::Deleted));
        let ours = recorded.iter().find(|(_, known)| known.history.class == Some(Class::Ours));
        ours.map(|(secret, _)| *secret)
            .or(found.map(|(_, secret)| secret))
            .or_else(|| recorded.first().map(|(secret, _)| *secret))
    }

    /// A key made after the list of secrets was read may be in no list of keys yet.
    fn is_active(&self, key: KeyNumber) -> bool {
        self.keys.get(key).is_some_and(|key| key.object == KeyObject::Active)
    }

    async fn judge_key(&mut self, number: KeyNumber) -> Result<(), Lost> {
        let mut case = self.case(number).await?;
        let (mut confirmed, mut seen_for, mut counted) = (false, None, false);
        for _ in 0..MOST_ROUNDS {
            let judgement = self.judge(&mut case, &mut counted).await?;
            match judgement.next {
                Next::Nothing | Next::Would(_) => break,
                Next::Record(kind) if seen_for != Some(kind) && case.facts.history.is_switched_by(kind) => {
                    seen_for = Some(kind);
                    self.see_again(&mut case).await?;
                }
                Next::Record(kind) => {
                    seen_for = None;
                    self.record(&mut case, kind, Draft::default()).await?;
                }
                Next::Act(Action::Disable | Action::Delete) if !confirmed => {
                    confirmed = true;
                    self.confirm(&mut case).await?;
                }
                Next::Act(action) => {
                    let is_done = self.act(&mut case, action).await?;
                    let after = self.judge(&mut case, &mut counted).await?;
                    if let (true, Next::Record(Kind::Deleted)) = (is_done, after.next) {
                        self.record(&mut case, Kind::Deleted, Draft::default()).await?;
                    }
                    break;
                }
            }
        }
        self.remember(case);
        Ok(())
    }

    /// Looks once more whether a key is enabled.
    async fn see_again(&self, case: &mut Case) -> Result<(), Lost> {
        let number = case.key;
        let object = self.process.read("GET key", move |world| world.keys[number].object).await?;
        // The next list tells of one that is gone.
        if object == KeyObject::Gone {
            return Ok(());
        }
        case.facts.key = object;
        self.confirm_if_disabled(case).await
    }

    /// Of a key that is disabled and seems to be held: what its records say, and which secrets hold it now.
    async fn confirm_if_disabled(&self, case: &mut Case) -> Result<(), Lost> {
        if case.facts.key == KeyObject::Inactive && case.facts.held != Held::default() {
            self.reload(case).await?;
            case.facts.held = Held::default();
            for secret in 0..self.secrets.len() {
                self.look_closely(case, secret).await?;
            }
        }
        Ok(())
    }

    fn remember(&mut self, case: Case) {
        if let Some(secret) = case.secret
            && case.facts.history.head.is_some()
        {
            let known = Known { history: case.facts.history, accepted: case.accepted };
            self.memory.insert((secret, case.key), known);
        }
    }

    async fn judge(&self, case: &mut Case, counted: &mut bool) -> Result<Judgement, Lost> {
        if needs_counts(&case.facts) && !*counted {
            *counted = true;
            case.facts.signal = match self.process.read("GET stats", |_| ()).await {
                Ok(()) => Signal::Undeclared,
                Err(Lost::Deadline) => return Err(Lost::Deadline),
                Err(Lost::Unclear | Lost::Refused) => Signal::Unreadable,
            };
        }
        case.facts.now = self.process.now();
        let terms = self.process.world(|world| world.terms.clone());
        Ok(judge(&case.facts, &terms))
    }

    /// Looks at one secret as it is now: whether it holds the key. The version that is pending.
    async fn look_closely(&self, case: &mut Case, secret: usize) -> Result<Option<usize>, Lost> {
        let (key, process) = (case.key, self.process.number);
        let labels = self
            .process
            .read("DescribeSecret", move |world| {
                let held = world.secrets[secret].holds(key) != Held::default();
                world.looks.insert((process, key, secret), held);
                world.secrets[secret].labels
            })
            .await?;
        let read =
            move |world: &mut World| (world.key_at(secret, labels.current), world.key_at(secret, labels.pending));
        let (current, pending) = self.process.read("GetSecretValue", read).await?;
        case.facts.held.current |= current == Some(key);
        case.facts.held.pending |= pending == Some(key);
        Ok(labels.pending)
    }

    /// Looks at everything once more before a key is disabled or deleted.
    async fn confirm(&self, case: &mut Case) -> Result<(), Lost> {
        self.reload(case).await?;
        for secret in 0..self.secrets.len() {
            let pending = self.look_closely(case, secret).await?;
            if case.secret == Some(secret)
                && let Some(Tie::Mark(_)) = case.facts.tie
                && let Some(pending) = pending
            {
                let mark = &self.keys[case.key].mark;
                let version = self.process.world(|world| world.secrets[secret].versions[pending].mark.clone());
                case.facts.held.pending |= mark.as_ref() == Some(&version);
            }
        }
        Ok(())
    }

    async fn load(&self, secret: usize, key: KeyNumber) -> Result<History, Lost> {
        let read = move |world: &mut World| world.ledger.get(&(secret, key)).cloned().unwrap_or_default();
        let chain = self.process.read("GetObject ledger", read).await?;
        let entries: Vec<Entry<'_>> =
            chain.iter().zip(1..).map(|(bytes, sequence)| Entry { sequence, bytes }).collect();
        let Ok(records) = check_chain(&self.secrets[secret].arn, &self.keys[key].id, &entries) else {
            self.process.world(|world| world.broken("retirement", "a chain of records is not whole"));
            return Ok(History::default());
        };
        let head = entries.last().map(|entry| next_head(entry.sequence, entry.bytes));
        Ok(History::of(&records, head))
    }

    async fn reload(&self, case: &mut Case) -> Result<(), Lost> {
        if let Some(secret) = case.secret {
            case.facts.history = self.load(secret, case.key).await?;
        }
        Ok(())
    }

    /// Writes a record where none with its number is; else reads what somebody else has written. Whether it was written.
    async fn record(&self, case: &mut Case, kind: Kind, draft: Draft) -> Result<bool, Lost> {
        let Some(secret) = case.secret else {
            self.process.world(|world| world.broken("retirement", "a record of a key without a secret"));
            return Ok(false);
        };
        let history = &mut case.facts.history;
        let Some(class) = class_of(case.facts.tie, history.class) else {
            self.process.world(|world| world.broken("retirement", "a record of a key without a class"));
            return Ok(false);
        };
        let sequence = history.head.as_ref().map_or(1, |head| head.sequence + 1);
        let record = Record {
            version: 1,
            sequence,
            previous: history.head.as_ref().map(|head| head.sha256.clone()),
            time: self.process.now(),
            function: "retire-keys".to_owned(),
            request_id: String::new(),
            kind,
            secret_arn: self.secrets[secret].arn.clone(),
            version_id: None,
            project_id: 42,
            key_id: self.keys[case.key].id.clone(),
            class,
            why: String::new(),
            answer: draft.answer,
            attempt: draft.attempt,
            grade: draft.grade,
            ticket: None,
        };
        let bytes = record.to_bytes().unwrap_or_default();
        let head = next_head(sequence, &bytes);
        let key = case.key;
        let process = self.process.number;
        let append = move |world: &mut World| world.append(process, (secret, key), sequence, bytes, kind);
        if self.process.write("PutObject ledger", append).await? {
            history.add(&record);
            history.head = Some(head);
            return Ok(true);
        }
        self.reload(case).await?;
        Ok(false)
    }

    /// Puts an attempt on record before it is made; whether it is ours.
    async fn intend(&self, case: &mut Case, kind: Kind, phase: Phase) -> Result<bool, Lost> {
        if case.facts.history.phase == phase {
            return Ok(true);
        }
        let attempt = case.facts.history.attempts + 1;
        self.record(case, kind, Draft { attempt, ..Draft::default() }).await
    }

    /// Whether it was done, or undone at once.
    async fn act(&self, case: &mut Case, action: Action) -> Result<bool, Lost> {
        match action {
            Action::Disable => self.disable(case).await,
            Action::Enable => self.enable(case).await,
            Action::Prove => self.prove(case).await.map(|()| true),
            Action::Delete => self.delete(case).await,
        }
    }

    /// Enables or disables a key, with a look at it before; whether it is there.
    async fn switch(&self, key: KeyNumber, active: bool) -> Result<bool, Lost> {
        let object = self.process.read("GET key", move |world| world.keys[key].object).await?;
        let wanted = if active { KeyObject::Active } else { KeyObject::Inactive };
        if object == KeyObject::Gone {
            return Ok(false);
        }
        if object == wanted {
            return Ok(true);
        }
        let (process, who) = (self.process.number, self.process.name.clone());
        self.process.write("PUT key", move |world| world.switch(process, &who, key, wanted)).await
    }

    async fn disable(&self, case: &mut Case) -> Result<bool, Lost> {
        if !self.intend(case, Kind::Disabling, Phase::Disabling).await? {
            return Ok(false);
        }
        match self.switch(case.key, false).await {
            Ok(true) => case.facts.key = KeyObject::Inactive,
            Ok(false) => {
                case.facts.key = KeyObject::Gone;
                return Ok(true);
            }
            Err(Lost::Deadline) => return Err(Lost::Deadline),
            // On record already: the next run tries again.
            Err(Lost::Unclear | Lost::Refused) => return Ok(false),
        }
        let mut now = Case { facts: Facts { held: Held::default(), ..case.facts.clone() }, ..*case };
        for secret in 0..self.secrets.len() {
            // One that cannot be read is looked at by the next run.
            let _unread = self.look_closely(&mut now, secret).await.is_err();
        }
        if now.facts.held != Held::default() {
            case.facts.held = now.facts.held;
            if let Ok(true) = self.switch(case.key, true).await {
                case.facts.key = KeyObject::Active;
                let attempt = case.facts.history.attempts.max(1);
                self.record(case, Kind::Current, Draft { attempt, ..Draft::default() }).await?;
                return Ok(true);
            }
            return Ok(false);
        }
        let attempt = case.facts.history.attempts;
        if self.record(case, Kind::Disabled, Draft { attempt, ..Draft::default() }).await? {
            self.prove(case).await?;
        }
        Ok(true)
    }

    async fn enable(&self, case: &mut Case) -> Result<bool, Lost> {
        match self.switch(case.key, true).await {
            Ok(true) => {
                case.facts.key = KeyObject::Active;
                let attempt = case.facts.history.attempts.max(1);
                self.record(case, Kind::Current, Draft { attempt, ..Draft::default() }).await.map(|_| true)
            }
            Ok(false) => {
                case.facts.key = KeyObject::Gone;
                Ok(false)
            }
            Err(Lost::Deadline) => Err(Lost::Deadline),
            Err(Lost::Unclear | Lost::Refused) => Ok(false),
        }
    }

    async fn prove(&self, case: &mut Case) -> Result<(), Lost> {
        let key = case.key;
        let proven = case.facts.history.proven.map(|proven| proven.grade);
        if proven < Some(Grade::Question) {
            let dead = self.process.read("POST question", move |world| world.is_said_dead(key));
            if dead.await? {
                self.record(case, Kind::Proven, Draft { grade: Some(Grade::Question), ..Draft::default() }).await?;
            }
        }
        if case.facts.history.proven.map(|proven| proven.grade) < Some(Grade::Ingestion) {
            let refused = self.process.read("POST envelope", move |world| world.is_said_dead(key)).await?;
            case.accepted = !refused;
            if refused {
                let attempt = case.facts.history.refusals + 1;
                self.record(case, Kind::Refused, Draft { attempt, ..Draft::default() }).await?;
                let wanted = self.process.world(|world| world.terms.proof_refusals);
                if attempt >= wanted {
                    self.record(case, Kind::Proven, Draft { grade: Some(Grade::Ingestion), ..Draft::default() })
                        .await?;
                }
            }
        }
        case.facts.ingestion_accepts = case.accepted;
        Ok(())
    }

    async fn delete(&self, case: &mut Case) -> Result<bool, Lost> {
        if !self.intend(case, Kind::Deleting, Phase::Deleting).await? {
            return Ok(false);
        }
        let key = case.key;
        let (process, who) = (self.process.number, self.process.name.clone());
        match self.process.write("DELETE key", move |world| world.delete(process, &who, key)).await {
            Ok(()) => {
                case.facts.key = KeyObject::Gone;
                let attempt = case.facts.history.attempts;
                self.record(case, Kind::Deleted, Draft { attempt, ..Draft::default() }).await.map(|_| true)
            }
            Err(Lost::Deadline) => Err(Lost::Deadline),
            Err(Lost::Unclear | Lost::Refused) => Ok(false),
        }
    }
}

/// What the calls of retirement do.
impl World {
    /// Whether a key is refused, and so said to be dead.
    fn is_said_dead(&mut self, key: KeyNumber) -> bool {
        let dead = self.keys[key].object != KeyObject::Active;
        self.keys[key].truth.said_dead |= dead;
        dead
    }

    fn switch(&mut self, process: usize, who: &str, key: KeyNumber, wanted: KeyObject) -> bool {
        if self.keys[key].object == KeyObject::Gone {
            return false;
        }
        if wanted == KeyObject::Active {
            self.counts.enabled += 1;
            let truth = &mut self.keys[key].truth;
            truth.unrecorded = true;
            (truth.overtaken, truth.moved_onto, truth.ended_by_person) = (false, false, false);
        } else if self.keys[key].object == KeyObject::Active {
            self.may_end(process, who, key, Kind::Disabling);
            self.counts.disabled += 1;
            self.keys[key].truth.disabled_at = Some(self.micros());
        }
        self.tell(|| format!("  key {key} is {wanted} now"));
        self.keys[key].object = wanted;
        true
    }

    fn delete(&mut self, process: usize, who: &str, key: KeyNumber) {
        if self.keys[key].object != KeyObject::Gone {
            self.may_end(process, who, key, Kind::Deleting);
            self.counts.deleted += 1;
            self.keys[key].object = KeyObject::Gone;
        }
    }

    fn append(
        &mut self,
        process: usize,
        (secret, key): (usize, KeyNumber),
        sequence: u32,
        bytes: Vec<u8>,
        kind: Kind,
    ) -> bool {
        let chain = self.ledger.entry((secret, key)).or_default();
        if u32::try_from(chain.len()).unwrap_or(u32::MAX) + 1 != sequence {
            return false;
        }
        chain.push(bytes);
        self.tell(|| format!("  record {sequence} of key {key}: {kind}"));
        self.counts.records += 1;
        let truth = &mut self.keys[key].truth;
        truth.moved_back &= kind != Kind::Current;
        truth.unrecorded &= kind != Kind::Current;
        truth.reinstated = kind == Kind::Reinstated || truth.reinstated && kind != Kind::Current;
        let by_another = truth.intent.is_some_and(|(_, intending)| intending != process);
        truth.intent = match kind {
            Kind::Disabling | Kind::Deleting => Some((kind, process)),
            // What another run sees or does meanwhile does not stop one that is about to disable the key.
            Kind::Refused | Kind::Proven | Kind::Quiet | Kind::Current | Kind::Superseded => truth.intent,
            Kind::Disabled if by_another => truth.intent,
            Kind::Disabled | Kind::Deleted | Kind::Orphan | Kind::Adopted | Kind::Reinstated | Kind::Abandoned => None,
        };
        true
    }
}
