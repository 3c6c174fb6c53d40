//! What every function that acts on Sentry is told by its environment.

use function_kit::telemetry::Logging;
use function_kit::tls::Roots;
use function_kit::{Problems, Vars, boot};
use key_policy::Policy;
use sentry_client::BaseUrl;

use crate::binding::is_name;

/// Where the policy is looked for unless `KEY_POLICY_PATH` says otherwise: the layer of the template.
const POLICY_PATH: &str = "/opt/key-policy.toml";

/// The variables that every function reads, and what they mean: the table of the README is made of them.
pub const COMMON_VARIABLES: [(&str, &str); 10] = [
    (
        "SENTRY_URL",
        "where Sentry is; default `https://sentry.io`. A region (`https://de.sentry.io`) or a self-hosted URL, with or without a path prefix. Plain `http` for loopback hosts only",
    ),
    (
        "SENTRY_ORG",
        "slug or numeric id of the one organization that secrets may name, unless the policy has a binding for them",
    ),
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

/// The configuration that all functions share, read and checked once.
#[derive(Debug)]
pub struct Common {
    /// `SENTRY_URL`: where management tokens go, and nowhere else.
    pub sentry_url: BaseUrl,
    /// `SENTRY_ORG`, or the policy's organization: what a secret without a binding of its own may name.
    pub organization: Option<String>,
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

impl Common {
    /// Reads and checks everything, and notes all that is wrong; `None` only together with a problem. `read_file` reads a
    /// file, `None` if it is absent.
    pub fn read(
        vars: &impl Vars,
        problems: &mut Problems,
        read_file: impl FnOnce(&str) -> std::io::Result<Option<String>>,
    ) -> Option<Self> {
        boot::check_lambda(vars, problems);
        let logging = Logging::read(vars, problems);
        let roots = Roots::read(vars, problems);
        let url = vars.get("SENTRY_URL").unwrap_or_else(|| "https://sentry.io".to_owned());
        let sentry_url = BaseUrl::parse(&url).map_err(|error| problems.add("SENTRY_URL", error)).ok();
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
        let organization = organization(vars, policy.as_ref(), problems);
        Some(Self {
            sentry_url: sentry_url?,
            organization,
            event_bus: vars.get("EVENT_BUS_NAME"),
            policy: policy?,
            policy_origin,
            logging,
            roots,
        })
    }
}

/// The name or ARN of a secret that holds a token, in a variable that must be set.
pub fn secret_id(vars: &impl Vars, problems: &mut Problems, name: &str) -> Option<String> {
    let id = problems.required(vars, name)?;
    check_secret_id(problems, name, id)
}

/// The same in a variable that may be absent.
pub fn optional_secret_id(vars: &impl Vars, problems: &mut Problems, name: &str) -> Option<String> {
    check_secret_id(problems, name, vars.get(name)?)
}

fn check_secret_id(problems: &mut Problems, name: &str, id: String) -> Option<String> {
    if is_secret_id(&id) && !holds_a_token(&id) {
        return Some(id);
    }
    problems.add(name, "is not the name or ARN of a secret: store the token in a secret, and name that secret here");
    None
}

/// Whether a text has only the characters of names and ARNs of secrets.
#[must_use]
pub fn is_secret_id(text: &str) -> bool {
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

/// Where evidence goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `EVIDENCE_BUCKET`.
    pub bucket: String,
    /// `EVIDENCE_PREFIX`: the start of every object's key; empty by default.
    pub prefix: String,
}

/// `EVIDENCE_BUCKET` and `EVIDENCE_PREFIX`; `None` where no bucket is named, or together with a problem.
pub fn evidence(vars: &impl Vars, problems: &mut Problems) -> Option<Evidence> {
    let bucket = vars.get("EVIDENCE_BUCKET")?;
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    let named = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
    if !named {
        problems.add("EVIDENCE_BUCKET", "is not the name of a bucket");
        return None;
    }
    let prefix = vars.get("EVIDENCE_PREFIX").unwrap_or_default();
    let plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/!-_.*'()".contains(&byte));
    if !plain || prefix.len() > 512 || prefix.starts_with('/') {
        problems.add("EVIDENCE_PREFIX", "must be the plain start of object keys, such as sentry/");
        return None;
    }
    Some(Evidence { bucket, prefix })
}
