//! Sentry's own SDK for Python sends through a whole rotation, with a cached DSN, and loses nothing.

use integration_tests::{Binary, Stage, TIMEOUT};
use serde_json::json;
use testkit::lambda::Invocation;
use testkit::secrets_manager::rotation::{Step, event};

use crate::python::Python;

#[test]
fn the_sdk_loses_no_event_during_a_rotation_nor_while_it_still_caches_the_old_dsn() {
    let stage = Stage::new(Binary::Dev).unwrap();
    let mut application = Python::start("sdk_application.py");
    let mut sent = Vec::new();
    let mut send = |dsn: &serde_json::Value| {
        for _ in 0..3 {
            let answer = application.ask(&json!({"dsn": dsn, "message": "checkout failed"}));
            sent.push(answer["event_id"].as_str().unwrap().to_owned());
        }
    };
    let dsn = |stage: &Stage| stage.document("AWSCURRENT").unwrap()["dsn"].clone();
    let cached = dsn(&stage);
    send(&cached);
    let lambda = stage.lambda();
    let token = stage.store.begin_rotation(&stage.secret).unwrap();
    for step in Step::ALL {
        let answer = lambda.invoke(&event(step.as_str(), &stage.secret, &token, None), TIMEOUT);
        assert!(matches!(answer, Invocation::Reply(_)), "{step:?}: {answer:?}");
        send(&dsn(&stage));
    }
    assert_ne!(dsn(&stage), cached);
    send(&cached);

    let taken: Vec<String> = stage.sentry.events().into_iter().filter_map(|event| event.event_id).collect();
    assert_eq!(taken, sent);
    assert_eq!(stage.sentry.refused(), 0);
}
