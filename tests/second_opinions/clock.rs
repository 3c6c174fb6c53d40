//! The shipped binary under libfaketime: a superseded key's whole life, with the durations that a policy would name.

use std::process::Command;

use integration_tests::{Binary, Retirement, Stage, TIMEOUT};
use serde_json::{Value, json};
use testkit::lambda::{Function, Invocation};

const POLICY: &str = r#"version = 1
mode = "act"
[use_case.sdk]
kind = "client-key"
preset = "sdk-store-only"
grace = "7d"
grace_max = "30d"
at_grace_max = "disable"
quarantine = "30d"
delete = true
[proof]
deadline = "2d"
refusals = 2
"#;

const FIND: &str = "import glob, importlib.util, os\n\
    folder = os.path.dirname(importlib.util.find_spec('libfaketime').origin)\n\
    print(glob.glob(folder + '/**/libfaketime.so.1', recursive=True)[0])";

/// libfaketime, from the environment that `scripts/test.sh` has put on PATH.
fn libfaketime() -> String {
    let found = Command::new("python").args(["-c", FIND]).output().unwrap();
    assert!(found.status.success(), "is everything installed? run scripts/test.sh");
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

/// The function, so many days later.
fn later(function: &Function, library: &str, days: i64) -> Function {
    function
        .clone()
        .env("LD_PRELOAD", library)
        .env("FAKETIME", format!("+{days}d"))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .clock_shift(days * 86_400)
}

#[test]
fn a_superseded_key_lives_through_grace_quarantine_and_deletion_by_the_binarys_own_clock() {
    let stage = Stage::new(Binary::Release).unwrap();
    let retirement = Retirement::new(&stage, Binary::Release, POLICY).unwrap();
    let token = stage.sentry.add_token("acme", &["project:admin"]);
    stage.store.create_secret("sentry/deletion", Some(&token), &[]);
    let retire = retirement.retire.clone().env("SENTRY_DELETE_AUTH_SECRET_ID", "sentry/deletion");
    let library = libfaketime();
    let lambda = stage.lambda();
    assert!(stage.rotate(&lambda, 1).unwrap().succeeded);
    let old = stage.key_id("AWSCURRENT").unwrap();
    let run = |days: i64| -> Value {
        let invocation = later(&retire, &library, days).launch().unwrap().invoke(&json!({}), TIMEOUT);
        let Invocation::Reply(reply) = &invocation else { panic!("after {days} days: {invocation:?}") };
        let rows = retirement.rows(reply);
        rows.into_iter().find(|row| row["key_id"] == old.as_str()).unwrap_or_default()
    };
    assert_eq!(run(0)["state"], "active");
    assert!(stage.rotate(&lambda, 1).unwrap().succeeded);
    for (days, state, action) in [
        (1, "superseded", Value::Null),
        (7, "superseded", Value::Null),
        (9, "draining", Value::Null),
        (30, "draining", Value::Null),
        (32, "disabled", "disable".into()),
        (33, "disabled", "prove".into()),
        (61, "disabled", Value::Null),
        (63, "deleted", "delete".into()),
    ] {
        let row = run(days);
        assert_eq!((&row["state"], &row["action"]), (&state.into(), &action), "after {days} days: {row:#}");
    }
    let keys = stage.sentry.keys("acme", "storefront");
    assert!(!keys.iter().any(|key| key.id == old), "{keys:?}");
    assert_eq!(keys.iter().filter(|key| key.is_active).count(), 2, "the adopted key and the current one");
    let kinds: Vec<Value> = retirement.ledger(&old).iter().map(|record| record["kind"].clone()).collect();
    let life = [
        "current",
        "superseded",
        "disabling",
        "disabled",
        "proven",
        "refused",
        "refused",
        "proven",
        "deleting",
        "deleted",
    ];
    assert_eq!(kinds, life);
}
