//! What a person does in Sentry's user interface about tokens and integrations.

use uuid::Uuid;

use super::Sentry;
use super::access;
use super::control;
use super::integrations::{self, Integration};
use super::state::State;
use super::token::{self, Holder, Role, Token, TokenKind, User};

impl Sentry {
    /// Makes a token of an internal integration of its own: 64 hex digits without a prefix (section 3.1).
    pub fn add_token(&self, org: &str, scopes: &[&str]) -> String {
        self.add_token_of(org, scopes, TokenKind::Integration)
    }

    /// Makes a token of this kind, and the integration or the person that it belongs to. An organization token has the
    /// scope `org:ci` whatever is asked for (fact 47).
    pub fn add_token_of(&self, org: &str, scopes: &[&str], kind: TokenKind) -> String {
        match kind {
            TokenKind::Integration => {
                let token = token::hex();
                self.add_token_value(org, &token, scopes);
                token
            }
            TokenKind::Person => self.add_personal_token(org, scopes, Role::Owner),
            TokenKind::Organization => self.add_organization_token(org, "stand-in"),
        }
    }

    /// Makes a token of a person whose role is that of a member: it shows its scopes, and is good for what a member may do
    /// (fact 3).
    pub fn add_member_token(&self, org: &str, scopes: &[&str]) -> String {
        self.add_personal_token(org, scopes, Role::Member)
    }

    fn add_personal_token(&self, org: &str, scopes: &[&str], role: Role) -> String {
        let mut state = self.state();
        let (id, value) = (state.next_number(), token::personal(state.flavor));
        let user = User { id, name: format!("Person {id}"), email: format!("person-{id}@example.com") };
        add(&mut state, org, &value, scopes, Holder::Person(user, role));
        value
    }

    /// Makes a token of this value, of an internal integration of its own; one that had the value before is replaced, and
    /// so is its integration.
    pub fn add_token_value(&self, org: &str, token: &str, scopes: &[&str]) {
        let mut state = self.state();
        let replaced = state.tokens.iter().find(|known| known.value == token).map(|known| known.holder.clone());
        if let Some(Holder::Integration { slug, .. }) = replaced {
            state.integrations.retain(|integration| integration.slug != slug);
        }
        let slug = format!("stand-in-{}", state.next_number());
        let integration = integrations::add(&mut state, org, &slug, scopes);
        let holder = acting_for(&mut state, &integration);
        add(&mut state, org, token, scopes, holder);
    }

    /// Makes an internal integration, which is installed from the start, and no token of it. Its name is its slug.
    pub fn add_integration(&self, org: &str, slug: &str, scopes: &[&str]) {
        integrations::add(&mut self.state(), org, slug, scopes);
    }

    /// Says what an integration is: `internal`, `unpublished` or `published`.
    pub fn set_integration_status(&self, slug: &str, status: &str) {
        let mut state = self.state();
        for integration in state.integrations.iter_mut().filter(|integration| integration.slug == slug) {
            status.clone_into(&mut integration.status);
        }
    }

    /// Makes a token of an integration with the scopes of the integration (fact 42); `None` where there is none.
    pub fn add_integration_token(&self, slug: &str) -> Option<String> {
        let mut state = self.state();
        let integration = state.integrations.iter().find(|integration| integration.slug == slug)?.clone();
        let holder = acting_for(&mut state, &integration);
        let org = state.organization_by_id(integration.organization)?.slug.clone();
        let scopes: Vec<&str> = integration.scopes.iter().map(String::as_str).collect();
        let value = token::hex();
        add(&mut state, &org, &value, &scopes, holder);
        Some(value)
    }

    /// Makes an organization token of this name, which nothing keeps unique, with the one scope `org:ci` (fact 47).
    pub fn add_organization_token(&self, org: &str, name: &str) -> String {
        let mut state = self.state();
        let holder = Holder::Organization {
            id: state.next_number(),
            name: name.to_owned(),
            date_created: state.next_date(),
            date_last_used: None,
        };
        let value = token::organizational(org, &state.link_origin());
        add(&mut state, org, &value, &["org:ci"], holder);
        value
    }

    /// Sets when an organization token was made and last used, RFC 3339.
    pub fn set_organization_token_dates(&self, token: &str, created: &str, last_used: Option<&str>) {
        let mut state = self.state();
        let Some(token) = state.tokens.iter_mut().find(|known| known.value == token) else { return };
        if let Holder::Organization { date_created, date_last_used, .. } = &mut token.holder {
            created.clone_into(date_created);
            *date_last_used = last_used.map(str::to_owned);
        }
    }

    /// Lets a token's time be over: it is still known, and refused with a sentence of its own (fact 4).
    pub fn expire_token(&self, token: &str) {
        for known in self.state().tokens.iter_mut().filter(|known| known.value == token) {
            known.expired = true;
        }
    }

    /// Ends a token at once (fact 44). The integration that it may have belonged to stays.
    pub fn revoke_token(&self, token: &str) {
        self.state().tokens.retain(|known| known.value != token);
    }
}

/// The user of an integration: one for all its tokens, without an address (fact 2).
fn acting_for(state: &mut State, integration: &Integration) -> Holder {
    let known = state.tokens.iter().find_map(|token| match &token.holder {
        Holder::Integration { slug, user } if *slug == integration.slug => Some(user.clone()),
        Holder::Integration { .. } | Holder::Person(..) | Holder::Organization { .. } => None,
    });
    let user = known.unwrap_or_else(|| User {
        id: state.next_number(),
        name: format!("{}-{}", integration.slug, Uuid::new_v4()),
        email: String::new(),
    });
    Holder::Integration { slug: integration.slug.clone(), user }
}

fn add(state: &mut State, org: &str, value: &str, scopes: &[&str], holder: Holder) {
    let organization = control::organization(state, org);
    state.tokens.retain(|known| known.value != value);
    state.tokens.push(Token {
        value: value.to_owned(),
        organization,
        granted: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        scopes: access::closure(scopes),
        holder,
        expired: false,
    });
}
