//! What has changed since the previous review.

use serde_json::json;

use super::scene::Scene;

#[test]
fn a_second_look_at_the_same_finds_nothing_new() {
    let scene = Scene::spoiled();
    let first = scene.review();
    assert!(first.lines().iter().all(|line| line.ends_with(" opened")), "{:?}", first.lines());
    assert_eq!(first.report["previous"], json!(null));
    let second = scene.review();
    assert!(second.lines().iter().all(|line| line.ends_with(" open")), "{:?}", second.lines());
    assert_eq!(second.lines().len(), first.lines().len());
    assert_eq!(second.changes(), [""; 0]);
    assert_eq!(second.report["previous"]["review_id"], json!(first.id()));
    for (before, after) in first.findings().iter().zip(second.findings()) {
        assert_eq!(before["first_seen"], after["first_seen"], "{before}");
    }
    let trend = second.report["trend"].as_array().unwrap();
    assert_eq!(trend.len(), 2);
    assert_eq!(trend[0]["open"], trend[1]["open"]);
}

#[test]
fn keys_scopes_and_limits_that_changed_are_told_with_who_did_it() {
    let scene = Scene::with(integration_tests::REVIEWED, |audit| {
        // This operator wants the audit log.
        let token = audit.stage.sentry.add_token("acme", &["org:write", "project:read"]);
        let value = json!({"token": token}).to_string();
        audit.stage.store.add_version("sentry/audit", &crate::support::version(5), Some(&value), &["AWSCURRENT"]);
    });
    scene.audit.spoil();
    scene.review();
    let sentry = &scene.audit.stage.sentry;
    let added = sentry.add_key("acme", "storefront", "made by hand");
    let limited = scene.audit.stage.key_id("AWSCURRENT").unwrap();
    sentry.edit_key(&limited, |key| key.rate_limit = None);
    let removed = sentry.keys("acme", "forgotten").remove(0).id;
    sentry.delete_key(&removed);
    scene
        .audit
        .stage
        .store
        .set_tags("acme/billing", &[("sentry:kind", "client-key"), ("sentry:owner", "billing-team")]);
    let review = scene.review();
    let changes = review.changes();
    for expected in [
        format!("added client-key {}", added.id),
        format!("changed client-key {limited}"),
        format!("removed client-key {removed}"),
    ] {
        assert!(changes.contains(&expected), "{expected}: {changes:#?}");
    }
    let all = review.report["changes"].as_array().unwrap();
    let change =
        all.iter().find(|change| change["id"] == json!(limited) && change["change"] == json!("changed")).unwrap();
    assert_eq!(change["differences"][0]["what"], json!("rate_limit"));
    assert_eq!(
        (&change["differences"][0]["before"], &change["differences"][0]["after"]),
        (&json!("1000 in 60 s"), &json!(""))
    );
    let made = all.iter().find(|change| change["id"] == json!(added.id)).unwrap();
    assert!(made["actor"].is_string() && made["at"].is_string(), "{made}");
    assert!(
        all.iter().any(|change| change["change"] == json!("finding-closed") && change["code"] == json!("NO_OWNER")),
        "{all:#?}"
    );
    assert_eq!(review.finding("NO_RATE_LIMIT", &limited).unwrap()["status"], json!("opened"));
}

#[test]
fn evidence_that_somebody_changed_is_not_compared_with_and_that_is_said() {
    for (name, words) in
        [("inventory.csv", "is not what its manifest says"), ("manifest.json", "is not the one that was written")]
    {
        let scene = Scene::spoiled();
        let first = scene.review();
        let key = format!("reviews/{}/{name}", first.id());
        let mut bytes = scene.audit.bucket.object(&key).unwrap();
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        scene.audit.bucket.put(&key, bytes);
        let second = scene.review();
        let unknown = second.unknown("what has changed since").unwrap();
        assert!(unknown["why"].as_str().unwrap().contains(words), "{unknown}");
        assert_eq!(second.report["previous"]["compared"], json!(false));
        assert!(second.lines().iter().all(|line| line.ends_with(" opened")));
    }
}

#[test]
fn a_project_that_is_gone_closes_its_findings() {
    let scene = Scene::spoiled();
    scene.review();
    scene.audit.stage.sentry.delete_project("acme", "forgotten");
    let review = scene.review();
    let closed = |code: &str| {
        let changes = review.report["changes"].as_array().unwrap();
        changes.iter().any(|change| change["change"] == json!("finding-closed") && change["code"] == json!(code))
    };
    assert!(closed("PROJECT_WITHOUT_MANAGED_KEY") && closed("UNMANAGED_KEY"), "{:#?}", review.changes());
    assert!(!review.has("PROJECT_WITHOUT_MANAGED_KEY", "forgotten"));
}

#[test]
fn a_name_like_a_formula_is_the_same_in_the_next_review() {
    let scene = Scene::spoiled();
    for label in ["=HYPERLINK(1)", "'=x", "@SUM(1)", "'tis"] {
        scene.audit.stage.sentry.add_key("acme", "forgotten", label);
    }
    scene.review();
    assert_eq!(scene.review().changes(), [""; 0]);
}

/// The state that the audit keeps beside its reviews.
const STATE: &str = "state/audit-keys.json";

#[test]
fn a_memory_that_is_lost_or_spoiled_does_not_break_the_chain() {
    for spoiled in [Some("{\"garbage\": ["), Some("{\"version\": 99}"), None] {
        let scene = Scene::spoiled();
        let first = scene.review();
        scene.reply(
            &json!({"sign": {"review_id": first.id(), "by": "kim@example.com", "notes": "seen", "changes": []}}),
        );
        match spoiled {
            Some(text) => scene.audit.bucket.put(STATE, text),
            None => scene.audit.bucket.remove(STATE),
        }
        let second = scene.review();
        assert_eq!(second.report["previous"]["review_id"], json!(first.id()), "{spoiled:?}");
        assert!(second.lines().iter().all(|line| line.ends_with(" open")), "{spoiled:?}: {:?}", second.lines());
        assert_eq!(second.report["trend"].as_array().unwrap().len(), 2, "{spoiled:?}");
        let said = second.unknown("the memory in state/audit-keys.json").is_some();
        assert_eq!(said, spoiled.is_some(), "{spoiled:?}");
        let state: serde_json::Value = serde_json::from_slice(&scene.audit.bucket.object(STATE).unwrap()).unwrap();
        assert!(state["last_signed"].is_string() && state["first"].is_string(), "{spoiled:?}: {state}");
        assert!(scene.review().unknown("the memory").is_none());
    }
}

#[test]
fn a_review_that_stands_is_in_the_chain_even_if_its_invocation_ended_there() {
    let scene = Scene::spoiled();
    let faults = scene.audit.bucket_server.faults();
    faults.on_kill(scene.lambda.killer());
    // Four files, the events, the manifest; then the memory.
    faults.on("PutObject", 6, testkit::fault::Fault::KillBefore);
    let invocation = scene.invoke(&json!({}));
    assert!(invocation.clone().reply().is_none(), "{invocation:?}");
    assert!(scene.audit.bucket.object(STATE).is_none());
    let manifests = scene.audit.bucket.keys().into_iter().filter(|key| key.ends_with("/manifest.json"));
    let stands: Vec<String> = manifests.collect();
    assert_eq!(stands.len(), 1);
    faults.clear();
    let review = scene.review();
    let previous = review.report["previous"]["review_id"].as_str().unwrap();
    assert_eq!(stands[0], format!("reviews/{previous}/manifest.json"));
    let told: Vec<_> = scene.audit.stage.bus.entries();
    let completed = told.iter().filter(|entry| entry.detail_type == "Audit Completed");
    let reviews: Vec<_> = completed.map(|entry| entry.detail["review_id"].clone()).collect();
    assert_eq!(reviews, [json!(previous), json!(review.id())]);
    assert!(told.iter().any(|entry| entry.detail_type == "Finding Opened"));
}

#[test]
fn of_two_reviews_in_one_second_the_later_one_is_the_previous_one() {
    // The ids of such reviews are in no order: half of the pairs would be taken for each other.
    let scene = Scene::new();
    let mut before = scene.review();
    for _ in 0..8 {
        let review = scene.review();
        assert_eq!(review.report["previous"]["review_id"], json!(before.id()));
        before = review;
    }
}
