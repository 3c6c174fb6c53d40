#![doc = include_str!("../README.md")]

pub mod aws;
pub mod boot;
mod deadline;
mod event;
mod event_bus;
mod failure;
pub mod metrics;
pub mod telemetry;
pub mod tls;
mod vars;

pub use deadline::Deadline;
pub use event::{Detail, DetailType, event_id};
pub use event_bus::EventBus;
pub use failure::Failure;
pub use vars::{Problems, Vars};

/// The version of this build, for logs and the `User-Agent`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
