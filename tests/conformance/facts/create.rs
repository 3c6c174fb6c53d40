//! POST on a project's keys.

use serde_json::{Value, json};

use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};

/// The label of a key that is made with this name.
#[track_caller]
fn label(at: &Place, name: &Value) -> String {
    text(&at.create(&at.admin(), &json!({ "name": name })), "label")
}

/// A request that breaks the server, and makes nothing.
#[track_caller]
fn breaks(at: &Place, body: &Value) {
    let token = at.admin();
    let before = at.keys(&token).len();
    let answer = at.post(&token, &at.keys_path(), body).is(500);
    assert_eq!(answer.json()["detail"], "Internal Error");
    assert_eq!(at.keys(&token).len(), before);
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-new-key-is-201-and-active",
        "Making a key is answered 201 with the key, which is active.",
        "observed 21",
        "`create_key`",
        |at| {
            let key = at.create(&at.token(&["project:write"]), &json!({"name": "x"}));
            assert_eq!(key["isActive"], true);
        },
    ),
    fact(
        "names-are-not-unique",
        "Two keys can have one name.",
        "observed 21",
        "an earlier attempt is looked for by its mark before each POST",
        |at| {
            let token = at.admin();
            let (one, two) = (at.create(&token, &json!({"name": "x"})), at.create(&token, &json!({"name": "x"})));
            assert_ne!(one["id"], two["id"]);
            assert_eq!(at.keys(&token).len(), 3);
        },
    ),
    fact(
        "a-key-without-a-name-gets-one",
        "A name that is empty, null, blank or missing becomes two made-up words.",
        "observed 21",
        "the client always sends a label",
        |at| {
            let token = at.admin();
            for body in [json!({"name": ""}), json!({"name": null}), json!({}), json!({"name": "   "})] {
                let label = text(&at.create(&token, &body), "label");
                assert!(label.split(' ').count() >= 2, "{body}: {label:?}");
            }
        },
    ),
    fact(
        "a-post-without-a-body-makes-a-key",
        "A POST without any body makes a key.",
        "tried on 23.7.1",
        "a cut request can make a key: attempts are looked for",
        |at| {
            at.call(&at.admin(), "POST", &at.keys_path()).is(201);
        },
    ),
    fact(
        "names-are-trimmed",
        "Blanks around a name are cut off, also those of other scripts.",
        "observed, before A",
        "labels are compared as they come back",
        |at| {
            assert_eq!(label(at, &json!(" \t x y \n")), "x y");
            assert_eq!(label(at, &json!("\u{a0}\u{3000}x\u{2003}")), "x");
        },
    ),
    fact(
        "control-characters-inside-are-kept",
        "Line breaks, tabs, right-to-left marks and zero-width characters inside a name are kept.",
        "observed, before A",
        "labels are hostile text: reports escape them",
        |at| {
            let name = "a\nb\tc\u{202e}d\u{200b}e\u{7}f";
            assert_eq!(label(at, &json!(name)), name);
        },
    ),
    fact(
        "sixty-four-code-points",
        "A name holds 64 code points, whatever their size.",
        "observed, before A",
        "the label is cut by code points, and its mark is whole",
        |at| {
            for name in ["x".repeat(64), "\u{1f600}".repeat(64)] {
                assert_eq!(label(at, &json!(name)), name);
            }
        },
    ),
    fact(
        "sixty-five-are-too-many",
        "A name of 65 code points is answered 400 under its member.",
        "observed 21",
        "the label is never longer",
        |at| {
            let token = at.admin();
            for name in ["x".repeat(65), "\u{1f600}".repeat(65)] {
                at.post(&token, &at.keys_path(), &json!({ "name": name }))
                    .says(400, &json!({"name": ["Ensure this field has no more than 64 characters."]}));
            }
        },
    ),
    fact(
        "length-counts-after-trimming",
        "Only what is left after trimming counts for the length.",
        "tried on 23.7.1",
        "labels are cut before they are sent",
        |at| {
            assert_eq!(label(at, &json!(format!("{}{}", "x".repeat(64), " ".repeat(9)))), "x".repeat(64));
        },
    ),
    fact(
        "nul-is-refused",
        "A name with a NUL in it is answered 400 under its member.",
        "observed 21",
        "no label has one",
        |at| {
            at.post(&at.admin(), &at.keys_path(), &json!({"name": "a\u{0}b"}))
                .says(400, &json!({"name": ["Null characters are not allowed."]}));
        },
    ),
    fact(
        "a-chosen-id-is-honoured",
        "A caller can choose both halves of a key.",
        "observed 22",
        "nothing: it is undocumented, and attempts are found by their mark",
        |at| {
            let (public, secret) = (at.server.unique(), at.server.unique());
            let key = at.create(&at.admin(), &json!({"public": public, "secret": secret}));
            assert_eq!((text(&key, "id"), text(&key, "secret")), (public, secret));
        },
    ),
    fact(
        "a-chosen-id-is-32-hex",
        "A chosen half that is not 32 hexadecimal digits in lower case is answered 400.",
        "observed 22",
        "ids are read strictly",
        |at| {
            let token = at.admin();
            let wrong = json!(["This value does not match the required pattern."]);
            for value in ["abc".to_owned(), "A".repeat(32), "g".repeat(32), "a".repeat(33)] {
                at.post(&token, &at.keys_path(), &json!({ "public": value })).says(400, &json!({ "public": wrong }));
                at.post(&token, &at.keys_path(), &json!({ "secret": value })).says(400, &json!({ "secret": wrong }));
            }
        },
    ),
    fact(
        "an-id-is-taken-once",
        "An id that is taken is answered 500, and no second key is made: in the project, in another, in another organization.",
        "observed 22",
        "a 500 of a POST is unclear: the client looks again",
        |at| {
            let token = at.admin();
            let public = at.server.unique();
            at.create(&token, &json!({ "public": public }));
            breaks(at, &json!({ "public": public }));
            at.add_project("other");
            let other = at.keys_path().replace("storefront", "other");
            at.post(&token, &other, &json!({ "public": public })).is(500);
            breaks(&at.elsewhere(), &json!({ "public": public }));
        },
    ),
    fact(
        "a-secret-is-taken-once",
        "A secret half that is taken is answered 500, and no second key is made.",
        "observed 22",
        "a 500 of a POST is unclear: the client looks again",
        |at| {
            let secret = at.server.unique();
            at.create(&at.admin(), &json!({ "secret": secret }));
            breaks(at, &json!({ "secret": secret }));
        },
    ),
    fact(
        "a-500-carries-an-id",
        "A 500 of the API is JSON with `Internal Error` and the id of the error.",
        "observed 22",
        "the id is told in our error",
        |at| {
            let public = at.server.unique();
            let token = at.admin();
            at.create(&token, &json!({ "public": public }));
            let body = at.post(&token, &at.keys_path(), &json!({ "public": public })).is(500).json();
            let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!((members.len(), &body["detail"]), (2, &json!("Internal Error")));
            assert!(body["errorId"].is_null() || text(&body, "errorId").len() == 32, "{body}");
        },
    ),
    fact(
        "a-deleted-id-is-free",
        "The id of a deleted key can be taken again, also in another organization.",
        "observed 23",
        "an id alone proves nothing: project and mark are compared",
        |at| {
            let token = at.admin();
            let (public, secret) = (at.server.unique(), at.server.unique());
            let body = json!({"public": public, "secret": secret});
            at.create(&token, &body);
            at.delete(&token, &at.key_path(&public)).is(204);
            let other = at.elsewhere();
            other.create(&other.admin(), &body);
            at.get(&token, &at.key_path(&public)).is(404);
        },
    ),
    fact(
        "a-key-cannot-be-made-disabled",
        "`isActive: false` is accepted and ignored when a key is made.",
        "observed 24",
        "a new key is alive at once",
        |at| {
            assert_eq!(at.create(&at.admin(), &json!({"name": "x", "isActive": false}))["isActive"], true);
        },
    ),
    fact(
        "loader-settings-are-ignored-at-first",
        "`browserSdkVersion` and `dynamicSdkLoaderOptions` are accepted and ignored when a key is made.",
        "observed 24",
        "setSecret brings the settings with a PUT",
        |at| {
            let key = at.create(&at.admin(), &json!({"name": "x", "browserSdkVersion": "latest", "dynamicSdkLoaderOptions": {"hasDebug": true, "hasReplay": false}}));
            assert_eq!(
                (
                    &key["browserSdkVersion"],
                    &key["dynamicSdkLoaderOptions"]["hasDebug"],
                    &key["dynamicSdkLoaderOptions"]["hasReplay"]
                ),
                (&json!("7.x"), &json!(false), &json!(true))
            );
        },
    ),
    fact(
        "a-version-that-nobody-knows-is-refused",
        "A `browserSdkVersion` that does not exist is answered 400 even though it would be ignored.",
        "tried on 23.7.1",
        "only versions that a key has are sent",
        |at| {
            let answer = at.post(&at.admin(), &at.keys_path(), &json!({"browserSdkVersion": "1.x"}));
            answer.says(400, &json!({"browserSdkVersion": ["\"1.x\" is not a valid choice."]}));
        },
    ),
    fact(
        "a-limit-is-taken",
        "A rate limit of two numbers is taken when a key is made.",
        "observed 25",
        "createSecret carries the limit over",
        |at| {
            let key = at.create(&at.admin(), &json!({"name": "x", "rateLimit": {"count": 100, "window": 3600}}));
            assert_eq!(key["rateLimit"], json!({"count": 100, "window": 3600}));
        },
    ),
    fact(
        "a-limit-with-a-zero-is-none",
        "A rate limit with a zero or an empty text in it is stored as no limit.",
        "observed 25",
        "a zero is refused by our policy: it means unlimited",
        |at| {
            let token = at.admin();
            for limit in [
                json!({"count": 0, "window": 60}),
                json!({"count": 5, "window": 0}),
                json!({"count": "", "window": ""}),
                json!({"count": null, "window": null}),
            ] {
                assert_eq!(at.create(&token, &json!({"rateLimit": limit}))["rateLimit"], Value::Null, "{limit}");
            }
        },
    ),
    fact(
        "half-a-limit-breaks-the-server",
        "A rate limit of one number, or of none, is answered 500.",
        "observed 25",
        "the client sends both or nothing",
        |at| {
            for limit in [json!({"count": 100}), json!({})] {
                breaks(at, &json!({ "rateLimit": limit }));
            }
        },
    ),
    fact(
        "a-null-limit-breaks-the-server",
        "A rate limit of null is answered 500.",
        "observed 25",
        "the client leaves it out",
        |at| {
            breaks(at, &json!({"rateLimit": null}));
        },
    )
    .only(Holds::Observed),
    fact(
        "a-null-limit-is-refused",
        "A rate limit of null is answered 400.",
        "sentry-api section 1.3",
        "the client leaves it out",
        |at| {
            at.post(&at.admin(), &at.keys_path(), &json!({"rateLimit": null})).is(400);
        },
    )
    .only(Holds::Newer),
    fact(
        "a-limit-too-large-breaks-the-server",
        "A count above 2147483647 is answered 500.",
        "observed 25",
        "our policy refuses it",
        |at| {
            breaks(at, &json!({"rateLimit": {"count": 2_147_483_648_u64, "window": 60}}));
            let key = at.create(&at.admin(), &json!({"rateLimit": {"count": 2_147_483_647, "window": 86_400}}));
            assert_eq!(key["rateLimit"], json!({"count": 2_147_483_647, "window": 86_400}));
        },
    ),
    fact(
        "a-window-above-a-day-is-refused",
        "A window above a day is answered 400 under its member.",
        "observed 25",
        "our policy refuses it",
        |at| {
            at.post(&at.admin(), &at.keys_path(), &json!({"rateLimit": {"count": 1, "window": 86_401}}))
                .says(400, &json!({"rateLimit": {"window": ["Ensure this value is less than or equal to 86400."]}}));
        },
    ),
    fact(
        "a-negative-limit-is-refused",
        "A negative number in a rate limit is answered 400 under its member.",
        "observed 25",
        "our policy refuses it",
        |at| {
            at.post(&at.admin(), &at.keys_path(), &json!({"rateLimit": {"count": -1, "window": 60}}))
                .says(400, &json!({"rateLimit": {"count": ["Ensure this value is greater than or equal to 0."]}}));
        },
    ),
    fact(
        "a-limit-of-words-is-refused",
        "A rate limit that is no object, or that has a word in it, is answered 400.",
        "tried on 23.7.1",
        "error bodies have no one shape",
        |at| {
            let token = at.admin();
            at.post(&token, &at.keys_path(), &json!({"rateLimit": "100/60"})).says(
                400,
                &json!({"rateLimit": {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}}),
            );
            at.post(&token, &at.keys_path(), &json!({"rateLimit": {"count": "many", "window": 60}}))
                .says(400, &json!({"rateLimit": {"count": ["A valid integer is required."]}}));
        },
    ),
    fact(
        "a-plan-without-limits-drops-them",
        "Where the plan has no rate limits, one is dropped in silence: 201 without a limit.",
        "observed 53",
        "the limit is read back, and its loss reported as the plan's",
        |at| {
            let free = at.without_rate_limits();
            let key = free.create(&free.admin(), &json!({"rateLimit": {"count": 100, "window": 60}}));
            assert_eq!(key["rateLimit"], Value::Null);
        },
    ),
    fact(
        "a-plan-without-limits-takes-half-of-one",
        "Where the plan has no rate limits, half a limit is dropped as well and breaks nothing.",
        "observed 53; tried on 23.7.1",
        "none",
        |at| {
            let free = at.without_rate_limits();
            free.create(&free.admin(), &json!({"rateLimit": {"count": 100}}));
        },
    ),
    fact(
        "two-at-once-make-two",
        "Two POSTs at once with one name make two keys.",
        "observed, before A",
        "createSecret lists again after it made a key, and all adopt the oldest",
        |at| {
            let token = at.admin();
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        let alone = crate::answer::Http::new();
                        let url = format!("{}{}", at.server.url, at.keys_path());
                        alone
                            .send("POST", &url, |request| request.bearer_auth(&token).json(&json!({"name": "at once"})))
                            .is(201);
                    });
                }
            });
            let made = at.keys(&token).iter().filter(|key| key["label"] == "at once").count();
            assert_eq!(made, 2);
        },
    ),
];
