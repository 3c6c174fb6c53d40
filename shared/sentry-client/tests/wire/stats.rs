//! How much was sent with a key.

use sentry_client::{KeyCount, Kind, Resolution};
use serde_json::json;

use crate::fixtures::{KEY, at_key, project, since, until};
use crate::script::{json as answer, on, script, value};

fn stats(resolution: &str) -> String {
    format!("{}stats/?since=1795395600&until=1795402800&resolution={resolution}", at_key("GET", KEY))
}

#[tokio::test]
async fn counts_are_asked_for_by_the_hour_or_by_the_day() {
    for (resolution, name) in [(Resolution::Hour, "1h"), (Resolution::Day, "1d")] {
        let sentry = script([on(stats(name), answer(200, "[]"))]);
        let api = sentry.api();
        assert_eq!(api.key_stats(&project(), KEY, since(), until(), resolution).await.unwrap(), []);
        sentry.done(&api);
    }
}

#[tokio::test]
async fn whoever_is_limited_or_filtered_sends_as_well() {
    // A3.33, and what a later server may add.
    let body = json!([
        {"ts": 1_795_399_200, "total": 0, "dropped": 0, "accepted": 0, "filtered": 0},
        {"ts": 1_795_402_800, "total": 17, "dropped": 2, "accepted": 12, "filtered": 3, "more": {"x": 1}},
    ]);
    let sentry = script([on(stats("1h"), value(200, &body))]);
    let api = sentry.api();
    let counts = api.key_stats(&project(), KEY, since(), until(), Resolution::Hour).await.unwrap();
    let expected = [KeyCount { start: 1_795_399_200, events: 0 }, KeyCount { start: 1_795_402_800, events: 17 }];
    assert_eq!(counts, expected);
    sentry.done(&api);
}

#[tokio::test]
async fn what_is_no_list_of_counts_is_unavailable() {
    for body in [
        "{}",
        "null",
        "",
        "[1]",
        "[{}]",
        r#"[{"ts": 1795399200}]"#,
        r#"[{"total": 3}]"#,
        r#"[{"ts": 1795399200, "total": null}]"#,
        r#"[{"ts": 1795399200, "total": -1}]"#,
        r#"[{"ts": 1795399200, "total": 0}, {"ts": "yesterday", "total": 0}]"#,
    ] {
        let sentry = script([on(stats("1d"), answer(200, body))]);
        let api = sentry.api();
        let result = api.key_stats(&project(), KEY, since(), until(), Resolution::Day).await;
        assert_eq!(*result.unwrap_err().kind(), Kind::Unavailable, "{body}");
        sentry.done(&api);
    }
}

#[tokio::test]
async fn a_refusal_is_not_a_count_of_zero() {
    let cases = [
        // What a Sentry says whose store of counts is out of order.
        (400, r#"{"detail":"Invalid request data"}"#, Kind::Rejected),
        (403, "{}", Kind::Forbidden),
        (404, "{}", Kind::NotFound),
    ];
    for (status, body, kind) in cases {
        let sentry = script([on(stats("1d"), answer(status, body))]);
        let api = sentry.api();
        let error = api.key_stats(&project(), KEY, since(), until(), Resolution::Day).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (&kind, Some(status)));
        assert_eq!(error.operation(), "GET /projects/{org}/{project}/keys/{key}/stats/");
        sentry.done(&api);
    }
}
