//! The Lambda function that reviews every key and token against the policy.
//!
//! What is wrong with a key is decided in the crate `key-policy`: its rules look at facts and fetch nothing. Here are the
//! joins of an audit: `gather` reads Sentry, Secrets Manager and what retirement has on record; `review` goes through the
//! projects, some at a time, has them judged and compares them with the previous review (`before`, `changes`, `settle`);
//! `spool` keeps the report on disk while it grows; `publish`, `markdown` and `tell` make it known; `state` is what is
//! remembered between audits; `sign` takes a reviewer's signature; `run` ties them together for one invocation, which ends in
//! `pause` or in `finish`.

mod before;
mod chain;
mod changes;
pub mod config;
mod digest;
pub mod event;
pub mod failure;
mod finish;
pub mod function;
mod gather;
mod hidden;
mod markdown;
mod pause;
mod plain;
mod previous;
mod publish;
mod review;
mod rows;
mod run;
mod said;
mod settle;
mod sign;
pub mod spool;
mod state;
mod table;
mod tell;
mod top;
mod totals;
mod unknowns;

/// The name of this function in events, metrics and records.
pub(crate) const FUNCTION: &str = "audit-keys";
