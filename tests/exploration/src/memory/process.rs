//! One process: its calls, one move each, and what goes wrong with them.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::world::{Made, World};
use crate::schedule::{Fault, Planned};

/// Why a call gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nobody knows whether it was carried out.
    Unclear,
    /// It was refused: it was not carried out.
    Refused,
    /// The time of the invocation is over.
    Deadline,
}

/// A process, or a person: whoever acts in moves.
pub(super) struct Process {
    pub(super) number: usize,
    pub(super) name: String,
    world: Rc<RefCell<World>>,
    faults: Vec<Planned>,
    calls: Cell<usize>,
    over: Cell<bool>,
    dead: Cell<bool>,
}

/// Lets somebody else move before this one does.
struct Move(bool);

impl Future for Move {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Process {
    pub(super) fn new(number: usize, name: &str, world: &Rc<RefCell<World>>, faults: &[Planned]) -> Self {
        Self {
            number,
            name: name.to_owned(),
            world: Rc::clone(world),
            faults: faults.to_vec(),
            calls: Cell::new(0),
            over: Cell::new(false),
            dead: Cell::new(false),
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.get()
    }

    /// What everybody may know without a call: the time of day.
    pub(super) fn now(&self) -> jiff::Timestamp {
        self.world.borrow().now()
    }

    /// What the process does not see: the world itself, for the service that calls it.
    pub(super) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.borrow_mut())
    }

    /// A call that only reads.
    pub(super) async fn read<T>(&self, name: &str, act: impl FnOnce(&mut World) -> T) -> Result<T, Lost> {
        Move(false).await;
        let fault = self.next(name, false)?;
        let result = {
            let mut world = self.world.borrow_mut();
            match fault {
                None => Ok(act(&mut world)),
                Some(Fault::TooMany) => Err(Lost::Refused),
                Some(Fault::Slow) => Err(self.time_is_over()),
                Some(Fault::KilledBefore | Fault::KilledAfter) => Err(self.dies()),
                Some(
                    Fault::LostBefore
                    | Fault::LostAfter
                    | Fault::ServerError
                    | Fault::ServerErrorAfter
                    | Fault::Malformed
                    | Fault::Late,
                ) => Err(Lost::Unclear),
            }
        };
        self.end(result).await
    }

    /// A call that changes something.
    pub(super) async fn write<T: 'static>(
        &self,
        name: &str,
        act: impl FnOnce(&mut World) -> T + 'static,
    ) -> Result<T, Lost> {
        Move(false).await;
        let fault = self.next(name, true)?;
        let result = {
            let mut world = self.world.borrow_mut();
            match fault {
                None => Ok(act(&mut world)),
                Some(Fault::LostBefore | Fault::ServerError) => Err(Lost::Unclear),
                Some(Fault::LostAfter | Fault::ServerErrorAfter | Fault::Malformed) => {
                    act(&mut world);
                    Err(Lost::Unclear)
                }
                Some(Fault::TooMany) => Err(Lost::Refused),
                Some(Fault::Slow) => {
                    act(&mut world);
                    Err(self.time_is_over())
                }
                Some(Fault::KilledBefore) => Err(self.dies()),
                Some(Fault::KilledAfter) => {
                    act(&mut world);
                    Err(self.dies())
                }
                Some(Fault::Late) => {
                    world.late.push(Box::new(move |world| drop(act(world))));
                    Err(Lost::Unclear)
                }
            }
        };
        self.end(result).await
    }

    fn next(&self, name: &str, writes: bool) -> Result<Option<Fault>, Lost> {
        if self.over.get() {
            return Err(Lost::Deadline);
        }
        let number = self.calls.get();
        self.calls.set(number + 1);
        let fault = self.faults.iter().find(|planned| planned.call == number).map(|planned| planned.fault);
        let mut world = self.world.borrow_mut();
        world.pass_one_call();
        world.counts.calls += 1;
        world.counts.faults += usize::from(fault.is_some());
        if let Some(made) = &mut world.made {
            made.push(Made { process: self.number, call: number, writes });
        }
        world.tell(|| {
            let fault = fault.map(|fault| format!(": {fault:?}")).unwrap_or_default();
            format!("{} call {number} {name}{fault}", self.name)
        });
        Ok(fault)
    }

    fn time_is_over(&self) -> Lost {
        self.over.set(true);
        Lost::Deadline
    }

    fn dies(&self) -> Lost {
        self.dead.set(true);
        Lost::Unclear
    }

    async fn end<T>(&self, result: Result<T, Lost>) -> Result<T, Lost> {
        self.world.borrow_mut().watch(&self.name);
        if self.dead.get() {
            // It never moves again; whoever plays takes it away.
            pending::<()>().await;
        }
        result
    }
}
