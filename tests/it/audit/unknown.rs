//! What cannot be seen is said, and is never taken for fine, gone or closed.

use serde_json::json;
use testkit::fault::Fault;

use super::scene::Scene;

#[test]
fn what_no_call_shows_is_said_in_every_review() {
    let scene = Scene::new();
    let review = scene.review();
    for subject in
        ["personal tokens", "how many tokens each integration has", "legacy API keys", "secrets without the tag"]
    {
        let unknown = review.unknown(subject).unwrap_or_else(|| panic!("{subject}"));
        assert!(unknown["why"].is_string() && unknown["shown_by"].is_string(), "{unknown}");
    }
    let rules = review.report["rules"].as_array().unwrap();
    let over_scoped = rules.iter().find(|rule| rule["code"] == json!("OVER_SCOPED")).unwrap();
    assert_eq!(over_scoped["state"], json!("unknown"), "tokens exist that no API lists");
    assert_eq!(
        review.reply["unknown"].as_u64().unwrap(),
        u64::try_from(review.report["unknown"].as_array().unwrap().len()).unwrap()
    );
}

#[test]
fn a_scope_that_is_missing_is_named_with_what_it_would_show() {
    let scene = Scene::with(integration_tests::REVIEWED, |audit| {
        let token = audit.stage.sentry.add_token("acme", &["project:read"]);
        let value = json!({"token": token}).to_string();
        audit.stage.store.add_version("sentry/audit", &crate::support::version(5), Some(&value), &["AWSCURRENT"]);
    });
    scene.audit.spoil();
    let review = scene.review();
    let integrations = review.unknown("the custom integrations").unwrap();
    assert_eq!(integrations["shown_by"], json!("org:read"));
    assert!(review.has("UNMANAGED_KEY", &scene.audit.stage.sentry.keys("acme", "forgotten")[0].id));
}

#[test]
fn a_project_that_cannot_be_read_keeps_its_findings_open() {
    let scene = Scene::spoiled();
    let first = scene.review();
    let forgotten = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    assert!(first.has("UNMANAGED_KEY", &forgotten));
    scene.audit.stage.sentry_server.faults().every("GET keys", Fault::Status(403));
    let review = scene.review();
    let finding = review.finding("UNMANAGED_KEY", &forgotten).unwrap();
    assert_eq!(finding["status"], json!("unseen"));
    let before = first.finding("UNMANAGED_KEY", &forgotten).unwrap();
    for member in ["severity", "subject", "evidence", "remedy", "holder_could", "first_seen", "severity_inputs"] {
        assert_eq!(finding[member], before[member], "{member}");
    }
    assert!(review.unknown("the client keys of the project forgotten").is_some());
    assert!(!review.changes().iter().any(|change| change.starts_with("removed client-key")), "{:#?}", review.changes());
    assert!(
        !review.changes().iter().any(|change| change.starts_with("finding-closed client-key")),
        "{:#?}",
        review.changes()
    );
    scene.audit.stage.sentry_server.faults().clear();
    let third = scene.review();
    let finding = third.finding("UNMANAGED_KEY", &forgotten).unwrap();
    assert_eq!((&finding["status"], &finding["first_seen"]), (&json!("open"), &before["first_seen"]));
}

#[test]
fn a_token_that_sentry_does_not_answer_for_keeps_its_findings_open() {
    let scene = Scene::spoiled();
    let first = scene.review();
    assert!(first.has("OVER_SCOPED", "acme/monitor"));
    // The audit's own identity comes first, then its token and rotation's are presented.
    for nth in 3..12 {
        scene.audit.stage.sentry_server.faults().on("GET /", nth + count(&scene, "GET /"), Fault::Status(502));
    }
    let review = scene.review();
    let finding = review.finding("OVER_SCOPED", "acme/monitor").unwrap();
    assert_eq!(finding["status"], json!("unseen"), "{:?}", review.lines());
    assert!(review.unknown("what the token in acme/monitor may do").is_some());
}

fn count(scene: &Scene, name: &str) -> usize {
    scene.audit.stage.sentry_server.call_names().iter().filter(|call| *call == name).count()
}

#[test]
fn values_that_cannot_be_read_are_unknown_and_nothing_is_concluded_from_their_absence() {
    let scene = Scene::spoiled();
    let first = scene.review();
    assert!(first.has("SDK_SECRET_NOT_STORE_ONLY", "acme/billing"));
    // The first value that is read is the audit's own token.
    let names = scene.audit.stage.store_server.call_names();
    let read = names.iter().filter(|name| *name == "GetSecretValue").count();
    let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned();
    let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())];
    for nth in read + 1..read * 3 {
        let fault = Fault::Answer(400, headers.clone(), denied.clone());
        scene.audit.stage.store_server.faults().on("GetSecretValue", nth, fault);
    }
    let review = scene.review();
    assert_eq!(review.finding("SDK_SECRET_NOT_STORE_ONLY", "acme/billing").unwrap()["status"], json!("unseen"));
    assert!(review.unknown("the value of the secret acme/billing").is_some());
    for project in ["storefront", "web", "billing"] {
        assert!(!review.has("PROJECT_WITHOUT_MANAGED_KEY", project), "{:?}", review.lines());
    }
    let current = scene.audit.stage.key_id("AWSCURRENT").unwrap();
    assert!(!review.has("UNMANAGED_KEY", &current), "{:?}", review.lines());
}
