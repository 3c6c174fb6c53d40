//! moto's IAM reads the roles of the template as our evaluator does.
//!
//! What moto can be asked: actions, `*` in resources, denial by default. Its server asks IAM with the resource `*` for every
//! service but S3, so that calls to the server are compared for S3 and for `ListSecrets` alone; everything else is put to its
//! reading of the policy. Conditions cannot be compared: moto takes one that does not hold for a denial, where AWS takes the
//! statement for one that says nothing. They are taken out here, and are the business of `testkit`'s own tests.

use std::collections::BTreeSet;

use integration_tests::roles::{FUNCTIONS, TOKENS};
use integration_tests::template::{Stack, Template};
use serde_json::{Map, Value, json};
use testkit::access::{Policy, Question, Verdict};

use crate::python::Python;

const BUCKET: &str = "evidence";

fn stack() -> Stack {
    let token = |name: &str| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf");
    let tokens = TOKENS.map(|name| (name, token(name)));
    let mut parameters: Vec<(&str, &str)> = tokens.iter().map(|(name, arn)| (*name, arn.as_str())).collect();
    parameters.extend([
        ("SentryOrganization", "acme"),
        ("ManagedSecretNamePrefix", "acme/"),
        ("KmsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/1234abcd"),
    ]);
    Stack::new(&Template::shipped().unwrap(), "keys", &parameters, &[("EvidenceBucket", BUCKET)]).unwrap()
}

/// A role's policy without its conditions.
fn unconditional(stack: &Stack, function: &str) -> Value {
    let mut documents = stack.documents_of(function).unwrap();
    assert_eq!(documents.len(), 1, "{function}");
    let mut document = documents.remove(0);
    for statement in document["Statement"].as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("Condition");
    }
    document
}

fn allows(policy: &Policy, action: &str, resource: &str) -> bool {
    matches!(policy.judge(&Question::new(action, resource)), Verdict::Allowed(_))
}

#[test]
fn moto_reads_every_role_as_our_evaluator_does() {
    let stack = stack();
    let documents: Vec<(&str, Value)> =
        FUNCTIONS.iter().map(|function| (function.name, unconditional(&stack, function.id))).collect();
    let policies: Vec<(&str, Policy)> =
        documents.iter().map(|(name, document)| (*name, Policy::read(document).unwrap())).collect();
    let by_name: Map<String, Value> = documents.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
    let mut moto = Python::start("roles_host.py");
    moto.ask(&json!({"documents": by_name, "bucket": BUCKET}));

    // What any role is granted, and what none is, is asked of every role.
    let mut questions: BTreeSet<(String, String)> = BTreeSet::new();
    for (_, policy) in &policies {
        for grant in policy.grants() {
            for resource in [grant.resource.replace('*', "x"), grant.resource.replace("acme/", "shop/"), "*".to_owned()]
            {
                questions.insert((grant.action.clone(), resource));
            }
            questions.insert((
                grant.action.replace(":Get", ":Delete").replace(":Put", ":Delete"),
                grant.resource.replace('*', "x"),
            ));
        }
    }
    let (mut allowed, mut wrong) = (0, Vec::new());
    for (name, policy) in &policies {
        for (action, resource) in &questions {
            let ours = allows(policy, action, resource);
            let theirs = moto.ask(&json!({"role": name, "action": action, "resource": resource}))["allowed"] == true;
            allowed += usize::from(ours);
            if ours != theirs {
                wrong.push(format!("{name} {action} {resource}: we say {ours}, moto {theirs}"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(allowed > 50 && allowed < questions.len() * policies.len(), "{allowed} of {}", questions.len());

    let mut calls = vec![("secretsmanager:ListSecrets", "", "*".to_owned())];
    calls.push(("s3:ListBucket", "", format!("arn:aws:s3:::{BUCKET}")));
    for key in
        ["ledger/a", "reviews/a", "runs/retire-keys/a", "state/retire-keys.json", "state/audit-keys.json", "elsewhere"]
    {
        for action in ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] {
            calls.push((action, key, format!("arn:aws:s3:::{BUCKET}/{key}")));
        }
    }
    for (name, policy) in &policies {
        for (call, key, resource) in &calls {
            let theirs = moto.ask(&json!({"role": name, "call": call, "key": key}))["allowed"] == true;
            assert_eq!(allows(policy, call, resource), theirs, "{name} {call} {key}");
        }
    }
}
