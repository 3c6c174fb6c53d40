//! The page about the roles says what the template grants, and all of it.

use integration_tests::roles::{FUNCTIONS, Row, TOKENS, roles_page};
use integration_tests::template::{Stack, Template};

/// The template with the names of parameters in the place of their values.
fn stack() -> Stack {
    let parameter = |name: &str| format!("arn:aws:service:us-east-1:123456789012:{name}");
    let named: Vec<(&str, String)> =
        TOKENS.into_iter().chain(["KmsKeyArn"]).map(|name| (name, parameter(name))).collect();
    let mut parameters: Vec<(&str, &str)> = named.iter().map(|(name, value)| (*name, value.as_str())).collect();
    parameters.extend([("SentryOrganization", "acme"), ("ManagedSecretNamePrefix", "ManagedSecretNamePrefix")]);
    let template = Template::shipped().unwrap();
    Stack::new(&template, "STACK", &parameters, &[("EvidenceBucket", "EvidenceBucket")]).unwrap()
}

#[test]
fn every_grant_of_the_template_has_a_row_and_every_row_a_grant() {
    let stack = stack();
    assert_eq!(stack.functions(), FUNCTIONS.map(|function| function.id));
    for function in &FUNCTIONS {
        let policy = stack.policy_of(function.id).unwrap();
        let granted = policy.grants().into_iter().map(|grant| {
            let on = grant.resource.splitn(6, ':').last().unwrap().to_owned();
            format!("{} {} {on}", grant.sid, grant.action)
        });
        let rows = function.rows.iter().map(|Row { sid, action, on, .. }| format!("{sid} {action} {on}"));
        assert_eq!(granted.collect::<Vec<_>>(), rows.collect::<Vec<_>>(), "{}: template and table", function.name);
    }
}

#[test]
fn the_committed_page_is_fresh() {
    let committed = include_str!("../../../docs/roles.md");
    assert!(committed == roles_page(), "docs/roles.md is not what the code says: run scripts/generate.sh");
}
