//! What is sent again, and what never is.

use sentry_client::Kind;
use serde_json::json;
use testkit::fault::Fault;

use crate::fixtures::{KEY, KEYS, at_key, key_json, list, new_key, project, update};
use crate::script::{client, failing, json as answer, on, script, token, value};

/// Everything after which it is open if the request was carried out.
fn unclear() -> [Fault; 6] {
    [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Status(500),
        Fault::Status(502),
        Fault::StatusAfter(503),
        Fault::Answer(504, Vec::new(), String::new()),
    ]
}

#[tokio::test]
async fn a_read_is_repeated_after_an_outage() {
    for fault in unclear() {
        let sentry = script([
            failing(list(), fault.clone()),
            failing(list(), fault),
            on(list(), value(200, &json!([key_json(KEY, "a")]))),
        ]);
        let api = sentry.api();
        assert_eq!(api.keys(&project()).await.unwrap().len(), 1);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn an_update_is_repeated_with_the_same_body() {
    for fault in unclear() {
        let put = at_key("PUT", KEY);
        let sentry = script([failing(&put, fault), on(put, value(200, &key_json(KEY, "shop")))]);
        let api = sentry.api();
        api.update_key(&project(), KEY, &update()).await.unwrap();
        let requests = sentry.done(&api);
        assert_eq!(requests[0].body, requests[1].body);
    }
}

#[tokio::test]
async fn the_third_failure_is_the_last_and_is_told() {
    for (fault, status) in [(Fault::Status(502), Some(502)), (Fault::DropBefore, None)] {
        let sentry = script([0; 3].map(|_| failing(at_key("PUT", KEY), fault.clone())));
        let api = sentry.api();
        let error = api.update_key(&project(), KEY, &update()).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.is_unclear()), (&Kind::Unavailable, status, true));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn making_a_key_is_never_repeated_where_it_is_open_if_it_was_made() {
    for fault in unclear() {
        let sentry = script([failing(format!("POST {KEYS}"), fault)]);
        let api = sentry.api();
        let error = api.create_key(&project(), &new_key()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unclear()), (&Kind::Unavailable, true));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn making_a_key_on_a_connection_that_was_used_before_is_not_repeated_either() {
    for fault in [Fault::DropBefore, Fault::DropAfter] {
        let sentry = script([on(list(), answer(200, "[]")), failing(format!("POST {KEYS}"), fault)]);
        let api = sentry.api();
        api.keys(&project()).await.unwrap();
        assert!(api.create_key(&project(), &new_key()).await.unwrap_err().is_unclear());
        sentry.done(&api);
    }
}

#[tokio::test]
async fn making_a_key_is_repeated_after_a_rate_limit_because_nothing_was_made() {
    let limit = || answer(429, "\"slow down\"");
    let post = || format!("POST {KEYS}");
    let created = value(201, &key_json(KEY, &new_key().label));
    let sentry = script([on(post(), limit()), on(post(), limit()), on(post(), created)]);
    let api = sentry.api();
    assert_eq!(api.create_key(&project(), &new_key()).await.unwrap().id, KEY);
    let requests = sentry.done(&api);
    assert!(requests.iter().all(|request| request.body == requests[0].body));
}

#[tokio::test]
async fn making_a_key_is_not_repeated_after_a_limit_that_was_followed_by_an_outage() {
    let post = || format!("POST {KEYS}");
    let sentry = script([on(post(), answer(429, "")), failing(post(), Fault::StatusAfter(502))]);
    let api = sentry.api();
    assert!(api.create_key(&project(), &new_key()).await.unwrap_err().is_unclear());
    sentry.done(&api);
}

#[tokio::test]
async fn a_connection_that_was_never_made_carried_nothing_and_is_tried_again_by_every_method() {
    let url = script([]).server().url();
    let (client, token) = (client(&url), token());
    let api = client.api(&token, tokio::time::Instant::now() + std::time::Duration::from_secs(60));
    let error = api.create_key(&project(), &new_key()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unclear(), error.status()), (&Kind::Unavailable, false, None));
    assert_eq!(error.to_string(), "POST /projects/{org}/{project}/keys/ found no connection");
    assert_eq!(api.calls(), 3);
}

#[tokio::test]
async fn a_definite_answer_is_not_questioned() {
    for status in [400, 401, 403, 404, 409, 415] {
        let sentry = script([on(list(), answer(status, "{}"))]);
        let api = sentry.api();
        let error = api.keys(&project()).await.unwrap_err();
        assert_eq!((error.status(), error.is_unclear()), (Some(status), false));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_policy_of_no_retries_sends_once() {
    let mut sentry = script([failing(list(), Fault::Status(503))]);
    sentry.retry(sentry_client::RetryPolicy { times: 0, ..crate::script::quick() });
    let api = sentry.api();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::Unavailable);
    sentry.done(&api);
}
