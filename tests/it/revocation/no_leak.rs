//! No secret is in anything that the function writes, replies, records or sends, whatever it is answered.

use integration_tests::{Binary, TIMEOUT, check_all};
use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::lambda::Invocation;

use super::scene::Scene;
use crate::support::version;

/// Part of every planted secret, and nowhere else.
const MARK: &str = "QzLeak7x";

/// It as it is, reversed, in hexadecimal and percent-encoded, in small letters; and what base64 makes of it, wherever its
/// bytes fall into groups of three.
const FOLDED: [&str; 4] = ["qzleak7x", "x7kaelzq", "517a4c65616b3778", "%51%7a%4c%65"];
const BASE64: [&str; 3] = ["UXpMZWFr", "TGVhazd4", "ekxlYWs3"];

const TOKEN: &str = "sntrys_QzLeak7x.QzLeak7x-QzLeak7x_QzLeak7x";

/// The lines of a text that show the marker.
fn traces(text: &str) -> Vec<&str> {
    let shows = |line: &&str| {
        let folded = line.to_lowercase();
        FOLDED.iter().any(|form| folded.contains(form)) || BASE64.iter().any(|form| line.contains(form))
    };
    text.lines().filter(shows).collect()
}

/// A scene with the marker in every place of a secret.
fn planted(level: &str, json_logs: bool) -> Scene {
    let scene = Scene::of(Binary::Dev, |function| {
        *function = function
            .clone()
            .env("LOG_LEVEL", level)
            .env("AWS_LAMBDA_LOG_FORMAT", if json_logs { "JSON" } else { "Text" })
            .env("AWS_SECRET_ACCESS_KEY", "QzLeak7x/QzLeak7x+QzLeak7x")
            .env("AWS_SESSION_TOKEN", "QzLeak7x//QzLeak7x/QzLeak7x==");
    });
    let stage = &scene.stage;
    stage.sentry.plant_secret(MARK);
    stage.sentry.add_token_value("acme", TOKEN, &["project:write"]);
    let value = json!({"token": TOKEN, "note": MARK, MARK: MARK}).to_string();
    stage.store.add_version("sentry/management", &version(901), Some(&value), &["AWSCURRENT"]);
    let key = stage.sentry.keys("acme", "storefront").remove(0);
    let host = stage.sentry_server.address();
    let document = json!({
        "dsn": format!("http://{}:{}@{host}/{}", key.id, key.secret, key.project_id),
        "organization": "acme",
        "project": "storefront",
        "database_password": MARK,
        MARK: [MARK, {"deeper": MARK}],
    });
    stage.store.add_version(&stage.secret, &version(902), Some(&document.to_string()), &["AWSCURRENT"]);
    stage.store.add_version(&stage.secret, &version(903), Some("QzLeak7x QzLeak7x"), &["AWSPREVIOUS"]);
    stage.store.begin_rotation(&stage.secret).unwrap();
    scene
}

/// Everything that leaves the function.
fn output(scene: &Scene, replies: &[Invocation]) -> String {
    let bodies = |calls: Vec<testkit::http::Call>| {
        calls.iter().map(|call| String::from_utf8_lossy(&call.request.body).into_owned()).collect::<Vec<_>>().join("\n")
    };
    let objects: Vec<String> = scene
        .retirement
        .bucket
        .keys()
        .iter()
        .map(|name| {
            format!("{name} {}", String::from_utf8_lossy(&scene.retirement.bucket.object(name).unwrap_or_default()))
        })
        .collect();
    let asked: Vec<String> = scene
        .sentry_server
        .calls()
        .iter()
        .map(|call| {
            format!("{} {:?} {}", call.request.path, call.request.query, String::from_utf8_lossy(&call.request.body))
        })
        .collect();
    [
        scene.revoke.all_logs(),
        format!("{replies:?}"),
        bodies(scene.bus_server.calls()),
        bodies(scene.store_server.calls()),
        objects.join("\n"),
        asked.join("\n"),
    ]
    .join("\n")
}

fn check(scene: &Scene, replies: &[Invocation], case: &str) -> Result<(), String> {
    let output = output(scene, replies);
    let found = traces(&output);
    if found.is_empty() { Ok(()) } else { Err(format!("{case}:\n  {}", found.join("\n  "))) }
}

#[test]
fn a_quiet_revocation_uses_every_planted_secret_and_shows_none() {
    let cases: Vec<(&str, bool)> = ["trace", "debug", "info", "warn", "error"]
        .into_iter()
        .flat_map(|level| [(level, false), (level, true)])
        .collect();
    let wrong = check_all(&cases, 4, |(level, json_logs)| {
        let scene = planted(level, *json_logs);
        let replies: Vec<_> = (0..2).map(|_| scene.invoke(&scene.order(&scene.leaked))).collect();
        if replies.iter().any(|reply| reply.error_type().is_some()) || scene.is_active(&scene.leaked) {
            return Err(format!("{level}: {replies:?}\n{}", scene.revoke.all_logs()));
        }
        if matches!(*level, "trace" | "debug") != scene.revoke.all_logs().contains("asked Sentry") {
            return Err(format!("{level}: the level is not in force"));
        }
        let planted = ["AWSPREVIOUS", "AWSCURRENT"].map(|label| scene.stage.store.value_at(&scene.stage.secret, label));
        if traces(&planted.map(Option::unwrap_or_default).join("\n")).is_empty() {
            return Err("the planted value is not there".to_owned());
        }
        check(&scene, &replies, level)
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn no_hostile_answer_is_repeated() {
    let hostile = [
        Fault::Answer(500, Vec::new(), "<html>QzLeak7x</html>".to_owned()),
        Fault::Answer(403, Vec::new(), r#"{"detail":"QzLeak7x","QzLeak7x":"QzLeak7x"}"#.to_owned()),
        Fault::Answer(404, Vec::new(), r#"{"detail":"QzLeak7x"}"#.to_owned()),
        Fault::Answer(302, vec![("location".to_owned(), "https://sentry.example/QzLeak7x".to_owned())], String::new()),
        Fault::Answer(
            400,
            vec![
                ("x-amzn-errortype".to_owned(), "QzLeak7x".to_owned()),
                ("x-amzn-requestid".to_owned(), "QzLeak7x".to_owned()),
            ],
            r#"{"__type":"QzLeak7x","Message":"QzLeak7x"}"#.to_owned(),
        ),
        Fault::Body("QzLeak7x".to_owned()),
        Fault::Body(r#"{"QzLeak7x":"QzLeak7x"}"#.to_owned()),
    ];
    let calls: [(usize, &[&str]); 3] = [
        (0, &["GET /", "GET project", "GET key", "PUT key", "POST question"]),
        (1, &["GetSecretValue", "DescribeSecret", "UpdateSecretVersionStage", "RotateSecret"]),
        (2, &["GetObject", "ListObjectsV2", "PutObject"]),
    ];
    let cases: Vec<_> = calls
        .into_iter()
        .flat_map(|(server, names)| names.iter().map(move |name| (server, *name)))
        .flat_map(|call| hostile.iter().map(move |fault| (call, fault.clone())))
        .collect();
    let wrong = check_all(&cases, 4, |((server, name), fault)| {
        let scene = planted("trace", true);
        let server = [&scene.sentry_server, &scene.store_server, &scene.retirement.bucket_server][*server];
        server.faults().every(name, fault.clone());
        // What a server sent is not what the function shows.
        let reply = scene.revoke.invoke(&scene.order(&scene.leaked), std::time::Duration::from_secs(53));
        check(&scene, &[reply], &format!("{name}: {fault:?}"))
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn no_event_that_is_no_order_and_no_wrong_setting_is_repeated() {
    let events: [Value; 4] = [
        json!({"secret_id": "QzLeak7x QzLeak7x", "key_id": MARK, "reason": [MARK], "hold_seconds": MARK, "allow_outage": MARK}),
        json!({"secret_id": {MARK: MARK}, MARK: MARK}),
        json!([MARK]),
        json!(MARK),
    ];
    let scene = planted("trace", true);
    let replies: Vec<_> = events.iter().map(|event| scene.invoke(event)).collect();
    assert!(replies.iter().all(|reply| reply.error_type() == Some("Event.Invalid")), "{replies:?}");
    // The wrong secret: the one with the token.
    let order = json!({
        "secret_id": "sentry/management", "key_id": "0123456789abcdef0123456789abcdef", "reason": "r", "hold_seconds": 0,
    });
    let reply = scene.invoke(&order);
    assert!(reply.error_type().is_some(), "{reply:?}");
    check(&scene, &[replies, vec![reply]].concat(), "events").unwrap();
    let scene = Scene::with(|function| {
        *function = function.clone().env("SENTRY_URL", "https://user:QzLeak7x@sentry.example").env("LOG_LEVEL", MARK);
    });
    let reply = scene.revoke.invoke(&json!({}), TIMEOUT);
    assert_eq!(reply.error_type(), Some("Configuration.Invalid"));
    check(&scene, &[reply], "settings").unwrap();
}
