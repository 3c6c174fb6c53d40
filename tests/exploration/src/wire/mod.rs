//! The same schedules at the wire: the functions as libraries in this process, or the shipped binaries, between the stand-ins
//! on loopback.
//!
//! Everything is due at once, so that no clock is needed; where several act in one stage, the first one's call before which
//! the turn passes waits until all the others are done.

mod director;
mod functions;
mod people;
mod scene;
mod settle;

pub use functions::Kind;
pub use scene::{Outcome, play};
