//! PUT on a key.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::place::{Place, text};

/// A key that was made and then changed in this way: before and after.
#[track_caller]
fn changed(at: &Place, change: &Value) -> (Value, Value) {
    let token = at.admin();
    let before = at.create(&token, &json!({"name": "before", "rateLimit": {"count": 100, "window": 3600}}));
    let path = at.key_path(&text(&before, "id"));
    let after = at.put(&token, &path, change).is(200).json();
    assert_eq!(at.get(&token, &path).is(200).json(), after);
    (before, after)
}

/// The members that differ.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let members = before.as_object().unwrap().iter();
    members.filter(|(name, value)| after[name.as_str()] != **value).map(|(name, _)| name.clone()).collect()
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "disabling-changes-nothing-else",
        "`isActive: false` disables a key and changes nothing else of one with the version that the project has.",
        "observed 26 and 29",
        "retirement disables with the settings echoed",
        |at| {
            let (before, after) = changed(at, &json!({"isActive": false}));
            assert_eq!(differences(&before, &after), ["isActive"]);
        },
    ),
    fact(
        "a-disabled-key-stays-listed",
        "A disabled key is still listed, and still answers for itself.",
        "observed 29",
        "a key that is disabled is told from one that is gone",
        |at| {
            let token = at.admin();
            let key = text(&at.create(&token, &json!({"name": "x"})), "id");
            at.put(&token, &at.key_path(&key), &json!({"isActive": false})).is(200);
            assert_eq!(at.key(&token, &key)["isActive"], false);
            assert!(at.keys(&token).iter().any(|listed| listed["id"] == key.as_str() && listed["isActive"] == false));
        },
    ),
    fact(
        "disabling-twice-is-disabling",
        "Disabling a disabled key is answered 200 and changes nothing.",
        "sentry-api section 1.4",
        "every effect is safe to repeat",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            let once = at.put(&token, &path, &json!({"isActive": false})).is(200).json();
            assert_eq!(at.put(&token, &path, &json!({"isActive": false})).is(200).json(), once);
        },
    ),
    fact(
        "a-disabled-key-can-be-enabled",
        "A disabled key can be enabled again.",
        "observed 29",
        "setSecret enables what a person disabled; a rollback revives",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.put(&token, &path, &json!({"isActive": false})).is(200);
            assert_eq!(at.put(&token, &path, &json!({"isActive": true})).is(200).json()["isActive"], true);
        },
    ),
    fact(
        "name-and-state-in-one-call",
        "One PUT changes name and state at once.",
        "observed, before A",
        "retirement marks and disables in one call",
        |at| {
            let (before, after) = changed(at, &json!({"name": "after", "isActive": false}));
            let mut changed = differences(&before, &after);
            changed.sort();
            assert_eq!(changed, ["isActive", "label", "name"]);
        },
    ),
    fact(
        "an-empty-name-changes-nothing",
        "A PUT with an empty or null name leaves the name.",
        "observed 28",
        "a label cannot be lost",
        |at| {
            for name in [json!(""), Value::Null] {
                let (_, after) = changed(at, &json!({ "name": name }));
                assert_eq!(after["label"], "before");
            }
        },
    ),
    fact(
        "a-put-trims-names-too",
        "A PUT trims a name and bounds its length like a POST.",
        "observed 21; tried on 23.7.1",
        "labels are compared as they come back",
        |at| {
            let (_, after) = changed(at, &json!({"name": "  x  "}));
            assert_eq!(after["label"], "x");
            let token = at.admin();
            let path = at.key_path(&text(&after, "id"));
            at.put(&token, &path, &json!({"name": "x".repeat(65)}))
                .says(400, &json!({"name": ["Ensure this field has no more than 64 characters."]}));
        },
    ),
    fact(
        "halves-cannot-be-changed",
        "A PUT with other halves is answered 200 and changes neither.",
        "observed 28",
        "a key cannot be rotated in place",
        |at| {
            let (before, after) = changed(
                at,
                &json!({"public": at.server.unique(), "secret": at.server.unique(), "id": "x", "projectId": 1}),
            );
            assert_eq!(differences(&before, &after), Vec::<String>::new());
        },
    ),
    fact(
        "a-state-of-null-is-refused",
        "`isActive: null` is answered 400 under its member.",
        "observed 28",
        "the client sends true or false",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.put(&token, &path, &json!({"isActive": null}))
                .says(400, &json!({"isActive": ["This field may not be null."]}));
        },
    ),
    fact(
        "a-state-as-a-word-is-taken",
        "`isActive` can be a word such as \"false\".",
        "observed 28",
        "none: the client sends JSON booleans",
        |at| {
            let (_, after) = changed(at, &json!({"isActive": "false"}));
            assert_eq!(after["isActive"], false);
        },
    ),
    fact(
        "a-state-of-another-word-is-refused",
        "`isActive: \"maybe\"` is answered 400 under its member, and changes nothing.",
        "tried on 23.7.1",
        "none: the client sends JSON booleans",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.put(&token, &path, &json!({"isActive": "maybe", "name": "y"}))
                .says(400, &json!({"isActive": ["Must be a valid boolean."]}));
            assert_eq!(at.get(&token, &path).is(200).json()["label"], "x");
        },
    ),
    fact(
        "lists-by-state",
        "`status=active` and `status=inactive` choose; an unknown status is an empty list.",
        "observed 29",
        "none: the client reads all and looks itself",
        |at| {
            let token = at.admin();
            let off = text(&at.create(&token, &json!({"name": "off"})), "id");
            at.put(&token, &at.key_path(&off), &json!({"isActive": false})).is(200);
            let labels = |status: &str| -> Vec<String> {
                let answer = at.get(&token, &format!("{}?status={status}", at.keys_path())).is(200);
                answer.list().iter().map(|key| text(key, "label")).collect()
            };
            assert_eq!(
                (labels("active"), labels("inactive"), labels("odd").len()),
                (vec!["Default".to_owned()], vec!["off".to_owned()], 0)
            );
        },
    ),
    fact(
        "an-empty-put-is-200",
        "A PUT of an empty object is answered 200.",
        "observed 26",
        "an answer of 200 does not say that something changed",
        |at| {
            let (before, after) = changed(at, &json!({}));
            assert_eq!(differences(&before, &after), Vec::<String>::new());
        },
    ),
    fact(
        "malformed-put-changes-nothing",
        "A PUT whose body is cut is answered 400 and changes nothing.",
        "observed 11; tried on 23.7.1",
        "a cut request does no harm",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.send("PUT", &path, |request| {
                request.bearer_auth(&token).header("content-type", "application/json").body("{\"isActive\": false, ")
            })
            .is(400);
            assert_eq!(at.get(&token, &path).is(200).json()["isActive"], true);
        },
    ),
];
