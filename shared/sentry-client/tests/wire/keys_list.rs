//! Reading keys: pages, single keys, and several by id.

use sentry_client::{ClientKey, Kind};
use serde_json::{Value, json};
use testkit::http::Response;

use crate::fixtures::{KEY, OTHER_KEY, THIRD_KEY, at_key, key, key_json, link, list, list_from, project};
use crate::script::{bait, json as answer, on, script, value};

const MISSING: &str = r#"{"detail":"The requested resource does not exist"}"#;

fn page(keys: &[Value], next: &str, results: bool) -> Response {
    value(200, &json!(keys)).with_header("link", link("https://sentry.example", next, results))
}

fn ids(keys: &[ClientKey]) -> Vec<&str> {
    keys.iter().map(|key| key.id.as_str()).collect()
}

#[tokio::test]
async fn every_page_is_read_until_results_are_false() {
    let sentry = script([
        on(list(), page(&[key_json(KEY, "a")], "71:0:0", true)),
        on(list_from("71:0:0"), page(&[key_json(OTHER_KEY, "b")], "70:0:0", true)),
        on(list_from("70:0:0"), page(&[key_json(THIRD_KEY, "c")], "69:0:0", false)),
    ]);
    let api = sentry.api();
    let keys = api.keys(&project()).await.unwrap();
    assert_eq!(keys, [key(KEY, "a"), key(OTHER_KEY, "b"), key(THIRD_KEY, "c")]);
    sentry.done(&api);
}

#[tokio::test]
async fn the_newest_keys_are_the_first_page() {
    let sentry = script([on(list(), page(&[key_json(KEY, "a"), key_json(OTHER_KEY, "b")], "71:0:0", true))]);
    let api = sentry.api();
    assert_eq!(api.newest_keys(&project()).await.unwrap(), [key(KEY, "a"), key(OTHER_KEY, "b")]);
    sentry.done(&api);
}

#[tokio::test]
async fn an_empty_page_before_others_does_not_end_the_list() {
    let sentry = script([
        on(list(), page(&[], "71:0:0", true)),
        on(list_from("71:0:0"), page(&[key_json(KEY, "a")], "70:0:0", false)),
    ]);
    let api = sentry.api();
    assert_eq!(ids(&api.keys(&project()).await.unwrap()), [KEY]);
    sentry.done(&api);
}

#[tokio::test]
async fn a_list_without_a_link_is_one_page() {
    let sentry = script([on(list(), value(200, &json!([key_json(KEY, "a")])))]);
    let api = sentry.api();
    assert_eq!(ids(&api.keys(&project()).await.unwrap()), [KEY]);
    sentry.done(&api);
}

#[tokio::test]
async fn only_the_cursor_is_taken_of_a_link_that_names_another_host() {
    let bait = bait();
    let sentry = script([
        on(list(), value(200, &json!([key_json(KEY, "a")])).with_header("link", link(&bait.url(), "71:0:0", true))),
        on(
            list_from("71:0:0"),
            value(200, &json!([key_json(OTHER_KEY, "b")])).with_header("link", link(&bait.url(), "70:0:0", false)),
        ),
    ]);
    let api = sentry.api();
    assert_eq!(ids(&api.keys(&project()).await.unwrap()), [KEY, OTHER_KEY]);
    sentry.done(&api);
    assert_eq!(bait.call_names(), [""; 0]);
}

#[tokio::test]
async fn a_cursor_is_a_value_and_never_more_of_the_query() {
    let sentry = script([
        on(list(), page(&[key_json(KEY, "a")], "1:0:0&status=inactive#x", true)),
        on(list_from("1:0:0&status=inactive#x"), page(&[key_json(OTHER_KEY, "b")], "0:0:0", false)),
    ]);
    let api = sentry.api();
    assert_eq!(ids(&api.keys(&project()).await.unwrap()), [KEY, OTHER_KEY]);
    let requests = sentry.done(&api);
    assert_eq!(requests[1].query.len(), 2);
}

#[tokio::test]
async fn the_link_of_a_proxy_before_sentrys_own_does_not_end_the_list() {
    for proxy in ["</a.css>; rel=preload; as=style", "</a.css>; rel=preload; crossorigin"] {
        let first = value(200, &json!([key_json(KEY, "a")]))
            .with_header("link", proxy)
            .with_header("link", link("https://sentry.example", "71:0:0", true));
        let last = page(&[key_json(OTHER_KEY, "b")], "70:0:0", false);
        let sentry = script([on(list(), first), on(list_from("71:0:0"), last)]);
        let api = sentry.api();
        assert_eq!(ids(&api.keys(&project()).await.unwrap()), [KEY, OTHER_KEY]);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_cursor_that_repeats_ends_the_list_as_a_failure_not_as_a_whole_list() {
    let sentry = script([
        on(list(), page(&[key_json(KEY, "a")], "71:0:0", true)),
        on(list_from("71:0:0"), page(&[key_json(OTHER_KEY, "b")], "71:0:0", true)),
    ]);
    let api = sentry.api();
    let error = api.keys(&project()).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert_eq!(error.to_string(), "GET /projects/{org}/{project}/keys/ got a list that does not end");
    sentry.done(&api);
}

#[tokio::test]
async fn a_link_that_promises_more_without_a_usable_cursor_is_a_failure_not_the_end() {
    let links = [
        r#"<https://sentry.example/x/>; rel="next"; results="true""#,
        r#"<https://sentry.example/x/>; rel="next"; results="true"; cursor="""#,
        r#"<https://sentry.example/x/>; rel="next"; results="true"; cursor="71:0:0"#,
        r#"https://sentry.example/x/; rel="next"; results="true"; cursor="71:0:0""#,
    ];
    for link in links {
        let sentry = script([on(list(), value(200, &json!([key_json(KEY, "a")])).with_header("link", link))]);
        let api = sentry.api();
        assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::Unavailable);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list() {
    let sentry = script([
        on(list(), page(&[key_json(KEY, "a")], "71:0:0", true)),
        on(list_from("71:0:0"), answer(400, r#"{"detail":"Invalid cursor parameter."}"#)),
    ]);
    let api = sentry.api();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::Rejected);
    sentry.done(&api);
}

#[tokio::test]
async fn a_key_without_settings_is_read_and_limits_of_nought_are_none() {
    let cases =
        [json!(null), json!({"count": 0, "window": 60}), json!({"count": 5, "window": 0}), json!({"count": null})];
    for limit in cases {
        let mut body = key_json(KEY, "a");
        body["rateLimit"] = limit;
        body["browserSdkVersion"] = json!(null);
        body["dynamicSdkLoaderOptions"] = json!(null);
        body["projectId"] = json!("42");
        body["dsn"]["public"] = json!("not a DSN");
        body["dateCreated"] = json!(null);
        let sentry = script([on(at_key("GET", KEY), value(200, &body))]);
        let api = sentry.api();
        let found = api.key(&project(), KEY).await.unwrap().unwrap();
        let expected = ClientKey {
            settings: sentry_client::KeySettings::default(),
            dsn: None,
            date_created: None,
            ..key(KEY, "a")
        };
        assert_eq!(found, expected);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_dsn_of_another_key_is_not_taken_for_this_ones() {
    let mut body = key_json(KEY, "a");
    body["dsn"] = key_json(OTHER_KEY, "b")["dsn"].clone();
    let sentry = script([on(at_key("GET", KEY), value(200, &body))]);
    let api = sentry.api();
    assert_eq!(api.key(&project(), KEY).await.unwrap().unwrap().dsn, None);
    sentry.done(&api);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_none_and_any_other_refusal_is_an_error() {
    let sentry = script([on(at_key("GET", KEY), answer(404, MISSING))]);
    let api = sentry.api();
    assert_eq!(api.key(&project(), KEY).await.unwrap(), None);
    sentry.done(&api);
    for (status, kind) in [(401, Kind::Unauthorized), (403, Kind::Forbidden), (405, Kind::Rejected)] {
        let sentry = script([on(at_key("GET", KEY), answer(status, "{}"))]);
        let api = sentry.api();
        assert_eq!(*api.key(&project(), KEY).await.unwrap_err().kind(), kind);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn no_ids_need_no_request_and_one_id_needs_one() {
    let sentry = script([on(at_key("GET", KEY), value(200, &key_json(KEY, "a")))]);
    let api = sentry.api();
    assert_eq!(api.keys_by_id(&project(), &[]).await.unwrap(), []);
    assert_eq!(api.keys_by_id(&project(), &[KEY]).await.unwrap(), [key(KEY, "a")]);
    sentry.done(&api);
}

#[tokio::test]
async fn several_ids_on_the_first_page_need_one_request() {
    let keys = [key_json(THIRD_KEY, "c"), key_json(KEY, "a"), key_json(OTHER_KEY, "b")];
    let sentry = script([on(list(), page(&keys, "71:0:0", true))]);
    let api = sentry.api();
    assert_eq!(ids(&api.keys_by_id(&project(), &[KEY, OTHER_KEY]).await.unwrap()), [KEY, OTHER_KEY]);
    sentry.done(&api);
}

#[tokio::test]
async fn an_id_that_is_not_in_a_list_of_one_page_does_not_exist() {
    let sentry = script([on(list(), page(&[key_json(KEY, "a")], "71:0:0", false))]);
    let api = sentry.api();
    assert_eq!(ids(&api.keys_by_id(&project(), &[OTHER_KEY, KEY]).await.unwrap()), [KEY]);
    sentry.done(&api);
}

#[tokio::test]
async fn ids_behind_the_first_page_are_asked_for_one_by_one() {
    let sentry = script([
        on(list(), page(&[key_json(KEY, "a")], "71:0:0", true)),
        on(at_key("GET", OTHER_KEY), value(200, &key_json(OTHER_KEY, "b"))),
        on(at_key("GET", THIRD_KEY), answer(404, MISSING)),
    ]);
    let api = sentry.api();
    let found = api.keys_by_id(&project(), &[KEY, OTHER_KEY, THIRD_KEY]).await.unwrap();
    assert_eq!(ids(&found), [KEY, OTHER_KEY]);
    sentry.done(&api);
}
