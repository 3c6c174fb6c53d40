//! Who decides what goes wrong with which call, over all servers.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use testkit::fault;

use crate::schedule::{Fault, Planned};

/// Later than the deadline of an invocation that meets it.
const TOO_LATE: Duration = Duration::from_millis(2_500);

type Then = Box<dyn FnOnce() + Send>;
type Kill = Box<dyn Fn() + Send + Sync>;
type Look = Box<dyn Fn() + Send>;

/// One who acts now.
struct Acting {
    calls: usize,
    faults: Vec<Planned>,
    kill: Arc<Kill>,
    /// What happens before which of its calls.
    then: Option<(usize, Then)>,
}

#[derive(Default)]
struct State {
    /// Whoever acts while another one waits is above it.
    acting: Vec<Acting>,
    waiting: Option<Then>,
    /// Whether the others act now.
    others_act: bool,
    met: usize,
}

/// Counts the calls of whoever acts, over all servers.
#[derive(Default)]
pub(super) struct Director {
    state: Mutex<State>,
    others_done: Condvar,
    /// Looks at what must hold at every instant.
    look: Mutex<Option<Look>>,
}

/// What one server needs to know.
pub(super) struct At {
    pub(super) director: Arc<Director>,
    pub(super) service: Service,
}

/// Whose wire it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Sentry,
    S3,
    OfJson,
}

impl Director {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look_at_every_call(&self, look: impl Fn() + Send + 'static) {
        *self.look.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(look));
    }

    /// From here on somebody acts, until [`Director::ends`].
    pub(super) fn begins(&self, faults: &[Planned], kill: Kill, then: Option<(usize, Then)>) {
        self.lock().acting.push(Acting { calls: 0, faults: faults.to_vec(), kill: Arc::new(kill), then });
    }

    /// Kills whoever acts.
    pub(super) fn kill(&self) {
        let kill = self.lock().acting.last().map(|acting| Arc::clone(&acting.kill));
        if let Some(kill) = kill {
            kill();
        }
    }

    /// Ends whoever acts; what should have happened before a call that never came happens now.
    pub(super) fn ends(&self) {
        let ended = self.lock().acting.pop();
        if let Some((_, then)) = ended.and_then(|acting| acting.then) {
            then();
        }
    }

    /// Waits until the others have acted, whom a call of the first one let in: its own time may be over before.
    pub(super) fn wait_for_the_others(&self) {
        let act = |state: &mut State| state.waiting.is_some() || state.others_act;
        drop(self.others_done.wait_while(self.lock(), act).unwrap_or_else(PoisonError::into_inner));
    }

    /// How many faults were met.
    pub(super) fn met(&self) -> usize {
        self.lock().met
    }
}

impl fault::Director for At {
    fn decide(&self, _: &str) -> Option<fault::Fault> {
        if let Some(look) = &*self.director.look.lock().unwrap_or_else(PoisonError::into_inner) {
            look();
        }
        let mut state = self.director.lock();
        let acting = state.acting.last_mut()?;
        let number = acting.calls;
        acting.calls += 1;
        if acting.then.as_ref().is_some_and(|(at, _)| *at == number) {
            let then = acting.then.take().map(|(_, then)| then);
            state.waiting = then;
            return Some(fault::Fault::Meanwhile);
        }
        let fault = acting.faults.iter().find(|planned| planned.call == number)?.fault;
        state.met += 1;
        Some(self.service.fault(fault))
    }

    fn meanwhile(&self) {
        let mut state = self.director.lock();
        let Some(then) = state.waiting.take() else { return };
        state.others_act = true;
        drop(state);
        let over = Over(&self.director);
        then();
        drop(over);
    }
}

/// Says that the others have acted, also where one of them panics.
struct Over<'a>(&'a Director);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.lock().others_act = false;
        self.0.others_done.notify_all();
    }
}

impl Service {
    fn fault(self, fault: Fault) -> fault::Fault {
        match fault {
            Fault::LostBefore => fault::Fault::DropBefore,
            Fault::LostAfter => fault::Fault::DropAfter,
            Fault::ServerError => fault::Fault::Status(500),
            Fault::ServerErrorAfter => fault::Fault::StatusAfter(502),
            Fault::TooMany => self.too_many(),
            Fault::Slow => fault::Fault::Delay(TOO_LATE),
            Fault::Malformed => fault::Fault::Body("not what was asked for".to_owned()),
            Fault::KilledBefore => fault::Fault::KillBefore,
            Fault::KilledAfter => fault::Fault::KillAfter,
            Fault::Late => fault::Fault::ArriveLate,
        }
    }

    fn too_many(self) -> fault::Fault {
        match self {
            Self::Sentry => fault::Fault::sentry_limit(),
            Self::S3 => fault::Fault::slow_down(),
            Self::OfJson => fault::Fault::throttling(),
        }
    }
}
