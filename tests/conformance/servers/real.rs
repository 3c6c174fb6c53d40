//! The real server, which `scripts/conformance.sh` starts.

use std::sync::atomic::AtomicUsize;

use serde_json::{Value, json};

use super::{Control, Counts, Holder, Kind, Server, Validity};
use crate::answer::Http;
use crate::place::text;

struct Real {
    url: String,
    control: String,
}

/// The server, where the script has said that there is one.
pub(super) fn server() -> Option<Server> {
    #[expect(clippy::disallowed_methods, reason = "the script says by these variables where the servers are")]
    let variable = |name: &str| std::env::var(name).ok();
    let (url, front) = (variable("CONFORMANCE_WEB_URL")?, variable("CONFORMANCE_FRONT_URL")?);
    let control = Real { url: url.clone(), control: format!("{front}/control") };
    Some(Server {
        name: "Sentry 23.7.1",
        kind: Kind::Real,
        url,
        ingestion: front,
        control: Box::new(control),
        places: AtomicUsize::new(1),
    })
}

impl Real {
    fn order(&self, order: &Value) -> Value {
        Http::new().send("POST", &self.control, |request| request.json(order)).is(200).json()
    }

    /// The API of the real server, with the scopes of this moment.
    fn api(&self, organization: &str, method: &str, path: &str, body: &Value, status: u16) {
        let token = self.token(organization, &["project:write", "project:admin"], Holder::Integration, Validity::Good);
        let url = format!("{}/api/0/projects/{organization}/{path}/", self.url);
        Http::new().send(method, &url, |request| request.bearer_auth(token).json(body)).is(status);
    }
}

impl Control for Real {
    fn organization(&self, slug: &str) {
        self.order(&json!({"do": "organization", "slug": slug}));
    }

    fn project(&self, organization: &str, slug: &str) -> u64 {
        let made = self.order(&json!({"do": "project", "organization": organization, "slug": slug}));
        made["id"].as_u64().unwrap()
    }

    fn token(&self, organization: &str, scopes: &[&str], holder: Holder, validity: Validity) -> String {
        let kind = match holder {
            Holder::Integration => "integration",
            Holder::Owner => "owner",
            Holder::Member => "member",
            Holder::Organization => "organization",
        };
        let expired = validity == Validity::Expired;
        text(
            &self.order(&json!({
                "do": "token", "organization": organization, "scopes": scopes, "kind": kind, "expired": expired,
            })),
            "token",
        )
    }

    fn tokens_of_one_scope(&self, organization: &str, scopes: &[&str]) -> Vec<String> {
        let order = json!({"do": "tokens_of_one_scope", "organization": organization, "scopes": scopes});
        let made = self.order(&order);
        made["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap().to_owned()).collect()
    }

    fn integration(&self, organization: &str, name: &str, scopes: &[&str]) -> (String, String) {
        let order = json!({"do": "integration", "organization": organization, "name": name, "scopes": scopes});
        let made = self.order(&order);
        (text(&made, "slug"), text(&made, "token"))
    }

    fn revoke(&self, token: &str) {
        self.order(&json!({"do": "revoke", "token": token}));
    }

    fn rename_project(&self, organization: &str, slug: &str, new_slug: &str) {
        self.api(organization, "PUT", slug, &json!({"slug": new_slug}), 200);
    }

    fn delete_project(&self, organization: &str, slug: &str) {
        self.api(organization, "DELETE", slug, &json!({}), 204);
    }

    fn counts(&self, organization: &str) -> Option<Counts> {
        let counted = self.order(&json!({"do": "counts", "organization": organization}));
        let count = |name: &str| usize::try_from(counted[name].as_u64().unwrap()).unwrap();
        Some(Counts {
            projects: count("projects"),
            keys: count("keys"),
            active_keys: count("active_keys"),
            integrations: count("integrations"),
            organization_tokens: count("organization_tokens"),
        })
    }

    fn fingerprint(&self, organization: &str) -> Option<String> {
        Some(text(&self.order(&json!({"do": "fingerprint", "organization": organization})), "sha256"))
    }
}
