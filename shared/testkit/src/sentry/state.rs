//! What the server remembers.

use url::Url;

use super::audit_log::AuditLog;
use super::ingest::Ingestion;
use super::integrations::Integration;
use super::key::Key;
use super::key_table::Keys;
use super::limits::Limits;
use super::project_table::Projects;
use super::stats::Stats;
use super::token::Token;

/// Which Sentry the stand-in is, where versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// The self-hosted release that the observed facts were recorded on.
    V23_7_1,
    /// What the source of summer 2026 says: numeric ids in paths, key pages of 10, limit headers, `useCase`.
    V2026,
}

pub(super) struct Organization {
    pub(super) id: u64,
    pub(super) slug: String,
    /// Whether its plan has `projects:rate-limits` (fact 53).
    pub(super) rate_limits: bool,
    pub(super) date_created: String,
}

#[derive(Clone)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) organization: u64,
    pub(super) slug: String,
    /// Kept when the slug changes, as a person who edits only the slug leaves it.
    pub(super) name: String,
    /// Deleted projects stay for the sake of their old slugs, which answer 403 from then on (fact 31).
    pub(super) deleted: bool,
    pub(super) old_slugs: Vec<String>,
    pub(super) allowed_domains: Vec<String>,
    pub(super) date_created: String,
}

pub(super) struct State {
    pub(super) flavor: Flavor,
    pub(super) public_url: String,
    pub(super) prefix: String,
    pub(super) link_host: Option<String>,
    pub(super) organizations: Vec<Organization>,
    pub(super) projects: Projects,
    pub(super) keys: Keys,
    pub(super) tokens: Vec<Token>,
    pub(super) integrations: Vec<Integration>,
    pub(super) audit_log: AuditLog,
    pub(super) limits: Limits,
    pub(super) ingestion: Ingestion,
    pub(super) question: Option<(u16, String)>,
    pub(super) stats: Stats,
    pub(super) secret_marker: Option<String>,
    last_id: u64,
    last_row: u64,
    last_number: u64,
    created: i64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            flavor: Flavor::V23_7_1,
            public_url: "http://sentry.invalid".to_owned(),
            prefix: String::new(),
            link_host: None,
            organizations: Vec::new(),
            projects: Projects::default(),
            keys: Keys::default(),
            tokens: Vec::new(),
            integrations: Vec::new(),
            audit_log: AuditLog::default(),
            limits: Limits::default(),
            ingestion: Ingestion::default(),
            question: None,
            stats: Stats::default(),
            secret_marker: None,
            last_id: 0,
            last_row: 0,
            last_number: 0,
            created: 0,
        }
    }
}

impl State {
    /// An id that neither an organization nor a project has: a client that mixes the two up must fail.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// A row id of the key table, by which key lists are ordered and paged (fact 15).
    pub(super) fn next_row(&mut self) -> u64 {
        self.last_row += 1;
        self.last_row
    }

    /// An id in any of the other tables: users, integrations, organization tokens.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// The date of the next object: now, to the microsecond, and later than that of every object before.
    #[expect(clippy::disallowed_methods, reason = "Sentry has a clock of its own")]
    pub(super) fn next_date(&mut self) -> String {
        self.created = jiff::Timestamp::now().as_microsecond().max(self.created + 1);
        format!("{:.6}", jiff::Timestamp::from_microsecond(self.created).unwrap_or_default())
    }

    pub(super) fn organization(&self, named: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| {
            organization.slug == named || (self.numeric_ids() && organization.id.to_string() == named)
        })
    }

    pub(super) fn organization_by_id(&self, id: u64) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id == id)
    }

    pub(super) fn project(&self, organization: &str, named: &str) -> Option<&Project> {
        let organization = self.organization(organization)?.id;
        self.projects.named(organization, named).or_else(|| {
            let project = self.projects.get(named.parse().ok().filter(|_| self.numeric_ids())?)?;
            (project.organization == organization && project.id.to_string() == named).then_some(project)
        })
    }

    pub(super) fn project_by_id(&self, id: u64) -> Option<&Project> {
        self.projects.get(id)
    }

    /// The project that once had this slug, even where it is deleted by now.
    pub(super) fn renamed_project(&self, organization: &str, old_slug: &str) -> Option<&Project> {
        let organization = self.organization(organization)?.id;
        self.projects.all().find(|project| {
            project.organization == organization && project.old_slugs.iter().any(|slug| slug == old_slug)
        })
    }

    /// Whether the plan of a project's organization has key rate limits (fact 53).
    pub(super) fn has_rate_limits(&self, project: &Project) -> bool {
        self.organization_by_id(project.organization).is_some_and(|organization| organization.rate_limits)
    }

    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    /// Today's ingestion endpoint, of which all DSNs are made. A prefix that the public URL lacks is added, because
    /// ingestion is served under it too.
    pub(super) fn ingest_endpoint(&self) -> String {
        let has_path = Url::parse(&self.public_url).is_ok_and(|url| url.path() != "/");
        if has_path { self.public_url.clone() } else { format!("{}{}", self.public_url, self.prefix) }
    }

    /// Scheme and host of the URLs in `Link` headers, which need not be those that the client used (fact 13).
    pub(super) fn link_origin(&self) -> String {
        self.link_host.clone().unwrap_or_else(|| {
            Url::parse(&self.public_url)
                .map_or_else(|_| self.public_url.clone(), |url| url.origin().ascii_serialization())
        })
    }

    fn numeric_ids(&self) -> bool {
        self.flavor == Flavor::V2026
    }
}
