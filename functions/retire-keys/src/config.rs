//! What the function is told by its environment.

use std::ops::Deref;

use function_kit::{Failure, Problems, Vars};
use sentry_binding::{Common, Evidence, Principal, evidence, optional_secret_id, secret_id};

use crate::failure::{DELETE_ROLE, ROLE};

/// What the function reads beside [`sentry_binding::COMMON_VARIABLES`], and what it means.
pub const VARIABLES: [(&str, &str); 4] = [
    ("SENTRY_AUTH_SECRET_ID", "the secret with the token that disables keys, `project:write` (required)"),
    (
        "SENTRY_DELETE_AUTH_SECRET_ID",
        "the secret with the token that deletes keys, `project:admin`; unset, none is ever deleted",
    ),
    ("EVIDENCE_BUCKET", "the bucket of the ledger, the records of runs and the state (required)"),
    ("EVIDENCE_PREFIX", "where in that bucket; default: at its root"),
];

/// The configuration, read and checked once.
#[derive(Debug)]
pub struct Config {
    /// What all functions share.
    pub common: Common,
    /// `SENTRY_AUTH_SECRET_ID`: the secret with the token that disables.
    pub auth_secret_id: String,
    /// `SENTRY_DELETE_AUTH_SECRET_ID`: the secret with the token that deletes.
    pub delete_auth_secret_id: Option<String>,
    /// `EVIDENCE_BUCKET` and `EVIDENCE_PREFIX`.
    pub evidence: Evidence,
    /// The Region in which the function runs.
    pub region: String,
    /// The name of the function that revokes, by the name of this one: for the commands that are told to people.
    pub revoke_function: String,
}

impl Deref for Config {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl Config {
    /// Reads and checks everything, and reports all that is wrong at once. `read_file` reads a file, `None` if it is absent.
    ///
    /// # Errors
    /// `Configuration.Invalid`, naming every problem.
    pub fn read(
        vars: &impl Vars,
        read_file: impl FnOnce(&str) -> std::io::Result<Option<String>>,
    ) -> Result<Self, Failure> {
        let mut problems = Problems::default();
        let common = Common::read(vars, &mut problems, read_file);
        let auth_secret_id = secret_id(vars, &mut problems, ROLE.variable);
        let delete_auth_secret_id = optional_secret_id(vars, &mut problems, DELETE_ROLE.variable);
        let evidence = evidence(vars, &mut problems);
        problems.required(vars, "EVIDENCE_BUCKET");
        problems.into_result()?;
        match (common, auth_secret_id, evidence) {
            (Some(common), Some(auth_secret_id), Some(evidence)) => Ok(Self {
                common,
                auth_secret_id,
                delete_auth_secret_id,
                evidence,
                region: vars.get("AWS_REGION").or_else(|| vars.get("AWS_DEFAULT_REGION")).unwrap_or_default(),
                revoke_function: revoke_function(&vars.get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default()),
            }),
            // Each of them is missing only together with a problem, and problems ended the reading above.
            (_, _, _) => Err(Failure::new("Configuration.Invalid", "the configuration cannot be used")),
        }
    }

    /// The identity that disables.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        Principal { role: &ROLE, secret_id: &self.auth_secret_id }
    }

    /// The identity that deletes, if there is one.
    #[must_use]
    pub fn deleter(&self) -> Option<Principal<'_>> {
        self.delete_auth_secret_id.as_deref().map(|secret_id| Principal { role: &DELETE_ROLE, secret_id })
    }
}

/// The template names the functions of a stack alike.
fn revoke_function(own: &str) -> String {
    format!("{}revoke-key", own.strip_suffix("retire-keys").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revoking_function_is_named_as_this_one_is() {
        assert_eq!(revoke_function("keys-retire-keys"), "keys-revoke-key");
        assert_eq!(revoke_function("anything"), "revoke-key");
    }
}
