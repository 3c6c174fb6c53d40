//! The Lambda function that Secrets Manager calls to rotate a Sentry client key.
//!
//! What a step decides is in the crate `rotation`. Here are the joins: [`event`] and [`config`] come in, [`world`] gathers
//! what the decision rests on and carries its effects out, [`failure`] puts what went wrong into words, [`function`] ties them
//! together for one invocation. Which project a secret may name is in the crate `sentry-binding`.

pub mod config;
pub mod event;
pub mod failure;
pub mod function;
mod notify;
pub mod settings;
mod trial;
mod world;
