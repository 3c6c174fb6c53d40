//! No redirect is followed, wherever it leads.

use sentry_client::{Answer, Kind, Probe};
use serde_json::json;

use crate::fixtures::{KEY, KEYS, QUESTION, at_key, dsn, list, new_key, project, update};
use crate::script::{bait, json as answer, on, script, value};

#[tokio::test]
async fn no_method_follows_a_redirect_and_its_target_hears_nothing() {
    let bait = bait();
    for status in [301, 302, 307, 308] {
        let redirect = || value(status, &json!({"slug": "new"})).with_header("location", format!("{}/x/", bait.url()));
        let sentry = script([
            on("GET /api/0/", redirect()),
            on(list(), redirect()),
            on(at_key("GET", KEY), redirect()),
            on(format!("POST {KEYS}"), redirect()),
            on(at_key("PUT", KEY), redirect()),
            on(at_key("DELETE", KEY), redirect()),
        ]);
        let api = sentry.api();
        let project = project();
        let errors = [
            api.identity().await.unwrap_err(),
            api.keys(&project).await.unwrap_err(),
            api.key(&project, KEY).await.unwrap_err(),
            api.create_key(&project, &new_key()).await.unwrap_err(),
            api.update_key(&project, KEY, &update()).await.unwrap_err(),
            api.delete_key(&project, KEY).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.status()), (&Kind::Moved(Some("new".to_owned())), Some(status)));
            assert!(!error.is_unclear());
        }
        sentry.done(&api);
    }
    assert_eq!(bait.call_names(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_to_the_same_host_turns_no_write_into_a_read() {
    let redirect = value(302, &json!({"slug": "new"})).with_header("location", "/api/0/projects/acme/new/keys/");
    let sentry = script([on(format!("POST {KEYS}"), redirect)]);
    let api = sentry.api();
    assert_eq!(*api.create_key(&project(), &new_key()).await.unwrap_err().kind(), Kind::Moved(Some("new".to_owned())));
    sentry.done(&api);
}

#[tokio::test]
async fn neither_the_question_nor_the_probe_follows_one() {
    let bait = bait();
    let redirect = || answer(302, "{}").with_header("location", format!("{}/x/", bait.url()));
    let sentry = script([on(QUESTION, redirect()), on("POST /api/42/envelope/", redirect())]);
    let api = sentry.api();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Unknown);
    let here = format!("http://{KEY}@{}/42", sentry.server().address()).parse().unwrap();
    assert_eq!(api.probe(&here).await.unwrap(), Probe::Inconclusive);
    sentry.done(&api);
    assert_eq!(bait.call_names(), [""; 0]);
}
