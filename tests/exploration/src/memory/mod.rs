//! The shipped decisions in a world without IO: every call of every process is one move, and whoever plays decides whose
//! move is next and what goes wrong with it.
//!
//! What gathers facts and carries effects out is written here once more, call by call as the functions do it; what is
//! decided about them is the shipped code: [`rotation::run`](::rotation::run()) with its `decide`,
//! [`key_lifecycle::judge`], the ledger's records and what they add up to.

#![expect(clippy::indexing_slicing, reason = "a model whose numbers are its own: one that is wrong shall be loud")]

mod exhaustive;
mod people;
mod play;
mod process;
mod retirement;
mod rotation;
mod settle;
mod watch;
mod world;

pub use exhaustive::{Family, families};
pub use play::{Played, play};
pub use watch::Counts;
pub use world::Made;
