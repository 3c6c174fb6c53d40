//! The stand-in of the other tests.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use testkit::http;
use testkit::sentry::{Flavor, Sentry, TokenKind};

use super::{Control, Counts, Holder, Kind, Server, Validity};

struct StandIn {
    sentry: Arc<Sentry>,
    _server: http::Server,
}

/// The stand-in of 23.7.1.
pub(super) fn observed() -> Server {
    server("stand-in 23.7.1", Kind::StandIn, Flavor::V23_7_1)
}

/// The stand-in of newer versions.
pub(super) fn newer() -> Server {
    server("stand-in newer", Kind::Newer, Flavor::V2026)
}

fn server(name: &'static str, kind: Kind, flavor: Flavor) -> Server {
    let sentry = Sentry::new();
    let server = http::Server::start(Arc::clone(&sentry)).unwrap();
    let url = server.url();
    sentry.set_flavor(flavor);
    sentry.set_public_url(&url);
    sentry.set_link_host("http://sentry.example");
    // The real server has no event store.
    sentry.fail_stats(flavor == Flavor::V23_7_1);
    let control = Box::new(StandIn { sentry, _server: server });
    Server { name, kind, ingestion: url.clone(), url, control, places: AtomicUsize::new(1) }
}

impl Control for StandIn {
    fn organization(&self, slug: &str) {
        self.sentry.add_organization(slug);
        self.sentry.set_plan(slug, !slug.ends_with("-free"));
    }

    fn project(&self, organization: &str, slug: &str) -> u64 {
        self.sentry.add_project(organization, slug)
    }

    fn token(&self, organization: &str, scopes: &[&str], holder: Holder, validity: Validity) -> String {
        let token = match holder {
            Holder::Integration => self.sentry.add_token_of(organization, scopes, TokenKind::Integration),
            Holder::Owner => self.sentry.add_token_of(organization, scopes, TokenKind::Person),
            Holder::Member => self.sentry.add_member_token(organization, scopes),
            Holder::Organization => self.sentry.add_token_of(organization, scopes, TokenKind::Organization),
        };
        if validity == Validity::Expired {
            self.sentry.expire_token(&token);
        }
        token
    }

    fn tokens_of_one_scope(&self, organization: &str, scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| self.token(organization, &[scope], Holder::Owner, Validity::Good)).collect()
    }

    fn integration(&self, organization: &str, name: &str, scopes: &[&str]) -> (String, String) {
        self.sentry.add_integration(organization, name, scopes);
        (name.to_owned(), self.sentry.add_integration_token(name).unwrap())
    }

    fn revoke(&self, token: &str) {
        self.sentry.revoke_token(token);
    }

    fn rename_project(&self, organization: &str, slug: &str, new_slug: &str) {
        self.sentry.rename_project(organization, slug, new_slug);
    }

    fn delete_project(&self, organization: &str, slug: &str) {
        self.sentry.delete_project(organization, slug);
    }

    fn counts(&self, _organization: &str) -> Option<Counts> {
        None
    }

    fn fingerprint(&self, _organization: &str) -> Option<String> {
        None
    }
}
