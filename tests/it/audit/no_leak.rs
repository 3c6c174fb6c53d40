//! No secret is in anything that an audit writes, replies, publishes or sends, whatever it is answered.

use integration_tests::{Audit, Binary, REVIEWED, check_all};
use serde_json::json;
use testkit::fault::Fault;
use testkit::lambda::{Invocation, Restarting};

use crate::no_leak::detector::{MARK, traces};
use crate::support::version;

fn token(letter: char) -> String {
    format!("sntrys_{MARK}.{letter}-{MARK}_{MARK}")
}

/// A stage with the marker in every place of a secret.
fn planted(build: Binary, level: &str, json_logs: bool) -> Audit {
    let mut audit = Audit::new(build, REVIEWED).unwrap();
    audit.stage.sentry.plant_secret(MARK);
    audit.spoil();
    audit.function = audit
        .function
        .clone()
        .env("LOG_LEVEL", level)
        .env("AWS_LAMBDA_LOG_FORMAT", if json_logs { "JSON" } else { "Text" })
        .env("AWS_SECRET_ACCESS_KEY", format!("{MARK}/{MARK}+{MARK}"))
        .env("AWS_SESSION_TOKEN", format!("{MARK}//{MARK}=="));
    let (sentry, store) = (&audit.stage.sentry, &audit.stage.store);
    for (letter, secret, scopes) in
        [('a', "sentry/audit", &["org:write", "project:read"][..]), ('b', "sentry/management", &["project:write"][..])]
    {
        sentry.add_token_value("acme", &token(letter), scopes);
        let value = json!({"token": token(letter), "note": MARK, MARK: MARK}).to_string();
        store.add_version(secret, &version(if letter == 'a' { 901 } else { 902 }), Some(&value), &["AWSCURRENT"]);
    }
    let key = sentry.keys("acme", "billing").remove(0);
    let with_secret = sentry.public_dsn(&key).replacen('@', &format!(":{}@", key.secret), 1);
    let document = json!({"dsn": with_secret, "database_password": MARK, MARK: [MARK]}).to_string();
    store.create_secret("acme/planted-dsn", Some(&document), &[("sentry:kind", "client-key")]);
    store.create_secret("acme/planted-text", Some(MARK), &[("sentry:kind", "client-key")]);
    store.create_secret("acme/planted-token", Some(&token('c')), &[("sentry:kind", "organization-token")]);
    let opaque = json!({"token": MARK, "client_secret": MARK}).to_string();
    store.create_secret("acme/planted-opaque", Some(&opaque), &[("sentry:kind", "installation-token")]);
    audit
}

/// Everything that leaves the function.
fn output(audit: &Audit, lambda: &Restarting, replies: &[Invocation]) -> String {
    let bodies = |calls: Vec<testkit::http::Call>| {
        calls.iter().map(|call| String::from_utf8_lossy(&call.request.body).into_owned()).collect::<Vec<_>>().join("\n")
    };
    let objects: Vec<String> = audit
        .bucket
        .keys()
        .iter()
        .map(|name| format!("{name} {}", String::from_utf8_lossy(&audit.bucket.object(name).unwrap_or_default())))
        .collect();
    let asked: Vec<String> = audit
        .stage
        .sentry_server
        .calls()
        .iter()
        .map(|call| {
            format!("{} {:?} {}", call.request.path, call.request.query, String::from_utf8_lossy(&call.request.body))
        })
        .collect();
    [
        lambda.all_logs(),
        format!("{replies:?}"),
        bodies(audit.stage.bus_server.calls()),
        bodies(audit.stage.store_server.calls()),
        objects.join("\n"),
        asked.join("\n"),
    ]
    .join("\n")
}

fn check(audit: &Audit, lambda: &Restarting, replies: &[Invocation], case: &str) -> Result<(), String> {
    let found = traces(&output(audit, lambda, replies));
    if found.is_empty() { Ok(()) } else { Err(format!("{case}:\n  {}", found.join("\n  "))) }
}

#[test]
fn an_audit_uses_every_planted_secret_and_shows_none_at_any_level() {
    let cases: Vec<(Binary, &str, bool)> = [Binary::Dev, Binary::Release]
        .into_iter()
        .flat_map(|build| {
            ["trace", "debug", "info", "error"]
                .into_iter()
                .flat_map(move |level| [(build, level, false), (build, level, true)])
        })
        .collect();
    let wrong = check_all(&cases, 4, |(build, level, json_logs)| {
        let audit = planted(*build, level, *json_logs);
        let lambda = audit.lambda();
        let replies: Vec<Invocation> = (0..2).map(|_| audit.invoke(&lambda, &json!({}))).collect();
        if replies.iter().any(|reply| reply.clone().reply().is_none()) {
            return Err(format!("{level}: {replies:?}\n{}", lambda.all_logs()));
        }
        let presented = audit.stage.sentry_server.calls();
        if !presented
            .iter()
            .any(|call| call.request.header("authorization").is_some_and(|value| value.contains(&token('c'))))
        {
            return Err("the planted token was not presented".to_owned());
        }
        check(&audit, &lambda, &replies, level)
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn hostile_answers_show_none_either() {
    let audit = planted(Binary::Dev, "trace", false);
    let lambda = audit.lambda();
    let names = |server: &testkit::http::Server| {
        let mut names = server.call_names();
        names.sort();
        names.dedup();
        names
    };
    assert!(audit.invoke(&lambda, &json!({})).reply().is_some(), "{}", lambda.all_logs());
    let mut cases = Vec::new();
    let body = format!(r#"{{"detail": "{MARK}", "token": "{MARK}", "{MARK}": ["{MARK}"]}}"#);
    for fault in [
        Fault::Body(body.clone()),
        Fault::Body(format!("\"{MARK}")),
        Fault::Answer(403, vec![("content-type".to_owned(), "application/json".to_owned())], body.clone()),
        Fault::Answer(500, vec![("x-marker".to_owned(), MARK.to_owned())], MARK.to_owned()),
        Fault::Answer(302, vec![("location".to_owned(), format!("https://{MARK}.example/"))], body),
    ] {
        cases.extend(names(&audit.stage.sentry_server).into_iter().map(|name| ("sentry", name, fault.clone())));
        cases.extend(names(&audit.stage.store_server).into_iter().map(|name| ("store", name, fault.clone())));
        cases.extend(names(&audit.bucket_server).into_iter().map(|name| ("bucket", name, fault.clone())));
    }
    assert!(cases.len() > 50, "{}", cases.len());
    let wrong = check_all(&cases, 6, |(server, name, fault)| {
        let audit = planted(Binary::Dev, "trace", false);
        let lambda = audit.lambda();
        let server = match *server {
            "sentry" => &audit.stage.sentry_server,
            "store" => &audit.stage.store_server,
            _ => &audit.bucket_server,
        };
        server.faults().every(name, fault.clone());
        let replies = [audit.invoke(&lambda, &json!({}))];
        // What was planned by the test itself is in the bucket only if the function put it there.
        check(&audit, &lambda, &replies, &format!("{name} {fault:?}"))
    });
    assert_eq!(wrong, [""; 0]);
}
