//! What the function is told by its environment.

use std::ops::Deref;

use function_kit::{Failure, Problems, Vars};
use sentry_binding::{Common, Evidence, Principal, evidence, secret_id};

use crate::failure::ROLE;

/// What the function reads beside [`sentry_binding::COMMON_VARIABLES`], and what it means.
pub const VARIABLES: [(&str, &str); 3] = [
    ("SENTRY_AUTH_SECRET_ID", "the secret with the token that revokes, `project:write` (required)"),
    ("EVIDENCE_BUCKET", "the bucket of the ledger; unset, a revocation leaves only its event and its log"),
    ("EVIDENCE_PREFIX", "where in that bucket; default: at its root"),
];

/// The configuration, read and checked once.
#[derive(Debug)]
pub struct Config {
    /// What all functions share.
    pub common: Common,
    /// `SENTRY_AUTH_SECRET_ID`: the secret with the token that revokes.
    pub auth_secret_id: String,
    /// `EVIDENCE_BUCKET` and `EVIDENCE_PREFIX`.
    pub evidence: Option<Evidence>,
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
        let evidence = evidence(vars, &mut problems);
        problems.into_result()?;
        match (common, auth_secret_id) {
            (Some(common), Some(auth_secret_id)) => Ok(Self { common, auth_secret_id, evidence }),
            // Each of them is missing only together with a problem, and problems ended the reading above.
            (_, _) => Err(Failure::new("Configuration.Invalid", "the configuration cannot be used")),
        }
    }

    /// The identity that revokes.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        Principal { role: &ROLE, secret_id: &self.auth_secret_id }
    }
}
