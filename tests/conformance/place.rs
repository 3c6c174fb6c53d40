//! Where one fact is asked: an organization of its own with a project, so that facts do not meet.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::{Answer, Http};
use crate::servers::{Holder, Server, Validity};

/// The project of every place.
pub(crate) const PROJECT: &str = "storefront";

pub(crate) struct Place {
    pub(crate) server: Arc<Server>,
    pub(crate) http: Http,
    /// The organization's slug.
    pub(crate) organization: String,
    /// The project's numeric id.
    pub(crate) project_id: u64,
}

impl Place {
    pub(crate) fn new(server: &Arc<Server>) -> Self {
        Self::in_organization(server, server.new_slug())
    }

    /// A place in an organization whose plan has no key rate limits.
    pub(crate) fn without_rate_limits(&self) -> Self {
        Self::in_organization(&self.server, format!("{}-free", self.server.new_slug()))
    }

    /// A place in another organization.
    pub(crate) fn elsewhere(&self) -> Self {
        Self::new(&self.server)
    }

    fn in_organization(server: &Arc<Server>, organization: String) -> Self {
        server.control.organization(&organization);
        let project_id = server.control.project(&organization, PROJECT);
        Self { server: Arc::clone(server), http: Http::new(), organization, project_id }
    }

    /// The token of an integration with these scopes.
    pub(crate) fn token(&self, scopes: &[&str]) -> String {
        self.token_of(scopes, Holder::Integration)
    }

    pub(crate) fn token_of(&self, scopes: &[&str], holder: Holder) -> String {
        self.server.control.token(&self.organization, scopes, holder, Validity::Good)
    }

    /// A token with which every key can be made and deleted.
    pub(crate) fn admin(&self) -> String {
        self.token(&["project:read", "project:write", "project:admin", "org:read"])
    }

    /// A further project of the organization.
    pub(crate) fn add_project(&self, slug: &str) -> u64 {
        self.server.control.project(&self.organization, slug)
    }

    pub(crate) fn organization_path(&self, rest: &str) -> String {
        format!("/api/0/organizations/{}/{rest}", self.organization)
    }

    pub(crate) fn project_path(&self, rest: &str) -> String {
        format!("/api/0/projects/{}/{PROJECT}/{rest}", self.organization)
    }

    pub(crate) fn keys_path(&self) -> String {
        self.project_path("keys/")
    }

    pub(crate) fn key_path(&self, id: &str) -> String {
        self.project_path(&format!("keys/{id}/"))
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        build: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Answer {
        self.http.send(method, &format!("{}{path}", self.server.url), build)
    }

    /// A request without a body.
    pub(crate) fn call(&self, token: &str, method: &str, path: &str) -> Answer {
        self.send(method, path, |request| request.bearer_auth(token))
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, "GET", path)
    }

    pub(crate) fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send("POST", path, |request| request.bearer_auth(token).json(body))
    }

    pub(crate) fn put(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, |request| request.bearer_auth(token).json(body))
    }

    pub(crate) fn delete(&self, token: &str, path: &str) -> Answer {
        self.call(token, "DELETE", path)
    }

    /// Makes a key; the key as the answer shows it.
    #[track_caller]
    pub(crate) fn create(&self, token: &str, body: &Value) -> Value {
        self.post(token, &self.keys_path(), body).is(201).json()
    }

    /// A key as it is now.
    #[track_caller]
    pub(crate) fn key(&self, token: &str, id: &str) -> Value {
        self.get(token, &self.key_path(id)).is(200).json()
    }

    /// The first page of the project's keys.
    #[track_caller]
    pub(crate) fn keys(&self, token: &str) -> Vec<Value> {
        self.get(token, &self.keys_path()).is(200).list()
    }

    /// Asks the DSN question about this project.
    pub(crate) fn ask(&self, dsn: &str) -> Answer {
        self.ask_at(dsn, &self.project_path("user-feedback/"))
    }

    pub(crate) fn ask_at(&self, dsn: &str, path: &str) -> Answer {
        self.send("POST", path, |request| request.header("authorization", format!("DSN {dsn}")).json(&json!({})))
    }

    /// Sends an empty client report with this key to this project.
    pub(crate) fn probe(&self, project: u64, key: &str) -> Answer {
        self.ingest(project, key, "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[]}\n")
    }

    pub(crate) fn ingest(&self, project: u64, key: &str, envelope: &str) -> Answer {
        let url = format!("{}/api/{project}/envelope/", self.server.ingestion);
        self.http.send("POST", &url, |request| {
            request
                .header("x-sentry-auth", format!("Sentry sentry_version=7, sentry_key={key}, sentry_client=suite/1.0"))
                .body(envelope.to_owned())
        })
    }
}

/// The text at a member.
#[track_caller]
pub(crate) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no text {member} in {value}")).to_owned()
}
