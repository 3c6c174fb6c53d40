//! What a warm sandbox keeps between invocations to save calls. It is forgotten after every failure, so that what an
//! operator mends is seen by the next attempt.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sentry_client::{AuthToken, Project};

/// A project as Sentry last named it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The project.
    pub project: Project,
    /// Whether the name that led to it is a former slug.
    pub redirected: bool,
}

#[derive(Debug, Default)]
struct Memory {
    token: Option<AuthToken>,
    projects: BTreeMap<(String, String), Found>,
}

/// The management token, and projects by organization and name.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Memory>);

impl Remembered {
    /// The management token, if it was kept.
    #[must_use]
    pub fn token(&self) -> Option<AuthToken> {
        self.lock().token.clone()
    }

    /// Keeps the management token.
    pub fn keep_token(&self, token: &AuthToken) {
        self.lock().token = Some(token.clone());
    }

    /// The project that a name of an organization led to, if it was kept.
    #[must_use]
    pub fn project(&self, organization: &str, name: &str) -> Option<Found> {
        self.lock().projects.get(&(organization.to_owned(), name.to_owned())).cloned()
    }

    /// Keeps where a name led.
    pub fn keep_project(&self, organization: &str, name: &str, found: &Found) {
        self.lock().projects.insert((organization.to_owned(), name.to_owned()), found.clone());
    }

    /// Forgets everything, and says whether there was anything to forget.
    pub fn forget(&self) -> bool {
        let memory = std::mem::take(&mut *self.lock());
        memory.token.is_some() || !memory.projects.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
