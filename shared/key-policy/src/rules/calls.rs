//! The exact calls of remedies. Nothing that anybody may write stands in them: ids, ARNs, slugs and numbers alone.

use crate::findings::Code;
use crate::use_case::Kind;

/// Reads a key first: what a write leaves out is reset.
fn read(path: &str) -> String {
    format!("GET {path} (note browserSdkVersion: a PUT without it resets it)")
}

/// Disables a key.
pub(super) fn disable(path: &str) -> Vec<String> {
    vec![read(path), format!(r#"PUT {path} {{"isActive": false, "browserSdkVersion": "<as it was>"}}"#)]
}

/// Enables a key.
pub(super) fn enable(path: &str) -> Vec<String> {
    vec![read(path), format!(r#"PUT {path} {{"isActive": true, "browserSdkVersion": "<as it was>"}}"#)]
}

/// Limits a key.
pub(super) fn limit(path: &str, count: u32, window: u32) -> Vec<String> {
    vec![
        read(path),
        format!(
            r#"PUT {path} {{"rateLimit": {{"count": {count}, "window": {window}}}, "browserSdkVersion": "<as it was>"}}"#
        ),
    ]
}

/// Deletes a key, which takes `project:admin`.
pub(super) fn delete(path: &str) -> String {
    format!("DELETE {path}")
}

/// Narrows who may send with a Referer or Origin.
pub(super) fn domains(organization: &str, project: &str) -> String {
    format!(r#"PUT /api/0/projects/{organization}/{project}/ {{"allowedDomains": ["<your domain>"]}}"#)
}

/// Tags a secret.
pub(super) fn tag(arn: &str, key: &str, value: &str) -> String {
    format!("aws secretsmanager tag-resource --secret-id {arn} --tags Key={key},Value={value}")
}

/// Makes a managed secret of a DSN that is in use.
pub(super) fn store(organization: &str, project: &str) -> String {
    format!(
        r#"aws secretsmanager create-secret --name <name> --tags Key=sentry:kind,Value=client-key --secret-string '{{"dsn": "<the DSN>", "organization": "{organization}", "project": "{project}"}}'"#
    )
}

/// Shows versions, labels, tags, replicas and the schedule of a secret; no value.
pub(super) fn describe(arn: &str) -> String {
    format!("aws secretsmanager describe-secret --secret-id {arn}")
}

/// Rotates a secret now.
pub(super) fn rotate(arn: &str) -> String {
    format!("aws secretsmanager rotate-secret --secret-id {arn}")
}

/// Lets Secrets Manager rotate a secret by a schedule, from its first day on.
pub(super) fn enable_rotation(arn: &str, schedule: &str) -> String {
    format!(
        r#"aws secretsmanager rotate-secret --secret-id {arn} --rotation-lambda-arn <RotateClientKeyFunctionArn> --no-rotate-immediately --rotation-rules '{{"ScheduleExpression": "{schedule}"}}'"#
    )
}

/// Takes AWSPENDING from a rotation that does not come to its end.
pub(super) fn drop_pending(arn: &str) -> String {
    format!(
        "aws secretsmanager update-secret-version-stage --secret-id {arn} --version-stage AWSPENDING --remove-from-version-id <version>"
    )
}

/// Copies a secret to a Region anew.
pub(super) fn replicate(arn: &str, region: &str) -> String {
    format!(
        "aws secretsmanager replicate-secret-to-regions --secret-id {arn} --force-overwrite-replica-secret --add-replica-regions Region={region}"
    )
}

/// Who wrote a secret's values, in the last 90 days.
pub(super) fn writers(arn: &str) -> String {
    format!("aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={arn}")
}

/// Removes a secret that nobody needs; it can be had back for 30 days.
pub(super) fn delete_secret(arn: &str) -> String {
    format!("aws secretsmanager delete-secret --secret-id {arn} --recovery-window-in-days 30")
}

/// Replaces the value of a secret by hand.
pub(super) fn put_value(arn: &str) -> String {
    format!("aws secretsmanager put-secret-value --secret-id {arn} --secret-string file:///dev/stdin")
}

/// Ends a key now, whatever its secret is.
pub(super) fn revoke(secret_arn: &str, key_id: &str) -> String {
    format!(
        r#"aws lambda invoke --function-name STACK-revoke-key --cli-binary-format raw-in-base64-out --cli-read-timeout 0 --payload '{{"secret_id": "{secret_arn}", "key_id": "{key_id}", "reason": "<why>"}}' /dev/stdout"#
    )
}

/// Signs a review.
pub(super) fn sign() -> String {
    r#"aws lambda invoke --function-name STACK-audit-keys --cli-binary-format raw-in-base64-out --payload '{"sign": {"review_id": "<the review>", "by": "<you>", "notes": "<what you saw>", "changes": "<what you changed>"}}' /dev/stdout"#.to_owned()
}

/// A change of the policy, which a person makes.
pub(super) fn policy(change: &str) -> String {
    format!("manual: key policy > {change}")
}

/// A member of a use case of the policy.
pub(super) fn use_case(name: &str, change: &str) -> String {
    policy(&format!("[use_case.{}] > {change}", table(name)))
}

/// An exception of the policy.
pub(super) fn accept(code: Code, subject: &str) -> String {
    policy(&format!(
        "[[exception]] > finding = \"{code}\", subject = {subject:?}, with reason, requester, another approver, ticket and until"
    ))
}

/// A name as TOML writes it in a table's head.
fn table(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// Where a person changes the scopes of a token: Sentry lets no program do it.
pub(super) fn scopes(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::OrganizationToken) => {
            "manual: Sentry > Settings > Organization Tokens > revoke it; its scopes cannot be chosen"
        }
        Some(Kind::PersonalToken) => {
            "manual: Sentry > User Settings > Personal Tokens > make one with fewer scopes, store it, revoke the old one"
        }
        Some(Kind::OauthToken) => {
            "manual: Sentry > User Settings > Authorized Applications > revoke, and authorize with fewer scopes"
        }
        Some(Kind::InstallationToken | Kind::IntegrationToken | Kind::ClientKey) | None => {
            "manual: Sentry > Settings > Custom Integrations > the integration > Permissions"
        }
    }
}

/// Where a person ends a token: Sentry lets no program do it.
pub(super) fn end(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::OrganizationToken) => "manual: Sentry > Settings > Organization Tokens > revoke it",
        Some(Kind::PersonalToken) => "manual: Sentry > User Settings > Personal Tokens > revoke it",
        Some(Kind::OauthToken) => "manual: Sentry > User Settings > Authorized Applications > revoke it",
        Some(Kind::InstallationToken | Kind::IntegrationToken | Kind::ClientKey) | None => {
            "manual: Sentry > Settings > Custom Integrations > the integration > Tokens > revoke it"
        }
    }
}

/// Where a person makes a token: Sentry lets no program do it.
pub(super) fn mint(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::OrganizationToken) => "manual: Sentry > Settings > Organization Tokens > create a new token",
        Some(Kind::PersonalToken) => "manual: Sentry > User Settings > Personal Tokens > create a new token",
        Some(Kind::OauthToken) => "manual: authorize the application again in Sentry",
        Some(Kind::InstallationToken | Kind::IntegrationToken | Kind::ClientKey) | None => {
            "manual: Sentry > Settings > Custom Integrations > the integration > Tokens > new token"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_where_toml_wants_it() {
        assert_eq!(use_case("web-1", "rationale"), "manual: key policy > [use_case.web-1] > rationale");
        assert_eq!(use_case("a b", "owner"), "manual: key policy > [use_case.\"a b\"] > owner");
    }
}
