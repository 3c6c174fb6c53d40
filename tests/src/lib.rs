//! A whole small world on loopback: Secrets Manager, Sentry, EventBridge, and the shipped binary between them.

mod stage;

pub use stage::{Binary, Stage, TIMEOUT, binary};
