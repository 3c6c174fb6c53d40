//! What the function is told by its environment.

use std::ops::Deref;

use function_kit::{Failure, Problems, Vars};
use sentry_binding::{Common, Principal, secret_id};

use crate::failure::ROLE;

/// What the function reads beside [`sentry_binding::COMMON_VARIABLES`], and what it means: the table of the README is made
/// of both.
pub const VARIABLES: [(&str, &str); 1] = [("SENTRY_AUTH_SECRET_ID", "the secret with the management token (required)")];

/// The configuration, read and checked once.
#[derive(Debug)]
pub struct Config {
    /// What all functions share.
    pub common: Common,
    /// `SENTRY_AUTH_SECRET_ID`: the secret with the management token.
    pub auth_secret_id: String,
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
        problems.into_result()?;
        match (common, auth_secret_id) {
            (Some(common), Some(auth_secret_id)) => Ok(Self { common, auth_secret_id }),
            // Each of them is missing only together with a problem, and problems ended the reading above.
            (_, _) => Err(Failure::new("Configuration.Invalid", "the configuration cannot be used")),
        }
    }

    /// The management token's role and secret.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        Principal { role: &ROLE, secret_id: &self.auth_secret_id }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io;

    use super::*;

    fn vars(changes: &[(&str, Option<&str>)]) -> BTreeMap<String, String> {
        let mut vars: BTreeMap<String, String> = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_REGION", "us-east-1"),
            ("SENTRY_ORG", "acme"),
            ("SENTRY_AUTH_SECRET_ID", "sentry/management"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in changes {
            match value {
                Some(value) => drop(vars.insert((*name).to_owned(), (*value).to_owned())),
                None => drop(vars.remove(*name)),
            }
        }
        vars
    }

    #[test]
    fn the_defaults_are_sentry_io_and_the_built_in_policy() {
        let config = Config::read(&vars(&[]), |path| {
            assert_eq!(path, "/opt/key-policy.toml");
            Ok(None)
        })
        .unwrap();
        assert_eq!(config.sentry_url.to_string(), "https://sentry.io");
        assert_eq!((config.organization.as_deref(), config.policy_origin.as_str()), (Some("acme"), "built-in"));
    }

    #[test]
    fn every_problem_is_named_at_once_and_no_pasted_value_is_repeated() {
        let vars = vars(&[
            ("SENTRY_URL", Some("http://user:marker@sentry.example")),
            ("SENTRY_ORG", None),
            ("SENTRY_AUTH_SECRET_ID", None),
            ("LOG_LEVEL", Some("loud")),
            ("KEY_POLICY_PATH", Some("/tmp/policy.toml")),
            ("AWS_REGION", None),
        ]);
        let failure = Config::read(&vars, |_| Ok(Some("version = 1\nmod = 2\n".to_owned()))).unwrap_err();
        for name in ["SENTRY_URL", "SENTRY_AUTH_SECRET_ID", "LOG_LEVEL", "KEY_POLICY_PATH", "AWS_REGION", "line 2"] {
            let found = failure.sentence().contains(name) || name == "line 2" && failure.sentence().contains(":2:");
            assert!(found, "{name}: {failure}");
        }
        assert!(!format!("{failure:?}").contains("marker"));
    }

    #[test]
    fn a_token_in_the_wrong_place_is_refused_and_not_repeated() {
        let token = "0123456789abcdef".repeat(4);
        for pasted in [
            token.clone(),
            format!(" {token}"),
            format!("Bearer {token}"),
            format!("\"{token}\""),
            format!("{{\"token\":\"{token}\"}}"),
            format!("sentry/{token}"),
            format!("sntryu_{token}"),
        ] {
            let vars = vars(&[("SENTRY_ORG", Some(&pasted)), ("SENTRY_AUTH_SECRET_ID", Some(&pasted))]);
            let failure = Config::read(&vars, |_| Ok(None)).unwrap_err();
            assert!(failure.sentence().contains("SENTRY_ORG is neither"), "{failure}");
            assert!(failure.sentence().contains("SENTRY_AUTH_SECRET_ID is not the name or ARN"), "{failure}");
            assert!(!format!("{failure:?}").contains(&token));
        }
    }

    #[test]
    fn a_policy_that_cannot_be_read_is_a_problem_and_not_the_built_in_one() {
        let failure = Config::read(&vars(&[]), |_| Err(io::ErrorKind::PermissionDenied.into())).unwrap_err();
        assert!(failure.sentence().contains("KEY_POLICY_PATH"), "{failure}");
    }

    #[test]
    fn environment_and_policy_may_not_name_two_organizations() {
        let failure = Config::read(&vars(&[]), |_| Ok(Some("version = 1\norganization = \"umbrella\"\n".to_owned())))
            .unwrap_err();
        assert!(failure.sentence().contains("SENTRY_ORG is acme"), "{failure}");
    }
}
