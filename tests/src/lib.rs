//! A whole small world on loopback: Secrets Manager, Sentry, EventBridge, the shipped binary between them, and an
//! application that sends events all the while.

mod application;
mod audit;
pub mod bench;
mod cases;
pub mod demo;
pub mod evidence;
mod retirement;
pub mod roles;
mod stage;
pub mod template;

pub use application::{Application, Sent};
pub use audit::{AUDIT_TIMEOUT, Audit, REVIEWED};
pub use cases::check_all;
pub use retirement::{AT_ONCE, BUCKET, Retirement};
pub use stage::{Binary, Stage, TIMEOUT, binary, key_id_in};
