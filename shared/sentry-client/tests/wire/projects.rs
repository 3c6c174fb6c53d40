//! Projects by slug, by number, after a rename, and lists of them.

use sentry_client::{Kind, Organization, Project};
use serde_json::json;
use testkit::fault::Fault;

use crate::fixtures::{project, project_json};
use crate::script::{failing, json as answer, on, script, value};

const SHOP: &str = "GET /api/0/projects/acme/shop/";
const OLD: &str = "GET /api/0/projects/acme/old/";
const NEW: &str = "GET /api/0/projects/acme/new/";
const BY_NUMBER: &str = "GET /api/0/projects/7/42/";
const LIST: &str = "GET /api/0/projects/?per_page=100";
const OF_ACME: &str = "GET /api/0/organizations/acme/projects/?per_page=100";
const ACME: &str = "GET /api/0/organizations/acme/";

const FORBIDDEN: &str = r#"{"detail":"You do not have permission to perform this action."}"#;
const MISSING: &str = r#"{"detail":"The requested resource does not exist"}"#;

/// What a renamed project answers (A3.31).
fn moved(slug: &str) -> testkit::http::Response {
    let url = format!("/api/0/projects/acme/{slug}/");
    let extra = json!({"url": url, "slug": slug});
    let detail = json!({"code": "resource-moved", "message": "Resource has been moved", "extra": extra});
    value(302, &json!({"slug": slug, "detail": detail})).with_header("location", url)
}

#[tokio::test]
async fn a_project_is_read_by_its_slugs() {
    let sentry = script([on(SHOP, value(200, &project_json(42, "shop")))]);
    let api = sentry.api();
    let found = api.project("acme", "shop").await.unwrap();
    assert_eq!(found, project());
    assert_eq!((found.id, found.slug.as_str(), found.organization.id), (42, "shop", 7));
    assert!(found.is_named("42") && found.is_named("shop") && !found.is_named("4"));
    assert!(found.organization.is_named("7") && found.organization.is_named("acme"));
    assert_eq!(found.offers_rate_limits(), Some(true));
    sentry.done(&api);
}

#[tokio::test]
async fn a_remembered_project_is_asked_about_without_being_asked_for() {
    let acme = || project().organization;
    let remembered = Project::remembered(42, "shop", acme()).unwrap();
    assert_eq!((remembered.id, &remembered.slug, &remembered.organization), (42, &project().slug, &acme()));
    assert_eq!(remembered.offers_rate_limits(), None);
    let sentry = script([on(crate::fixtures::list(), answer(200, "[]"))]);
    let api = sentry.api();
    assert_eq!(api.keys(&remembered).await.unwrap(), []);
    sentry.done(&api);
    for slug in ["", "..", "a/b", "käse", "a\n"] {
        assert_eq!(Project::remembered(42, slug, acme()), None, "{slug:?}");
        assert_eq!(Project::remembered(42, "shop", Organization { id: 7, slug: slug.to_owned() }), None, "{slug:?}");
    }
}

#[tokio::test]
async fn a_plan_without_rate_limits_is_told_from_a_server_that_does_not_say() {
    for (features, expected) in [(json!(["minidump"]), Some(false)), (json!(null), None)] {
        let mut body = project_json(42, "shop");
        body["features"] = features;
        let sentry = script([on(SHOP, value(200, &body))]);
        let api = sentry.api();
        assert_eq!(api.project("acme", "shop").await.unwrap().offers_rate_limits(), expected);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_renamed_project_is_found_by_asking_for_the_new_slug() {
    let sentry = script([on(OLD, moved("new")), on(NEW, value(200, &project_json(42, "new")))]);
    let api = sentry.api();
    let found = api.project("acme", "old").await.unwrap();
    assert_eq!((found.id, found.slug.as_str()), (42, "new"));
    sentry.done(&api);
}

#[tokio::test]
async fn the_new_slug_is_also_taken_from_the_detail() {
    let body = json!({"detail": {"code": "resource-moved", "extra": {"slug": "new"}}});
    let sentry = script([on(OLD, value(302, &body)), on(NEW, value(200, &project_json(42, "new")))]);
    let api = sentry.api();
    assert_eq!(api.project("acme", "old").await.unwrap().slug, "new");
    sentry.done(&api);
}

#[tokio::test]
async fn a_project_that_moves_in_a_circle_is_asked_for_twice_and_no_more() {
    let sentry = script([on(OLD, moved("new")), on(NEW, moved("old"))]);
    let api = sentry.api();
    let error = api.project("acme", "old").await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Moved(Some("old".to_owned())));
    sentry.done(&api);
}

#[tokio::test]
async fn a_redirect_without_a_plain_slug_is_not_healed() {
    let cases = [
        value(302, &json!({"slug": "../../organizations"})),
        value(302, &json!({"slug": ""})),
        value(302, &json!({"slug": 42})),
        value(302, &json!({"slug": "a".repeat(101)})),
        value(302, &json!({"detail": "moved"})),
        value(302, &json!([])),
        testkit::http::Response::text(302, "text/html", "<a href=/login/>"),
        testkit::http::Response::empty(302),
    ];
    for redirect in cases {
        let sentry = script([on(OLD, redirect.with_header("location", "/auth/login/"))]);
        let api = sentry.api();
        let error = api.project("acme", "old").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (&Kind::Moved(None), Some(302)));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_foreign_project_and_none_at_all_are_two_causes_and_neither_asks_for_a_list() {
    for (status, body, kind) in [(403, FORBIDDEN, Kind::Forbidden), (404, MISSING, Kind::NotFound)] {
        let sentry = script([on(SHOP, answer(status, body))]);
        let api = sentry.api();
        assert_eq!(*api.project("acme", "shop").await.unwrap_err().kind(), kind);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_newer_server_takes_numbers_in_the_path() {
    let sentry = script([on(BY_NUMBER, value(200, &project_json(42, "shop")))]);
    let api = sentry.api();
    assert_eq!(api.project("7", "42").await.unwrap(), project());
    sentry.done(&api);
}

#[tokio::test]
async fn where_numbers_in_the_path_are_unknown_the_list_is_asked_once() {
    let list = json!([project_json(1, "blog"), project_json(42, "shop")]);
    for (organization, name) in [("7", "42"), ("acme", "42"), ("7", "shop")] {
        let path = format!("GET /api/0/projects/{organization}/{name}/");
        let sentry = script([on(path, answer(404, MISSING)), on(LIST, value(200, &list))]);
        let api = sentry.api();
        assert_eq!(api.project(organization, name).await.unwrap(), project());
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_number_that_is_in_no_list_is_not_found() {
    let mut foreign = project_json(42, "shop");
    foreign["organization"] = json!({"id": "8", "slug": "other"});
    let list = json!([foreign, project_json(142, "blog")]);
    let sentry = script([on(BY_NUMBER, answer(404, MISSING)), on(LIST, value(200, &list))]);
    let api = sentry.api();
    assert_eq!(*api.project("7", "42").await.unwrap_err().kind(), Kind::NotFound);
    sentry.done(&api);
}

#[tokio::test]
async fn a_list_that_fails_is_no_proof_that_a_number_is_unknown() {
    let sentry = script([on(BY_NUMBER, answer(404, MISSING)), on(LIST, answer(400, "{}"))]);
    let api = sentry.api();
    assert_eq!(*api.project("7", "42").await.unwrap_err().kind(), Kind::Rejected);
    sentry.done(&api);
}

#[tokio::test]
async fn an_integration_that_may_not_list_across_organizations_lists_its_own() {
    let mut bare = project_json(42, "shop");
    bare.as_object_mut().unwrap().remove("organization");
    let refusals = [(401, r#"{"detail":"Invalid token"}"#), (403, FORBIDDEN), (404, "")];
    for (status, body) in refusals {
        let sentry = script([
            on(LIST, answer(status, body)),
            on(OF_ACME, value(200, &json!([bare, project_json(1, "blog")]))),
            on(ACME, value(200, &json!({"id": "7", "slug": "acme", "name": "Acme"}))),
        ]);
        let api = sentry.api();
        let found = api.projects("acme").await.unwrap();
        assert_eq!(found.first(), Some(&project()));
        assert_eq!(found.iter().map(|project| project.id).collect::<Vec<_>>(), [42, 1]);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn where_both_lists_are_refused_the_first_refusal_is_told() {
    let sentry = script([on(LIST, answer(403, FORBIDDEN)), on(OF_ACME, answer(404, MISSING))]);
    let api = sentry.api();
    let error = api.projects("acme").await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (&Kind::Forbidden, "GET /projects/"));
    sentry.done(&api);
}

#[tokio::test]
async fn an_outage_of_the_second_list_is_not_told_as_a_refusal() {
    let sentry = script([
        on(LIST, answer(403, FORBIDDEN)),
        failing(OF_ACME, Fault::Status(502)),
        failing(OF_ACME, Fault::Status(502)),
        failing(OF_ACME, Fault::Status(502)),
    ]);
    let api = sentry.api();
    let error = api.projects("acme").await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (&Kind::Unavailable, "GET /organizations/{org}/projects/"));
    sentry.done(&api);
}

#[tokio::test]
async fn an_item_that_cannot_be_read_fails_the_whole_list() {
    let owner = json!({"id": "7", "slug": "acme"});
    for item in [json!({"slug": "shop"}), json!("shop"), json!({"id": "x", "slug": "shop"})] {
        let sentry = script([
            on(LIST, answer(403, FORBIDDEN)),
            on(OF_ACME, value(200, &json!([project_json(1, "blog"), item]))),
            on(ACME, value(200, &owner)),
        ]);
        let api = sentry.api();
        assert_eq!(*api.projects("acme").await.unwrap_err().kind(), Kind::Unavailable);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn every_name_stays_one_segment_of_the_path() {
    let cases = [
        ("acme", "..", "acme/%25"),
        (".", "shop", "%25/shop"),
        ("..", "..", "%25/%25"),
        ("acme", "a/b", "acme/a%2Fb"),
        ("acme/../x", "a?b#c", "acme%2F..%2Fx/a%3Fb%23c"),
        ("acme", "%2e%2e", "acme/%252e%252e"),
        ("acme", "a\\b", "acme/a%5Cb"),
        ("acme", "käse und brot", "acme/k%C3%A4se%20und%20brot"),
        // A URL drops tabs and line ends in silence: these would be `..` and `shop`.
        ("acme", ".\t.", "acme/%25"),
        ("acme", "\n..", "acme/%25"),
        ("acme", "sh\r\nop", "acme/%25"),
    ];
    for (organization, name, path) in cases {
        let sentry = script([on(format!("GET /api/0/projects/{path}/"), answer(404, MISSING))]);
        let api = sentry.api();
        assert_eq!(*api.project(organization, name).await.unwrap_err().kind(), Kind::NotFound);
        sentry.done(&api);
    }
}

/// 23.7.1 forgets to leave it out of an integration's list until the deletion is done, under a slug that leads nowhere.
#[tokio::test]
async fn a_project_that_is_being_deleted_is_in_no_list_and_has_no_number() {
    let mut deleted = project_json(42, "66ae011c0bac44398b5acc136f7fa59c");
    deleted["status"] = json!("deleted");
    let mut blog = project_json(1, "blog");
    blog["status"] = json!("active");
    let list = || on(LIST, value(200, &json!([deleted, blog])));
    let sentry = script([list(), on("GET /api/0/projects/acme/42/", answer(404, MISSING)), list()]);
    let api = sentry.api();
    let listed: Vec<u64> = api.projects("acme").await.unwrap().iter().map(|project| project.id).collect();
    assert_eq!(listed, [1]);
    assert_eq!(*api.project("acme", "42").await.unwrap_err().kind(), Kind::NotFound);
    sentry.done(&api);
}
