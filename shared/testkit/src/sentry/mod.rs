//! Sentry on loopback: the part of its Web API that concerns client keys and their audit, and ingestion.
//!
//! "Fact n" means an item of `facts/sentry-23.7.1-observed.md`, "section n" one of `facts/sentry-api.md`. Where the two
//! differ, [`Flavor`] chooses.

mod access;
mod answers;
mod api;
mod audit_control;
mod audit_log;
mod body;
mod control;
mod envelope;
mod fields;
mod ingest;
mod ingest_control;
mod integrations;
mod key;
mod key_input;
mod key_table;
mod keys;
mod limits;
mod organization_tokens;
mod page;
mod project_table;
mod projects;
mod question;
mod rate_limit;
mod route;
mod state;
mod stats;
#[cfg(test)]
mod tests;
mod token;
mod token_control;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::{Request, Response, StandIn};

pub use ingest::{Ingest, IngestedEvent};
pub use key::Key;
pub use state::Flavor;
pub use token::TokenKind;

use state::State;

/// A Sentry server: organizations, projects, client keys, tokens, and the ingestion that judges the keys.
///
/// Whatever a method names and does not exist yet is made (when something is added to it) or ignored (when it is
/// changed or removed).
pub struct Sentry {
    state: Mutex<State>,
}

impl fmt::Debug for Sentry {
    /// The state is left out: it holds tokens and secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sentry")
    }
}

impl Sentry {
    /// An empty server of version 23.7.1.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::default()) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn for Sentry {
    fn call_name(&self, request: &Request) -> String {
        route::find(&request.path, &self.state().prefix).call_name(&request.method)
    }

    async fn answer(&self, request: Request) -> Response {
        api::answer(&mut self.state(), &request)
    }
}
