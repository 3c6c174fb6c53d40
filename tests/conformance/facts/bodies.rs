//! What requests may look like.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::place::{Place, text};

#[track_caller]
fn posted(at: &Place, kind: &str, body: &'static str) -> crate::answer::Answer {
    let token = at.admin();
    at.send("POST", &at.keys_path(), |request| {
        let request = request.bearer_auth(&token).body(body);
        if kind.is_empty() { request } else { request.header("content-type", kind) }
    })
}

/// No key was made by any of this.
#[track_caller]
fn made_nothing(at: &Place) {
    assert_eq!(at.keys(&at.admin()).len(), 1);
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-body-without-a-type-is-415",
        "JSON without a content type is answered 415.",
        "observed 11",
        "the client names the type",
        |at| {
            posted(at, "", "{\"name\": \"x\"}").refuses(415, "Unsupported media type \"\" in request.");
            made_nothing(at);
        },
    ),
    fact(
        "another-type-is-415",
        "A body of a type that nobody reads is answered 415 with the type.",
        "observed 11; tried on 23.7.1",
        "the client names the type",
        |at| {
            posted(at, "text/plain", "{\"name\": \"x\"}")
                .refuses(415, "Unsupported media type \"text/plain\" in request.");
            made_nothing(at);
        },
    ),
    fact(
        "a-type-with-a-charset-is-read",
        "A content type with a charset is read like the bare one.",
        "tried on 23.7.1",
        "any proxy that adds a charset",
        |at| {
            posted(at, "application/json; charset=utf-8", "{\"name\": \"x\"}").is(201);
        },
    ),
    fact(
        "malformed-json-is-400",
        "Malformed JSON is answered 400 with a sentence that begins with `JSON parse error`.",
        "observed 11",
        "decided on the status",
        |at| {
            let answer = posted(at, "application/json", "{\"name\": ").is(400);
            assert!(text(&answer.json(), "detail").starts_with("JSON parse error - "), "{answer:?}");
            made_nothing(at);
        },
    ),
    fact(
        "a-list-is-no-body",
        "A list instead of an object is answered 400 under `non_field_errors`.",
        "sentry-api section 8; tried on 23.7.1",
        "error bodies have no one shape",
        |at| {
            posted(at, "application/json", "[]")
                .says(400, &json!({"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}));
            made_nothing(at);
        },
    ),
    fact(
        "only-json-is-answered",
        "A request that accepts HTML alone is answered 406.",
        "observed 11",
        "the client accepts JSON",
        |at| {
            let token = at.admin();
            at.send("GET", &at.keys_path(), |request| request.bearer_auth(&token).header("accept", "text/html"))
                .refuses(406, "Could not satisfy the request Accept header.");
        },
    ),
    fact(
        "members-that-nobody-knows-are-dropped",
        "Members that the server does not know are dropped in silence.",
        "observed 28",
        "what was set is read back",
        |at| {
            let key = at.create(&at.admin(), &json!({"name": "x", "useCase": "demo", "no_such_member": 1}));
            assert_eq!((&key["label"], key.get("no_such_member")), (&json!("x"), None));
        },
    ),
    fact(
        "a-name-that-is-no-text-is-refused",
        "A name that is a list is answered 400 under its member.",
        "sentry-api section 8; tried on 23.7.1",
        "error bodies have no one shape",
        |at| {
            at.post(&at.admin(), &at.keys_path(), &json!({"name": ["x"]}))
                .says(400, &json!({"name": ["Not a valid string."]}));
        },
    ),
    fact(
        "a-number-is-a-name",
        "A name that is a number becomes its digits.",
        "tried on 23.7.1",
        "labels are read back",
        |at| {
            assert_eq!(at.create(&at.admin(), &json!({"name": 17}))["label"], "17");
        },
    ),
    fact(
        "several-errors-come-at-once",
        "All members that are wrong are named in one answer.",
        "tried on 23.7.1",
        "the sentence of a refusal",
        |at| {
            let answer =
                at.post(&at.admin(), &at.keys_path(), &json!({"name": ["x"], "public": "zz", "secret": "SS"})).is(400);
            let body = answer.json();
            let mut members: Vec<&String> = body.as_object().unwrap().keys().collect();
            members.sort();
            assert_eq!(members, ["name", "public", "secret"]);
        },
    ),
    fact("errors-are-json", "Refusals of the API are JSON.", "observed 4 to 6", "the client reads `detail`", |at| {
        for answer in [at.get("nobody", &at.keys_path()), at.get(&at.admin(), &at.key_path("x"))] {
            assert_eq!(
                answer.header("content-type").map(|kind| kind.starts_with("application/json")),
                Some(true),
                "{answer:?}"
            );
        }
    }),
];
