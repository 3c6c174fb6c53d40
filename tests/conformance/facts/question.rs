//! Whether a DSN is alive, asked without ingestion: the whole table of answers.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::fact::{Fact, Holds, fact};
use crate::place::{PROJECT, Place, text};

const DEAD: &str = "Invalid dsn";

fn first(at: &Place) -> Value {
    at.keys(&at.admin()).remove(0)
}

fn dsn(key: &Value) -> String {
    text(&key["dsn"], "public")
}

/// The answer of a live key: what is wrong with the empty feedback.
#[track_caller]
fn alive(answer: Answer) {
    let errors = answer.is(400).json();
    for field in ["name", "email", "comments", "event_id"] {
        assert_eq!(errors[field], json!(["This field is required."]), "{errors}");
    }
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-live-key-is-told-its-errors",
        "A live key of the project is answered 400 with an object that has `event_id`.",
        "observed, the DSN question",
        "`Answer::Alive`",
        |at| {
            alive(at.ask(&dsn(&first(at))));
        },
    ),
    fact(
        "the-secret-form-works-too",
        "A DSN with its secret half is answered in the same way.",
        "observed 34",
        "old documents hold that form",
        |at| {
            alive(at.ask(&text(&first(at)["dsn"], "secret")));
        },
    ),
    fact(
        "a-wrong-secret-half-does-not-matter",
        "The secret half of a DSN is not looked at.",
        "tried on 23.7.1",
        "the id alone says which key it is",
        |at| {
            alive(at.ask(&dsn(&first(at)).replacen('@', ":0123456789abcdef0123456789abcdef@", 1)));
        },
    ),
    fact(
        "the-host-does-not-matter",
        "The host in the DSN is ignored: the server that is asked answers.",
        "observed, the DSN question",
        "it is asked at `SENTRY_URL`",
        |at| {
            let (_, rest) = at.server.ingestion.split_once("://").unwrap();
            alive(at.ask(&dsn(&first(at)).replace(rest, "o1.ingest.elsewhere.example")));
        },
    ),
    fact(
        "a-path-in-the-dsn-does-not-matter",
        "Of the path of a DSN only the last segment counts.",
        "sentry-api section 9; tried on 23.7.1",
        "DSNs of servers under a prefix",
        |at| {
            let given = dsn(&first(at));
            let (before, project) = given.rsplit_once('/').unwrap();
            alive(at.ask(&format!("{before}/sentry/{project}")));
        },
    ),
    fact(
        "an-origin-does-not-matter",
        "An `Origin` does not matter to the question.",
        "observed, the DSN question",
        "allowed domains do not make a key look dead",
        |at| {
            let dsn = dsn(&first(at));
            let answer = at.send("POST", &at.project_path("user-feedback/"), |request| {
                request
                    .header("authorization", format!("DSN {dsn}"))
                    .header("origin", "https://shop.example")
                    .json(&json!({}))
            });
            alive(answer);
        },
    ),
    fact("a-new-key-is-alive-at-once", "A key that was just made is alive.", "observed 34", "testSecret", |at| {
        alive(at.ask(&dsn(&at.create(&at.admin(), &json!({"name": "x"})))));
    }),
    fact(
        "a-disabled-key-is-dead-at-once",
        "A disabled key is answered 401, `Invalid dsn`, at once.",
        "observed 34",
        "`Answer::Dead`: the proof of a death",
        |at| {
            let token = at.admin();
            let key = at.create(&token, &json!({"name": "x"}));
            at.put(&token, &at.key_path(&text(&key, "id")), &json!({"isActive": false})).is(200);
            at.ask(&dsn(&key)).refuses(401, DEAD);
        },
    ),
    fact(
        "an-enabled-key-lives-again",
        "A key that was enabled again is alive at once.",
        "observed 34; tried on 23.7.1",
        "a rollback",
        |at| {
            let token = at.admin();
            let key = at.create(&token, &json!({"name": "x"}));
            let path = at.key_path(&text(&key, "id"));
            at.put(&token, &path, &json!({"isActive": false})).is(200);
            at.put(&token, &path, &json!({"isActive": true})).is(200);
            alive(at.ask(&dsn(&key)));
        },
    ),
    fact(
        "a-deleted-key-is-dead",
        "A deleted key is answered 401, `Invalid dsn`.",
        "observed 34",
        "`Answer::Dead`",
        |at| {
            let token = at.admin();
            let key = at.create(&token, &json!({"name": "x"}));
            at.delete(&token, &at.key_path(&text(&key, "id"))).is(204);
            at.ask(&dsn(&key)).refuses(401, DEAD);
        },
    ),
    fact(
        "an-unknown-key-is-dead",
        "A key that never was is answered 401, `Invalid dsn`: the same as a dead one.",
        "observed 34",
        "the key object is looked at too",
        |at| {
            at.ask(&format!("http://{}@ingest.example/{}", at.server.unique(), at.project_id)).refuses(401, DEAD);
        },
    ),
    fact(
        "a-wrong-project-in-the-dsn-is-dead",
        "A live key with another project id in its DSN is answered 401, `Invalid dsn`.",
        "observed 34",
        "a DSN is read back from the key, never put together",
        |at| {
            let other = at.add_project("other");
            let key = first(at);
            let wrong = dsn(&key).replace(&format!("/{}", at.project_id), &format!("/{other}"));
            at.ask(&wrong).refuses(401, DEAD);
        },
    ),
    fact(
        "garbage-is-dead",
        "A DSN that is none is answered 401, `Invalid dsn`.",
        "observed 34",
        "a stored value is parsed before it is asked about",
        |at| {
            for dsn in ["garbage", "http://@/", "http://x@y/z"] {
                at.ask(dsn).refuses(401, DEAD);
            }
        },
    ),
    fact(
        "a-401-of-the-question-names-its-scheme",
        "The 401 of a dead key names its scheme like every other.",
        "observed 4",
        "it is told from a proxy's",
        |at| {
            let answer = at.ask("http://x@y/1").is(401);
            assert_eq!(answer.header("www-authenticate"), Some("xBasic realm=\"api\""));
        },
    ),
    fact(
        "another-project-of-the-organization-is-an-empty-400",
        "A live key, asked about another project of its organization, is answered 400 with nothing.",
        "observed, the DSN question",
        "`Answer::Unknown`, neither alive nor dead",
        |at| {
            at.add_project("other");
            at.ask_at(&dsn(&first(at)), &at.project_path("user-feedback/").replace(PROJECT, "other")).says_nothing(400);
        },
    )
    .only(Holds::Observed),
    fact(
        "another-project-of-the-organization-is-an-empty-401",
        "A live key, asked about another project of its organization, is answered 401 with nothing.",
        "observed, the DSN question (2026 source)",
        "`Answer::Unknown`: without the sentence a 401 is no proof",
        |at| {
            at.add_project("other");
            at.ask_at(&dsn(&first(at)), &at.project_path("user-feedback/").replace(PROJECT, "other")).says_nothing(401);
        },
    )
    .only(Holds::Newer),
    fact(
        "a-project-of-another-organization-is-403",
        "A live key, asked about a project of another organization, is answered 403.",
        "observed, the DSN question",
        "`Answer::Unknown`",
        |at| {
            at.elsewhere().ask(&dsn(&first(at))).is(403);
        },
    ),
    fact(
        "an-unknown-project-is-404",
        "A live key, asked about a project or an organization that does not exist, is answered 404.",
        "observed, the DSN question",
        "`Answer::Unknown`",
        |at| {
            let dsn = dsn(&first(at));
            at.ask_at(&dsn, &at.project_path("user-feedback/").replace(PROJECT, "nothing")).is(404);
            at.ask_at(&dsn, "/api/0/projects/nobody/storefront/user-feedback/").is(404);
        },
    ),
    fact(
        "a-numeric-project-is-404",
        "A live key, asked about its project by number, is answered 404.",
        "observed, the DSN question",
        "the slug is used in the question",
        |at| {
            let path = at.project_path("user-feedback/").replace(PROJECT, &at.project_id.to_string());
            at.ask_at(&dsn(&first(at)), &path).is(404);
        },
    )
    .only(Holds::Observed),
    fact(
        "a-dead-key-is-dead-wherever-it-is-asked",
        "A dead key is answered 401 also about a project that does not exist or is another's: the key is looked at first.",
        "observed, the DSN question",
        "a proof does not depend on the project's slug",
        |at| {
            let dead = format!("http://{}@ingest.example/{}", at.server.unique(), at.project_id);
            at.ask_at(&dead, &at.project_path("user-feedback/").replace(PROJECT, "nothing")).refuses(401, DEAD);
            at.ask_at(&dead, "/api/0/projects/nobody/storefront/user-feedback/").refuses(401, DEAD);
            at.elsewhere().ask(&dead).refuses(401, DEAD);
        },
    ),
    fact(
        "a-dsn-opens-nothing-else",
        "A DSN opens no other endpoint: it counts as no credentials there.",
        "sentry-api section 2.3",
        "a leaked DSN reads nothing",
        |at| {
            let dsn = dsn(&first(at));
            for (method, path) in [
                ("GET", at.keys_path()),
                ("POST", at.keys_path()),
                ("GET", at.project_path("")),
                ("GET", at.organization_path("projects/")),
                ("GET", "/api/0/projects/".to_owned()),
            ] {
                at.send(method, &path, |request| request.header("authorization", format!("DSN {dsn}")))
                    .refuses(401, "Authentication credentials were not provided.");
            }
            at.send("GET", "/api/0/", |request| request.header("authorization", format!("DSN {dsn}")))
                .says(200, &json!({"version": "0", "auth": null, "user": null}));
        },
    ),
    fact(
        "the-question-without-credentials-is-401",
        "The question without credentials is answered 401 with another sentence than that of a dead key.",
        "observed 4",
        "a lost header is no proof of a death",
        |at| {
            at.send("POST", &at.project_path("user-feedback/"), |request| request.json(&json!({})))
                .refuses(401, "Authentication credentials were not provided.");
        },
    ),
    fact(
        "an-empty-dsn-is-401",
        "The word DSN alone is answered 401 with another sentence than that of a dead key.",
        "tried on 23.7.1",
        "an empty value is no proof of a death",
        |at| {
            at.send("POST", &at.project_path("user-feedback/"), |request| {
                request.header("authorization", "DSN").json(&json!({}))
            })
            .refuses(401, "Invalid token header. No credentials provided.");
        },
    ),
    fact(
        "the-question-changes-nothing",
        "The question stores nothing: no feedback, no row in the audit log, nothing about the key.",
        "observed, the DSN question",
        "it may be asked as often as needed",
        |at| {
            let token = at.token(&["org:write", "project:read"]);
            let key = at.keys(&token).remove(0);
            let log = |at: &Place| at.get(&token, &at.organization_path("audit-logs/")).is(200).json()["rows"].clone();
            let before = (log(at), at.server.control.fingerprint(&at.organization));
            for _ in 0..3 {
                alive(at.ask(&dsn(&key)));
            }
            at.ask("http://x@y/1").is(401);
            assert_eq!((log(at), at.server.control.fingerprint(&at.organization)), before);
            assert_eq!(at.keys(&token).remove(0), key);
        },
    ),
    fact(
        "get-is-not-the-question",
        "GET on the question's path with a DSN does not tell a live key: 403 or a list, never its errors.",
        "tried on 23.7.1",
        "the question is a POST",
        |at| {
            let dsn = dsn(&first(at));
            let answer = at.send("GET", &at.project_path("user-feedback/"), |request| {
                request.header("authorization", format!("DSN {dsn}"))
            });
            assert!(!answer.text.contains("event_id"), "{answer:?}");
        },
    ),
];
