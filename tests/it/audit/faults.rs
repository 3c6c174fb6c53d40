//! Every call of an audit fails in every way: it fails with a clear code or says what it could not see, never says that
//! something is fine or gone, and the next audit is whole.

use integration_tests::check_all;
use serde_json::json;
use testkit::fault::Fault;
use testkit::lambda::Invocation;

use super::scene::{Review, Scene};

fn faults() -> [Fault; 8] {
    [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Status(403),
        Fault::Status(500),
        Fault::TruncatedBody,
        Fault::Body("not json".to_owned()),
        Fault::KillBefore,
        Fault::KillAfter,
    ]
}

#[test]
fn whatever_call_fails_however_nothing_is_closed_that_is_still_wrong_and_the_next_audit_is_whole() {
    let scene = Scene::spoiled();
    let calm = scene.review();
    let count = |server: &testkit::http::Server| server.call_names().len();
    let (sentry, store, bucket) = (
        count(&scene.audit.stage.sentry_server),
        count(&scene.audit.stage.store_server),
        count(&scene.audit.bucket_server),
    );
    let mut cases = Vec::new();
    for (at, calls) in [("sentry", sentry), ("store", store), ("bucket", bucket)] {
        for number in 0..calls {
            cases.extend(faults().into_iter().map(|fault| (at, number, fault)));
        }
    }
    let expected = calm.lines().len();
    let wrong = check_all(&cases, 6, |(at, number, fault)| {
        let scene = Scene::spoiled();
        scene.review();
        let told = scene.audit.stage.bus.entries().len();
        let server = match *at {
            "sentry" => &scene.audit.stage.sentry_server,
            "store" => &scene.audit.stage.store_server,
            _ => &scene.audit.bucket_server,
        };
        let before = server.call_names().len();
        server.faults().on_kill(scene.lambda.killer());
        // A retry meets it as well. A process is killed once: what it had asked for beside that must not kill the next one.
        let kills = matches!(fault, Fault::KillBefore | Fault::KillAfter);
        for retry in 0..if kills { 1 } else { 4 } {
            server.faults().at(before + number + retry, fault.clone());
        }
        let invocation = scene.invoke(&json!({}));
        let about = format!("{at} {number} {fault:?}");
        let events = scene.audit.stage.bus.entries().into_iter().skip(told);
        let closed: Vec<String> = events
            .filter(|entry| entry.detail_type == "Finding Closed")
            .map(|entry| format!("{} {}", entry.detail["code"], entry.detail["subject"]["name"]))
            .collect();
        if !closed.is_empty() {
            return Err(format!("{about}: {closed:?} was closed"));
        }
        if let Invocation::Failed { error_type, .. } = &invocation
            && !audit_keys::failure::CODES.contains(&error_type.as_str())
        {
            return Err(format!("{about}: {invocation:?}"));
        }
        server.faults().clear();
        let reply = scene.reply(&json!({}));
        let review = Review { report: scene.audit.report(&reply), reply };
        if review.lines().len() != expected {
            return Err(format!(
                "{about}: then {} findings instead of {expected}: {:#?}",
                review.lines().len(),
                review.lines()
            ));
        }
        if review.lines().iter().any(|line| line.ends_with("unseen")) {
            return Err(format!("{about}: then still unseen: {:#?}", review.lines()));
        }
        Ok(())
    });
    assert_eq!(wrong, [""; 0]);
}
