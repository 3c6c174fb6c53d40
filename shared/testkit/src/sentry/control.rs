//! What a person does in Sentry's user interface: everything that happens behind the API's back.

use super::Sentry;
use super::audit_log::{self, Change};
use super::integrations;
use super::key::{self, Key};
use super::state::{Flavor, Organization, Project, State};

impl Sentry {
    /// The base URL of which DSNs and `Link` headers are made from now on; a path is allowed.
    pub fn set_public_url(&self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut self.state().public_url);
    }

    /// Serves everything under this path, such as `/sentry`, and nothing elsewhere.
    pub fn set_path_prefix(&self, prefix: &str) {
        self.state().prefix = match prefix.trim_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
    }

    /// Lets `Link` headers name another host than the one that is asked (fact 13).
    pub fn set_link_host(&self, url: &str) {
        self.state().link_host = Some(url.trim_end_matches('/').to_owned());
    }

    /// Chooses the version, where versions differ.
    pub fn set_flavor(&self, flavor: Flavor) {
        self.state().flavor = flavor;
    }

    /// Makes an organization and tells its numeric id.
    pub fn add_organization(&self, slug: &str) -> u64 {
        organization(&mut self.state(), slug)
    }

    /// Makes a project with its key `Default` (fact 21) and tells its numeric id.
    pub fn add_project(&self, org: &str, slug: &str) -> u64 {
        project(&mut self.state(), org, slug)
    }

    /// Gives a project another slug; the old one answers 302 from then on (fact 31).
    pub fn rename_project(&self, org: &str, slug: &str, new_slug: &str) {
        change_project(&mut self.state(), org, slug, |project| {
            project.old_slugs.push(std::mem::replace(&mut project.slug, new_slug.to_owned()));
        });
    }

    /// Deletes a project, which begins its deletion: it is gone from the API, and ingestion takes nothing for it any more;
    /// its keys stay in the database for a while, and the DSN question finds them there.
    pub fn delete_project(&self, org: &str, slug: &str) {
        let mut state = self.state();
        change_project(&mut state, org, slug, |project| project.deleted = true);
    }

    /// The Origins that ingestion admits for a project; `*` (the default) is any.
    pub fn set_allowed_domains(&self, org: &str, slug: &str, domains: &[&str]) {
        change_project(&mut self.state(), org, slug, |project| {
            project.allowed_domains = domains.iter().map(|&domain| domain.to_owned()).collect();
        });
    }

    /// Says whether the organization's plan has key rate limits; without, they are dropped in silence (fact 53).
    pub fn set_plan(&self, org: &str, rate_limits: bool) {
        let mut state = self.state();
        let id = organization(&mut state, org);
        if let Some(organization) = state.organizations.iter_mut().find(|organization| organization.id == id) {
            organization.rate_limits = rate_limits;
        }
    }

    /// Makes a client key with the defaults that a key from the user interface has, as the operator.
    pub fn add_key(&self, org: &str, project: &str, label: &str) -> Key {
        let mut state = self.state();
        let project = match state.project(org, project).map(|project| project.id) {
            Some(id) => id,
            None => self::project(&mut state, org, project),
        };
        let key = key::add(&mut state, project, label);
        audit_log::by_operator(&mut state, Change::Create, &key);
        key
    }

    /// A project's keys, in order of creation.
    #[must_use]
    pub fn keys(&self, org: &str, project: &str) -> Vec<Key> {
        let state = self.state();
        let Some(project) = state.project(org, project) else { return Vec::new() };
        state.keys.of_project(project.id).cloned().collect()
    }

    /// Changes a key behind the API's back: anything of it, such as its id. What a person can change is changed by the
    /// operator and gets a row in the audit log.
    pub fn edit_key(&self, key_id: &str, edit: impl FnOnce(&mut Key)) {
        let mut state = self.state();
        let Some(before) = state.key(key_id).cloned() else { return };
        let mut after = before.clone();
        edit(&mut after);
        state.keys.edit(key_id, |key| *key = after.clone());
        if before.differs_for_people(&after) {
            audit_log::by_operator(&mut state, Change::Edit, &after);
        }
    }

    /// Sets when a key was made, RFC 3339, which nobody can at Sentry.
    pub fn set_key_created(&self, key_id: &str, at: &str) {
        self.state().keys.edit(key_id, |key| at.clone_into(&mut key.date_created));
    }

    /// Deletes a key behind the API's back, as the operator.
    pub fn delete_key(&self, key_id: &str) {
        let mut state = self.state();
        let Some(key) = state.key(key_id).cloned() else { return };
        state.keys.remove(key_id);
        audit_log::by_operator(&mut state, Change::Remove, &key);
    }

    /// The DSN that the API gives for a key as `dsn.public`.
    #[must_use]
    pub fn public_dsn(&self, key: &Key) -> String {
        key.public_dsn(&self.state().ingest_endpoint())
    }

    /// From now on the secret of every key and of every integration that is there, or that Sentry makes, carries this
    /// text, in the audit log too, so that a search for it finds every leak. A secret that a caller chose in a POST stays
    /// as chosen.
    pub fn plant_secret(&self, marker: &str) {
        let mut state = self.state();
        let ids: Vec<String> = state.keys.iter().map(|key| key.id.clone()).collect();
        for id in ids {
            state.keys.edit(&id, |key| key.secret = key::marked_secret(marker, key.row));
        }
        state.audit_log.plant_secret(marker);
        integrations::plant_secret(&mut state, marker);
        state.secret_marker = Some(marker.to_owned());
    }

    /// Sets what key statistics count: `(epoch seconds, accepted errors)`.
    pub fn set_stats(&self, key_id: &str, accepted: Vec<(u64, u64)>) {
        self.state().stats.set(key_id, accepted);
    }

    /// Counts each error that ingestion accepts from now on in the statistics of its key, at this time. Nothing else is
    /// counted there, nor at Sentry: no transaction, session or client report. A compressed envelope is not looked into
    /// and counts as one error. Before the first call nothing is counted.
    pub fn set_stats_clock(&self, unix_seconds: u64) {
        self.state().stats.clock = Some(unix_seconds);
    }

    /// Answers every question for key statistics with 400, as a server without its event store does (fact 33), or
    /// answers them again.
    pub fn fail_stats(&self, on: bool) {
        self.state().stats.fail = on;
    }

    /// Lets the DSN question answer exactly this, whatever is asked; `None` ends that.
    pub fn set_question(&self, q: Option<(u16, String)>) {
        self.state().question = q;
    }

    /// Lets so many further API calls pass, then answers 429 until [`Sentry::unlimit_api`] (fact 52). The DSN question
    /// has a bucket of its own and is not counted.
    pub fn limit_api(&self, remaining: usize, reset_unix: u64) {
        self.state().limits.limit(remaining.try_into().unwrap_or(u64::MAX), reset_unix);
    }

    /// Answers only the next `n` API calls with 429.
    pub fn limit_next(&self, n: usize, reset_unix: u64) {
        self.state().limits.limit_next(n, reset_unix);
    }

    /// Lets every answer of the API that is under no other limit carry these numbers, which do not change by themselves:
    /// how many requests the window allows, how many are left, and when it ends. [`Sentry::unlimit_api`] ends it.
    pub fn set_rate_limit_headers(&self, limit: u64, remaining: u64, reset_unix: u64) {
        self.state().limits.show(limit, remaining, reset_unix);
    }

    /// Ends every API limit.
    pub fn unlimit_api(&self) {
        self.state().limits = super::limits::Limits::default();
    }
}

pub(super) fn organization(state: &mut State, slug: &str) -> u64 {
    if let Some(known) = state.organizations.iter().find(|organization| organization.slug == slug) {
        return known.id;
    }
    let (id, date_created) = (state.next_id(), state.next_date());
    state.organizations.push(Organization { id, slug: slug.to_owned(), rate_limits: true, date_created });
    id
}

fn project(state: &mut State, org: &str, slug: &str) -> u64 {
    let organization = organization(state, org);
    let (id, date_created) = (state.next_id(), state.next_date());
    state.projects.add(Project {
        id,
        organization,
        slug: slug.to_owned(),
        name: slug.to_owned(),
        deleted: false,
        old_slugs: Vec::new(),
        allowed_domains: vec!["*".to_owned()],
        date_created,
    });
    key::add(state, id, "Default");
    id
}

fn change_project(state: &mut State, org: &str, slug: &str, change: impl FnOnce(&mut Project)) {
    let Some(id) = state.project(org, slug).map(|project| project.id) else { return };
    state.projects.change(id, change);
}
