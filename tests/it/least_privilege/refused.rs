//! What no role may do: every request is sent to the stand-ins as the function would send it.

use integration_tests::roles::FUNCTIONS;
use serde_json::{Value, json};
use testkit::access::{Question, Verdict};

use super::deployment::{Deployment, Plan};
use super::wire::send;

/// Secrets beside those of the stage: what they are told apart by.
const UNTAGGED: &str = "acme/untagged";
const OF_ANOTHER_KIND: &str = "acme/token";
const OUTSIDE_THE_PREFIX: &str = "shop/sentry";
const OF_ANOTHER_FUNCTION: &str = "acme/rotated-elsewhere";
const OTHER_FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:keys-rotate-database";

struct Scene(Deployment);

impl Scene {
    fn new() -> Self {
        let deployment = Deployment::new(&Plan::FULL);
        let store = &deployment.stage.store;
        let client_key = [("sentry:kind", "client-key")];
        store.create_secret(UNTAGGED, Some("x"), &[]);
        store.create_secret(OF_ANOTHER_KIND, Some("x"), &[("sentry:kind", "database-password")]);
        store.create_secret(OUTSIDE_THE_PREFIX, Some("x"), &client_key);
        let elsewhere = store.create_secret(OF_ANOTHER_FUNCTION, Some("x"), &client_key);
        store.set_rotation_lambda(&elsewhere, OTHER_FUNCTION);
        for object in ["ledger/a", "runs/retire-keys/a", "reviews/a", "state/retire-keys.json", "elsewhere"] {
            deployment.bucket.put(object, "{}");
        }
        Self(deployment)
    }

    /// An action on a secret; what is answered, in short.
    fn store(&self, function: &str, action: &str, body: &Value) -> String {
        let target = format!("secretsmanager.{action}");
        self.json(self.0.stage.store_server.address(), function, &target, body)
    }

    fn event(&self, function: &str, bus: &str) -> String {
        let entry = json!({"Source": "sentry-key-rotation", "DetailType": "x", "Detail": "{}", "EventBusName": bus});
        self.json(self.0.stage.bus_server.address(), function, "AWSEvents.PutEvents", &json!({"Entries": [entry]}))
    }

    fn json(&self, to: std::net::SocketAddr, function: &str, target: &str, body: &Value) -> String {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        let (status, answer) = send(to, &self.0.access_key(function), "POST", "/", &headers, &body.to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["__type"].as_str().map_or_else(|| status.to_string(), str::to_owned)
    }

    fn object(&self, function: &str, method: &str, key: &str, headers: &[(&str, &str)]) -> String {
        let path = format!("/{}/{key}", integration_tests::BUCKET);
        let body = if method == "PUT" { "{}" } else { "" };
        let to = self.0.bucket_address();
        let (status, answer) = send(to, &self.0.access_key(function), method, &path, headers, body);
        match answer.split_once("<Code>") {
            Some((_, rest)) => rest.split('<').next().unwrap().to_owned(),
            None => status.to_string(),
        }
    }
}

const DENIED: &str = "AccessDeniedException";

#[test]
fn no_role_reads_or_changes_a_secret_that_is_not_its_business() {
    let scene = Scene::new();
    let stage = &scene.0.stage;
    let version = stage.store.version_at(&stage.secret, "AWSCURRENT").unwrap();
    let token = "00000000-0000-4000-8000-000000000000";
    let of = |id: &str| json!({"SecretId": id});
    let put = |id: &str| json!({"SecretId": id, "SecretString": "x", "ClientRequestToken": token});
    let stage_of =
        |id: &str, stage: &str| json!({"SecretId": id, "VersionStage": stage, "RemoveFromVersionId": version});
    for function in FUNCTIONS.map(|function| function.name) {
        let (rotates, audits) = (function == "rotate-client-key", function == "audit-keys");
        let own = |purpose: &str| format!("sentry/management/{purpose}");
        assert_eq!(scene.store(function, "GetSecretValue", &of(&stage.secret)), "200", "{function}");
        assert_eq!(scene.store(function, "GetSecretValue", &of(&own(function))), "200", "{function}");
        let mut refused = vec![
            ("GetSecretValue", of(UNTAGGED)),
            ("GetSecretValue", of(OF_ANOTHER_KIND)),
            ("GetSecretValue", of(OUTSIDE_THE_PREFIX)),
            ("GetSecretValue", of("no/such/secret")),
            ("BatchGetSecretValue", json!({"SecretIdList": [stage.secret]})),
            ("PutSecretValue", put(&own(function))),
            ("PutSecretValue", put(UNTAGGED)),
            ("UpdateSecretVersionStage", stage_of(OF_ANOTHER_FUNCTION, "AWSCURRENT")),
            ("UpdateSecretVersionStage", stage_of(&own(function), "AWSPENDING")),
            ("RotateSecret", of(UNTAGGED)),
            ("RotateSecret", of(&own(function))),
        ];
        for action in [
            "DeleteSecret",
            "UpdateSecret",
            "TagResource",
            "UntagResource",
            "CancelRotateSecret",
            "PutResourcePolicy",
            "CreateSecret",
        ] {
            refused.push((action, of(&stage.secret)));
        }
        for other in ["rotate-client-key", "retire-keys", "revoke-key", "audit-keys"] {
            if other != function && !audits {
                refused.push(("GetSecretValue", of(&own(other))));
            }
        }
        if rotates {
            refused.extend([
                ("ListSecrets", json!({})),
                ("DescribeSecret", of(OF_ANOTHER_FUNCTION)),
                ("GetSecretValue", of(OF_ANOTHER_FUNCTION)),
                ("PutSecretValue", put(OF_ANOTHER_FUNCTION)),
                ("RotateSecret", of(&stage.secret)),
            ]);
        } else {
            refused.extend([
                ("PutSecretValue", put(&stage.secret)),
                ("UpdateSecretVersionStage", stage_of(&stage.secret, "AWSCURRENT")),
                ("DescribeSecret", of(OUTSIDE_THE_PREFIX)),
            ]);
        }
        if function != "revoke-key" && !rotates {
            refused.extend([
                ("UpdateSecretVersionStage", stage_of(&stage.secret, "AWSPENDING")),
                ("RotateSecret", of(&stage.secret)),
            ]);
        }
        if function == "revoke-key" {
            refused.extend([
                // The secret is managed, and its rotation would run something else.
                ("RotateSecret", of(OF_ANOTHER_FUNCTION)),
                ("RotateSecret", json!({"SecretId": stage.secret, "RotationLambdaARN": OTHER_FUNCTION})),
                ("UpdateSecretVersionStage", stage_of(&stage.secret, "AWSPREVIOUS")),
            ]);
        }
        if audits {
            refused.extend([("ListSecretVersionIds", of(&stage.secret)), ("DescribeSecret", of(UNTAGGED))]);
        }
        for (action, body) in refused {
            assert_eq!(scene.store(function, action, &body), DENIED, "{function}: {action} {body}");
        }
    }
}

#[test]
fn no_role_touches_evidence_that_is_not_its_own_and_none_replaces_or_deletes_any() {
    let scene = Scene::new();
    let new = [("if-none-match", "*")];
    let objects = ["ledger/a", "runs/retire-keys/a", "reviews/a", "state/retire-keys.json", "elsewhere"];
    for (function, reads, writes) in [
        ("rotate-client-key", &[][..], &[][..]),
        (
            "retire-keys",
            &["ledger/a", "state/retire-keys.json"],
            &["ledger/n", "runs/retire-keys/n", "state/retire-keys.json"],
        ),
        ("revoke-key", &["ledger/a", "state/retire-keys.json"], &["ledger/n"]),
        ("audit-keys", &["runs/retire-keys/a", "reviews/a"], &["reviews/n", "state/audit-keys.json"]),
    ] {
        for object in objects {
            let expected = if reads.contains(&object) { "200" } else { "AccessDenied" };
            assert_eq!(scene.object(function, "GET", object, &[]), expected, "{function} GET {object}");
            assert_eq!(scene.object(function, "DELETE", object, &[]), "AccessDenied", "{function} DELETE {object}");
        }
        let named = [
            "ledger/n",
            "runs/retire-keys/n",
            "runs/audit-keys/n",
            "reviews/n",
            "elsewhere/n",
            "state/retire-keys.json",
            "state/audit-keys.json",
        ];
        for object in named {
            let headers = if object.starts_with("state/") { &[][..] } else { &new[..] };
            let answer = scene.object(function, "PUT", object, headers);
            let expected = if writes.contains(&object) { "200" } else { "AccessDenied" };
            assert_eq!(answer, expected, "{function} PUT {object}");
            if writes.contains(&object) && !object.starts_with("state/") {
                scene.0.bucket.remove(object);
            }
        }
        // What the bucket's own policy denies: over a record, however it is asked.
        for object in ["ledger/a", "reviews/a"] {
            assert_eq!(scene.object(function, "PUT", object, &[]), "AccessDenied", "{function} PUT {object}");
        }
    }
    assert_eq!(scene.object("retire-keys", "PUT", "ledger/a", &new), "PreconditionFailed");
}

#[test]
fn no_role_sends_to_another_bus_uses_the_key_by_itself_or_calls_another_function() {
    let scene = Scene::new();
    for function in FUNCTIONS.map(|function| function.name) {
        assert_eq!(scene.event(function, "default"), "200", "{function}");
        assert_eq!(scene.event(function, "other"), DENIED, "{function}");
        let policy = scene.0.policy(function);
        let key = policy.grants().into_iter().find(|grant| grant.action == "kms:Decrypt").unwrap().resource;
        let decrypt = |via: Option<&str>| {
            let question = Question::new("kms:Decrypt", &key).with_any("kms:ViaService", via);
            matches!(policy.judge(&question), Verdict::Allowed(_))
        };
        assert!(decrypt(Some("secretsmanager.us-east-1.amazonaws.com")), "{function}");
        for via in [None, Some("ec2.us-east-1.amazonaws.com"), Some("secretsmanager.eu-west-1.amazonaws.com")] {
            assert!(!decrypt(via), "{function} {via:?}");
        }
        let own = |name: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:keys-{name}");
        for (action, resource) in [
            ("lambda:InvokeFunction", own("retire-keys")),
            ("lambda:InvokeFunction", own("revoke-key")),
            ("lambda:InvokeFunction", own("audit-keys")),
            ("lambda:UpdateFunctionCode", own("rotate-client-key")),
            ("kms:ScheduleKeyDeletion", key.clone()),
            ("kms:Encrypt", key.clone()),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/admin".to_owned()),
            ("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin".to_owned()),
            ("s3:PutBucketPolicy", "arn:aws:s3:::evidence".to_owned()),
            ("s3:GetObject", "arn:aws:s3:::another/ledger/a".to_owned()),
            ("s3:ListBucket", "arn:aws:s3:::another".to_owned()),
            ("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/other:*".to_owned()),
            (
                "logs:DeleteLogGroup",
                format!("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/keys-{function}:*"),
            ),
        ] {
            let verdict = policy.judge(&Question::new(action, &resource));
            assert!(!matches!(verdict, Verdict::Allowed(_)), "{function} {action} {resource}");
        }
        let invokes = policy.judge(&Question::new("lambda:InvokeFunction", own("rotate-client-key")));
        assert_eq!(matches!(invokes, Verdict::Allowed(_)), function == "revoke-key", "{function}");
    }
}
