//! Who may do what, with the context that the service gives to conditions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{code, rotating};
use crate::access::Access;
use crate::access::tests::{policy, signed};
use crate::secrets_manager::SecretsManager;
use crate::secrets_manager::wire::ServiceError;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";

struct Role {
    manager: Arc<SecretsManager>,
    access: Arc<Access>,
    key: String,
}

impl Role {
    fn of(manager: &Arc<SecretsManager>, statements: &Value) -> Self {
        let access = Access::new();
        manager.enforce(&access);
        let key = access.add_role("role", policy(statements));
        Self { manager: Arc::clone(manager), access, key }
    }

    fn call(&self, action: &str, body: Value) -> Result<Value, ServiceError> {
        self.manager.carry_out(&signed(&self.key), action, body)
    }
}

fn allow(actions: &Value, condition: &Value) -> Value {
    json!({"Sid": "It", "Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition})
}

const DENIED: &str = "AccessDeniedException";

#[test]
fn a_secret_is_known_by_its_rotation_function_and_by_its_tags() {
    let (manager, arn, _, _) = rotating();
    let describe = || json!({"SecretId": arn});
    let function = json!({"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": FUNCTION}});
    let role = Role::of(&manager, &json!([allow(&json!("secretsmanager:DescribeSecret"), &function)]));
    assert_eq!(code(role.call("DescribeSecret", describe())), DENIED);
    manager.set_rotation_lambda(&arn, &format!("{FUNCTION}-2"));
    assert_eq!(code(role.call("DescribeSecret", describe())), DENIED);
    manager.set_rotation_lambda(&arn, FUNCTION);
    role.call("DescribeSecret", describe()).unwrap();
    for key in ["secretsmanager:ResourceTag/sentry:kind", "aws:ResourceTag/sentry:kind"] {
        let tagged = json!({"StringEquals": {key: "client-key"}});
        role.access.set_policy(&role.key, policy(&json!([allow(&json!("secretsmanager:DescribeSecret"), &tagged)])));
        role.call("DescribeSecret", describe()).unwrap();
        manager.set_tags(&arn, &[("sentry:kind", "token")]);
        assert_eq!(code(role.call("DescribeSecret", describe())), DENIED);
        manager.set_tags(&arn, &[("sentry:kind", "client-key")]);
    }
}

#[test]
fn a_label_that_a_call_names_is_in_the_context_and_a_refusal_changes_nothing() {
    let (manager, arn, current, token) = rotating();
    let pending = json!({"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSPENDING"}});
    let role = Role::of(&manager, &json!([allow(&json!("secretsmanager:UpdateSecretVersionStage"), &pending)]));
    let before = manager.versions(&arn);
    let take = |stage: &str, from: &str, to: Option<&str>| json!({"SecretId": arn, "VersionStage": stage, "RemoveFromVersionId": from, "MoveToVersionId": to});
    let moved = role.call("UpdateSecretVersionStage", take("AWSCURRENT", &current, Some(&token)));
    assert_eq!(code(moved), DENIED);
    assert_eq!(manager.versions(&arn), before);
    role.call("UpdateSecretVersionStage", take("AWSPENDING", &token, None)).unwrap();
}

#[test]
fn values_of_an_encrypted_secret_need_the_key_by_way_of_the_service() {
    let (manager, arn, _, token) = rotating();
    manager.set_kms_key(&arn, KEY);
    let secrets = allow(&json!("secretsmanager:*"), &json!({}));
    let key = |action: &str, via: &str| {
        let condition = json!({"StringEquals": {"kms:ViaService": via, "kms:EncryptionContext:SecretARN": arn}});
        let mut statement = allow(&json!(action), &condition);
        statement["Sid"] = action.into();
        statement
    };
    let service = "secretsmanager.us-east-1.amazonaws.com";
    let get = || json!({"SecretId": arn});
    let put = || json!({"SecretId": arn, "ClientRequestToken": token, "SecretString": "new", "VersionStages": ["AWSPENDING"]});
    let role = Role::of(&manager, &json!([secrets, key("kms:Decrypt", "s3.us-east-1.amazonaws.com")]));
    let error = role.call("GetSecretValue", get()).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (DENIED, "Access to KMS is not allowed"));
    // What has no value is not decrypted.
    let pending = json!({"SecretId": arn, "VersionId": token});
    assert_eq!(code(role.call("GetSecretValue", pending)), "ResourceNotFoundException");
    role.call("DescribeSecret", get()).unwrap();
    role.access.set_policy(&role.key, policy(&json!([secrets, key("kms:Decrypt", service)])));
    role.call("GetSecretValue", get()).unwrap();
    assert_eq!(code(role.call("PutSecretValue", put())), DENIED);
    assert_eq!(manager.value_of(&arn, &token), None);
    let both = [secrets.clone(), key("kms:Decrypt", service), key("kms:GenerateDataKey", service)];
    role.access.set_policy(&role.key, policy(&json!(both)));
    role.call("PutSecretValue", put()).unwrap();
}

#[test]
fn whoever_starts_a_rotation_must_be_allowed_to_call_its_function() {
    let (manager, arn, _, token) = rotating();
    manager.complete_rotation(&arn, &token);
    manager.set_stage(&arn, "AWSPENDING", None);
    manager.set_rotation_lambda(&arn, FUNCTION);
    let rotate = json!({"Sid": "R", "Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": arn});
    let invoke = json!({"Sid": "I", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION});
    let role = Role::of(&manager, &json!([rotate]));
    let error = role.call("RotateSecret", json!({"SecretId": arn})).unwrap_err();
    assert!(error.message.contains("lambda:InvokeFunction on resource: arn:aws:lambda"), "{}", error.message);
    role.access.set_policy(&role.key, policy(&json!([rotate, invoke])));
    let other = json!({"SecretId": arn, "RotationLambdaARN": format!("{FUNCTION}-2")});
    assert_eq!(code(role.call("RotateSecret", other)), DENIED);
    assert_eq!(manager.version_at(&arn, "AWSPENDING"), None);
    role.call("RotateSecret", json!({"SecretId": arn})).unwrap();
}

#[test]
fn a_secret_that_is_not_there_is_told_to_whoever_may_ask_for_such_a_name_alone() {
    let (manager, arn, _, _) = rotating();
    let named = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/*";
    let statement =
        json!({"Sid": "D", "Effect": "Allow", "Action": "secretsmanager:DescribeSecret", "Resource": named});
    let role = Role::of(&manager, &json!([statement]));
    role.call("DescribeSecret", json!({"SecretId": "app/dsn"})).unwrap();
    role.call("DescribeSecret", json!({"SecretId": arn})).unwrap();
    for (id, expected) in [
        ("app/none", "ResourceNotFoundException"),
        ("other/none", DENIED),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/none-AbCdEf", "ResourceNotFoundException"),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:other/none-AbCdEf", DENIED),
    ] {
        assert_eq!(code(role.call("DescribeSecret", json!({"SecretId": id}))), expected, "{id}");
    }
    assert_eq!(code(role.call("ListSecrets", json!({}))), DENIED);
}
