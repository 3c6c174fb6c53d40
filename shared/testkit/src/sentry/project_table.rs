//! All projects, in the order in which they were made, and quickly found.

use std::collections::{BTreeMap, BTreeSet};

use super::state::Project;

#[derive(Default)]
pub(super) struct Projects {
    by_id: BTreeMap<u64, Project>,
    /// Organization, slug and id of each project that is not deleted.
    slugs: BTreeSet<(u64, String, u64)>,
}

impl Projects {
    pub(super) fn add(&mut self, project: Project) {
        if !project.deleted {
            self.slugs.insert((project.organization, project.slug.clone(), project.id));
        }
        self.by_id.insert(project.id, project);
    }

    /// A project that is not deleted.
    pub(super) fn get(&self, id: u64) -> Option<&Project> {
        self.by_id.get(&id).filter(|project| !project.deleted)
    }

    /// The oldest project of this slug.
    pub(super) fn named(&self, organization: u64, slug: &str) -> Option<&Project> {
        let (of, name, id) = self.slugs.range((organization, slug.to_owned(), 0)..).next()?;
        self.get(*id).filter(|_| *of == organization && name == slug)
    }

    /// The ids of an organization's projects in the order of their slugs.
    pub(super) fn by_slug(&self, organization: u64) -> impl Iterator<Item = u64> {
        let slugs = self.slugs.range((organization, String::new(), 0)..);
        slugs.take_while(move |(of, ..)| *of == organization).map(|(_, _, id)| *id)
    }

    /// The ids of an organization's projects, newest first, those among them whose deletion is not done yet.
    pub(super) fn newest_first(&self, organization: u64) -> impl Iterator<Item = u64> {
        self.all().filter(move |project| project.organization == organization).map(|project| project.id)
    }

    /// A project, also one whose deletion is not done yet.
    pub(super) fn also_deleted(&self, id: u64) -> Option<&Project> {
        self.by_id.get(&id)
    }

    /// All projects, also those that are deleted, newest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Project> {
        self.by_id.values().rev()
    }

    pub(super) fn change(&mut self, id: u64, change: impl FnOnce(&mut Project)) {
        let Some(mut project) = self.by_id.remove(&id) else { return };
        self.slugs.remove(&(project.organization, project.slug.clone(), id));
        change(&mut project);
        self.add(project);
    }
}
