//! The shipped template, read and resolved as CloudFormation does it: what a function is given, for given parameters.
//!
//! Only what policies and variables of functions are made of is known. Anything else that is met on the way is an error
//! that names it: a part of a policy that is left out would make the rest look narrower or wider than it is.

mod read;
mod resolve;
mod stack;
#[cfg(test)]
mod tests;

use std::fmt;

pub use read::Template;
pub use stack::Stack;

/// What keeps a template from being resolved: it names the part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved(String);

impl Unresolved {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn within(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unresolved {}
