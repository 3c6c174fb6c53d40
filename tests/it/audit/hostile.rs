//! Hostile names are harmless in every format.

use serde_json::json;

use super::scene::Scene;
use integration_tests::REVIEWED;

const HOSTILE: [&str; 8] = [
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a\u{202e}gnp.exe\u{200b}\u{0}\u{1b}[31m",
    "| [click](javascript:alert(1)) | `code` **bold**",
    "line one\r\nline two\ttabbed,\"quoted\"",
];

#[test]
fn labels_and_tags_with_markup_formulas_and_marks_of_direction_are_shown_and_do_nothing() {
    let scene = Scene::with_policy(REVIEWED);
    let sentry = &scene.audit.stage.sentry;
    for (number, text) in HOSTILE.iter().enumerate() {
        let key = sentry.add_key("acme", "storefront", "x");
        sentry.edit_key(&key.id, |key| key.label = (*text).to_owned());
        let slug = format!("p{number}");
        sentry.add_project("acme", &slug);
        let of = sentry.keys("acme", &slug).remove(0);
        let dsn = sentry.public_dsn(&of);
        let tags =
            [("sentry:kind", *text), ("sentry:owner", *text), ("sentry:use-case", *text), ("sentry:consumers", *text)];
        scene.audit.stage.store.create_secret(&format!("acme/{slug}"), Some(&dsn), &tags);
    }
    sentry.add_integration("acme", "evil", &["org:read"]);
    let review = scene.review();
    let id = review.id();
    for name in ["report.json", "report.md", "inventory.csv", "findings.csv"] {
        let text = scene.audit.file(id, name).unwrap();
        for hidden in ['\u{202e}', '\u{200b}', '\u{0}', '\u{1b}'] {
            assert!(!text.contains(hidden), "{name}: {hidden:?}");
        }
    }
    for name in ["inventory.csv", "findings.csv"] {
        let text = scene.audit.file(id, name).unwrap();
        let mut cells = 0;
        for record in csv::Reader::from_reader(text.as_bytes()).records() {
            for cell in record.unwrap().iter() {
                cells += 1;
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {cell}");
            }
        }
        assert!(cells > 100, "{name}");
    }
    let page = scene.audit.file(id, "report.md").unwrap();
    for bad in ["<script", "<img", "](javascript", "\r"] {
        assert!(!page.contains(bad), "{bad}: {page}");
    }
    let labels: Vec<&str> = review.rows("client_keys").iter().map(|row| row["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&HOSTILE[4]), "what can be seen is shown as it is: {labels:?}");
    // A label never gets into a command that somebody may copy.
    for finding in review.findings() {
        for call in finding["remedy"]["calls"].as_array().unwrap() {
            let call = call.as_str().unwrap();
            assert!(!call.contains("alert(") && !call.contains("calc") && !call.contains('\n'), "{call}");
        }
    }
    for entry in scene.audit.stage.bus.entries() {
        assert!(!entry.detail.to_string().contains('\u{202e}'));
    }
    assert!(!scene.lambda.all_logs().contains('\u{1b}'));
}

#[test]
fn a_megabyte_of_label_is_cut() {
    let scene = Scene::new();
    let key = scene.audit.stage.sentry.add_key("acme", "storefront", "x");
    scene.audit.stage.sentry.edit_key(&key.id, |key| key.label = "ß".repeat(1 << 19));
    let review = scene.review();
    let row = review.rows("client_keys").iter().find(|row| row["key_id"] == json!(key.id)).unwrap();
    assert_eq!(row["label"].as_str().unwrap().chars().count(), 201);
    assert!(scene.audit.file(review.id(), "report.json").unwrap().len() < 64 << 10);
}
