//! What the function is told by its environment.

use function_kit::telemetry::Logging;
use function_kit::tls::Roots;
use function_kit::{Failure, Problems, Vars, boot};
use key_policy::Policy;
use sentry_client::BaseUrl;

use crate::binding::is_name;

/// Where the policy is looked for unless `KEY_POLICY_PATH` says otherwise: the layer of the template.
const POLICY_PATH: &str = "/opt/key-policy.toml";

/// Every variable that the function reads, and what it means: the table of the README is made of it.
pub const VARIABLES: [(&str, &str); 11] = [
    (
        "SENTRY_URL",
        "where Sentry is; default `https://sentry.io`. A region (`https://de.sentry.io`) or a self-hosted URL, with or without a path prefix. Plain `http` for loopback hosts only",
    ),
    (
        "SENTRY_ORG",
        "slug or numeric id of the one organization that secrets may name, unless the policy has a binding for them",
    ),
    ("SENTRY_AUTH_SECRET_ID", "the secret with the management token (required)"),
    (
        "KEY_POLICY_PATH",
        "the policy file; default `/opt/key-policy.toml`; the built-in policy where that file is absent",
    ),
    ("EVENT_BUS_NAME", "where lifecycle events are put; unset, none are sent"),
    ("LOG_LEVEL", "how much is logged: `info` by default. The shipped build has no debug or trace code"),
    ("AWS_LAMBDA_LOG_LEVEL", "the same, set by Lambda's own logging settings; it wins"),
    ("AWS_LAMBDA_LOG_FORMAT", "`JSON` for structured logs, set by Lambda's own logging settings"),
    (
        "SSL_CERT_FILE",
        "a PEM file with the certificate authorities to trust instead of the system's, for a private one",
    ),
    ("HTTPS_PROXY", "a proxy for everything but what `NO_PROXY` names"),
    ("NO_PROXY", "hosts that are reached without the proxy"),
];

/// The configuration, read and checked once.
#[derive(Debug)]
pub struct Config {
    /// `SENTRY_URL`: where the management token goes, and nowhere else.
    pub sentry_url: BaseUrl,
    /// `SENTRY_ORG`, or the policy's organization: what a secret without a binding of its own may name.
    pub organization: Option<String>,
    /// `SENTRY_AUTH_SECRET_ID`: the secret with the management token.
    pub auth_secret_id: String,
    /// `EVENT_BUS_NAME`: where lifecycle events go; unset, they are not sent.
    pub event_bus: Option<String>,
    /// The policy in force.
    pub policy: Policy,
    /// Where the policy was read: a path, or the built-in one.
    pub policy_origin: String,
    /// How to log.
    pub logging: Logging,
    /// `SSL_CERT_FILE`, or the system's certificate authorities.
    pub roots: Roots,
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
        boot::check_lambda(vars, &mut problems);
        let logging = Logging::read(vars, &mut problems);
        let roots = Roots::read(vars, &mut problems);
        let url = vars.get("SENTRY_URL").unwrap_or_else(|| "https://sentry.io".to_owned());
        let sentry_url = BaseUrl::parse(&url).map_err(|error| problems.add("SENTRY_URL", error)).ok();
        let auth_secret_id = problems.required(vars, "SENTRY_AUTH_SECRET_ID");
        if auth_secret_id.as_deref().is_some_and(|id| !is_secret_id(id) || holds_a_token(id)) {
            problems.add(
                "SENTRY_AUTH_SECRET_ID",
                "is not the name or ARN of a secret: store the token in a secret, and name that secret here",
            );
        }
        let path = vars.get("KEY_POLICY_PATH").unwrap_or_else(|| POLICY_PATH.to_owned());
        let (policy, policy_origin) = match read_file(&path) {
            Ok(Some(text)) => (Policy::parse(&text, &path), path),
            Ok(None) if vars.get("KEY_POLICY_PATH").is_some() => {
                (Policy::built_in(), format!("built-in, because there is no {path}"))
            }
            Ok(None) => (Policy::built_in(), "built-in".to_owned()),
            Err(error) => {
                problems.add("KEY_POLICY_PATH", format_args!("names {path}, which cannot be read ({})", error.kind()));
                (Policy::built_in(), "built-in".to_owned())
            }
        };
        let policy = policy
            .map_err(|errors| problems.add("KEY_POLICY_PATH", format_args!("names a policy with mistakes:\n{errors}")))
            .ok();
        let organization = organization(vars, policy.as_ref(), &mut problems);
        problems.into_result()?;
        match (sentry_url, auth_secret_id, policy) {
            (Some(sentry_url), Some(auth_secret_id), Some(policy)) => Ok(Self {
                sentry_url,
                organization,
                auth_secret_id,
                event_bus: vars.get("EVENT_BUS_NAME"),
                policy,
                policy_origin,
                logging,
                roots,
            }),
            // Each of them is missing only together with a problem, and problems ended the reading above.
            (_, _, _) => Err(Failure::new("Configuration.Invalid", "the configuration cannot be used")),
        }
    }
}

/// The characters of names and ARNs of secrets.
fn is_secret_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@:-".contains(&byte))
}

/// Sentry's tokens begin with `sntry` and a letter, or are 64 hex digits (facts/sentry-api.md section 3.1).
fn holds_a_token(text: &str) -> bool {
    let long_hex = text.split(|letter: char| !letter.is_ascii_hexdigit()).any(|run| run.len() >= 64);
    long_hex || ["sntryu_", "sntrys_", "sntrya_", "sntryi_"].iter().any(|prefix| text.contains(prefix))
}

fn organization(vars: &impl Vars, policy: Option<&Policy>, problems: &mut Problems) -> Option<String> {
    let said = vars.get("SENTRY_ORG");
    if said.as_ref().is_some_and(|name| !is_name(name)) {
        problems.add("SENTRY_ORG", "is neither a slug nor a numeric id");
        return said;
    }
    let policy = policy?;
    match (&said, &policy.organization) {
        (Some(said), Some(written)) if said != written => {
            problems.add(
                "SENTRY_ORG",
                format_args!("is {said}, and the policy's organization is {written}: they must be the same"),
            );
        }
        (None, None) if policy.bindings().is_empty() => {
            problems.add("SENTRY_ORG", "is not set, and the policy names no organization and no binding");
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    said.or_else(|| policy.organization.clone())
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
