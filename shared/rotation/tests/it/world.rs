//! A small Secrets Manager and Sentry in memory, with faults at every call.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use rotation::{
    Aftermath, Contract, Current, Effect, Ingestion, Mark, MarkedKey, Observed, Pending, Question, Settings, Step,
    Trial, World, earlier_attempts,
};

pub(crate) const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:storefront-AbCdEf";

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request never arrives.
    Lost,
    /// It is carried out and the answer never comes back.
    DoneUnanswered,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) mark: Option<Mark>,
    pub(crate) active: bool,
    pub(crate) limited: bool,
}

/// The world that all invocations share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) current: Option<String>,
    pub(crate) pending: Option<String>,
    pub(crate) calls: usize,
    pub(crate) faults: Vec<(usize, Fault)>,
    /// The key of AWSCURRENT after every call: it must be active at every instant.
    pub(crate) broken_instants: usize,
}

impl Shared {
    pub(crate) fn with_current() -> Self {
        let mut shared = Self::default();
        shared.keys.insert("key-0".to_owned(), Key { mark: None, active: true, limited: true });
        shared.values.insert("v0".to_owned(), "key-0".to_owned());
        shared.current = Some("v0".to_owned());
        shared
    }

    pub(crate) fn begin(&mut self, version: &str) {
        self.pending = Some(version.to_owned());
    }

    fn fault(&mut self) -> Option<Fault> {
        let number = self.calls;
        self.calls += 1;
        let current = self.current.as_ref().and_then(|version| self.values.get(version));
        if let Some(key) = current
            && !self.keys.get(key).is_some_and(|key| key.active)
        {
            self.broken_instants += 1;
        }
        self.faults.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Unclear,
    LostTheRace,
}

/// One invocation.
pub(crate) struct Invocation {
    pub(crate) shared: Rc<RefCell<Shared>>,
    pub(crate) version: String,
    adopted: Option<String>,
    updated: bool,
    trial: Trial,
}

impl Invocation {
    pub(crate) fn new(shared: &Rc<RefCell<Shared>>, version: &str) -> Self {
        Self {
            shared: Rc::clone(shared),
            version: version.to_owned(),
            adopted: None,
            updated: false,
            trial: Trial::NotYet,
        }
    }

    async fn call<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> Result<T, Failure> {
        Turn(false).await;
        let mut shared = self.shared.borrow_mut();
        match shared.fault() {
            None => Ok(act(&mut shared)),
            Some(Fault::Lost) => Err(Failure::Unclear),
            Some(Fault::DoneUnanswered) => {
                act(&mut shared);
                Err(Failure::Unclear)
            }
        }
    }
}

/// Gives another invocation its turn, once.
struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl World for Invocation {
    type Error = Failure;

    async fn observe(&mut self, _: Step) -> Result<Observed, Failure> {
        let (pending_version, current_version) =
            self.call(|shared| (shared.pending.clone(), shared.current.clone())).await?;
        let contract = if current_version.as_deref() == Some(&self.version) {
            Contract::AlreadyCurrent
        } else if pending_version.as_deref() == Some(&self.version) {
            Contract::UnderWay
        } else {
            Contract::NotPending
        };
        let value = self.call(|shared| shared.values.get(&self.version).cloned()).await?;
        let current_value = self
            .call(|shared| current_version.as_ref().and_then(|version| shared.values.get(version).cloned()))
            .await?;
        let keys = self.call(|shared| shared.keys.clone()).await?;
        let pending = match &value {
            None => Pending::Empty,
            Some(id) => match keys.get(id) {
                None => Pending::KeyGone,
                Some(key) if key.active => Pending::KeyActive,
                Some(_) => Pending::KeyDisabled,
            },
        };
        let current = match current_value.as_ref().and_then(|id| keys.get(id)) {
            None if current_value.is_none() => Current::None,
            None => Current::KeyGone,
            Some(key) if key.active => Current::KeyActive,
            Some(_) => Current::KeyDisabled,
        };
        let wanted = current_value.as_ref().and_then(|id| keys.get(id)).is_some_and(|key| key.limited);
        let limited = value.as_ref().and_then(|id| keys.get(id)).is_none_or(|key| key.limited == wanted);
        let mark = Mark::new(ARN, &self.version);
        let marked: Vec<MarkedKey> = keys
            .iter()
            .filter(|(_, key)| key.active)
            .filter_map(|(id, key)| {
                Some(MarkedKey { id: id.clone(), mark: key.mark.clone()?, created: None, promoted: false })
            })
            .collect();
        let attempts = earlier_attempts(&marked, &mark);
        let earlier_attempt = attempts.adopt.is_some();
        self.adopted = attempts.adopt;
        Ok(Observed {
            contract,
            pending,
            current,
            settings: if limited { Settings::AsWanted } else { Settings::Differ },
            earlier_attempt,
            too_many_unpromoted: attempts.unpromoted > rotation::MAX_UNPROMOTED,
            updated: self.updated,
            trial: self.trial,
        })
    }

    async fn apply(&mut self, effect: Effect) -> Result<(), Failure> {
        match effect {
            Effect::CreateKey => {
                let mark = Mark::new(ARN, &self.version);
                self.call(|shared| {
                    let id = format!("key-{}", shared.keys.len());
                    shared.keys.insert(id, Key { mark: Some(mark), active: true, limited: false });
                })
                .await
            }
            Effect::StorePending => {
                let key = self.adopted.clone().unwrap();
                let stored = self
                    .call(|shared| *shared.values.entry(self.version.clone()).or_insert_with(|| key.clone()) == key)
                    .await?;
                if stored { Ok(()) } else { Err(Failure::LostTheRace) }
            }
            Effect::UpdateKey => {
                self.updated = true;
                self.call(|shared| {
                    let id = shared.values[&self.version].clone();
                    let key = shared.keys.get_mut(&id).unwrap();
                    key.active = true;
                    key.limited = true;
                })
                .await
            }
            Effect::TryKey => {
                let active = self
                    .call(|shared| {
                        // Without a pending value this is a test-only rotation, which tries the current key.
                        let current = shared.current.as_ref().and_then(|version| shared.values.get(version));
                        shared.keys[shared.values.get(&self.version).or(current).unwrap()].active
                    })
                    .await?;
                self.trial = Trial::Done(
                    if active { Question::Alive } else { Question::Dead },
                    if active { Ingestion::Accepted } else { Ingestion::Refused },
                );
                Ok(())
            }
            Effect::Promote => self.call(|shared| shared.current = Some(self.version.clone())).await,
        }
    }

    fn aftermath(&self, error: &Failure) -> Aftermath {
        match error {
            Failure::Unclear => Aftermath::Unclear,
            Failure::LostTheRace => Aftermath::Overtaken,
        }
    }
}

/// Polls a future of this world to its end; its only waiting points are turns.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
