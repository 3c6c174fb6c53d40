//! What the function is told by its environment.

use std::ops::Deref;
use std::path::PathBuf;

use function_kit::{Failure, Problems, Vars};
use sentry_binding::{Common, Evidence, Principal, evidence, optional_secret_id, secret_id};

use crate::FUNCTION;
use crate::failure::ROLE;

/// What the function reads beside [`sentry_binding::COMMON_VARIABLES`], and what it means.
pub const VARIABLES: [(&str, &str); 7] = [
    (
        "SENTRY_AUTH_SECRET_ID",
        "the secret with the token that reads: `org:read` and `project:read`; `org:write` only if the audit log is to be read (required)",
    ),
    (
        "SENTRY_ROTATION_AUTH_SECRET_ID",
        "the secret with the token of `rotate-client-key`, whose scopes are reviewed first",
    ),
    ("SENTRY_RETIREMENT_AUTH_SECRET_ID", "the same of `retire-keys`"),
    ("SENTRY_DELETE_AUTH_SECRET_ID", "the same of `retire-keys` where it deletes"),
    ("SENTRY_REVOCATION_AUTH_SECRET_ID", "the same of `revoke-key`"),
    ("EVIDENCE_BUCKET", "the bucket of the reviews and of the memory between them (required)"),
    ("EVIDENCE_PREFIX", "where in that bucket; default: at its root"),
];

/// One of this system's own tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// The function that acts with it, as [`key_policy`] names it.
    pub function: &'static str,
    /// The variable that names its secret.
    pub variable: &'static str,
    /// The secret, where the variable is set.
    pub secret_id: Option<String>,
}

/// A function of this system and the variable that names the secret with its token.
struct Own {
    function: &'static str,
    variable: &'static str,
}

/// The others, in the order in which they are reported.
const OTHERS: [Own; 4] = [
    Own { function: "rotate-client-key", variable: "SENTRY_ROTATION_AUTH_SECRET_ID" },
    Own { function: "retire-keys", variable: "SENTRY_RETIREMENT_AUTH_SECRET_ID" },
    Own { function: "retire-keys (deletion)", variable: "SENTRY_DELETE_AUTH_SECRET_ID" },
    Own { function: "revoke-key", variable: "SENTRY_REVOCATION_AUTH_SECRET_ID" },
];

/// The configuration, read and checked once.
#[derive(Debug)]
pub struct Config {
    /// What all functions share.
    pub common: Common,
    /// `SENTRY_AUTH_SECRET_ID`: the secret with the token that reads.
    pub auth_secret_id: String,
    /// The tokens of this system, the audit's own first.
    pub own_tokens: Vec<OwnToken>,
    /// `EVIDENCE_BUCKET` and `EVIDENCE_PREFIX`.
    pub evidence: Evidence,
    /// The Region in which the function runs.
    pub region: String,
    /// SHA-256 of the policy's text, in hexadecimal.
    pub policy_sha256: String,
    /// Where the report is collected before it is uploaded.
    pub spool: PathBuf,
}

impl Deref for Config {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl Config {
    /// Reads and checks everything, and reports all that is wrong at once. `read_file` reads a file, `None` if it is
    /// absent; `spool` is a folder that may be emptied.
    ///
    /// # Errors
    /// `Configuration.Invalid`, naming every problem.
    pub fn read(
        vars: &impl Vars,
        read_file: impl FnOnce(&str) -> std::io::Result<Option<String>>,
        spool: PathBuf,
    ) -> Result<Self, Failure> {
        let mut problems = Problems::default();
        let mut policy_sha256 = digest(key_policy::BUILT_IN);
        let common = Common::read(vars, &mut problems, |path| {
            let text = read_file(path)?;
            policy_sha256 = text.as_deref().map_or_else(|| digest(key_policy::BUILT_IN), digest);
            Ok(text)
        });
        let auth_secret_id = secret_id(vars, &mut problems, ROLE.variable);
        let read = |own: &Own| OwnToken {
            function: own.function,
            variable: own.variable,
            secret_id: optional_secret_id(vars, &mut problems, own.variable),
        };
        let mut own_tokens: Vec<OwnToken> = OTHERS.iter().map(read).collect();
        let itself = OwnToken { function: FUNCTION, variable: ROLE.variable, secret_id: auth_secret_id.clone() };
        own_tokens.insert(0, itself);
        let evidence = evidence(vars, &mut problems);
        problems.required(vars, "EVIDENCE_BUCKET");
        problems.into_result()?;
        match (common, auth_secret_id, evidence) {
            (Some(common), Some(auth_secret_id), Some(evidence)) => Ok(Self {
                common,
                auth_secret_id,
                own_tokens,
                evidence,
                region: vars.get("AWS_REGION").or_else(|| vars.get("AWS_DEFAULT_REGION")).unwrap_or_default(),
                policy_sha256,
                spool,
            }),
            // Each of them is missing only together with a problem, and problems ended the reading above.
            (_, _, _) => Err(Failure::new("Configuration.Invalid", "the configuration cannot be used")),
        }
    }

    /// The identity that reads.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        Principal { role: &ROLE, secret_id: &self.auth_secret_id }
    }
}

fn digest(text: &str) -> String {
    crate::digest::of(text.as_bytes())
}
