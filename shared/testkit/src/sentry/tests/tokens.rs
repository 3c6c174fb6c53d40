//! Whom tokens act as, and what is listed of them.

use serde_json::{Value, json};

use super::{Rig, body, header, rig};
use crate::sentry::{Flavor, TokenKind};

const TOKENS: &str = "/api/0/organizations/acme/org-auth-tokens/";
const INTEGRATIONS: &str = "/api/0/organizations/acme/sentry-apps/";
const INSTALLATIONS: &str = "/api/0/organizations/acme/sentry-app-installations/";

fn get(rig: &Rig, token: &str, path: &str) -> (u16, Value) {
    let response = rig.call_as(token, "GET", path, &Value::Null);
    (response.status, body(&response))
}

#[test]
fn introspection_tells_whom_a_token_acts_as() {
    let rig = rig();
    let index = |token: &str| get(&rig, token, "/api/0/").1;
    let integration = index(&rig.sentry.add_token_of("acme", &["org:read"], TokenKind::Integration));
    assert_eq!((&integration["auth"]["scopes"], &integration["user"]["email"]), (&json!(["org:read"]), &json!("")));
    let username = integration["user"]["username"].as_str().unwrap();
    let (slug, uuid) = username.split_at(username.len() - 36);
    assert!(slug.starts_with("stand-in-") && slug.ends_with('-') && uuid.parse::<uuid::Uuid>().is_ok());
    let person = index(&rig.sentry.add_token_of("acme", &["org:write"], TokenKind::Person));
    assert_eq!(person["auth"]["scopes"], json!(["org:write"]));
    assert_eq!(person["user"]["username"], person["user"]["email"]);
    assert!(person["user"]["email"].as_str().unwrap().contains('@'));
    let organization = index(&rig.sentry.add_token_of("acme", &["org:admin"], TokenKind::Organization));
    assert_eq!((&organization["auth"]["scopes"], &organization["user"]), (&json!(["org:ci"]), &Value::Null));
}

#[test]
fn an_integration_has_tokens_with_its_scopes_and_one_user() {
    let rig = rig();
    rig.sentry.add_integration("acme", "deployer", &["project:write"]);
    let tokens = [(); 2].map(|()| rig.sentry.add_integration_token("deployer").unwrap());
    let [one, other] = tokens.map(|token| get(&rig, &token, "/api/0/").1);
    assert_eq!(one["auth"]["scopes"], json!(["project:read", "project:write"]));
    assert!(one["user"]["username"].as_str().unwrap().starts_with("deployer-"));
    assert_eq!(one, other);
    assert_eq!(rig.sentry.add_integration_token("none"), None);
}

#[test]
fn integrations_are_listed_and_their_secret_is_for_people_who_can_as_much() {
    let rig = rig();
    rig.sentry.add_integration("acme", "deployer", &["project:write"]);
    rig.sentry.add_integration("umbrella", "foreign", &["org:admin"]);
    rig.sentry.set_integration_status("deployer", "unpublished");
    rig.sentry.plant_secret("MARK");
    let (status, of_integration) = get(&rig, &rig.token, INTEGRATIONS);
    assert_eq!((status, of_integration.as_array().unwrap().len()), (200, 2), "that of the token is the other");
    let deployer = &of_integration[0];
    assert_eq!((&deployer["slug"], &deployer["status"]), (&json!("deployer"), &json!("unpublished")));
    assert_eq!(deployer["scopes"], json!(["project:read", "project:write"]));
    assert!(!of_integration.to_string().contains("client"));
    let person = |scopes: &[&str]| {
        let token = rig.sentry.add_token_of("acme", scopes, TokenKind::Person);
        get(&rig, &token, INTEGRATIONS).1[0]["clientSecret"].as_str().unwrap().to_owned()
    };
    assert_eq!(person(&["org:read"]), "*".repeat(64));
    assert!(person(&["org:read", "project:read", "project:write"]).contains("MARK"));
    let unrelated = rig.sentry.add_token("acme", &["org:integrations", "project:admin"]);
    assert_eq!(get(&rig, &unrelated, INTEGRATIONS).0, 403);
    let paged = rig.call("GET", &format!("{INTEGRATIONS}?per_page=1"), &Value::Null);
    assert!(header(&paged, "link").unwrap().contains("rel=\"next\"; results=\"true\""));
}

#[test]
fn installations_are_for_members_and_an_integration_is_none() {
    let rig = rig();
    rig.sentry.plant_secret("MARK");
    for (flavor, sentence) in
        [(Flavor::V23_7_1, "Not found."), (Flavor::V2026, "Could not find requested organization")]
    {
        rig.sentry.set_flavor(flavor);
        let (status, answer) = get(&rig, &rig.token, INSTALLATIONS);
        assert_eq!((status, &answer["detail"]), (404, &json!(sentence)));
        for scope in ["org:read", "org:integrations"] {
            let member = rig.sentry.add_token_of("acme", &[scope], TokenKind::Person);
            let (status, answer) = get(&rig, &member, INSTALLATIONS);
            assert_eq!((status, answer.as_array().unwrap().len()), (200, 1), "the integration of the token");
            assert!(answer[0]["app"]["slug"].as_str().unwrap().starts_with("stand-in-"));
            assert_eq!(answer[0]["code"].to_string().contains("MARK"), scope == "org:integrations");
        }
        let reader = rig.sentry.add_token_of("acme", &["project:admin"], TokenKind::Person);
        assert_eq!(get(&rig, &reader, INSTALLATIONS).0, 403);
        let outsider = rig.sentry.add_token_of("umbrella", &["org:read"], TokenKind::Person);
        assert_eq!(get(&rig, &outsider, INSTALLATIONS).0, 404);
    }
}

#[test]
fn organization_tokens_were_listed_for_every_reader_and_are_for_no_token_any_more() {
    let rig = rig();
    let token = rig.sentry.add_organization_token("acme", "ci");
    rig.sentry.add_organization_token("acme", "ci");
    rig.sentry.add_organization_token("umbrella", "foreign");
    rig.sentry.set_organization_token_dates(&token, "2025-01-01T00:00:00Z", Some("2025-06-01T00:00:00Z"));
    let (status, listed) = get(&rig, &rig.token, TOKENS);
    assert_eq!((status, listed.as_array().unwrap().len()), (200, 2));
    let (id, (_, last)) = (&listed[1]["id"], token.split_at(token.len() - 4));
    let expected = json!({"id": id, "name": "ci", "scopes": ["org:ci"], "tokenLastCharacters": last,
        "dateCreated": "2025-01-01T00:00:00Z", "dateLastUsed": "2025-06-01T00:00:00Z", "projectLastUsedId": null});
    assert_eq!(listed[1], expected);
    assert_eq!(listed[0]["dateLastUsed"], Value::Null);
    assert_eq!(header(&rig.call("GET", TOKENS, &Value::Null), "link"), None);
    assert_eq!(get(&rig, &token, TOKENS).0, 403, "the scope of a release tool reads no tokens");
    rig.sentry.revoke_token(&token);
    assert_eq!(get(&rig, &rig.token, TOKENS).1.as_array().unwrap().len(), 1);
    assert_eq!(get(&rig, &token, "/api/0/").1["detail"], "Invalid org token");

    rig.sentry.set_flavor(Flavor::V2026);
    let person = rig.sentry.add_token_of("acme", &["org:admin"], TokenKind::Person);
    assert!(person.starts_with("sntryu_"));
    for token in [&rig.token, &person, "nonsense"] {
        let (status, answer) = get(&rig, token, TOKENS);
        assert_eq!((status, &answer["detail"]), (403, &json!("Authentication credentials were not provided.")));
    }
}

#[test]
fn a_token_of_a_chosen_value_replaces_the_other_with_its_integration() {
    let rig = rig();
    rig.sentry.add_token_value("acme", "chosen", &["org:read"]);
    rig.sentry.add_token_value("acme", "chosen", &["org:write"]);
    let (status, listed) = get(&rig, "chosen", INTEGRATIONS);
    assert_eq!((status, listed.as_array().unwrap().len()), (200, 2), "one of the rig's and one of this");
}

#[test]
fn a_role_bounds_what_a_scope_implies_before_newer_versions() {
    let rig = rig();
    let member = rig.sentry.add_member_token("acme", &["project:write"]);
    let status = |flavor| {
        rig.sentry.set_flavor(flavor);
        get(&rig, &member, "/api/0/projects/acme/web/").0
    };
    assert_eq!([Flavor::V23_7_1, Flavor::V2026].map(status), [403, 200]);
}
