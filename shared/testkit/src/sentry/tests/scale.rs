//! As large as a bench needs it, and still quick.

use serde_json::Value;

use super::{body, rig};

#[test]
fn ten_thousand_projects_are_made_listed_and_found() {
    let rig = rig();
    for number in 0..10_000 {
        rig.sentry.add_project("acme", &format!("p{number:04}"));
        rig.sentry.add_key("acme", &format!("p{number:04}"), "second");
    }
    for list in ["/api/0/organizations/acme/projects/", "/api/0/projects/"] {
        let mut slugs = Vec::new();
        for page in 0..101 {
            let response = rig.call("GET", &format!("{list}?cursor=100:{page}:0"), &Value::Null);
            slugs.extend(body(&response).as_array().unwrap().iter().map(|project| project["slug"].clone()));
        }
        slugs.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        let expected: Vec<String> =
            (0..10_000).map(|number| format!("p{number:04}")).chain(["web".to_owned()]).collect();
        assert_eq!(slugs, expected);
    }
    for number in 0..10_000 {
        let keys = rig.call("GET", &format!("/api/0/projects/acme/p{number:04}/keys/"), &Value::Null);
        let keys = body(&keys);
        assert_eq!((&keys[0]["label"], &keys[1]["label"]), (&"second".into(), &"Default".into()));
    }
}

#[test]
fn what_is_found_follows_what_changes() {
    let rig = rig();
    let key = rig.sentry.add_key("acme", "web", "second");
    rig.sentry.edit_key(&key.id, |key| {
        "2026-10-01T00:00:00.000000Z".clone_into(&mut key.date_created);
        "app [1234567/89abcdef]".clone_into(&mut key.label);
        key.id = "0".repeat(32);
    });
    let shown = rig.call("GET", &format!("{}{}/", super::KEYS, "0".repeat(32)), &Value::Null);
    assert_eq!(body(&shown)["dateCreated"], "2026-10-01T00:00:00.000000Z");
    assert_eq!(body(&shown)["label"], "app [1234567/89abcdef]");
    assert_eq!(rig.call("GET", &format!("{}{}/", super::KEYS, key.id), &Value::Null).status, 404);

    let twin = rig.sentry.add_project("acme", "web");
    rig.sentry.rename_project("acme", "web", "shop");
    rig.sentry.delete_key(&"0".repeat(32));
    assert_eq!(rig.sentry.keys("acme", "shop").len(), 1);
    assert_eq!(rig.sentry.keys("acme", "web")[0].project_id, twin);
    rig.sentry.delete_project("acme", "web");
    assert_eq!(rig.sentry.keys("acme", "web"), []);
}
