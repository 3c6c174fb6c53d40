//! The template's functions one by one, and the shipped template as a whole.

use serde_json::json;
use testkit::access::{Question, Verdict};

use super::{Stack, Template};

const SMALL: &str = r#"
Parameters:
  Key: { Type: String, Default: "" }
  Days: { Type: Number, Default: 0 }
Conditions:
  HasKey: !Not [!Equals [!Ref Key, ""]]
  Locks: !Not [!Equals [!Ref Days, 0]]
Resources:
  Bucket: { Type: "AWS::S3::Bucket" }
  Role: { Type: "AWS::IAM::Role", Properties: { Policies: POLICIES } }
  Function:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: !Sub "${AWS::StackName}-f", Role: !GetAtt Role.Arn, Environment: { Variables: VARIABLES } }
"#;

fn small(policies: &str, variables: &str, parameters: &[(&str, &str)]) -> Stack {
    let text = SMALL.replace("POLICIES", policies).replace("VARIABLES", variables);
    Stack::new(&Template::read(&text).unwrap(), "keys", parameters, &[("Bucket", "evidence")]).unwrap()
}

fn variable(value: &str, parameters: &[(&str, &str)]) -> Option<String> {
    let stack = small("[]", &format!("{{ V: {value} }}"), parameters);
    stack.variables("Function").unwrap().remove("V")
}

#[test]
fn functions_give_what_cloudformation_gives() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(variable("plain", &[]), some("plain"));
    assert_eq!(variable("!Ref Key", &[("Key", "k")]), some("k"));
    assert_eq!(variable("!Ref Bucket", &[]), some("evidence"));
    assert_eq!(variable("!GetAtt Bucket.Arn", &[]), some("arn:aws:s3:::evidence"));
    assert_eq!(variable("!GetAtt Function.Arn", &[]), some("arn:aws:lambda:us-east-1:123456789012:function:keys-f"));
    assert_eq!(
        variable("!Sub '${Bucket.Arn}/${Key}/*${!Key}'", &[("Key", "k")]),
        some("arn:aws:s3:::evidence/k/*${Key}")
    );
    for (key, expected) in [("", None), ("k", some("k"))] {
        assert_eq!(variable("!If [HasKey, !Ref Key, !Ref AWS::NoValue]", &[("Key", key)]), expected);
    }
    for (days, expected) in [("0", "no"), ("7", "yes")] {
        assert_eq!(variable("!If [Locks, 'yes', 'no']", &[("Days", days)]), some(expected));
    }
}

#[test]
fn what_cannot_be_resolved_is_named() {
    let error =
        |value: &str| small("[]", &format!("{{ V: {value} }}"), &[]).variables("Function").unwrap_err().to_string();
    for (value, named) in [
        ("!Ref Nothing", "Nothing"),
        ("!GetAtt Bucket.DomainName", "DomainName"),
        ("!Sub '${Nothing}'", "Nothing"),
        ("!Sub '${Key'", "${Key"),
        ("!If [Nothing, a, b]", "Nothing"),
        ("!If [HasKey, a]", "HasKey"),
        ("7", "V"),
        ("{ 'Fn::Join': ['', [a]] }", "Fn::Join"),
    ] {
        let error = error(value);
        assert!(error.contains(named), "{value}: {error}");
    }
    let tag = Template::read("A: !Cidr [a, b]").unwrap_err().to_string();
    assert!(tag.contains("!Cidr"), "{tag}");
    let template = Template::read("Parameters: { P: { Type: String } }").unwrap();
    let missing = Stack::new(&template, "keys", &[], &[]).unwrap_err().to_string();
    assert!(missing.contains('P'), "{missing}");
    let unknown = Stack::new(&template, "keys", &[("P", "x"), ("Q", "x")], &[]).unwrap_err().to_string();
    assert!(unknown.contains('Q'), "{unknown}");
}

#[test]
fn a_statement_that_is_not_there_grants_nothing_and_one_that_is_not_understood_is_an_error() {
    let statement = |condition: &str| {
        format!(
            "[{{ PolicyName: p, PolicyDocument: {{ Version: '2012-10-17', Statement: [!If [HasKey, {{ Sid: S, Effect: Allow, \
             Action: 'kms:Decrypt', Resource: !Ref Key, {condition} }}, !Ref 'AWS::NoValue']] }} }}]"
        )
    };
    let plain = statement("Condition: { StringEquals: { 'kms:ViaService': !Sub 's3.${AWS::Region}.amazonaws.com' } }");
    assert_eq!(small(&plain, "{}", &[]).policy_of("Function").unwrap().grants(), []);
    let policy = small(&plain, "{}", &[("Key", "arn:aws:kms:us-east-1:1:key/k")]).policy_of("Function").unwrap();
    let question = Question::new("kms:Decrypt", "arn:aws:kms:us-east-1:1:key/k");
    assert_eq!(policy.judge(&question), Verdict::NotAllowed);
    assert!(matches!(
        policy.judge(&question.with("kms:ViaService", "s3.us-east-1.amazonaws.com")),
        Verdict::Allowed(_)
    ));
    let strange =
        small(&statement("Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }"), "{}", &[("Key", "k")]);
    let error = strange.policy_of("Function").unwrap_err().to_string();
    assert!(error.contains("IpAddress") && error.contains("Role"), "{error}");
}

#[test]
fn a_grant_beside_the_role_is_an_error() {
    for (from, to, named) in [
        ("Policies: POLICIES", "ManagedPolicyArns: [x]", "ManagedPolicyArns"),
        ("Role: !GetAtt Role.Arn,", "Role: !GetAtt Role.Arn, Policies: [x],", "Policies"),
        ("Role: !GetAtt Role.Arn,", "Role: 'arn:aws:iam::1:role/x',", "Function"),
    ] {
        let text = SMALL.replace(from, to).replace("POLICIES", "[]").replace("VARIABLES", "{}");
        let stack = Stack::new(&Template::read(&text).unwrap(), "keys", &[], &[]).unwrap();
        let error = stack.policy_of("Function").unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn the_shipped_template_gives_four_functions_their_variables_and_policies() {
    let token = |name: &str| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf");
    let tokens = ["rotation", "retirement", "revocation", "audit"].map(token);
    let parameters = [
        ("SentryOrganization", "acme"),
        ("RotationAuthSecretArn", tokens[0].as_str()),
        ("RetirementAuthSecretArn", tokens[1].as_str()),
        ("RevocationAuthSecretArn", tokens[2].as_str()),
        ("AuditAuthSecretArn", tokens[3].as_str()),
    ];
    let stack =
        Stack::new(&Template::shipped().unwrap(), "keys", &parameters, &[("EvidenceBucket", "evidence")]).unwrap();
    assert_eq!(
        stack.functions(),
        ["RotateClientKeyFunction", "RetireKeysFunction", "RevokeKeyFunction", "AuditKeysFunction"]
    );
    for (function, token) in stack.functions().iter().zip(&tokens) {
        let variables = stack.variables(function).unwrap();
        assert_eq!(json!(variables.get("SENTRY_AUTH_SECRET_ID")), json!(token), "{function}");
        assert!(!variables.contains_key("SENTRY_DELETE_AUTH_SECRET_ID"), "{function}");
        let policy = stack.policy_of(function).unwrap();
        let question = Question::new("secretsmanager:GetSecretValue", token);
        assert!(matches!(policy.judge(&question), Verdict::Allowed(_)), "{function}");
        let sids: Vec<String> = policy.grants().into_iter().map(|grant| grant.sid).collect();
        assert!(sids.contains(&"OwnLogs".to_owned()) && !sids.contains(&"KeyOfTheSecrets".to_owned()), "{sids:?}");
    }
}
