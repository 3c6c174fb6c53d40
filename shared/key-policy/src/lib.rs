//! The key policy: what each kind of Sentry key is for, how long it lives, and which secrets may name which projects.
//!
//! Pure: text in, values or located errors out; an inventory in, findings out ([`judge_project`], [`judge_rest`]). The file's
//! members are described in `docs/policy-file.md`, and by example in `policy/key-policy.toml`, which is also the policy that
//! is built in ([`Policy::built_in`]). What is found, why and with what remedy is in `docs/findings.md` ([`findings_page`]).
//!
//! ```
//! use key_policy::{Mode, Policy};
//!
//! let policy = Policy::parse("version = 1\nmode = \"act\"\n", "key-policy.toml")?;
//! assert_eq!(policy.mode, Mode::Act);
//!
//! let refused = Policy::parse("version = 2\nmood = \"act\"\n", "key-policy.toml").unwrap_err();
//! assert_eq!(refused.errors().len(), 2);
//! # Ok::<(), key_policy::PolicyErrors>(())
//! ```

mod binding;
mod birth;
mod consent;
mod duration;
mod errors;
mod evaluate;
mod exception;
mod facts;
pub mod findings;
pub mod inventory;
mod markdown;
mod person;
mod policy;
mod preset;
mod rate_limit;
mod read;
mod render;
pub mod rules;
mod schema;
mod scope;
mod sections;
mod suggest;
mod syntax;
mod tally;
#[cfg(test)]
mod tests;
mod use_case;
mod use_case_file;
mod words;

pub use binding::Binding;
pub use birth::{BirthSettings, LoaderOptions};
pub use consent::Consent;
pub use duration::{DurationError, LONGEST, duration_text, parse_duration};
pub use errors::{PolicyError, PolicyErrors};
pub use evaluate::{Judged, judge_own, judge_project, judge_rest, unseen_projects};
pub use exception::Exception;
pub use facts::{Facts, Label, Organizational};
pub use policy::{BUILT_IN, Mode, Policy, UnknownUseCase};
pub use preset::Preset;
pub use rate_limit::{RateLimit, RateLimitError};
pub use render::policy_page;
pub use rules::findings_page;
pub use schema::{json_schema, schema_file};
pub use scope::{
    Condition, ENDPOINTS_DATE, ENDPOINTS_SOURCE, Endpoint, Power, Role, SCOPES, ScopeSet, admin_scopes, called,
    endpoint, endpoints, evidence_for, excess, holder_could, holder_of_client_key_could, least_role, minimal_sets,
    permissions_page,
};
pub use sections::{Orphan, Proof, Review};
pub use tally::{Count, State, Tally};
pub use use_case::{AtGraceMax, Exposure, Kind, Signal, UseCase};
