//! Making, changing and deleting keys.

use sentry_client::{KeySettings, KeyUpdate, Kind, NewKey, RateLimit};
use serde_json::json;
use testkit::fault::Fault;
use testkit::http::Response;

use crate::fixtures::{KEY, KEYS, at_key, key, key_json, new_key, project, update};
use crate::script::{failing, json as answer, on, script, value};

fn post() -> String {
    format!("POST {KEYS}")
}

#[tokio::test]
async fn a_key_without_a_limit_is_asked_for_by_name_alone() {
    let key_asked = new_key();
    let sentry = script([on(post(), value(201, &key_json(KEY, &key_asked.label)))]);
    let api = sentry.api();
    assert_eq!(api.create_key(&project(), &key_asked).await.unwrap(), key(KEY, &key_asked.label));
    let requests = sentry.done(&api);
    assert_eq!(requests[0].json().unwrap(), json!({"name": "shop [abc1234/def56789]"}));
}

#[tokio::test]
async fn a_limit_is_asked_for_with_both_halves() {
    let asked = NewKey { rate_limit: Some(RateLimit { count: 100, window: 3600 }), ..new_key() };
    let sentry = script([on(post(), value(201, &key_json(KEY, &asked.label)))]);
    let api = sentry.api();
    api.create_key(&project(), &asked).await.unwrap();
    let body = json!({"name": asked.label, "rateLimit": {"count": 100, "window": 3600}});
    assert_eq!(sentry.done(&api)[0].json().unwrap(), body);
}

#[tokio::test]
async fn a_limit_that_the_plan_drops_shows_in_the_answer() {
    let asked = NewKey { rate_limit: Some(RateLimit { count: 100, window: 3600 }), ..new_key() };
    let mut body = key_json(KEY, &asked.label);
    body["rateLimit"] = json!(null);
    let sentry = script([on(post(), value(201, &body))]);
    let api = sentry.api();
    assert_eq!(api.create_key(&project(), &asked).await.unwrap().settings.rate_limit, None);
    sentry.done(&api);
}

#[tokio::test]
async fn any_label_arrives_as_it_is() {
    let asked = NewKey { label: "käse \"brot\" \u{1f9c0}\u{202e} </x> [a/b]".to_owned(), rate_limit: None };
    let sentry = script([on(post(), value(201, &key_json(KEY, &asked.label)))]);
    let api = sentry.api();
    assert_eq!(api.create_key(&project(), &asked).await.unwrap().label, asked.label);
    assert_eq!(sentry.done(&api)[0].json().unwrap(), json!({"name": asked.label}));
}

#[tokio::test]
async fn an_answer_with_another_name_is_an_unclear_failure() {
    for label in ["Firm Adder", ""] {
        let sentry = script([on(post(), value(201, &key_json(KEY, label)))]);
        let api = sentry.api();
        let error = api.create_key(&project(), &new_key()).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unavailable);
        assert!(error.is_unclear(), "a key was made: look for it");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_key_is_an_unclear_failure_and_not_repeated() {
    for response in
        [answer(201, "{}"), Response::empty(201), Response::text(200, "text/html", "<html>"), answer(201, "[]")]
    {
        let sentry = script([on(post(), response)]);
        let api = sentry.api();
        assert!(api.create_key(&project(), &new_key()).await.unwrap_err().is_unclear());
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_rejected_key_is_clearly_not_made() {
    let cases = [
        (400, r#"{"rateLimit":{"window":["Ensure this value is less than or equal to 86400."]}}"#, Kind::Rejected),
        (403, r#"{"detail":"You do not have permission to perform this action."}"#, Kind::Forbidden),
        (404, r#"{"detail":"The requested resource does not exist"}"#, Kind::NotFound),
        (415, r#"{"detail":"Unsupported media type \"\" in request."}"#, Kind::Rejected),
    ];
    for (status, body, kind) in cases {
        let sentry = script([on(post(), answer(status, body))]);
        let api = sentry.api();
        let error = api.create_key(&project(), &new_key()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unclear()), (&kind, false));
        sentry.done(&api);
    }
}

#[tokio::test]
async fn an_update_carries_every_setting() {
    let sentry = script([on(at_key("PUT", KEY), value(200, &key_json(KEY, "shop")))]);
    let api = sentry.api();
    assert_eq!(api.update_key(&project(), KEY, &update()).await.unwrap(), key(KEY, "shop"));
    let body = json!({
        "name": "shop", "isActive": true, "rateLimit": {"count": 100, "window": 3600}, "browserSdkVersion": "7.x",
        "dynamicSdkLoaderOptions": {"hasDebug": false, "hasPerformance": false, "hasReplay": true},
    });
    assert_eq!(sentry.done(&api)[0].json().unwrap(), body);
}

#[tokio::test]
async fn a_disable_keeps_the_pin_and_clears_a_limit_only_by_null() {
    let settings = KeySettings { browser_sdk_version: Some("6.x".to_owned()), ..KeySettings::default() };
    let wanted = KeyUpdate { label: "old".to_owned(), is_active: false, settings };
    let mut now = key_json(KEY, "old");
    now["isActive"] = json!(false);
    let sentry = script([on(at_key("PUT", KEY), value(200, &now))]);
    let api = sentry.api();
    assert!(!api.update_key(&project(), KEY, &wanted).await.unwrap().is_active);
    let body = json!({"name": "old", "isActive": false, "rateLimit": null, "browserSdkVersion": "6.x"});
    assert_eq!(sentry.done(&api)[0].json().unwrap(), body);
}

#[tokio::test]
async fn a_key_that_is_read_changed_and_written_keeps_all_else() {
    let mut found = key_json(KEY, "shop [abc1234/def56789]");
    found["browserSdkVersion"] = json!("6.x");
    found["dynamicSdkLoaderOptions"]["hasFeedback"] = json!(true);
    let sentry = script([on(at_key("GET", KEY), value(200, &found)), on(at_key("PUT", KEY), value(200, &found))]);
    let api = sentry.api();
    let before = api.key(&project(), KEY).await.unwrap().unwrap();
    let disabled = KeyUpdate { is_active: false, ..KeyUpdate::of(&before) };
    let after = api.update_key(&project(), KEY, &disabled).await.unwrap();
    assert_eq!(KeyUpdate::of(&after), KeyUpdate::of(&before), "this Sentry changed nothing, and the answer shows it");
    let body = json!({
        "name": "shop [abc1234/def56789]", "isActive": false, "rateLimit": {"count": 100, "window": 3600},
        "browserSdkVersion": "6.x",
        "dynamicSdkLoaderOptions": {"hasDebug": false, "hasFeedback": true, "hasPerformance": false, "hasReplay": true},
    });
    assert_eq!(sentry.done(&api)[1].json().unwrap(), body);
}

#[tokio::test]
async fn what_an_update_did_not_change_shows_in_the_answer() {
    let mut now = key_json(KEY, "shop");
    now["rateLimit"] = json!(null);
    now["browserSdkVersion"] = json!("latest");
    let sentry = script([on(at_key("PUT", KEY), value(200, &now))]);
    let api = sentry.api();
    let settings = api.update_key(&project(), KEY, &update()).await.unwrap().settings;
    assert_eq!((settings.rate_limit, settings.browser_sdk_version.as_deref()), (None, Some("latest")));
    sentry.done(&api);
}

#[tokio::test]
async fn an_update_of_a_key_that_is_gone_is_not_found() {
    let sentry = script([on(at_key("PUT", KEY), answer(404, "{}"))]);
    let api = sentry.api();
    assert_eq!(*api.update_key(&project(), KEY, &update()).await.unwrap_err().kind(), Kind::NotFound);
    sentry.done(&api);
}

#[tokio::test]
async fn a_delete_of_a_key_that_is_gone_already_is_a_success() {
    let gone = answer(404, r#"{"detail":"The requested resource does not exist"}"#);
    for (response, was_there) in [(Response::empty(204), true), (gone, false)] {
        let sentry = script([on(at_key("DELETE", KEY), response)]);
        let api = sentry.api();
        assert_eq!(api.delete_key(&project(), KEY).await.unwrap(), was_there);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_refused_delete_is_never_a_success() {
    for (status, kind) in [(401, Kind::Unauthorized), (403, Kind::Forbidden), (400, Kind::Rejected)] {
        let sentry = script([on(at_key("DELETE", KEY), answer(status, "{}"))]);
        let api = sentry.api();
        assert_eq!(*api.delete_key(&project(), KEY).await.unwrap_err().kind(), kind);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_delete_is_repeated_after_a_limit() {
    let sentry = script([
        on(at_key("DELETE", KEY), answer(429, "\"slow down\"")),
        on(at_key("DELETE", KEY), Response::empty(204)),
    ]);
    let api = sentry.api();
    api.delete_key(&project(), KEY).await.unwrap();
    sentry.done(&api);
}

#[tokio::test]
async fn a_delete_that_no_answer_came_to_is_never_a_success() {
    let cases = [
        (Fault::Answer(429, Vec::new(), String::new()), Kind::RateLimited, Some(429), false),
        (Fault::Status(500), Kind::Unavailable, Some(500), true),
        (Fault::DropBefore, Kind::Unavailable, None, true),
        (Fault::DropAfter, Kind::Unavailable, None, true),
    ];
    for (fault, kind, status, unclear) in cases {
        let sentry = script([0; 3].map(|_| failing(at_key("DELETE", KEY), fault.clone())));
        let api = sentry.api();
        let error = api.delete_key(&project(), KEY).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.is_unclear()), (&kind, status, unclear), "{fault:?}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_repeated_and_finds_the_key_gone() {
    for fault in [Fault::StatusAfter(502), Fault::DropAfter] {
        let sentry = script([failing(at_key("DELETE", KEY), fault), on(at_key("DELETE", KEY), answer(404, "{}"))]);
        let api = sentry.api();
        api.delete_key(&project(), KEY).await.unwrap();
        sentry.done(&api);
    }
}
