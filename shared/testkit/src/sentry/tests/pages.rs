//! Lists end, and their pages come in order.

use serde_json::Value;

use super::{KEYS, Rig, body, header, rig};
use crate::http::Response;

/// The labels of all pages, following the cursor of `next` until it has no results.
fn walk(rig: &Rig, path: &str, member: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let response = rig.call("GET", &format!("{path}&cursor={cursor}"), &Value::Null);
        assert_eq!(response.status, 200);
        let items = body(&response).as_array().unwrap().clone();
        pages.push(items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect());
        let links = header(&response, "link").unwrap();
        assert_eq!(links.matches("rel=").count(), 2);
        let next = links.split(", <").nth(1).unwrap();
        if next.contains("results=\"false\"") || pages.len() > 5 {
            return pages;
        }
        cursor = next.split("cursor=\"").nth(1).unwrap().trim_end_matches('"').to_owned();
    }
}

#[test]
fn paging_is_newest_first_and_ends_at_no_results() {
    let rig = rig();
    for label in ["a", "b", "c", "d"] {
        rig.sentry.add_key("acme", "web", label);
    }
    let pages = walk(&rig, &format!("{KEYS}?per_page=2"), "label");
    assert_eq!(pages, [vec!["d", "c"], vec!["b", "a"], vec!["Default"]]);
    rig.sentry.add_project("acme", "api");
    rig.sentry.add_project("acme", "ios");
    assert_eq!(walk(&rig, "/api/0/projects/?per_page=2", "slug"), [vec!["ios", "api"], vec!["web"]]);
    let organization = walk(&rig, "/api/0/organizations/acme/projects/?per_page=3", "slug");
    assert_eq!(organization, [["api", "ios", "web"]]);
    assert!(walk(&rig, &format!("{KEYS}?per_page=0"), "label").len() > 5, "a page of nothing never ends");
    assert_eq!(rig.call("GET", &format!("{KEYS}?per_page=101"), &Value::Null).status, 400);
}

#[test]
fn a_page_back_leads_where_it_came_from() {
    let rig = rig();
    for label in ["a", "b", "c", "d"] {
        rig.sentry.add_key("acme", "web", label);
    }
    let cursor = |response: &Response, entry: usize| {
        let links = header(response, "link").unwrap();
        links.split("; cursor=\"").nth(entry).unwrap().split('"').next().unwrap().to_owned()
    };
    let labels = |response: &Response| -> Vec<Value> {
        body(response).as_array().unwrap().iter().map(|key| key["label"].clone()).collect()
    };
    let first = rig.call("GET", &format!("{KEYS}?per_page=2"), &Value::Null);
    let second = rig.call("GET", &format!("{KEYS}?per_page=2&cursor={}", cursor(&first, 2)), &Value::Null);
    assert_eq!(labels(&second), ["b", "a"]);
    let back = rig.call("GET", &format!("{KEYS}?per_page=2&cursor={}", cursor(&second, 1)), &Value::Null);
    assert_eq!(labels(&back), ["d", "c"]);
    assert!(
        header(&back, "link").unwrap().starts_with("<http://127.0.0.1:9000/api/0/projects/acme/web/keys/?per_page=2&")
    );
}
