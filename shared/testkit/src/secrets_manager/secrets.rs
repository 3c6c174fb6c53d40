//! All secrets of the account, in the order in which they were made, and quickly found.

use std::collections::{BTreeMap, HashMap};

use super::model::Secret;

/// The secrets by a number that grows, which lists also use to go on where a page ended.
#[derive(Default)]
pub(super) struct Secrets {
    by_number: BTreeMap<u64, Secret>,
    /// ARNs and names.
    numbers: HashMap<String, u64>,
    last: u64,
}

impl Secrets {
    pub(super) fn add(&mut self, secret: Secret) {
        self.last += 1;
        self.numbers.insert(secret.arn.clone(), self.last);
        self.numbers.insert(secret.name.clone(), self.last);
        self.by_number.insert(self.last, secret);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Secret> {
        let secret = self.by_number.remove(self.numbers.get(id)?)?;
        self.numbers.remove(&secret.arn);
        self.numbers.remove(&secret.name);
        Some(secret)
    }

    /// Finds a secret by its ARN or its name.
    pub(super) fn find(&self, id: &str) -> Option<&Secret> {
        self.by_number.get(self.numbers.get(id)?)
    }

    /// Finds a secret by its ARN or its name, to change it.
    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Secret> {
        self.by_number.get_mut(self.numbers.get(id)?)
    }

    /// The secrets after one of this number, which need not exist any more.
    pub(super) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Secret)> {
        self.by_number.range(number.saturating_add(1)..).map(|(number, secret)| (*number, secret))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Secret> {
        self.by_number.values_mut()
    }
}
