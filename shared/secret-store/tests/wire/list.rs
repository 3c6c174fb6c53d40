//! Every secret, page by page.

use secret_store::{Kind, ListedSecret, RotationRules, Stage};
use serde_json::{Value, json};

use crate::service::{ARN, CURRENT, PENDING, answer, asked, refusal, script, strict};

fn page(secrets: &[&str], next: Option<&str>) -> Value {
    let secrets: Vec<Value> =
        secrets.iter().map(|name| json!({"ARN": format!("{ARN}/{name}"), "Name": name})).collect();
    match next {
        Some(next) => json!({"SecretList": secrets, "NextToken": next}),
        None => json!({"SecretList": secrets}),
    }
}

fn names(page: Vec<ListedSecret>) -> Vec<String> {
    page.into_iter().map(|secret| secret.name).collect()
}

#[tokio::test]
async fn everything_that_is_said_is_read() {
    let (server, store) = script([answer(&json!({"SecretList": [
        {
            "ARN": ARN, "Name": "app/dsn", "RotationEnabled": true, "PrimaryRegion": "eu-west-1",
            "RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:rotate",
            "DeletedDate": 1_796_000_000.5, "LastRotatedDate": 1_795_000_000.25, "Tags": [{"Key": "sentry:kind", "Value": "client-key"}],
            "SecretVersionsToStages": {CURRENT: ["AWSCURRENT"], PENDING: ["AWSPREVIOUS"]},
            "CreatedDate": 1_700_000_000.5, "LastChangedDate": 1_795_000_001.75, "LastAccessedDate": 1_794_960_000.0,
            "NextRotationDate": 1_802_822_399.0, "KmsKeyId": "alias/app",
            "RotationRules": {"AutomaticallyAfterDays": 90, "Duration": "4h", "ScheduleExpression": "rate(90 days)"},
        },
        {"ARN": format!("{ARN}2"), "Name": "bare"},
    ]}))]);
    let mut pages = store.secrets();
    let found = pages.next().await.unwrap().unwrap();
    assert_eq!(found[0].version_at(Stage::Current), Some(CURRENT));
    assert!(found[0].has_stage(PENDING, Stage::Previous));
    let expected = [
        ListedSecret {
            arn: ARN.to_owned(),
            name: "app/dsn".to_owned(),
            tags: [("sentry:kind".to_owned(), "client-key".to_owned())].into(),
            stages: [
                (CURRENT.to_owned(), vec!["AWSCURRENT".to_owned()]),
                (PENDING.to_owned(), vec!["AWSPREVIOUS".to_owned()]),
            ]
            .into(),
            rotation_enabled: true,
            rotation_function: Some("arn:aws:lambda:us-east-1:123456789012:function:rotate".to_owned()),
            primary_region: Some("eu-west-1".to_owned()),
            last_rotated: Some(1_795_000_000),
            scheduled_for_deletion: true,
            created: Some(1_700_000_000),
            last_changed: Some(1_795_000_001),
            last_accessed: Some(1_794_960_000),
            next_rotation: Some(1_802_822_399),
            rotation_rules: Some(RotationRules {
                automatically_after_days: Some(90),
                schedule: Some("rate(90 days)".to_owned()),
                duration: Some("4h".to_owned()),
            }),
            kms_key: Some("alias/app".to_owned()),
        },
        ListedSecret { arn: format!("{ARN}2"), name: "bare".to_owned(), ..ListedSecret::default() },
    ];
    assert_eq!(found, expected);
    assert!(pages.next().await.is_none());
    let request = json!({"IncludePlannedDeletion": true, "MaxResults": 100});
    assert_eq!(asked(&server), [("ListSecrets".to_owned(), request)]);
}

#[tokio::test]
async fn the_strict_stand_in_is_understood() {
    let (manager, _server, store) = strict();
    let arn = manager.create_secret("app/dsn", Some("value"), &[]);
    let listed = async || store.secrets().next().await.unwrap().unwrap().remove(0);
    let bare = listed().await;
    assert!(bare.created.is_some() && bare.last_changed >= bare.created);
    let unsaid = (bare.last_accessed, bare.next_rotation, bare.rotation_rules, bare.kms_key);
    assert_eq!(unsaid, (None, None, None, None));

    manager.enable_rotation(&arn, true);
    manager.set_created(&arn, 1_700_000_000.5);
    manager.set_last_accessed(&arn, 1_700_092_800.0);
    manager.set_last_rotated(&arn, 1_700_100_000.5);
    manager.set_next_rotation(&arn, 1_702_600_000.0);
    manager.set_rotation_rules(&arn, json!({"AutomaticallyAfterDays": 30}));
    manager.set_kms_key(&arn, "alias/app");
    manager.set_last_changed(&arn, 1_700_200_000.5);
    let full = listed().await;
    let dates = [full.created, full.last_accessed, full.last_rotated, full.next_rotation, full.last_changed];
    assert_eq!(dates, [1_700_000_000, 1_700_092_800, 1_700_100_000, 1_702_600_000, 1_700_200_000].map(Some));
    let monthly = RotationRules { automatically_after_days: Some(30), schedule: None, duration: None };
    assert_eq!((full.rotation_rules, full.kms_key.as_deref()), (Some(monthly), Some("alias/app")));

    store.describe(&arn).await.unwrap();
    assert_eq!(listed().await.last_accessed, Some(1_700_092_800), "a description is no access");
    store.current_value(&arn).await.unwrap();
    let read = listed().await.last_accessed.unwrap();
    assert!(read > 1_700_092_800 && read % 86_400 == 0, "a value that was read is: {read}");
}

#[tokio::test]
async fn one_page_is_asked_for_at_a_time_and_an_empty_one_is_not_the_end() {
    let (server, store) =
        script([page(&["a", "b"], Some("one")), page(&[], Some("two")), page(&["c"], None)].map(|page| answer(&page)));
    let mut pages = store.secrets();
    assert!(server.calls().is_empty());
    assert_eq!(names(pages.next().await.unwrap().unwrap()), ["a", "b"]);
    assert_eq!(server.calls().len(), 1);
    assert_eq!(names(pages.next().await.unwrap().unwrap()), [""; 0]);
    assert_eq!(names(pages.next().await.unwrap().unwrap()), ["c"]);
    assert!(pages.next().await.is_none() && pages.next().await.is_none());
    let tokens: Vec<Value> = asked(&server).into_iter().map(|(_, body)| body["NextToken"].clone()).collect();
    assert_eq!(tokens, [json!(null), json!("one"), json!("two")]);
}

#[tokio::test]
async fn a_failure_ends_the_list_and_does_not_pass_for_its_end() {
    let (server, store) = script([answer(&page(&["a"], Some("one"))), refusal("InternalServiceError")]);
    let mut pages = store.secrets();
    assert!(pages.next().await.unwrap().is_ok());
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.action()), (Kind::Unavailable, "ListSecrets"));
    assert!(pages.next().await.is_none());
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn a_list_that_does_not_go_on_is_a_failure() {
    let (_server, store) = script([page(&["a"], Some("one")), page(&["a"], Some("one"))].map(|page| answer(&page)));
    let mut pages = store.secrets();
    assert!(pages.next().await.unwrap().is_ok());
    assert_eq!(pages.next().await.unwrap().unwrap_err().kind(), Kind::Unavailable);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn a_secret_without_a_name_fails_its_page() {
    for entry in [json!({"ARN": ARN}), json!({"Name": "app/dsn"}), json!({})] {
        let (_server, store) = script([answer(&json!({"SecretList": [entry]}))]);
        assert_eq!(store.secrets().next().await.unwrap().unwrap_err().kind(), Kind::Unavailable);
    }
}

#[tokio::test]
async fn a_role_that_may_not_list_is_denied() {
    let (manager, _server, store) = strict();
    manager.deny("ListSecrets");
    assert_eq!(store.secrets().next().await.unwrap().unwrap_err().kind(), Kind::Denied);
}

#[tokio::test]
async fn more_secrets_than_a_page_holds_are_all_found() {
    let (manager, server, store) = strict();
    let mut made: Vec<String> =
        (0..250).map(|number| manager.create_secret(&format!("app/{number}"), Some("value"), &[])).collect();
    let mut sizes = Vec::new();
    let mut found = Vec::new();
    let mut pages = store.secrets();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.len());
        for secret in page {
            let current = manager.version_at(&secret.arn, "AWSCURRENT");
            assert_eq!(secret.version_at(Stage::Current).map(str::to_owned), current);
            found.push(secret.arn);
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
    made.sort();
    found.sort();
    assert_eq!(found, made);
    assert_eq!(server.call_names(), ["ListSecrets"; 3]);
}
