//! The Lambda function that retires superseded client keys.
//!
//! What happens to a key is decided in the crate `key-lifecycle`. Here are the joins of a run: `inventory` lists the managed
//! secrets and what they hold, `bind` says which project each is bound to, `view` is one project with its keys, `subject`
//! judges them one by one, `act` carries out what was decided, `report` and `tell` say what was seen and done, `state` is
//! what is remembered between runs, and [`function`] ties them together for one invocation.

mod act;
mod bind;
pub mod config;
mod counts;
pub mod failure;
pub mod function;
mod inventory;
mod report;
mod run;
mod state;
mod subject;
mod tell;
mod terms;
mod view;
