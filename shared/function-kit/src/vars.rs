//! Configuration variables, read through a trait that a map implements, and every problem reported at once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::failure::Failure;

/// Where variables come from: the process's environment in `main.rs`, a map in tests.
pub trait Vars {
    /// The value of a variable; `None` where it is not set. An empty value counts as not set.
    fn get(&self, name: &str) -> Option<String>;
}

impl Vars for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        Self::get(self, name).filter(|value| !value.is_empty()).cloned()
    }
}

impl Vars for HashMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        Self::get(self, name).filter(|value| !value.is_empty()).cloned()
    }
}

/// Everything that is wrong with a configuration, by name.
#[derive(Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// Notes that something is wrong with a variable. The value is not repeated unless the caller writes it.
    pub fn add(&mut self, name: &str, problem: impl fmt::Display) {
        self.0.push(format!("{name} {problem}"));
    }

    /// The value of a variable that must be set; notes its absence.
    pub fn required(&mut self, vars: &impl Vars, name: &str) -> Option<String> {
        let value = vars.get(name);
        if value.is_none() {
            self.add(name, "is not set");
        }
        value
    }

    /// The failure that names all problems, if there are any.
    ///
    /// # Errors
    /// `Configuration.Invalid`.
    pub fn into_result(self) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Failure::new("Configuration.Invalid", format!("the configuration cannot be used: {}", self.0.join("; "))))
    }
}
