//! Paths, slashes and methods.

use serde_json::json;

use crate::fact::{Fact, Holds, fact};
use crate::place::text;

pub(super) const FACTS: &[Fact] = &[
    fact(
        "an-unknown-path-is-an-empty-404",
        "A path that nobody serves is answered 404 with an empty body as HTML.",
        "observed 6",
        "the client's answers are read without a body too",
        |at| {
            let answer = at.get(&at.admin(), "/api/0/no-such-thing/").is(404);
            assert_eq!(
                (answer.text.as_str(), answer.header("content-type").map(|kind| kind.starts_with("text/html"))),
                ("", Some(true))
            );
        },
    ),
    fact(
        "a-path-without-its-slash-is-404",
        "A path without its last slash is answered 404 as plain text; no write is taken for done.",
        "observed 6",
        "every path of the client ends with a slash",
        |at| {
            let token = at.admin();
            let path = at.keys_path();
            let path = path.trim_end_matches('/');
            let answer = at.get(&token, path).is(404);
            assert!(answer.text.contains("did you forget a trailing slash?"), "{answer:?}");
            let answer = at.post(&token, path, &json!({"name": "x"})).is(404);
            assert!(text(&answer.json(), "info").contains("did you forget a trailing slash?"), "{answer:?}");
            assert_eq!(at.keys(&token).len(), 1);
        },
    ),
    fact(
        "the-index-without-its-slash-redirects",
        "`/api/0` is answered 301.",
        "observed 6",
        "the client follows no redirect",
        |at| {
            at.get(&at.admin(), "/api/0").is(301);
        },
    ),
    fact(
        "slugs-have-a-case",
        "A slug in capitals is another slug: 404.",
        "observed 7",
        "names are compared as they are",
        |at| {
            at.get(&at.admin(), &at.keys_path().replace("storefront", "Storefront")).is(404);
        },
    ),
    fact(
        "numeric-ids-in-paths-are-404",
        "A numeric project or organization id in a path is answered 404.",
        "observed 7",
        "rotation resolves ids to slugs by a list",
        |at| {
            let token = at.admin();
            at.get(&token, &at.keys_path().replace("storefront", &at.project_id.to_string()))
                .refuses(404, "The requested resource does not exist");
        },
    )
    .only(Holds::Observed),
    fact(
        "head-and-patch-are-refused",
        "HEAD and PATCH on keys are answered 403, whatever the token.",
        "observed 10",
        "the client uses neither",
        |at| {
            let token = at.admin();
            let key = text(&at.keys(&token)[0], "id");
            for path in [at.keys_path(), at.key_path(&key)] {
                at.call(&token, "PATCH", &path).is(403);
                at.call(&token, "HEAD", &path).is(403);
            }
        },
    ),
    fact(
        "post-on-a-key-is-405",
        "POST on a single key is answered 405 with the method's name.",
        "observed 10",
        "a wrong method is told from a missing right",
        |at| {
            let token = at.admin();
            let key = text(&at.keys(&token)[0], "id");
            at.post(&token, &at.key_path(&key), &json!({})).refuses(405, "Method \"POST\" not allowed.");
        },
    ),
    fact(
        "put-on-a-list-is-405",
        "PUT and DELETE on the list of keys are answered 405.",
        "observed 10; tried on 23.7.1",
        "no call can change all keys at once",
        |at| {
            let token = at.admin();
            at.put(&token, &at.keys_path(), &json!({})).refuses(405, "Method \"PUT\" not allowed.");
            at.delete(&token, &at.keys_path()).refuses(405, "Method \"DELETE\" not allowed.");
            assert_eq!(at.keys(&token).len(), 1);
        },
    ),
    fact(
        "no-list-of-all-keys",
        "23.7.1 has no list of all keys of an organization: an empty 404.",
        "observed 32",
        "the audit lists project by project there",
        |at| {
            at.get(&at.admin(), &at.organization_path("project-keys/")).says_nothing(404);
        },
    )
    .only(Holds::Observed),
    fact(
        "an-unknown-key-is-404",
        "A key id that nobody has is answered 404 with a sentence.",
        "observed 6",
        "`key` says `None`",
        |at| {
            at.get(&at.admin(), &at.key_path(&"0".repeat(32))).refuses(404, "The requested resource does not exist");
        },
    ),
    fact(
        "a-key-of-another-project-is-404",
        "A key that is asked for under another project is answered 404, for every method.",
        "observed 30",
        "the project of a key is checked by asking",
        |at| {
            let token = at.admin();
            at.add_project("other");
            let key = text(&at.keys(&token)[0], "id");
            let path = at.key_path(&key).replace("storefront", "other");
            at.get(&token, &path).is(404);
            at.put(&token, &path, &json!({"isActive": false})).is(404);
            at.delete(&token, &path).is(404);
            assert_eq!(at.key(&token, &key)["isActive"], true);
        },
    ),
    fact(
        "key-ids-have-a-case",
        "A key id in capitals is another id: 404.",
        "observed 30",
        "ids are compared as they are",
        |at| {
            let token = at.admin();
            let key = text(
                &at.create(
                    &token,
                    &json!({"public": at.server.unique().replace(|digit: char| digit.is_ascii_digit(), "a")}),
                ),
                "id",
            );
            at.get(&token, &at.key_path(&key.to_uppercase())).is(404);
        },
    ),
];
