//! The servers that are asked, and what is done to them behind their API.

mod real;
mod stand_in;

use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};

use crate::fact::Holds;

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// An internal integration of its own.
    Integration,
    /// A person with the role owner, in no team.
    Owner,
    /// A person with the role member, in no team.
    Member,
    /// The organization.
    Organization,
}

/// Whether a token still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Good,
    Expired,
}

/// What a database was counted to hold of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) projects: usize,
    pub(crate) keys: usize,
    pub(crate) active_keys: usize,
    pub(crate) integrations: usize,
    pub(crate) organization_tokens: usize,
}

/// What a person does in the user interface, and what nobody can do by any API.
pub(crate) trait Control: Send + Sync {
    /// Makes an organization; one whose slug ends with `-free` has a plan without key rate limits.
    fn organization(&self, slug: &str);
    /// Makes a project with its key `Default`, and tells its numeric id.
    fn project(&self, organization: &str, slug: &str) -> u64;
    fn token(&self, organization: &str, scopes: &[&str], holder: Holder, validity: Validity) -> String;
    /// Makes tokens of one person with the role owner, with one scope each.
    fn tokens_of_one_scope(&self, organization: &str, scopes: &[&str]) -> Vec<String>;
    /// Makes an internal integration; its slug and a token of it.
    fn integration(&self, organization: &str, name: &str, scopes: &[&str]) -> (String, String);
    fn revoke(&self, token: &str);
    fn rename_project(&self, organization: &str, slug: &str, new_slug: &str);
    fn delete_project(&self, organization: &str, slug: &str);
    /// What the database holds, counted by other means than the API; `None` where there is no database.
    fn counts(&self, organization: &str) -> Option<Counts>;
    /// A digest of every row that concerns an organization; `None` where there is no database.
    fn fingerprint(&self, organization: &str) -> Option<String>;
}

/// A server.
pub(crate) struct Server {
    /// The name in the table.
    pub(crate) name: &'static str,
    kind: Kind,
    pub(crate) url: String,
    /// The ingestion endpoint, at which DSNs point.
    pub(crate) ingestion: String,
    pub(crate) control: Box<dyn Control>,
    places: AtomicUsize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Real,
    StandIn,
    Newer,
}

impl Server {
    /// Whether something is asked of this server.
    pub(crate) fn is_asked(&self, holds: Holds) -> bool {
        match holds {
            Holds::Everywhere => true,
            Holds::Observed => self.kind != Kind::Newer,
            Holds::Newer => self.kind == Kind::Newer,
            Holds::Relay => self.kind != Kind::Real,
        }
    }

    /// Whether this is a real server.
    pub(crate) fn is_real(&self) -> bool {
        self.kind == Kind::Real
    }

    /// Whether this is the stand-in of newer versions.
    pub(crate) fn is_newer(&self) -> bool {
        self.kind == Kind::Newer
    }

    /// A slug that no organization has.
    pub(crate) fn new_slug(&self) -> String {
        format!("acme-{}-{}", std::process::id(), self.places.fetch_add(1, Ordering::Relaxed))
    }

    /// 32 hexadecimal digits that no key and no event has.
    pub(crate) fn unique(&self) -> String {
        let number = self.places.fetch_add(1, Ordering::Relaxed).to_string();
        hex::encode(Sha256::digest(format!("{} {number}", std::process::id()))).chars().take(32).collect()
    }
}

/// All servers that there are.
pub(crate) fn all() -> Vec<Server> {
    let mut servers = vec![stand_in::observed(), stand_in::newer()];
    servers.extend(real::server());
    servers
}
