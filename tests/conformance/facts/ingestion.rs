//! Ingestion. On the real server a front judges by what the server tells its Relays about a key.

use serde_json::{Value, json};

use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};

const REJECTED: &str = "event submission rejected with_reason: ProjectId";

/// Ingestion answers from memory when it sees a key for the first time, or after a change: what it says from then on.
fn settled(at: &Place, project: u64, key: &str) -> (u16, Value) {
    let mut last = (0, Value::Null);
    for _ in 0..3 {
        let answer = at.probe(project, key);
        last = (answer.status, answer.json());
    }
    last
}

fn rejected() -> (u16, Value) {
    (403, json!({ "detail": REJECTED }))
}

/// As above; the front sends a list of causes beside the sentence, and so may Relay.
#[track_caller]
fn is_rejected(at: &Place, project: u64, key: &str) {
    let (status, mut body) = settled(at, project, key);
    if let Some(members) = body.as_object_mut() {
        members.remove("causes");
    }
    assert_eq!((status, body), rejected());
}

fn first(at: &Place) -> String {
    text(&at.keys(&at.admin())[0], "id")
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-live-key-is-accepted",
        "An envelope of a live key is answered 200 with an empty object where it has no event.",
        "observed 35; sentry-api section 2.1",
        "`probe`",
        |at| {
            assert_eq!(settled(at, at.project_id, &first(at)), (200, json!({})));
        },
    ),
    fact(
        "a-new-key-is-accepted-at-the-first-try",
        "A key that nobody asked about before is accepted at the first try.",
        "sentry-api section 2.2",
        "testSecret is not kept waiting",
        |at| {
            let key = text(&at.create(&at.admin(), &json!({"name": "x"})), "id");
            at.probe(at.project_id, &key).says(200, &json!({}));
        },
    ),
    fact(
        "an-event-is-answered-with-its-id",
        "An envelope with an event is answered with the event's id.",
        "sentry-api section 2.1",
        "none: an application's SDK reads it",
        |at| {
            let id = at.server.unique();
            let envelope = format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\"}}\n{{\"message\":\"x\"}}\n");
            at.ingest(at.project_id, &first(at), &envelope).says(200, &json!({ "id": id }));
        },
    ),
    fact(
        "a-disabled-key-is-rejected",
        "A disabled key is answered 403 with `ProjectId`, once ingestion has learned of it.",
        "observed 35; sentry-api section 2.1",
        "the proof by refusals",
        |at| {
            let token = at.admin();
            let key = first(at);
            settled(at, at.project_id, &key);
            at.put(&token, &at.key_path(&key), &json!({"isActive": false})).is(200);
            is_rejected(at, at.project_id, &key);
        },
    ),
    fact(
        "an-enabled-key-is-accepted-again",
        "A key that was enabled again is accepted, once ingestion has learned of it.",
        "observed 35; tried on 23.7.1",
        "a rollback",
        |at| {
            let token = at.admin();
            let key = first(at);
            for active in [false, true] {
                at.put(&token, &at.key_path(&key), &json!({"isActive": active})).is(200);
                settled(at, at.project_id, &key);
            }
            assert_eq!(settled(at, at.project_id, &key), (200, json!({})));
        },
    ),
    fact(
        "a-deleted-key-is-rejected",
        "A deleted key is answered 403 with `ProjectId`.",
        "observed 35",
        "the proof by refusals",
        |at| {
            let token = at.admin();
            let key = first(at);
            settled(at, at.project_id, &key);
            at.delete(&token, &at.key_path(&key)).is(204);
            is_rejected(at, at.project_id, &key);
        },
    ),
    fact(
        "an-unknown-key-is-rejected",
        "A key that never was is answered 403 with `ProjectId`, the same as a disabled one.",
        "observed 35; sentry-api section 2.1",
        "a refusal does not say why",
        |at| {
            is_rejected(at, at.project_id, &at.server.unique());
        },
    ),
    fact(
        "a-wrong-project-is-rejected",
        "A live key with another project is answered 403 with `ProjectId`.",
        "sentry-api section 2.1",
        "a DSN is read back from the key, never put together",
        |at| {
            let other = at.add_project("other");
            is_rejected(at, other, &first(at));
        },
    ),
    fact(
        "a-key-of-a-deleted-project-is-rejected",
        "The keys of a deleted project are answered 403 with `ProjectId`.",
        "sentry-api section 2.1; tried on 23.7.1",
        "the proof by refusals",
        |at| {
            let key = first(at);
            settled(at, at.project_id, &key);
            at.server.control.delete_project(&at.organization, "storefront");
            is_rejected(at, at.project_id, &key);
        },
    ),
    fact(
        "two-keys-overlap",
        "Of two keys of one project each is accepted while it is active: disabling the one does not touch the other.",
        "observed 35; tried on 23.7.1",
        "no event is lost in a rotation",
        |at| {
            let token = at.admin();
            let old = first(at);
            let new = text(&at.create(&token, &json!({"name": "x"})), "id");
            assert_eq!((settled(at, at.project_id, &old).0, settled(at, at.project_id, &new).0), (200, 200));
            at.put(&token, &at.key_path(&old), &json!({"isActive": false})).is(200);
            assert_eq!((settled(at, at.project_id, &old).0, settled(at, at.project_id, &new).0), (403, 200));
        },
    ),
    fact(
        "an-empty-envelope-proves-nothing",
        "An envelope without items is answered 200 whatever the key.",
        "sentry-api section 2.1",
        "the probe has an item",
        |at| {
            for _ in 0..3 {
                at.ingest(at.project_id, &at.server.unique(), "{}\n").is(200);
            }
        },
    )
    .only(Holds::Relay),
    fact(
        "the-first-answer-proves-nothing",
        "A key that ingestion sees for the first time is answered 200 even if it does not exist.",
        "sentry-api section 2.1",
        "one 200 is no proof of life",
        |at| {
            at.probe(at.project_id, &at.server.unique()).is(200);
        },
    )
    .only(Holds::Relay),
    fact(
        "a-request-without-a-key-is-401",
        "A request that names no key, or names it twice, is answered 401.",
        "sentry-api section 2.1",
        "a 401 is refusal enough for testSecret",
        |at| {
            let url = format!("{}/api/{}/envelope/", at.server.ingestion, at.project_id);
            at.http.send("POST", &url, |request| request.body("{}\n")).is(401);
            let key = first(at);
            at.http
                .send("POST", &format!("{url}?sentry_key={key}"), |request| {
                    request.header("x-sentry-auth", format!("Sentry sentry_version=7, sentry_key={key}")).body("{}\n")
                })
                .is(401);
        },
    )
    .only(Holds::Relay),
    fact(
        "a-key-that-is-none-is-400",
        "A key that is not 32 hexadecimal digits, or a body that is no envelope, is answered 400.",
        "sentry-api section 2.1",
        "inconclusive: never a proof",
        |at| {
            at.probe(at.project_id, "abc").is(400);
            at.ingest(at.project_id, &first(at), "no envelope").is(400);
        },
    )
    .only(Holds::Relay),
];
