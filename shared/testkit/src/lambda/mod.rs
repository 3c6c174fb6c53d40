//! Lambda: runs a function's binary as the service does, under a Runtime API of its own (`facts/aws.md` section 3).
//!
//! The calls block, so that plain tests can use them.

mod function;
mod invocation;
mod process;
mod restarting;
mod runtime_api;
mod sandbox;

pub use function::Function;
pub use invocation::Invocation;
pub use restarting::Restarting;
pub use sandbox::Sandbox;
