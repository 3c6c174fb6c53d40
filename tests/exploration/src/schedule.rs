//! What happens, in which order, and what goes wrong.

use std::fmt;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request is lost on its way.
    LostBefore,
    /// The request is carried out and its answer is lost.
    LostAfter,
    /// A 5xx, and nothing is done.
    ServerError,
    /// A 5xx, and the request is carried out all the same.
    ServerErrorAfter,
    /// A 429, or throttling: nothing is done.
    TooMany,
    /// The request is carried out, and the answer comes after the invocation's deadline.
    Slow,
    /// The request is carried out, and its answer cannot be read.
    Malformed,
    /// The process dies before the request is carried out.
    KilledBefore,
    /// The process dies after it.
    KilledAfter,
    /// There is no answer; the request is carried out when its sender has given it up and ended.
    Late,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 10] = [
        Self::LostBefore,
        Self::LostAfter,
        Self::ServerError,
        Self::ServerErrorAfter,
        Self::TooMany,
        Self::Slow,
        Self::Malformed,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::Late,
    ];
}

/// The fault of the call with this number among those of one actor, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Which call.
    pub call: usize,
    /// What goes wrong with it.
    pub fault: Fault,
}

/// What a person does. Keys are chosen by number, modulo how many there are then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Ends a rotation that is under way: `CancelRotateSecret`, and AWSPENDING taken away.
    Abandon {
        /// Of which secret.
        secret: usize,
    },
    /// Moves AWSCURRENT back to the version that is AWSPREVIOUS.
    RollBack {
        /// Of which secret.
        secret: usize,
    },
    /// Disables a key.
    Disable {
        /// Which key.
        key: usize,
    },
    /// Enables a key.
    Enable {
        /// Which key.
        key: usize,
    },
    /// Deletes a key.
    Delete {
        /// Which key.
        key: usize,
    },
    /// Makes a key whose label is a copy of this key's.
    CopyLabel {
        /// Whose label.
        key: usize,
    },
    /// Gives a key a label of their own.
    EditLabel {
        /// Which key.
        key: usize,
    },
    /// Stores a key's DSN as the secret's new current value.
    Paste {
        /// In which secret.
        secret: usize,
        /// Which key.
        key: usize,
    },
    /// Stores a key's DSN as the pending value of a rotation that is under way.
    WritePending {
        /// In which secret.
        secret: usize,
        /// Which key.
        key: usize,
    },
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Secrets Manager calls the four steps once; it begins a rotation where none is under way.
    Rotation {
        /// Of which secret.
        secret: usize,
        /// What goes wrong.
        faults: Vec<Planned>,
    },
    /// One run of retirement.
    Retirement {
        /// What goes wrong.
        faults: Vec<Planned>,
    },
    /// One run of the audit. In memory it does nothing: it decides nothing about keys.
    Audit {
        /// What goes wrong.
        faults: Vec<Planned>,
    },
    /// A person, in one move.
    Person(Act),
    /// So many hours pass, in one move.
    Hours(u32),
}

/// What happens at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Who acts.
    pub actors: Vec<Actor>,
    /// The moves of this stage before which the turn passes to the next actor. Whoever is done passes it on as well.
    pub turns: Vec<usize>,
}

impl Stage {
    /// One actor alone.
    #[must_use]
    pub fn of(actor: Actor) -> Self {
        Self { actors: vec![actor], turns: Vec::new() }
    }
}

/// Everything that happens, stage by stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How many secrets share the project.
    pub secrets: usize,
    /// Whether a superseded key is due at once, instead of after a grace of days.
    pub at_once: bool,
    /// Whether dead keys are deleted.
    pub delete: bool,
    /// What happens, in order.
    pub stages: Vec<Stage>,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secrets, at_once, delete, stages } = self;
        writeln!(f, "{secrets} secrets, superseded keys due at once: {at_once}, deletion: {delete}")?;
        for (number, stage) in stages.iter().enumerate() {
            writeln!(f, "stage {number}, the turn passes before the moves {:?}", stage.turns)?;
            for actor in &stage.actors {
                writeln!(f, "  {actor:?}")?;
            }
        }
        Ok(())
    }
}
