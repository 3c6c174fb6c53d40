//! DELETE on a key.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::place::text;

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-delete-is-an-empty-204",
        "Deleting a key is answered 204 with nothing.",
        "observed 30",
        "`delete_key`",
        |at| {
            let token = at.admin();
            let key = text(&at.create(&token, &json!({"name": "x"})), "id");
            at.delete(&token, &at.key_path(&key)).says_nothing(204);
            assert_eq!(at.keys(&token).len(), 1);
        },
    ),
    fact(
        "a-deleted-key-is-404",
        "A deleted key is answered 404 to GET, PUT and a second DELETE.",
        "observed 30",
        "`delete_key` says that it was gone already",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.delete(&token, &path).is(204);
            let gone = "The requested resource does not exist";
            at.get(&token, &path).refuses(404, gone);
            at.put(&token, &path, &json!({"isActive": true})).refuses(404, gone);
            at.delete(&token, &path).refuses(404, gone);
        },
    ),
    fact(
        "a-refused-delete-deletes-nothing",
        "A DELETE without project:admin is answered 403, and the key lives.",
        "observed 18",
        "a refused delete is no deletion",
        |at| {
            let token = at.token(&["project:write", "project:read"]);
            let key = text(&at.create(&token, &json!({"name": "x"})), "id");
            at.delete(&token, &at.key_path(&key)).refuses(403, "You do not have permission to perform this action.");
            assert_eq!(at.key(&token, &key)["isActive"], true);
        },
    ),
    fact(
        "the-last-key-can-go",
        "Nothing keeps the last key of a project from being deleted.",
        "tried on 23.7.1",
        "our own guards keep AWSCURRENT's key",
        |at| {
            let token = at.admin();
            let key = text(&at.keys(&token)[0], "id");
            at.delete(&token, &at.key_path(&key)).is(204);
            assert_eq!(at.keys(&token).len(), 0);
        },
    ),
    fact(
        "a-disabled-key-can-be-deleted",
        "A disabled key can be deleted.",
        "observed 30; tried on 23.7.1",
        "retirement deletes after the quarantine",
        |at| {
            let token = at.admin();
            let path = at.key_path(&text(&at.create(&token, &json!({"name": "x"})), "id"));
            at.put(&token, &path, &json!({"isActive": false})).is(200);
            at.delete(&token, &path).is(204);
        },
    ),
];
