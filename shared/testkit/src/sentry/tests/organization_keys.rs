//! The keys of many projects at once.

use serde_json::{Value, json};

use super::{body, header, rig};
use crate::http::StandIn as _;
use crate::sentry::Flavor;

const ALL_KEYS: &str = "/api/0/organizations/acme/project-keys/";

#[test]
fn the_list_came_after_23_7_1() {
    let rig = rig();
    let response = rig.call("GET", ALL_KEYS, &Value::Null);
    assert_eq!((response.status, response.body.len()), (404, 0));
    assert_eq!(header(&response, "content-type").unwrap(), "text/html");
    rig.sentry.set_flavor(Flavor::V2026);
    assert_eq!(rig.call("GET", ALL_KEYS, &Value::Null).status, 200);
    assert_eq!(rig.call("POST", ALL_KEYS, &Value::Null).status, 403);
}

#[test]
fn the_query_names_the_projects_and_minus_one_means_all() {
    let rig = rig();
    rig.sentry.set_flavor(Flavor::V2026);
    let web = rig.default_key().project_id;
    let api = rig.sentry.add_project("acme", "api");
    rig.sentry.add_project("acme", "ios");
    let lab = rig.sentry.keys("umbrella", "lab")[0].project_id;
    let projects = |query: String| -> Vec<u64> {
        let response = rig.call("GET", &format!("{ALL_KEYS}?{query}"), &Value::Null);
        assert_eq!(response.status, 200, "{query}");
        body(&response).as_array().unwrap().iter().map(|key| key["projectId"].as_u64().unwrap()).collect()
    };
    assert_eq!(projects(format!("project={web}&project={api}&project={web}")), [api, web]);
    assert_eq!(projects(format!("project={web}")), [web]);
    assert_eq!(projects(String::new()).len(), 3);
    assert_eq!(projects("project=-1&per_page=2".to_owned()).len(), 2);
    assert_eq!(projects(format!("project={api}&status=inactive")), [0; 0]);
    for (project, status) in [(lab.to_string(), 403), ("999".to_owned(), 403), ("web".to_owned(), 400)] {
        let path = format!("{ALL_KEYS}?project={web}&project={project}");
        assert_eq!(rig.call("GET", &path, &Value::Null).status, status, "{project}");
    }
    for _ in 0..11 {
        rig.sentry.add_key("acme", "web", "another");
    }
    assert_eq!(projects(format!("project={web}")).len(), 10, "the default page");
}

#[test]
fn the_scope_is_the_organizations() {
    let rig = rig();
    rig.sentry.set_flavor(Flavor::V2026);
    for (scopes, status) in [(&["org:read"][..], 200), (&["org:write"], 200), (&["project:admin", "org:ci"], 403)] {
        let token = rig.sentry.add_token("acme", scopes);
        assert_eq!(rig.call_as(&token, "GET", ALL_KEYS, &Value::Null).status, status, "{scopes:?}");
    }
    let outsider = rig.sentry.add_token("umbrella", &["org:read"]);
    assert_eq!(rig.call_as(&outsider, "GET", ALL_KEYS, &Value::Null).status, 403);
}

#[test]
fn calls_have_names_for_fault_plans() {
    let rig = rig();
    for (path, name) in [
        ("", "GET organization"),
        ("projects/", "GET organization projects"),
        ("project-keys/", "GET organization keys"),
        ("org-auth-tokens/", "GET organization tokens"),
        ("sentry-apps/", "GET integrations"),
        ("sentry-app-installations/", "GET installations"),
        ("audit-logs/", "GET audit log"),
    ] {
        let request = super::request("GET", &format!("/api/0/organizations/acme/{path}"), &[], "");
        assert_eq!(rig.sentry.call_name(&request), name);
    }
    let domains = body(&rig.call("GET", "/api/0/projects/acme/web/", &Value::Null));
    assert_eq!(domains["allowedDomains"], json!(["*"]));
}
