//! A rotation of all four steps. The answer to the creation of the key is lost, so that it is looked for.

use testkit::fault::Fault;
use testkit::lambda::Restarting;
use testkit::secrets_manager::rotation::{self, StepResult};

use super::deployment::{Deployment, Played, Work};
use integration_tests::TIMEOUT;

const FUNCTION: &str = "rotate-client-key";

pub(super) const WORK: Work = Work { function: FUNCTION, prepare, play, harm, unfinished };

fn prepare(deployment: &Deployment) {
    deployment.stage.sentry_server.faults().on("POST keys", 0, Fault::DropAfter);
}

fn play(deployment: &Deployment) -> Played {
    if unfinished(deployment).is_empty() {
        return Played::default();
    }
    let (store, secret) = (&deployment.stage.store, &deployment.stage.secret);
    let token = store.version_at(secret, "AWSPENDING").unwrap_or_else(|| store.begin_rotation(secret).unwrap());
    let lambda = deployment.lambda(FUNCTION);
    let mut played = Played::default();
    rotation::reattempt(store, secret, &token, 1, &mut |event| {
        let invocation = lambda.invoke(&event, TIMEOUT);
        played.note(invocation.clone());
        invocation.into_step_result()
    });
    played
}

fn harm(deployment: &Deployment) -> Vec<String> {
    let current = deployment.stage.key_id("AWSCURRENT").unwrap();
    let keys = deployment.stage.sentry.keys("acme", "storefront");
    let mut harm = Vec::new();
    if !keys.iter().all(|key| key.is_active) || !keys.iter().any(|key| key.id == current) {
        harm.push(format!("a key is not enabled, or the current one {current} is gone: {keys:?}"));
    }
    if keys.len() > 2 {
        harm.push(format!("{} keys", keys.len()));
    }
    harm
}

fn unfinished(deployment: &Deployment) -> Vec<String> {
    let (stage, mut wrong) = (&deployment.stage, harm(deployment));
    let keys = stage.sentry.keys("acme", "storefront");
    if keys.len() != 2 || stage.key_id("AWSCURRENT") != keys.last().map(|key| key.id.clone()) {
        wrong.push(format!("the new key is not current: {keys:?}"));
    }
    if stage.store.version_at(&stage.secret, "AWSPENDING").is_some() {
        wrong.push("the rotation is not complete".to_owned());
    }
    wrong
}

/// Lets `RotateSecret` run the deployed function, as the service does.
pub(super) fn connect(deployment: &Deployment) {
    let lambda = deployment.lambda(FUNCTION);
    let step = move |event| -> StepResult { Restarting::invoke(&lambda, &event, TIMEOUT).into_step_result() };
    deployment.stage.store.on_rotate(rotation::driver(&deployment.stage.store, 1, step));
}
