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
    // What is not seen still counts: an outage clears no alarm.
    let counted = review.by_severity();
    for word in ["critical", "high", "medium", "low"] {
        assert_eq!(review.reply["findings"][word], json!(counted.get(word).copied().unwrap_or(0)), "{word}");
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
    for nth in read + 1..read * 3 {
        scene.audit.stage.store_server.faults().on("GetSecretValue", nth, Fault::access_denied());
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

#[test]
fn a_key_that_a_secret_may_hold_which_cannot_be_read_is_not_accused() {
    let scene = Scene::spoiled();
    // The first review ever: nothing is remembered. The first value that is read is the audit's own token.
    for nth in 1..40 {
        scene.audit.stage.store_server.faults().on("GetSecretValue", nth, Fault::access_denied());
    }
    let review = scene.review();
    assert!(review.unknown("the value of the secret").is_some(), "{:?}", review.report["unknown"]);
    for line in review.lines() {
        assert!(!line.starts_with("UNMANAGED_KEY") && !line.starts_with("FOREIGN_KEY"), "{line}");
    }
    let ownership = |row: &serde_json::Value| row["ownership"].clone();
    let words: Vec<_> = review.rows("client_keys").iter().map(ownership).collect();
    assert!(words.iter().all(|word| *word == json!("unknown")), "{words:?}");
    let undecided = review.report["undecided"].as_array().unwrap();
    let key = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    let row = undecided.iter().find(|row| row["id"] == json!(key)).unwrap();
    assert!(row["rules"].as_array().unwrap().contains(&json!("UNMANAGED_KEY")), "{row}");
}

#[test]
fn a_secret_that_waits_for_its_deletion_keeps_nothing_open_but_what_it_holds() {
    let scene = Scene::spoiled();
    let store = &scene.audit.stage.store;
    let going = store.create_secret("acme/going", Some("{}"), &[("sentry:kind", "client-key")]);
    store.schedule_deletion(&going);
    store.schedule_deletion("acme/monitor");
    let forgotten = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    let first = scene.review();
    assert!(first.has("NO_RATE_LIMIT", &forgotten), "{:?}", first.lines());
    for name in ["acme/going", "acme/monitor"] {
        let unknown = first.unknown(&format!("the values of the secret {name}")).unwrap_or_else(|| panic!("{name}"));
        assert!(unknown["shown_by"].as_str().unwrap().contains("RestoreSecret"), "{unknown}");
    }
    scene.audit.stage.sentry.edit_key(&forgotten, |key| key.rate_limit = Some((100, 60)));
    let second = scene.review();
    assert!(!second.has("NO_RATE_LIMIT", &forgotten), "{:?}", second.lines());
}

#[test]
fn what_is_seen_to_be_gone_or_disabled_is_closed_whatever_else_cannot_be_read() {
    let scene = Scene::spoiled();
    let sentry = &scene.audit.stage.sentry;
    let (gone, disabled) = (sentry.add_key("acme", "forgotten", "a").id, sentry.add_key("acme", "forgotten", "b").id);
    let store = &scene.audit.stage.store;
    let first = scene.review();
    assert!(first.has("ADMIN_KEY_IN_APP", "acme/monitor") && first.has("NO_RATE_LIMIT", &gone), "{:?}", first.lines());
    sentry.delete_key(&gone);
    sentry.edit_key(&disabled, |key| key.is_active = false);
    store.delete_secret("acme/monitor");
    store.create_secret("acme/sealed", Some("{}"), &[("sentry:kind", "client-key")]);
    let read = store_reads(&scene);
    // Its own token, rotation's, and one of the others.
    scene.audit.stage.store_server.faults().on("GetSecretValue", read + 2, Fault::access_denied());
    let second = scene.review();
    assert!(second.unknown("the value of the secret").is_some(), "{:?}", second.report["unknown"]);
    for (code, subject) in [
        ("NO_RATE_LIMIT", gone.as_str()),
        ("NO_RATE_LIMIT", &disabled),
        ("ADMIN_KEY_IN_APP", "acme/monitor"),
        ("ORG_WIDE_KEY", "acme/monitor"),
    ] {
        assert!(!second.has(code, subject), "{code} {subject}: {:?}", second.lines());
    }
}

fn store_reads(scene: &Scene) -> usize {
    let names = scene.audit.stage.store_server.call_names();
    names.iter().filter(|name| *name == "GetSecretValue").count()
}

#[test]
fn a_project_that_is_not_listed_any_more_is_gone_only_if_sentry_says_so() {
    let scene = Scene::spoiled();
    let first = scene.review();
    let forgotten = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    // A list that is empty, of a server that has them all.
    let empty = Fault::Answer(200, vec![("content-type".to_owned(), "application/json".to_owned())], "[]".to_owned());
    scene.audit.stage.sentry_server.faults().every("GET projects", empty);
    let second = scene.review();
    assert_eq!(second.finding("UNMANAGED_KEY", &forgotten).unwrap()["status"], json!("unseen"));
    assert!(second.unknown("the project forgotten").is_some(), "{:?}", second.report["unknown"]);
    for change in second.changes() {
        assert!(!change.starts_with("removed client-key") && !change.contains(&forgotten), "{change}");
    }
    assert!(second.lines().iter().all(|line| !line.starts_with("PROJECT_NOT_FOUND")), "{:?}", second.lines());
    let rules = second.report["rules"].as_array().unwrap();
    for code in ["UNMANAGED_KEY", "NO_RATE_LIMIT", "PROJECT_WITHOUT_MANAGED_KEY"] {
        let rule = rules.iter().find(|rule| rule["code"] == json!(code)).unwrap();
        assert_eq!((&rule["state"], &rule["unknown"]), (&json!("unknown"), &json!(4)), "{code}");
    }
    // And once more, when the inventory of the review before has none of them either.
    let third = scene.review();
    assert_eq!(third.finding("UNMANAGED_KEY", &forgotten).unwrap()["status"], json!("unseen"));
    scene.audit.stage.sentry_server.faults().clear();
    let fourth = scene.review();
    let finding = fourth.finding("UNMANAGED_KEY", &forgotten).unwrap();
    assert_eq!(finding["first_seen"], first.finding("UNMANAGED_KEY", &forgotten).unwrap()["first_seen"]);
}

#[test]
fn of_a_person_the_organizations_own_list_is_asked_and_without_it_the_rest_is_unknown() {
    for (scopes, all) in [(["org:read", "project:read"].as_slice(), true), (&["project:read"], false)] {
        let scene = Scene::with(integration_tests::REVIEWED, |audit| {
            let token = audit.stage.sentry.add_token_of("acme", scopes, testkit::sentry::TokenKind::Person);
            let value = json!({"token": token}).to_string();
            audit.stage.store.add_version("sentry/audit", &crate::support::version(5), Some(&value), &["AWSCURRENT"]);
            let dsn = "https://0123456789abcdef0123456789abcdef@sentry.example/424242";
            audit.stage.store.create_secret("acme/elsewhere", Some(dsn), &[("sentry:kind", "client-key")]);
        });
        if all {
            let review = scene.review();
            assert_eq!(review.report["metrics"]["coverage"]["projects"]["all"], json!(1));
            assert!(review.has("PROJECT_NOT_FOUND", "acme/elsewhere"), "{:?}", review.lines());
        } else {
            // It sees no project at all, and no organization either.
            scene.fails(&json!({}), "Rotation.OrganizationNotVisible");
        }
    }
}

/// The record of a run of retirement that went through all secrets, and took this key for an adopted one.
fn whole(key: &str) -> serde_json::Value {
    json!({"rows": [{"key_id": key, "ownership": "adopted"}], "complete": true, "secret_id": null})
}

#[test]
fn what_a_run_of_retirement_did_not_come_to_is_not_taken_for_nothing() {
    let scene = Scene::spoiled();
    let key = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    let first = scene.review();
    let (today, _) = first.id().split_once('T').unwrap();
    let put = |time: &str, record: serde_json::Value| {
        let name = format!("runs/retire-keys/{today}T{time}Z.json");
        scene.audit.bucket.put(&name, record.to_string());
        name
    };
    let whole = put("000000", whole(&key));
    // Newer ones: of one secret, and of a run that was cut off.
    put("000001", json!({"rows": [], "complete": true, "secret_id": "acme/elsewhere"}));
    put("000002", json!({"rows": [], "complete": false, "secret_id": null}));
    let second = scene.review();
    assert!(second.has("ADOPTED_KEY", &key) && !second.has("UNMANAGED_KEY", &key), "{:?}", second.lines());
    assert!(second.unknown("which keys retirement takes for").is_none());
    scene.audit.bucket.remove(&whole);
    let third = scene.review();
    assert_eq!(third.finding("ADOPTED_KEY", &key).unwrap()["status"], json!("unseen"), "{:?}", third.lines());
    assert!(!third.has("UNMANAGED_KEY", &key), "{:?}", third.lines());
    assert!(third.unknown("which keys retirement takes for").is_some());
}

#[test]
fn a_current_value_that_is_not_visible_yet_is_unknown() {
    let scene = Scene::spoiled();
    let secret = &scene.audit.stage.secret;
    let current = scene.audit.stage.key_id("AWSCURRENT").unwrap();
    scene.audit.stage.sentry.edit_key(&current, |key| key.is_active = false);
    assert!(scene.review().has("CURRENT_KEY_DEAD", "acme/storefront"));
    scene.audit.stage.store.add_version(secret, &crate::support::version(6), None, &["AWSCURRENT"]);
    let review = scene.review();
    let unknown = review.unknown("the value of the secret acme/storefront at AWSCURRENT").unwrap();
    assert!(unknown["why"].as_str().unwrap().contains("shows no value yet"), "{unknown}");
    let finding = review.finding("CURRENT_KEY_DEAD", "acme/storefront").unwrap();
    assert_eq!(finding["status"], json!("unseen"), "{:?}", review.lines());
}

#[test]
fn without_retirements_record_what_it_said_of_a_key_stays() {
    let scene = Scene::spoiled();
    let key = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    let first = scene.review();
    let (today, _) = first.id().split_once('T').unwrap();
    let record = format!("runs/retire-keys/{today}T000000Z.json");
    scene.audit.bucket.put(&record, whole(&key).to_string());
    let second = scene.review();
    assert!(second.has("ADOPTED_KEY", &key) && !second.has("UNMANAGED_KEY", &key), "{:?}", second.lines());
    scene.audit.bucket.remove(&record);
    let third = scene.review();
    assert_eq!(third.finding("ADOPTED_KEY", &key).unwrap()["status"], json!("unseen"), "{:?}", third.lines());
    assert!(third.unknown("which keys retirement takes for").is_some());
    // What is seen to be disabled is closed all the same.
    scene.audit.stage.sentry.edit_key(&key, |key| key.is_active = false);
    assert!(!scene.review().has("ADOPTED_KEY", &key));
}
