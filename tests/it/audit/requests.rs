//! What the function is asked for, and what it refuses.

use integration_tests::{Binary, REVIEWED, TIMEOUT};
use serde_json::json;
use testkit::lambda::Invocation;

use super::scene::Scene;

#[test]
fn one_secret_can_be_reviewed_by_name_or_arn() {
    let scene = Scene::spoiled();
    let whole = scene.review();
    let arn = scene.audit.stage.store.create_secret("acme/late", None, &[("sentry:kind", "client-key")]);
    for id in ["acme/billing", arn.as_str()] {
        let reply = scene.reply(&json!({"secret_id": id}));
        assert_eq!(reply["complete"], json!(true), "{reply}");
        let report = scene.audit.report(&reply);
        assert_eq!(report["scope"]["secret_id"], json!(id));
        let secrets = report["inventory"]["secrets"].as_array().unwrap();
        assert_eq!(secrets.len(), 1, "{secrets:?}");
        assert_eq!(report["self"].as_array().unwrap().len(), 2);
    }
    // It is no review of all, and the next one is not compared with it.
    let next = scene.review();
    assert_eq!(next.report["previous"]["review_id"], json!(whole.id()));
    scene.fails(&json!({"secret_id": "acme/nowhere"}), "Event.Invalid");
}

#[test]
fn an_event_of_eventbridge_is_a_reason_to_look_and_nothing_else() {
    let scene = Scene::new();
    let envelope = json!({"version": "0", "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {"secret_id": "x"}});
    assert_eq!(scene.reply(&envelope)["complete"], json!(true));
    for event in [json!([]), json!({"marker": 1}), json!({"sign": {"review_id": "x"}}), json!({"secret_id": 7})] {
        let message = scene.fails(&event, "Event.Invalid");
        assert!(!message.contains("marker"), "{message}");
    }
}

#[test]
fn a_reviewer_signs_a_review_and_nobody_else_does() {
    let scene =
        Scene::with_policy(&format!("{REVIEWED}[review]\nevery = \"90d\"\nreviewers = [\"kim@example.com\"]\n"));
    let review = scene.review();
    let sign =
        |id: &str, by: &str| json!({"sign": {"review_id": id, "by": by, "notes": "seen", "changes": ["revoked one"]}});
    scene.fails(&sign(review.id(), "robin@example.com"), "Audit.NotAReviewer");
    scene.fails(&sign("20200101T000000Z-no", "kim@example.com"), "Audit.ReviewNotFound");
    let first = scene.reply(&sign(review.id(), "kim@example.com"));
    let second = scene.reply(&sign(review.id(), "kim@example.com"));
    assert_eq!(first["signature"], json!(format!("reviews/{}/signatures/1.json", review.id())));
    assert_eq!(second["signature"], json!(format!("reviews/{}/signatures/2.json", review.id())));
    let text = scene.audit.file(review.id(), "signatures/1.json").unwrap();
    assert!(text.contains("kim@example.com") && text.contains("revoked one"), "{text}");
}

#[test]
fn an_overdue_review_is_found_until_somebody_signs() {
    let scene = Scene::with_policy(&format!("{REVIEWED}[review]\nevery = \"0s\"\n"));
    assert!(!scene.review().has("REVIEW_OVERDUE", "review"), "there was none before");
    let second = scene.review();
    assert!(second.findings().iter().any(|finding| finding["code"] == json!("REVIEW_OVERDUE")), "{:?}", second.lines());
}

#[test]
fn mistakes_in_the_configuration_are_told_all_at_once() {
    let scene = Scene::with("version = 1\nmood = \"act\"\n[use_case.a]\nkind = \"client-keys\"\n", |audit| {
        for (name, value) in [
            ("SENTRY_URL", "http://sentry.example.com"),
            ("EVIDENCE_BUCKET", ""),
            ("SENTRY_DELETE_AUTH_SECRET_ID", "sntrys_marker_marker"),
        ] {
            audit.function.environment.retain(|(known, _)| known != name);
            audit.function = audit.function.clone().env(name, value);
        }
    });
    let Invocation::InitFailed { error_type, error_message } = scene.lambda.invoke(&json!({}), TIMEOUT) else {
        panic!("{}", scene.lambda.all_logs());
    };
    assert_eq!(error_type, "Configuration.Invalid");
    for words in ["SENTRY_URL", "EVIDENCE_BUCKET", "SENTRY_DELETE_AUTH_SECRET_ID", ":2:1", ":4:8"] {
        assert!(error_message.contains(words), "{words}: {error_message}");
    }
    assert!(!error_message.contains("marker"), "{error_message}");
}

#[test]
fn a_token_that_cannot_read_projects_is_refused_with_the_remedy() {
    let scene = Scene::with(REVIEWED, |audit| {
        let token = audit.stage.sentry.add_token("acme", &["org:ci"]);
        let value = json!({"token": token}).to_string();
        audit.stage.store.add_version("sentry/audit", &crate::support::version(5), Some(&value), &["AWSCURRENT"]);
    });
    let message = scene.fails(&json!({}), "Rotation.ScopeMissing");
    assert!(message.contains("project:read") && message.contains("sentry/audit"), "{message}");
    let scene = Scene::with(REVIEWED, |audit| {
        audit.stage.store.add_version(
            "sentry/audit",
            &crate::support::version(5),
            Some("sntrys_revoked"),
            &["AWSCURRENT"],
        );
    });
    scene.fails(&json!({}), "Rotation.TokenInvalid");
}

#[test]
fn nothing_is_changed_by_an_audit() {
    let scene = Scene::spoiled();
    let keys = scene.audit.stage.sentry.keys("acme", "storefront");
    scene.review();
    assert_eq!(scene.audit.stage.sentry.keys("acme", "storefront"), keys);
    let asked = scene.audit.stage.sentry_server.call_names();
    assert!(asked.iter().all(|name| name.starts_with("GET ")), "{asked:?}");
    let asked = scene.audit.stage.store_server.call_names();
    let reads = ["ListSecrets", "DescribeSecret", "GetSecretValue"];
    assert!(asked.iter().all(|name| reads.contains(&name.as_str())), "{asked:?}");
}

#[test]
fn the_release_build_does_the_same() {
    let audit = integration_tests::Audit::new(Binary::Release, REVIEWED).unwrap();
    audit.spoil();
    let lambda = audit.lambda();
    let reply = audit.invoke(&lambda, &json!({})).reply().unwrap();
    assert_eq!(reply["complete"], json!(true));
    let metrics: Vec<String> =
        lambda.all_logs().lines().filter(|line| line.contains("SentryKeyRotation")).map(str::to_owned).collect();
    assert_eq!(metrics.len(), 1, "{}", lambda.all_logs());
    for name in ["FindingsCritical", "FindingsHigh", "UnknownSubjects", "AuditAgeDays", "SentryCalls", "EventsFailed"] {
        assert!(metrics[0].contains(name), "{name}");
    }
}
