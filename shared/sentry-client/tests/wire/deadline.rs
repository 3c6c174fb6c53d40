//! The deadline: nothing is sent when it is near, and nothing is waited for beyond it.

use std::time::Duration;

use sentry_client::{Answer, Kind, Probe, Resolution};
use testkit::fault::Fault;
use tokio::time::Instant;

use crate::fixtures::{KEY, KEYS, QUESTION, at_key, dsn, list, new_key, project, since, until, update};
use crate::raw::{Then, partial, raw};
use crate::script::{client, failing, script, token};

const SHORT: Duration = Duration::from_millis(700);
const LONG: Fault = Fault::Delay(Duration::from_secs(30));

fn in_time(started: Instant) -> bool {
    started.elapsed() < Duration::from_secs(3)
}

#[tokio::test]
async fn nothing_is_sent_when_it_is_near_or_over() {
    let sentry = script([]);
    let project = project();
    for time in [Duration::ZERO, Duration::from_millis(400)] {
        let api = sentry.api_for(time);
        let errors = [
            api.identity().await.unwrap_err(),
            api.project("acme", "shop").await.unwrap_err(),
            api.project("7", "42").await.unwrap_err(),
            api.projects("acme").await.unwrap_err(),
            api.keys(&project).await.unwrap_err(),
            api.keys_by_id(&project, &[KEY]).await.unwrap_err(),
            api.key(&project, KEY).await.unwrap_err(),
            api.create_key(&project, &new_key()).await.unwrap_err(),
            api.update_key(&project, KEY, &update()).await.unwrap_err(),
            api.delete_key(&project, KEY).await.unwrap_err(),
            api.key_stats(&project, KEY, since(), until(), Resolution::Hour).await.unwrap_err(),
            api.ask_dsn(&project, &dsn()).await.unwrap_err(),
            api.probe(&dsn()).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.status(), error.is_unclear()), (&Kind::DeadlineNear, None, false));
        }
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_slow_answer_is_given_up_inside_it_and_not_asked_for_again() {
    for request in [list(), at_key("PUT", KEY), at_key("DELETE", KEY), format!("POST {KEYS}")] {
        let sentry = script([failing(&request, LONG)]);
        let api = sentry.api_for(SHORT);
        let started = Instant::now();
        let project = project();
        let error = if request.starts_with("GET") {
            api.keys(&project).await.unwrap_err()
        } else if request.starts_with("PUT") {
            api.update_key(&project, KEY, &update()).await.unwrap_err()
        } else if request.starts_with("DELETE") {
            api.delete_key(&project, KEY).await.unwrap_err()
        } else {
            api.create_key(&project, &new_key()).await.unwrap_err()
        };
        assert!(in_time(started), "{request}");
        assert_eq!((error.kind(), error.is_unclear()), (&Kind::Unavailable, true), "{request}");
        assert!(error.is_timeout(), "{request}");
        assert!(error.to_string().ends_with("got no answer in time"), "{error}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_slow_question_and_a_slow_probe_say_nothing_in_time() {
    let sentry = script([failing(QUESTION, LONG)]);
    let api = sentry.api_for(SHORT);
    let started = Instant::now();
    assert_eq!(api.ask_dsn(&project(), &dsn()).await.unwrap(), Answer::Unknown);
    assert!(in_time(started));
    sentry.done(&api);

    let sentry = script([failing("POST /api/42/envelope/", LONG)]);
    let api = sentry.api_for(SHORT);
    let started = Instant::now();
    let here = format!("http://{KEY}@{}/42", sentry.server().address()).parse().unwrap();
    assert_eq!(api.probe(&here).await.unwrap(), Probe::Inconclusive);
    assert!(in_time(started));
    sentry.done(&api);
}

#[tokio::test]
async fn an_outage_near_it_is_told_instead_of_slept_on() {
    let mut sentry = script([failing(list(), Fault::Status(503))]);
    sentry.retry(sentry_client::RetryPolicy { first: Duration::from_millis(300), ..crate::script::quick() });
    let api = sentry.api_for(SHORT);
    let error = api.keys(&project()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&Kind::Unavailable, Some(503)));
    sentry.done(&api);
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up_inside_it() {
    let (client, token) = (client(&raw(partial(200, "["), Then::Stall)), token());
    let api = client.api(&token, Instant::now() + SHORT);
    let started = Instant::now();
    let error = api.keys(&project()).await.unwrap_err();
    assert!(in_time(started));
    assert_eq!((error.kind(), error.is_unclear()), (&Kind::Unavailable, true));
    assert_eq!(error.to_string(), "GET /projects/{org}/{project}/keys/ got no answer in time");
    assert_eq!(api.calls(), 1);
}

#[tokio::test]
async fn the_body_of_a_refusal_that_stalls_is_not_waited_for() {
    let (client, token) = (client(&raw(partial(403, "{"), Then::Stall)), token());
    let api = client.api(&token, Instant::now() + Duration::from_secs(60));
    let started = Instant::now();
    assert_eq!(*api.keys(&project()).await.unwrap_err().kind(), Kind::Forbidden);
    assert!(in_time(started));
}
