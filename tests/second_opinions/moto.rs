//! moto's Secrets Manager accepts every request that a rotation sends, and moves the labels as ours does.

use integration_tests::{Binary, Stage, TIMEOUT};
use serde_json::json;
use testkit::fault::Fault;
use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::rotation::{Step, event};

use crate::python::Python;

#[test]
fn a_whole_rotation_runs_on_motos_secrets_manager() {
    let stage = Stage::new(Binary::Dev).unwrap();
    let mut moto = Python::start("moto_host.py");
    let document = stage.store.value_at(&stage.secret, "AWSCURRENT").unwrap();
    let management = stage.store.value_at("sentry/management", "AWSCURRENT").unwrap();
    let started = moto.ask(&json!({"management": management, "document": document}));
    let text = |name: &str| started[name].as_str().unwrap().to_owned();
    let lambda = Restarting::new(stage.function.clone().env("AWS_ENDPOINT_URL_SECRETS_MANAGER", text("url")));

    // The key is made and the answer lost: it is found again, which asks Secrets Manager for all versions as well.
    stage.sentry_server.faults().on("POST keys", 0, Fault::DropAfter);

    for step in Step::ALL {
        let answer = lambda.invoke(&event(step.as_str(), &text("arn"), &text("token"), None), TIMEOUT);
        assert!(matches!(answer, Invocation::Reply(_)), "{step:?}: {answer:?}\n{}", lambda.all_logs());
    }

    let keys = stage.sentry.keys("acme", "storefront");
    assert_eq!(keys.len(), 2);
    let stages = moto.ask(&json!("state"));
    let (old, new) = (stage.sentry.public_dsn(&keys[0]), stage.sentry.public_dsn(&keys[1]));
    assert_eq!(stages["AWSPREVIOUS"], json!(document));
    assert_eq!(stages["AWSCURRENT"], json!(document.replace(&old, &new)));
    assert!(stage.store_server.calls().is_empty(), "nothing went to our own stand-in");
}
