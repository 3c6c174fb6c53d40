//! The files of a review, and the chain that they are in.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::scene::{Review, Scene};

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn manifest(scene: &Scene, review: &Review) -> (Value, String) {
    let bytes = scene.audit.bucket.object(&format!("reviews/{}/manifest.json", review.id())).unwrap();
    (serde_json::from_slice(&bytes).unwrap(), sha256(&bytes))
}

#[test]
fn the_manifest_has_the_digest_of_every_file_and_of_the_previous_manifest() {
    let scene = Scene::spoiled();
    let first = scene.review();
    let second = scene.review();
    let (head, first_digest) = manifest(&scene, &first);
    assert_eq!(head["previous"], json!(null));
    let (manifest, _) = manifest(&scene, &second);
    assert_eq!(manifest["previous"]["sha256"], json!(first_digest));
    assert_eq!(manifest["previous"]["review_id"], json!(first.id()));
    let files = manifest["files"].as_array().unwrap();
    let names: Vec<&str> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["report.json", "report.md", "inventory.csv", "findings.csv"]);
    for file in files {
        let key = format!("reviews/{}/{}", second.id(), file["name"].as_str().unwrap());
        let bytes = scene.audit.bucket.object(&key).unwrap();
        assert_eq!(file["sha256"], json!(sha256(&bytes)), "{key}");
        assert_eq!(file["bytes"], json!(bytes.len()), "{key}");
    }
    assert_eq!(second.report["policy"]["sha256"], json!(sha256(integration_tests::REVIEWED.as_bytes())));
    let reply = &second.reply;
    assert_eq!(reply["report"], json!(format!("reviews/{}/report.json", second.id())));
    assert_eq!(reply.as_object().unwrap().len(), 6, "{reply}");
}

#[test]
fn the_report_has_the_members_of_the_contract() {
    let scene = Scene::spoiled();
    let report = scene.review().report;
    for member in [
        "version",
        "review_id",
        "generated_at",
        "policy",
        "organization",
        "self",
        "inventory",
        "findings",
        "exceptions",
        "unknown",
        "changes",
        "metrics",
        "previous",
    ] {
        assert!(report.get(member).is_some(), "{member}");
    }
    for part in ["client_keys", "tokens", "integrations", "secrets"] {
        assert!(report["inventory"][part].is_array(), "{part}");
    }
    let finding = &report["findings"][0];
    for member in [
        "code",
        "severity",
        "severity_inputs",
        "subject",
        "evidence",
        "owner",
        "remedy",
        "holder_could",
        "status",
        "first_seen",
    ] {
        assert!(finding.get(member).is_some(), "{member}");
    }
    assert!(finding["remedy"]["text"].is_string() && finding["remedy"]["calls"].is_array(), "{finding}");
    assert!(finding["subject"]["kind"].is_string() && finding["subject"]["id"].is_string(), "{finding}");
}

#[test]
fn the_tables_have_the_rows_of_the_report_and_the_page_is_short() {
    let scene = Scene::spoiled();
    let review = scene.review();
    // A quoted cell may hold line breaks, so the rows are counted by a reader of the format.
    let rows = |name: &str| {
        let text = scene.audit.file(review.id(), name).unwrap();
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).count()
    };
    assert_eq!(rows("findings.csv"), review.findings().len());
    let inventory: usize =
        ["client_keys", "tokens", "integrations", "secrets"].iter().map(|part| review.rows(part).len()).sum();
    assert_eq!(rows("inventory.csv"), inventory);
    let page = scene.audit.file(review.id(), "report.md").unwrap();
    assert!(page.len() < 32 << 10, "{}", page.len());
    assert!(page.contains("open findings") && page.contains("ADMIN\\_KEY\\_IN\\_APP"), "{page}");
}

#[test]
fn a_review_that_died_while_it_was_uploaded_does_not_stand_in_the_way_of_its_repetition() {
    for nth in 0..4 {
        let scene = Scene::spoiled();
        let kill = scene.lambda.killer();
        let faults = scene.audit.bucket_server.faults();
        faults.on_kill(kill);
        faults.on("PutObject", nth, testkit::fault::Fault::KillAfter);
        let invocation = scene.invoke(&json!({}));
        assert!(invocation.clone().reply().is_none(), "{nth}: {invocation:?}");
        let review = scene.review();
        assert_eq!(review.report["review_id"], json!(review.id()));
        let (manifest, _) = manifest(&scene, &review);
        assert_eq!(manifest["review_id"], json!(review.id()));
    }
}

#[test]
fn without_anything_to_say_every_file_is_there_all_the_same() {
    let scene = Scene::with_policy("version = 1\n");
    scene.audit.stage.store.delete_secret(&scene.audit.stage.secret);
    for key in scene.audit.stage.sentry.keys("acme", "storefront") {
        scene.audit.stage.sentry.delete_key(&key.id);
    }
    let review = scene.review();
    assert_eq!(review.rows("client_keys").len(), 0);
    for name in ["inventory.csv", "findings.csv"] {
        let text = scene.audit.file(review.id(), name).unwrap();
        assert!(text.lines().next().unwrap().contains(','), "{name}: {text}");
    }
}
