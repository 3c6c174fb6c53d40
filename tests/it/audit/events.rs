//! Events of a review.

use serde_json::{Value, json};

use super::scene::Scene;

fn events(scene: &Scene) -> Vec<(String, Value)> {
    scene.audit.stage.bus.entries().into_iter().map(|entry| (entry.detail_type, entry.detail)).collect()
}

#[test]
fn each_finding_that_was_opened_changed_or_closed_is_told_once_and_the_review_as_a_whole() {
    let scene = Scene::spoiled();
    let first = scene.review();
    let told = events(&scene);
    let opened: Vec<_> = told.iter().filter(|(kind, _)| kind == "Finding Opened").collect();
    assert_eq!(opened.len(), first.findings().len());
    let (_, detail) = opened.iter().find(|(_, detail)| detail["code"] == json!("OVER_SCOPED")).unwrap();
    assert_eq!(detail["owner"], json!("observability"));
    assert_eq!(
        (&detail["version"], &detail["function"], &detail["review_id"]),
        (&json!(1), &json!("audit-keys"), &json!(first.id()))
    );
    assert_eq!(detail["severity"], first.finding("OVER_SCOPED", "acme/monitor").unwrap()["severity"]);
    assert!(detail["id"].is_string() && detail["message"].as_str().unwrap().contains("OVER_SCOPED"), "{detail}");
    let (kind, whole) = told.last().unwrap();
    assert_eq!(kind, "Audit Completed");
    assert_eq!((&whole["findings"], &whole["complete"]), (&first.reply["findings"], &json!(true)));

    scene.review();
    let told: Vec<String> = events(&scene).into_iter().skip(opened.len() + 1).map(|(kind, _)| kind).collect();
    assert_eq!(told, ["Audit Completed"], "nothing has changed");

    scene
        .audit
        .stage
        .store
        .set_tags("acme/billing", &[("sentry:kind", "client-key"), ("sentry:owner", "billing-team")]);
    let before = events(&scene).len();
    scene.review();
    let told: Vec<(String, Value)> = events(&scene).into_iter().skip(before).collect();
    assert!(
        told.iter().any(|(kind, detail)| kind == "Finding Closed" && detail["code"] == json!("NO_OWNER")),
        "{told:?}"
    );
}

#[test]
fn what_could_not_be_told_is_told_by_the_next_audit() {
    let scene = Scene::spoiled();
    // The process dies in the middle of telling.
    scene.audit.stage.bus_server.faults().at(1, testkit::fault::Fault::KillBefore);
    let kill = scene.lambda.killer();
    scene.audit.stage.bus_server.faults().on_kill(kill);
    let invocation = scene.invoke(&json!({}));
    assert!(invocation.clone().reply().is_none(), "{invocation:?}");
    let told = events(&scene).len();
    scene.audit.stage.bus_server.faults().clear();
    let review = scene.review();
    let all: Vec<(String, Value)> = events(&scene).into_iter().skip(told).collect();
    let opened = all.iter().filter(|(kind, _)| kind == "Finding Opened").count();
    assert_eq!(opened, review.findings().len(), "the first review's findings are told by the second audit");
    assert!(review.lines().iter().all(|line| line.ends_with(" open")));
}

#[test]
fn what_the_bus_did_not_take_is_told_by_the_next_audit() {
    let scene = Scene::spoiled();
    let faults = scene.audit.stage.bus_server.faults();
    faults.every("PutEvents", testkit::fault::Fault::Status(400));
    let first = scene.review();
    assert_eq!(events(&scene).len(), 0);
    faults.clear();
    let second = scene.review();
    let told = events(&scene);
    let of = |kind: &str, review: &str| {
        let meant = |(what, detail): &&(String, Value)| what == kind && detail["review_id"] == json!(review);
        told.iter().filter(meant).count()
    };
    assert_eq!(of("Finding Opened", first.id()), first.findings().len());
    assert_eq!((of("Audit Completed", first.id()), of("Audit Completed", second.id())), (1, 1));
    assert_eq!(of("Finding Opened", second.id()), 0);
}
