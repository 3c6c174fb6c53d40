//! No secret is in anything that the function writes, replies, records or sends, whatever it is answered.

use integration_tests::{AT_ONCE, TIMEOUT, check_all};
use serde_json::json;
use testkit::fault::Fault;
use testkit::http::Server;
use testkit::lambda::Invocation;

use super::stage::{DUE, TABLES, World, policy};
use crate::support;

/// Part of every planted secret, and nowhere else.
const MARK: &str = "QzLeak7x";

/// It as it is, reversed, in hexadecimal and percent-encoded, in small letters; and what base64 makes of it, wherever its
/// bytes fall into groups of three.
const FOLDED: [&str; 4] = ["qzleak7x", "x7kaelzq", "517a4c65616b3778", "%51%7a%4c%65"];
const BASE64: [&str; 3] = ["UXpMZWFr", "TGVhazd4", "ekxlYWs3"];

const TOKEN: &str = "sntrys_QzLeak7x.QzLeak7x-QzLeak7x_QzLeak7x";
const DELETE_TOKEN: &str = "sntrys_QzLeak7x.QzLeak7x-QzLeak7x_deletes";

fn traces(text: &str) -> Vec<&str> {
    let shows = |line: &&str| {
        let folded = line.to_lowercase();
        FOLDED.iter().any(|form| folded.contains(form)) || BASE64.iter().any(|form| line.contains(form))
    };
    text.lines().filter(shows).collect()
}

/// A world with the marker in every place of a secret: tokens, documents, the secret halves of keys and DSNs.
fn planted(level: &str, json_logs: bool, terms: &str) -> (World, String) {
    let world = World::with(terms, |stage, retirement| {
        stage.sentry.plant_secret(MARK);
        for (name, token, scope) in
            [("sentry/management", TOKEN, "project:write"), ("sentry/deletion", DELETE_TOKEN, "project:admin")]
        {
            stage.sentry.add_token_value("acme", token, &[scope]);
            let value = json!({"token": token, "note": MARK, MARK: MARK}).to_string();
            if name == "sentry/deletion" {
                stage.store.create_secret(name, None, &[]);
            }
            stage.store.add_version(name, &support::version(901), Some(&value), &["AWSCURRENT"]);
        }
        retirement.retire = retirement
            .retire
            .clone()
            .env("SENTRY_DELETE_AUTH_SECRET_ID", "sentry/deletion")
            .env("LOG_LEVEL", level)
            .env("AWS_LAMBDA_LOG_FORMAT", if json_logs { "JSON" } else { "Text" })
            .env("AWS_SECRET_ACCESS_KEY", "QzLeak7x/QzLeak7x+QzLeak7x")
            .env("AWS_SESSION_TOKEN", "QzLeak7x//QzLeak7x/QzLeak7x==");
    });
    // Three versions with documents full of secrets: of before, superseded and ours, current.
    let mut keys = Vec::new();
    for number in 1..=2 {
        let version = support::version(number);
        let id = world.add_marked(&version);
        let key = world.key(&id);
        let host = world.stage.sentry_server.address();
        let document = json!({
            "dsn": format!("http://{}:{}@{host}/{}", key.id, key.secret, key.project_id),
            "organization": "acme",
            "project": "storefront",
            "database_password": MARK,
            MARK: [MARK, {"deeper": MARK}],
        });
        let store = &world.stage.store;
        let before = store.version_at(&world.stage.secret, "AWSCURRENT");
        store.add_version(&world.stage.secret, &version, Some(&document.to_string()), &["AWSCURRENT"]);
        store.set_stage(&world.stage.secret, "AWSPREVIOUS", before.as_deref());
        keys.push(id);
    }
    // A secret whose value is no document at all.
    world.stage.store.create_secret("acme/strange", Some("QzLeak7x QzLeak7x"), &[("sentry:kind", "client-key")]);
    (world, keys.remove(0))
}

/// Everything that leaves the function: logs, replies, events, and every object in the bucket.
fn output(world: &World, replies: &[Invocation]) -> String {
    let sent = world.stage.bus_server.calls();
    let events: Vec<_> = sent.iter().map(|call| String::from_utf8_lossy(&call.request.body).into_owned()).collect();
    let bucket = &world.retirement.bucket;
    let objects: Vec<_> = bucket
        .keys()
        .iter()
        .map(|name| format!("{name}: {}", String::from_utf8_lossy(&bucket.object(name).unwrap_or_default())))
        .collect();
    let logs = world.retire.all_logs();
    format!("{logs}\n{replies:?}\n{}\n{}", events.join("\n"), objects.join("\n"))
}

fn check(world: &World, replies: &[Invocation], about: &str) -> Result<(), String> {
    let output = output(world, replies);
    let found = traces(&output);
    if found.is_empty() { Ok(()) } else { Err(format!("{about}:\n  {}", found.join("\n  "))) }
}

fn deleting() -> String {
    policy("act", &format!("{DUE}delete = true\n"), TABLES)
}

#[test]
fn a_whole_life_uses_every_planted_secret_and_shows_none() {
    let levels = ["trace", "debug", "info", "warn", "error"];
    let cases: Vec<_> = levels.into_iter().flat_map(|level| [(level, false), (level, true)]).collect();
    let wrong = check_all(&cases, 4, |(level, json_logs)| {
        let (world, old) = planted(level, *json_logs, &deleting());
        let replies: Vec<_> = (0..5).map(|_| world.retire.invoke(&json!({}), TIMEOUT)).collect();
        let asked = world.stage.sentry_server.calls();
        let with = |name: &str, token: &str| {
            asked.iter().any(|call| {
                call.name == name && call.request.header("authorization").is_some_and(|header| header.contains(token))
            })
        };
        let facts = [
            ("the runs end well", replies.iter().all(|reply| reply.clone().reply().is_some())),
            ("the key is gone", world.keys().iter().all(|key| key.id != old)),
            ("the token disabled", with("PUT key", TOKEN)),
            ("the other token deleted", with("DELETE key", DELETE_TOKEN)),
            ("there is a life on record", world.kinds(&old).last().is_some_and(|kind| kind == "deleted")),
            (
                "lines of that level",
                world.retire.all_logs().contains("asked Sentry") == matches!(*level, "trace" | "debug"),
            ),
        ];
        let missing: Vec<_> = facts.iter().filter(|(_, holds)| !holds).map(|(what, _)| *what).collect();
        if !missing.is_empty() {
            return Err(format!("{level}: not so: {missing:?}\n{replies:?}\n{}", world.retire.all_logs()));
        }
        check(&world, &replies, level)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Members of the right name and the wrong type, so that a parser's error would repeat them.
fn hostile() -> Vec<Fault> {
    let object = r#"{"id":"QzLeak7x","projectId":"QzLeak7x","slug":["QzLeak7x"],"label":{"QzLeak7x":"QzLeak7x"},"isActive":"QzLeak7x",
        "dsn":"QzLeak7x","organization":"QzLeak7x","secret":"QzLeak7x","QzLeak7x":"QzLeak7x","SecretList":"QzLeak7x"}"#;
    let refusal = |status, text: &str| {
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-amzn-errortype".to_owned(), "QzLeak7xException:QzLeak7x".to_owned()),
            ("x-amzn-requestid".to_owned(), "QzLeak7x".to_owned()),
            ("x-amz-request-id".to_owned(), "QzLeak7x".to_owned()),
            ("x-request-id".to_owned(), "QzLeak7x".to_owned()),
            ("location".to_owned(), "https://QzLeak7x.example/QzLeak7x".to_owned()),
        ];
        Fault::Answer(status, headers, text.to_owned())
    };
    vec![
        Fault::Body(object.to_owned()),
        Fault::Body(format!("[{object}]")),
        refusal(400, r#"{"__type":"QzLeak7x","message":"QzLeak7x","detail":"QzLeak7x"}"#),
        refusal(403, r#"{"detail":{"QzLeak7x":["QzLeak7x"]}}"#),
        refusal(302, "QzLeak7x"),
        refusal(500, "<Error><Code>QzLeak7x</Code><Message>QzLeak7x</Message><RequestId>QzLeak7x</RequestId></Error>"),
    ]
}

#[test]
fn no_hostile_answer_is_repeated() {
    type Of = fn(&World) -> &Server;
    let servers: [(&str, Of); 4] = [
        ("Sentry", |world| &world.stage.sentry_server),
        ("Secrets Manager", |world| &world.stage.store_server),
        ("S3", |world| &world.retirement.bucket_server),
        ("EventBridge", |world| &world.stage.bus_server),
    ];
    let mut cases = Vec::new();
    for (name, server) in servers {
        let (world, _) = planted("info", false, AT_ONCE);
        let forget = || {
            world.forget_calls();
            world.stage.bus_server.forget_calls();
        };
        forget();
        world.run();
        let mut calls = server(&world).call_names();
        calls.sort();
        calls.dedup();
        for call in calls {
            for fault in hostile() {
                cases.push((name, server, call.clone(), fault));
            }
        }
    }
    assert!(cases.len() > 60, "{}", cases.len());
    let wrong = check_all(&cases, 4, |(name, server, call, fault)| {
        let (world, _) = planted("trace", call.len().is_multiple_of(2), AT_ONCE);
        server(&world).faults().every(call, fault.clone());
        let replies: Vec<_> = (0..2).map(|_| world.retire.invoke(&json!({}), TIMEOUT)).collect();
        // What S3 keeps of a hostile answer is the answer's, not the function's.
        check(&world, &replies, &format!("{name} {call} {fault:?}"))
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn no_event_and_no_setting_that_is_wrong_is_repeated() {
    let (world, _) = planted("trace", true, AT_ONCE);
    let events = [
        json!({MARK: MARK}),
        json!({"secret_id": {MARK: MARK}}),
        json!([MARK]),
        json!(MARK),
        json!({"secret_id": "Qz Leak7x QzLeak7x"}),
    ];
    let replies: Vec<_> = events.iter().map(|event| world.retire.invoke(event, TIMEOUT)).collect();
    assert!(replies.iter().all(|reply| reply.error_type() == Some("Event.Invalid")), "{replies:?}");
    check(&world, &replies, "events").unwrap();
}
