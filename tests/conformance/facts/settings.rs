//! Rate limit, loader version and loader options, as a PUT changes them.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::place::{Place, text};

/// A key with a limit, and the path of it.
#[track_caller]
fn limited(at: &Place) -> (String, String) {
    let token = at.admin();
    let key = at.create(&token, &json!({"name": "x", "rateLimit": {"count": 100, "window": 3600}}));
    (token, at.key_path(&text(&key, "id")))
}

/// The limit after a PUT with this one.
#[track_caller]
fn limit_after(at: &Place, limit: &Value) -> Value {
    let (token, path) = limited(at);
    at.put(&token, &path, &json!({ "rateLimit": limit })).is(200).json()["rateLimit"].clone()
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-put-without-the-version-resets-it",
        "Any PUT without `browserSdkVersion` resets it to the project's, even an empty one.",
        "observed 26",
        "every PUT echoes the version",
        |at| {
            let (token, path) = limited(at);
            for body in [json!({}), json!({"isActive": true}), json!({"name": "y"})] {
                assert_eq!(
                    at.put(&token, &path, &json!({"browserSdkVersion": "6.x"})).is(200).json()["browserSdkVersion"],
                    "6.x"
                );
                assert_eq!(at.put(&token, &path, &body).is(200).json()["browserSdkVersion"], "7.x", "{body}");
            }
        },
    ),
    fact(
        "an-echoed-version-stays",
        "A PUT with the version that the key has keeps it, also one that is no longer offered.",
        "observed 26",
        "retirement and setSecret echo what they read",
        |at| {
            let (token, path) = limited(at);
            for version in ["latest", "7.x", "6.x", "5.x", "4.x"] {
                let body = json!({"browserSdkVersion": version, "isActive": false});
                assert_eq!(at.put(&token, &path, &body).is(200).json()["browserSdkVersion"], version);
            }
        },
    ),
    fact(
        "the-offer-is-shorter-than-what-is-taken",
        "`browserSdk.choices` offers less than a PUT takes.",
        "observed 26",
        "the version is not checked against the offer",
        |at| {
            let (token, path) = limited(at);
            let choices = at.get(&token, &path).is(200).json()["browserSdk"]["choices"].clone();
            assert!(choices.as_array().unwrap().iter().all(|choice| choice[0] != "6.x"), "{choices}");
        },
    ),
    fact(
        "an-unknown-version-is-refused",
        "A version that does not exist is answered 400, and nothing changes.",
        "tried on 23.7.1",
        "a bad version in a policy is reported",
        |at| {
            let (token, path) = limited(at);
            at.put(&token, &path, &json!({"browserSdkVersion": "1.x", "name": "y"}))
                .says(400, &json!({"browserSdkVersion": ["\"1.x\" is not a valid choice."]}));
            assert_eq!(at.get(&token, &path).is(200).json()["label"], "x");
        },
    ),
    fact(
        "loader-options-are-merged",
        "Loader options that a PUT leaves out stay as they are.",
        "observed 26",
        "only the wanted options are sent",
        |at| {
            let (token, path) = limited(at);
            at.put(&token, &path, &json!({"dynamicSdkLoaderOptions": {"hasDebug": true}})).is(200);
            at.put(&token, &path, &json!({"dynamicSdkLoaderOptions": {"hasReplay": false}})).is(200);
            let options =
                at.put(&token, &path, &json!({"name": "y"})).is(200).json()["dynamicSdkLoaderOptions"].clone();
            assert_eq!(
                (&options["hasDebug"], &options["hasReplay"], &options["hasPerformance"]),
                (&json!(true), &json!(false), &json!(true))
            );
        },
    ),
    fact(
        "unknown-loader-options-are-dropped",
        "Loader options that the server does not know are dropped in silence.",
        "sentry-api section 1.2; tried on 23.7.1",
        "settings are read back and compared",
        |at| {
            let (token, path) = limited(at);
            let key =
                at.put(&token, &path, &json!({"dynamicSdkLoaderOptions": {"hasEverything": true}})).is(200).json();
            assert_eq!(key["dynamicSdkLoaderOptions"].get("hasEverything"), None);
        },
    ),
    fact(
        "a-put-leaves-the-limit",
        "A PUT without `rateLimit` leaves the limit.",
        "observed 26",
        "disabling loses no limit",
        |at| {
            let (token, path) = limited(at);
            assert_eq!(
                at.put(&token, &path, &json!({"isActive": false})).is(200).json()["rateLimit"],
                json!({"count": 100, "window": 3600})
            );
        },
    ),
    fact(
        "a-limit-is-replaced",
        "A rate limit of two numbers replaces the one before.",
        "observed 27",
        "setSecret brings the limit over",
        |at| {
            assert_eq!(limit_after(at, &json!({"count": 7, "window": 60})), json!({"count": 7, "window": 60}));
        },
    ),
    fact(
        "null-clears-the-limit",
        "A rate limit of null, or with a null count, clears the limit.",
        "observed 27",
        "a limit that the old key had not is cleared with null",
        |at| {
            for limit in [Value::Null, json!({"count": null, "window": 60})] {
                assert_eq!(limit_after(at, &limit), Value::Null);
            }
        },
    ),
    fact(
        "an-empty-limit-changes-nothing",
        "A rate limit of an empty object leaves the limit.",
        "observed 27",
        "none: the client sends both numbers",
        |at| {
            assert_eq!(limit_after(at, &json!({})), json!({"count": 100, "window": 3600}));
        },
    ),
    fact(
        "half-a-limit-breaks-a-put",
        "Half a rate limit is answered 500, and the limit stays.",
        "observed 27",
        "the client sends both numbers",
        |at| {
            let (token, path) = limited(at);
            for limit in [json!({"count": 8}), json!({"window": 8})] {
                at.put(&token, &path, &json!({ "rateLimit": limit })).is(500);
                assert_eq!(at.get(&token, &path).is(200).json()["rateLimit"], json!({"count": 100, "window": 3600}));
            }
        },
    ),
    fact(
        "a-broken-put-changes-nothing",
        "A PUT that ends in a 500 has changed nothing, not even the name.",
        "tried on 23.7.1",
        "after a 500 the key is looked at again",
        |at| {
            let (token, path) = limited(at);
            at.put(&token, &path, &json!({"name": "y", "isActive": false, "rateLimit": {"count": 8}})).is(500);
            let key = at.get(&token, &path).is(200).json();
            assert_eq!((&key["label"], &key["isActive"]), (&json!("x"), &json!(true)));
        },
    ),
    fact(
        "zero-events-means-all-events",
        "A limit of zero events is shown as no limit: it fails open.",
        "observed 27",
        "our policy refuses a zero",
        |at| {
            for limit in [json!({"count": 0, "window": 60}), json!({"count": 9, "window": 0})] {
                assert_eq!(limit_after(at, &limit), Value::Null, "{limit}");
            }
        },
    ),
    fact(
        "a-put-bounds-a-limit-too",
        "A PUT refuses a window above a day and a negative count like a POST.",
        "observed 25; tried on 23.7.1",
        "our policy refuses them",
        |at| {
            let (token, path) = limited(at);
            at.put(&token, &path, &json!({"rateLimit": {"count": 1, "window": 86_401}}))
                .says(400, &json!({"rateLimit": {"window": ["Ensure this value is less than or equal to 86400."]}}));
            at.put(&token, &path, &json!({"rateLimit": {"count": -1, "window": 60}}))
                .says(400, &json!({"rateLimit": {"count": ["Ensure this value is greater than or equal to 0."]}}));
        },
    ),
    fact(
        "a-plan-without-limits-drops-them-in-a-put",
        "Where the plan has no rate limits, a PUT drops one in silence.",
        "observed 53",
        "the loss is reported as the plan's",
        |at| {
            let free = at.without_rate_limits();
            let token = free.admin();
            let key = text(&free.create(&token, &json!({"name": "x"})), "id");
            let key = free
                .put(&token, &free.key_path(&key), &json!({"rateLimit": {"count": 5, "window": 60}}))
                .is(200)
                .json();
            assert_eq!(key["rateLimit"], Value::Null);
        },
    ),
];
