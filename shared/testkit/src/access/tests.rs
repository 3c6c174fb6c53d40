//! What IAM's documentation says, case by case.

use serde_json::{Value, json};

use super::pattern::{fits, fits_action, fits_resource};
use super::{Access, Policy, Question, Verdict};
use crate::http::Request;

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/web-AbCdEf";

/// A request that is signed with this access key, as the stand-ins see it.
pub(crate) fn signed(key: &str) -> Request {
    let mut headers = http::HeaderMap::new();
    let scope = "20260101/us-east-1/secretsmanager/aws4_request";
    let signature = format!("AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=host, Signature=0");
    headers.insert("authorization", signature.parse().unwrap());
    let (path, body) = ("/".to_owned(), bytes::Bytes::new());
    Request { method: http::Method::POST, path, query: Vec::new(), headers, body }
}

pub(crate) fn policy(statements: &Value) -> Policy {
    Policy::read(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn unreadable(statement: &Value) -> String {
    Policy::read(&json!({"Version": "2012-10-17", "Statement": [statement]})).unwrap_err().to_string()
}

fn allows(condition: &Value, question: &Question) -> bool {
    let statement = json!([{"Sid": "It", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
    matches!(policy(&statement).judge(question), Verdict::Allowed(_))
}

fn asked() -> Question {
    Question::new("secretsmanager:GetSecretValue", SECRET)
}

#[test]
fn an_asterisk_is_anything_and_a_question_mark_is_one() {
    for (pattern, text) in
        [("*", ""), ("a*c", "abbc"), ("a*c", "ac"), ("*b*b*", "abab"), ("a?c", "abc"), ("??", "ab"), ("a*?", "ab")]
    {
        assert!(fits(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [("", "a"), ("a", ""), ("a*c", "abd"), ("a?c", "ac"), ("A", "a"), ("*b", "ba"), ("?", "")] {
        assert!(!fits(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn the_case_of_an_action_does_not_matter_and_that_of_a_resource_does() {
    assert!(fits_action("S3:get*", "s3:GetObject"));
    assert!(!fits_action("s3:Get*", "s3:PutObject"));
    assert!(fits_resource("arn:aws:s3:::evidence/ledger/*", "arn:aws:s3:::evidence/ledger/a/b.json"));
    assert!(!fits_resource("arn:aws:s3:::evidence/ledger/*", "arn:aws:s3:::evidence/Ledger/a"));
}

#[test]
fn a_wildcard_does_not_reach_from_one_part_of_an_arn_into_the_next() {
    assert!(fits_resource("*", SECRET));
    assert!(fits_resource("arn:aws:secretsmanager:*:123456789012:secret:acme/*", SECRET));
    assert!(fits_resource("arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/web-??????", SECRET));
    for wrong in [
        "arn:aws:secretsmanager:*:secret:acme/web-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:*",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/web",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/web-?????",
    ] {
        assert!(!fits_resource(wrong, SECRET), "{wrong}");
    }
}

#[test]
fn nothing_is_allowed_by_itself_and_a_statement_that_denies_wins_wherever_it_stands() {
    let allow = json!({"Sid": "Yes", "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"});
    let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": SECRET});
    assert_eq!(Policy::default().judge(&asked()), Verdict::NotAllowed);
    assert_eq!(policy(&json!([deny])).judge(&asked()), Verdict::Denied("No".to_owned()));
    let Verdict::Allowed(grant) = policy(&json!([allow])).judge(&asked()) else { panic!() };
    assert_eq!(grant.sid, "Yes");
    for both in [json!([allow, deny]), json!([deny, allow])] {
        assert_eq!(policy(&both).judge(&asked()), Verdict::Denied("No".to_owned()));
    }
    let other = Question::new("secretsmanager:DescribeSecret", SECRET);
    assert!(matches!(policy(&json!([allow, deny])).judge(&other), Verdict::Allowed(_)));
}

#[test]
fn all_but_some_actions_can_be_denied_and_not_be_allowed() {
    let deny = json!({"Sid": "No", "Effect": "Deny", "NotAction": ["s3:GetObject", "s3:List*"], "Resource": "*"});
    let policy = policy(&json!([deny, {"Sid": "Yes", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]));
    let judge = |action: &str| policy.judge(&Question::new(action, "arn:aws:s3:::evidence/x"));
    assert!(matches!(judge("s3:GetObject"), Verdict::Allowed(_)));
    assert!(matches!(judge("s3:ListBucket"), Verdict::Allowed(_)));
    assert!(matches!(judge("s3:DeleteObject"), Verdict::Denied(_)));
    let allow = json!({"Sid": "X", "Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"});
    assert!(unreadable(&allow).contains("NotAction"));
}

#[test]
fn each_action_on_each_resource_is_a_grant_that_can_be_taken_away_alone() {
    let policy = policy(
        &json!({"Sid": "S", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::b/x/*", "arn:aws:s3:::b/y"]}),
    );
    let grants = policy.grants();
    let texts: Vec<String> = grants.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "S: s3:GetObject on arn:aws:s3:::b/x/*",
            "S: s3:PutObject on arn:aws:s3:::b/x/*",
            "S: s3:GetObject on arn:aws:s3:::b/y",
            "S: s3:PutObject on arn:aws:s3:::b/y",
        ]
    );
    for gone in &grants {
        let less = policy.without(gone);
        assert_eq!(less.grants().len(), 3);
        for grant in &grants {
            let question = Question::new(&grant.action, grant.resource.replace('*', "1"));
            assert_eq!(matches!(less.judge(&question), Verdict::Allowed(_)), grant != gone, "{grant} without {gone}");
        }
    }
}

#[test]
fn a_key_that_is_not_there_fails_what_asks_for_a_value_and_passes_what_forbids_one() {
    let key = "secretsmanager:ResourceTag/sentry:kind";
    let tagged = asked().with(key, "client-key");
    for (operator, with, without) in [
        ("StringEquals", true, false),
        ("StringLike", true, false),
        ("ForAnyValue:StringEquals", true, false),
        ("ForAllValues:StringEquals", true, true),
        ("StringNotEquals", false, true),
        ("StringNotLike", false, true),
    ] {
        let condition = json!({operator: {key: ["other", "client-key"]}});
        assert_eq!(allows(&condition, &tagged), with, "{operator}");
        assert_eq!(allows(&condition, &asked()), without, "{operator}");
    }
}

#[test]
fn names_of_keys_know_no_case_and_values_do() {
    let question = asked().with("SecretsManager:ResourceTag/Sentry:Kind", "client-key");
    assert!(allows(&json!({"StringEquals": {"secretsmanager:resourcetag/sentry:kind": "client-key"}}), &question));
    assert!(!allows(&json!({"StringEquals": {"secretsmanager:resourcetag/sentry:kind": "Client-Key"}}), &question));
    assert!(!allows(&json!({"StringEquals": {"secretsmanager:resourcetag/sentry:kind": "client-*"}}), &question));
    assert!(allows(&json!({"StringLike": {"secretsmanager:resourcetag/sentry:kind": "client-*"}}), &question));
}

#[test]
fn several_values_need_an_operator_that_says_how_many_must_fit() {
    let key = "secretsmanager:VersionStage";
    let both = asked().with(key, "AWSPENDING").with(key, "AWSCURRENT");
    assert!(allows(&json!({"ForAnyValue:StringEquals": {key: "AWSPENDING"}}), &both));
    assert!(!allows(&json!({"ForAllValues:StringEquals": {key: "AWSPENDING"}}), &both));
    assert!(allows(&json!({"ForAllValues:StringLike": {key: "AWS*"}}), &both));
    assert!(!allows(&json!({"StringEquals": {key: "AWSPENDING"}}), &both));
}

#[test]
fn all_operators_and_all_keys_must_hold() {
    let question = asked().with("kms:ViaService", "a").with("secretsmanager:SecretId", "b");
    let condition = |via: &str, id: &str, stage: &str| {
        json!({"StringEquals": {"kms:ViaService": via, "secretsmanager:SecretId": id},
            "Null": {"secretsmanager:VersionStage": stage}})
    };
    assert!(allows(&condition("a", "b", "true"), &question));
    for (via, id, stage) in [("x", "b", "true"), ("a", "x", "true"), ("a", "b", "false")] {
        assert!(!allows(&condition(via, id, stage), &question), "{via} {id} {stage}");
    }
}

#[test]
fn truth_values_arns_and_absence_are_compared_as_what_they_are() {
    let key = "secretsmanager:RotationLambdaARN";
    let secure = asked().with("aws:SecureTransport", "true").with(key, "arn:aws:lambda:us-east-1:1:function:f");
    for (condition, holds) in [
        (json!({"Bool": {"aws:SecureTransport": true}}), true),
        (json!({"Bool": {"aws:SecureTransport": "False"}}), false),
        (json!({"ArnLike": {key: "arn:aws:lambda:*:1:function:*"}}), true),
        (json!({"ArnEquals": {key: "arn:aws:lambda:*:function:f"}}), false),
        (json!({"ArnNotLike": {key: "arn:aws:lambda:*:2:function:f"}}), true),
        (json!({"Null": {key: "false"}}), true),
        (json!({"Null": {key: "true"}}), false),
    ] {
        assert_eq!(allows(&condition, &secure), holds, "{condition}");
    }
    assert!(!allows(&json!({"Bool": {"aws:SecureTransport": "false"}}), &asked()), "without the key nothing is known");
}

#[test]
fn what_is_not_known_makes_a_policy_unreadable() {
    let with = |name: &str, value: Value| {
        let mut statement = json!({"Sid": "It", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        statement[name] = value;
        statement
    };
    for (statement, named) in [
        (with("Effect", json!("Maybe")), "Effect"),
        (with("Sid", json!("")), "Sid"),
        (with("Action", json!([])), "It"),
        (with("Resource", json!([{"Ref": "x"}])), "It"),
        (with("NotResource", json!("*")), "NotResource"),
        (with("Principal", json!("*")), "Principal"),
        (with("Condition", json!({"StringEqualsIgnoreCase": {"s3:prefix": "x"}})), "StringEqualsIgnoreCase"),
        (with("Condition", json!({"StringEqualsIfExists": {"s3:prefix": "x"}})), "StringEqualsIfExists"),
        (with("Condition", json!({"ForSomeValue:StringEquals": {"s3:prefix": "x"}})), "ForSomeValue"),
        (with("Condition", json!({"StringEquals": {"aws:SourceVpce": "x"}})), "aws:SourceVpce"),
        (with("Condition", json!({"StringEquals": {"secretsmanager:ResourceTag/": "x"}})), "ResourceTag/"),
        (with("Condition", json!({"StringEquals": {"s3:prefix": "${aws:username}"}})), "s3:prefix"),
    ] {
        let error = unreadable(&statement);
        assert!(error.contains(named), "{error}");
    }
    let old = json!({"Version": "2008-10-17", "Statement": []});
    assert!(Policy::read(&old).unwrap_err().to_string().contains("Version"));
}

#[test]
fn of_a_resources_policy_counts_what_names_the_principal_or_everybody() {
    let role = "arn:aws:iam::123456789012:role/retire";
    let statement = |principal: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "No", "Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": "*"}]})
    };
    let denies = |principal: Value| {
        let policy = Policy::read_about(&statement(principal), role).unwrap();
        matches!(policy.judge(&Question::new("s3:GetObject", "arn:aws:s3:::b/x")), Verdict::Denied(_))
    };
    assert!(denies(json!("*")));
    assert!(denies(json!({"AWS": ["arn:aws:iam::123456789012:role/other", role]})));
    assert!(!denies(json!({"AWS": "arn:aws:iam::123456789012:role/other"})));
    assert!(!denies(json!({"Service": "events.amazonaws.com"})));
    assert!(Policy::read_about(&statement(json!({"Federated": "x"})), role).is_err());
}

#[test]
fn a_role_is_known_by_its_access_key_and_whoever_has_none_is_not_limited() {
    let access = Access::new();
    let key = access.add_role(
        "retire",
        policy(&json!([
        {"Sid": "Get", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}])),
    );
    let describe = || Question::new("secretsmanager:DescribeSecret", SECRET);
    assert_eq!(access.ask(&signed(&key), asked()), Ok(()));
    assert_eq!(access.ask(&signed("ASIATESTKITTESTKIT00"), describe()), Ok(()));
    let denial = access.ask(&signed(&key), describe()).unwrap_err();
    assert_eq!(
        denial.message(""),
        format!(
            "User: arn:aws:sts::123456789012:assumed-role/retire/retire is not authorized to perform: \
             secretsmanager:DescribeSecret on resource: {SECRET} because no identity-based policy allows the \
             secretsmanager:DescribeSecret action"
        )
    );
    assert_eq!(access.used(&key).len(), 1);
    assert_eq!(access.refused(&key), [describe()]);
    access.set_policy(&key, Policy::default());
    assert!(access.ask(&signed(&key), asked()).is_err());
}
