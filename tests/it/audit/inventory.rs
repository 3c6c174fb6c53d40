//! The inventory has everything that there is, counted independently.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::sentry::Flavor;

use super::scene::Scene;

#[test]
fn every_key_of_every_project_is_in_the_inventory_whichever_way_the_server_lists_them() {
    for flavor in [Flavor::V23_7_1, Flavor::V2026] {
        let scene = Scene::spoiled();
        let sentry = &scene.audit.stage.sentry;
        sentry.set_flavor(flavor);
        for number in 0..25 {
            let slug = format!("p{number}");
            sentry.add_project("acme", &slug);
            for key in 0..number {
                sentry.add_key("acme", &slug, &format!("key {key}"));
            }
        }
        sentry.add_organization("other");
        sentry.add_project("other", "theirs");
        let mut there: BTreeSet<String> = BTreeSet::new();
        for slug in ["storefront", "forgotten", "web", "billing"] {
            there.extend(sentry.keys("acme", slug).into_iter().map(|key| key.id));
        }
        for number in 0..25 {
            there.extend(sentry.keys("acme", &format!("p{number}")).into_iter().map(|key| key.id));
        }
        let review = scene.review();
        let rows = review.rows("client_keys");
        let seen: BTreeSet<String> = rows.iter().map(|row| row["key_id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(seen, there, "{flavor:?}");
        assert_eq!(rows.len(), there.len(), "{flavor:?}");
        let table = scene.audit.file(review.id(), "inventory.csv").unwrap();
        let in_table = table.lines().filter(|line| line.starts_with("client-key,")).count();
        assert_eq!(in_table, there.len(), "{flavor:?}");
        assert_eq!(review.report["metrics"]["coverage"]["projects"]["all"], json!(29));
        let lists = scene.audit.stage.sentry_server.call_names();
        let by_project = lists.iter().filter(|name| *name == "GET keys").count();
        let by_organization = lists.iter().filter(|name| *name == "GET organization keys").count();
        match flavor {
            Flavor::V23_7_1 => assert!(by_project >= 29 && by_organization == 1, "{lists:?}"),
            Flavor::V2026 => assert!(by_project == 0 && by_organization <= 8, "{lists:?}"),
        }
    }
}

#[test]
fn the_systems_own_tokens_come_first_with_what_they_may_do() {
    let scene = Scene::spoiled();
    let review = scene.review();
    let own = review.report["self"].as_array().unwrap();
    let functions: Vec<&str> = own.iter().map(|row| row["function"].as_str().unwrap()).collect();
    assert_eq!(functions, ["audit-keys", "rotate-client-key"]);
    assert_eq!(own[0]["scopes"], json!(["org:read", "project:read"]));
    assert_eq!((&own[0]["excess"], &own[0]["state"]), (&json!([]), &json!("alive")));
    assert_eq!(own[1]["excess"], json!([]), "{}", own[1]);
    let first: Vec<_> = review.rows("tokens").iter().take(2).map(|row| row["function"].clone()).collect();
    assert_eq!(first, [json!("audit-keys"), json!("rotate-client-key")]);
    // In every file.
    let table = scene.audit.file(review.id(), "inventory.csv").unwrap();
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(table.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!((&rows[0][0], &rows[0][2]), ("token", "sentry/audit"));
    assert_eq!((&rows[1][0], &rows[1][2]), ("token", "sentry/management"));
    let page = scene.audit.file(review.id(), "report.md").unwrap();
    assert!(page.find("This system's own tokens") < page.find("The gravest findings"), "{page}");
    assert!(page.contains("| audit-keys | sentry/audit | accepted | org:read, project:read | nothing |"), "{page}");
    // What is not configured is not known, and said.
    for function in ["retire-keys", "revoke-key"] {
        assert!(review.unknown(&format!("the token of {function}")).is_some(), "{function}");
    }
}

#[test]
fn tokens_and_integrations_are_there_with_scopes_and_holders() {
    let scene = Scene::spoiled();
    let review = scene.review();
    let token = |name: &str| {
        let found = review.rows("tokens").iter().find(|row| row["secret_name"] == json!(name));
        found.unwrap_or_else(|| panic!("{name}")).clone()
    };
    assert_eq!(token("acme/monitor")["acts_as"]["kind"], json!("integration"));
    assert!(token("acme/monitor")["excess"].as_array().unwrap().contains(&json!("org:admin")));
    assert_eq!(token("acme/person")["acts_as"]["kind"], json!("person"));
    assert_eq!(token("acme/dead")["state"], json!("refused"));
    let integrations = review.rows("integrations");
    assert!(integrations.iter().any(|row| row["slug"] == json!("monitor")), "{integrations:?}");
    let secrets: BTreeSet<&str> = review.rows("secrets").iter().map(|row| row["name"].as_str().unwrap()).collect();
    let expected =
        ["acme/billing", "acme/dead", "acme/monitor", "acme/person", "acme/storefront", "acme/web", "acme/web-copy"];
    assert_eq!(secrets, BTreeSet::from(expected));
}
