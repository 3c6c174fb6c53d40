//! Who may do what: policies of IAM, as strict as its documentation.
//!
//! A [`Policy`] is read from what a template says and asked a [`Question`]; [`Access`] knows which caller has which
//! policies, by the access key id with which a request is signed, and is what the stand-ins ask. A caller that it does
//! not know is the test itself, which may do everything.
//!
//! What decides, is in
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>: nothing is allowed unless
//! a statement allows it, and a statement that denies wins. An element, an operator or a key that is not known here makes a
//! policy unreadable: a condition that is guessed at would allow or deny in silence.

mod caller;
mod condition;
mod keys;
mod pattern;
mod policy;
mod question;
#[cfg(test)]
pub(crate) mod tests;

pub use caller::{Access, Denial};
pub use policy::{Grant, Policy, Unreadable, Verdict};
pub use question::Question;
