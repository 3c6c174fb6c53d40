//! Secrets Manager's rotation contract for Sentry client keys, without IO.
//!
//! A rotation step is a loop of three moves. *Observe*: the caller gathers what Secrets Manager and Sentry say now, as
//! an [`Observed`]. *Decide*: [`decide`] turns a [`Step`] and what was observed into one [`Decision`]; it is total,
//! synchronous and knows no clock. *Act*: the caller carries out the one [`Effect`] and observes again. [`run`] is that
//! loop.
//!
//! This crate never sees a secret byte. Key ids are public halves of a DSN and are no secrets.

mod attempts;
mod decision;
mod mark;
mod observation;
mod refusal;
mod run;
mod step;

pub use attempts::{EarlierAttempts, MAX_UNPROMOTED, MarkedKey, earlier_attempts};
pub use decision::{Decision, Effect, Notice, decide};
pub use mark::{LABEL_LIMIT, Mark};
pub use observation::{Contract, Current, Ingestion, Observed, Pending, Question, Settings, Trial};
pub use refusal::{PendingFault, Refusal};
pub use run::{Aftermath, Finished, Outcome, Stopped, World, run};
pub use step::{Step, UnknownStep};
