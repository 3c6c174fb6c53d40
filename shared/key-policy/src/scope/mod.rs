//! The scopes that a Sentry token can carry: what they imply, who can grant them, what they allow.
//!
//! A token may call an endpoint when it carries any one of the endpoint's scopes, directly or by the hierarchy.

mod abilities;
mod closure;
mod endpoints;
mod holder;
mod minimal;
mod page;
mod roles;

pub use closure::{ScopeSet, excess};
pub use endpoints::{Condition, ENDPOINTS_DATE, ENDPOINTS_SOURCE, Endpoint, called, endpoint, endpoints};
pub use holder::{Power, admin_scopes, evidence_for, holder_could, holder_of_client_key_could};
pub use minimal::minimal_sets;
pub use page::permissions_page;
pub use roles::{Role, least_role};

/// Every scope of Sentry's `SENTRY_SCOPES` (2026), the sign-in ones included. `org:superuser` is internal and not granted.
pub const SCOPES: &[&str] = &[
    "org:read",
    "org:write",
    "org:admin",
    "org:integrations",
    "org:ci",
    "member:read",
    "member:invite",
    "member:write",
    "member:admin",
    "team:read",
    "team:write",
    "team:admin",
    "project:read",
    "project:write",
    "project:admin",
    "project:releases",
    "project:distribution",
    "event:read",
    "event:write",
    "event:admin",
    "alerts:read",
    "alerts:write",
    "openid",
    "profile",
    "email",
];
