//! Schedules of everything that may happen to the keys of a project, and the worlds in which they are played.
//!
//! A [`Schedule`] says who acts at the same time, which calls fail and how, and before which moves the turn passes to
//! somebody else. It is a plain value: a seed makes it ([`generate`]), and playing it again gives the same again. [`memory`]
//! plays it on the shipped decisions (`rotation` and `key-lifecycle`) in a world without sockets, clocks or threads, where
//! millions of schedules are cheap; [`wire`] plays it on the whole functions, as libraries or as the shipped binaries.

mod campaign;
mod generate;
pub mod memory;
mod schedule;
pub mod wire;

pub use campaign::{Found, campaign};
pub use generate::generate;
pub use schedule::{Act, Actor, Fault, Planned, Schedule, Stage};
