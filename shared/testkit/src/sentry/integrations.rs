//! Integrations and where they are installed (facts 38 and 39). What the facts do not show of the objects was read in
//! Sentry's source of 2025.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Request, Response};

use super::access::{self, Caller, Subject};
use super::answers;
use super::control;
use super::key::marked_secret;
use super::page;
use super::projects::only_get;
use super::state::{Flavor, State};
use super::token::{self, Holder};

/// What a caller reads who may not read the secret.
const MASK: &str = "****************************************************************";

/// An integration that an organization owns, installed there.
#[derive(Clone)]
pub(super) struct Integration {
    id: u64,
    pub(super) organization: u64,
    pub(super) slug: String,
    pub(super) status: String,
    /// Closed under the hierarchy, as Sentry keeps them (section 4).
    pub(super) scopes: BTreeSet<String>,
    uuid: Uuid,
    client_id: String,
    client_secret: String,
    installation: Uuid,
    /// Trades for a token.
    grant_code: String,
}

pub(super) fn add(state: &mut State, org: &str, slug: &str, scopes: &[&str]) -> Integration {
    let organization = control::organization(state, org);
    let id = state.next_number();
    let secret = || state.secret_marker.as_ref().map_or_else(token::hex, |marker| marked_secret(marker, id));
    let integration = Integration {
        id,
        organization,
        slug: slug.to_owned(),
        status: "internal".to_owned(),
        scopes: access::closure(scopes),
        uuid: Uuid::new_v4(),
        client_id: token::hex(),
        client_secret: secret(),
        installation: Uuid::new_v4(),
        grant_code: secret(),
    };
    state.integrations.push(integration.clone());
    integration
}

pub(super) fn plant_secret(state: &mut State, marker: &str) {
    for integration in &mut state.integrations {
        integration.client_secret = marked_secret(marker, integration.id);
        integration.grant_code = marked_secret(marker, integration.id);
    }
}

/// `/organizations/{org}/sentry-apps/`: the organization's own, newest first.
pub(super) fn list(state: &State, request: &Request, caller: &Caller, named: &str) -> Result<Response, Response> {
    caller.may(&request.method, Subject::Organization)?;
    only_get(request)?;
    let organization = caller.organization(state, named)?;
    let (id, slug) = (organization.id, organization.slug.as_str());
    let ours = state.integrations.iter().rev().filter(|integration| integration.organization == id);
    let show = |integration: &Integration| integration.show(slug, caller);
    Ok(page::by_offset(ours, show, page::read(request, 100)?)?.answer(state, request))
}

/// `/organizations/{org}/sentry-app-installations/`: for members of the organization.
///
/// The user of an integration is no member, and so the organization is not there for it: seen in 23.7.1 (fact 39). Nothing
/// says that newer versions changed it; they still ask for membership, and only the sentence differs.
pub(super) fn installations(
    state: &State,
    request: &Request,
    caller: &Caller,
    named: &str,
) -> Result<Response, Response> {
    caller.may_read(&request.method, &["org:read", "org:integrations", "org:write", "org:admin"])?;
    only_get(request)?;
    let is_member = caller.token().is_some_and(|token| matches!(token.holder, Holder::Person(..)));
    let organization = state.organization(named).filter(|found| caller.organization_id() == Some(found.id));
    let Some(organization) = organization.filter(|_| is_member) else {
        return Err(match state.flavor {
            Flavor::V23_7_1 => answers::detail(404, "Not found."),
            Flavor::V2026 => answers::detail(404, "Could not find requested organization"),
        });
    };
    let (id, slug) = (organization.id, organization.slug.as_str());
    let ours = state.integrations.iter().filter(|integration| integration.organization == id);
    let show = |integration: &Integration| integration.show_installation(slug, caller);
    Ok(page::by_offset(ours, show, page::read(request, 100)?)?.answer(state, request))
}

impl Integration {
    /// The secret is for people whose token can do what the integration can (fact 38).
    fn show(&self, owner: &str, caller: &Caller) -> Value {
        let mut shown = json!({
            "allowedOrigins": [],
            "author": owner,
            "avatars": [],
            "events": [],
            "featureData": [],
            "isAlertable": false,
            "metadata": {},
            "name": self.slug,
            "overview": null,
            "popularity": 1,
            "redirectUrl": null,
            "schema": {},
            "scopes": self.scopes,
            "slug": self.slug,
            "status": self.status,
            "uuid": self.uuid.to_string(),
            "verifyInstall": false,
            "webhookUrl": null,
        });
        let person = caller.token().filter(|token| matches!(token.holder, Holder::Person(..)));
        if let (Some(person), Some(members)) = (person, shown.as_object_mut()) {
            let secret = if person.scopes.is_superset(&self.scopes) { self.client_secret.as_str() } else { MASK };
            members.insert("clientId".to_owned(), json!(self.client_id));
            members.insert("clientSecret".to_owned(), json!(secret));
            members.insert("owner".to_owned(), json!({"id": self.organization, "slug": owner}));
        }
        shown
    }

    fn show_installation(&self, organization: &str, caller: &Caller) -> Value {
        let mut shown = json!({
            "app": {"uuid": self.uuid.to_string(), "slug": self.slug, "sentryAppId": self.id},
            "organization": {"slug": organization, "id": self.organization},
            "uuid": self.installation.to_string(),
            "status": "installed",
        });
        let sees_code = caller.token().is_some_and(|token| token.scopes.contains("org:integrations"));
        if let (true, Some(members)) = (sees_code, shown.as_object_mut()) {
            members.insert("code".to_owned(), json!(self.grant_code));
        }
        shown
    }
}
