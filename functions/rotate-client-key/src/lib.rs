//! The Lambda function that Secrets Manager calls to rotate a Sentry client key.
//!
//! What a step decides is in the crate `rotation`. Here are the joins: [`event`] and [`config`] come in, [`binding`] says
//! which project a secret may name, [`world`] gathers what the decision rests on and carries its effects out, [`failure`]
//! puts what went wrong into words, [`function`] ties them together for one invocation.

pub mod binding;
pub mod config;
mod diagnosis;
pub mod event;
pub mod failure;
pub mod function;
mod locate;
mod notify;
mod remembered;
pub mod settings;
mod trial;
mod world;
