//! The Lambda function that revokes one compromised client key, now.
//!
//! In this order: [`event`] says which key and why; `target` finds out by what it is known to be the secret's; `replace` gives
//! applications another key first; then the key is disabled, its death is proven, and `record` writes down what was done.
//! [`function`] ties them together.

pub mod config;
mod elsewhere;
pub mod event;
pub mod failure;
pub mod function;
mod record;
mod replace;
mod target;
