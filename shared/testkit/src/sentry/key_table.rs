//! All client keys, in the order in which they were made, and quickly found.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::key::Key;

#[derive(Default)]
pub(super) struct Keys {
    by_number: BTreeMap<u64, Key>,
    numbers: HashMap<String, u64>,
    by_project: HashMap<u64, BTreeSet<u64>>,
    last: u64,
}

impl Keys {
    pub(super) fn add(&mut self, key: Key) {
        self.last += 1;
        self.put(self.last, key);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Key> {
        self.by_number.get(self.numbers.get(id)?)
    }

    /// Changes a key, whatever of it.
    pub(super) fn edit(&mut self, id: &str, edit: impl FnOnce(&mut Key)) {
        if let Some((number, mut key)) = self.take(id) {
            edit(&mut key);
            self.put(number, key);
        }
    }

    pub(super) fn remove(&mut self, id: &str) {
        drop(self.take(id));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.by_number.values()
    }

    pub(super) fn of_project(&self, project: u64) -> impl Iterator<Item = &Key> {
        self.by_project.get(&project).into_iter().flatten().filter_map(|number| self.by_number.get(number))
    }

    fn put(&mut self, number: u64, key: Key) {
        self.numbers.insert(key.id.clone(), number);
        self.by_project.entry(key.project_id).or_default().insert(number);
        self.by_number.insert(number, key);
    }

    fn take(&mut self, id: &str) -> Option<(u64, Key)> {
        let number = self.numbers.remove(id)?;
        let key = self.by_number.remove(&number)?;
        if let Some(numbers) = self.by_project.get_mut(&key.project_id) {
            numbers.remove(&number);
        }
        Some((number, key))
    }
}
