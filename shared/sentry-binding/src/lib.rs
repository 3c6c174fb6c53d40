#![doc = include_str!("../README.md")]

mod binding;
mod config;
mod diagnosis;
mod failure;
mod locate;
mod managed;
mod remembered;
mod role;
mod scope;
mod token;

pub use binding::{Allowed, Claim, Claims, ORGANIZATION_TAG, PROJECT_TAG, check, is_name};
pub use config::{COMMON_VARIABLES, Common, Evidence, evidence, is_secret_id, optional_secret_id, secret_id};
pub use diagnosis::{diagnose, missing_scope};
pub use failure::{deadline_near, is_refused_secret, of_sentry, of_store};
pub use locate::{Located, locate};
pub use managed::{KIND_TAG, is_for_client_key, is_rotated_by};
pub use remembered::{Found, Remembered};
pub use role::{Need, Principal, Role};
pub use scope::Scope;
pub use token::management_token;
