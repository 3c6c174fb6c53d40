//! The keys of a request's context that the stand-ins fill in. A condition on any other key would never hold here and
//! might hold on AWS, so that it is refused when the policy is read.

/// Keys with their whole name, in lower case: names of keys know no case.
const KEYS: [&str; 11] = [
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
    "secretsmanager:secretid",
    "secretsmanager:versionid",
    "secretsmanager:versionstage",
    "secretsmanager:rotationlambdaarn",
    "secretsmanager:resource/allowrotationlambdaarn",
    "secretsmanager:secretprimaryregion",
    // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    "kms:viaservice",
    "kms:encryptioncontext:secretarn",
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    "s3:prefix",
    "s3:if-none-match",
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    "aws:securetransport",
];

/// Beginnings of keys that end with the name of a tag.
const TAGS: [&str; 2] = ["secretsmanager:resourcetag/", "aws:resourcetag/"];

pub(super) fn is_known(key: &str) -> bool {
    let key = key.to_lowercase();
    KEYS.contains(&key.as_str()) || TAGS.iter().any(|start| key.len() > start.len() && key.starts_with(start))
}
