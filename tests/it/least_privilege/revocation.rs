//! Two emergencies: a key that no labelled version holds, and the current one of a secret whose last rotation hangs; the
//! second is asked for twice.

use integration_tests::{Retirement, key_id_in};
use serde_json::json;

use super::deployment::{Deployment, Played, Work};
use super::rotation;
use crate::support::version;

const FUNCTION: &str = "revoke-key";

pub(super) const WORK: Work = Work { function: FUNCTION, prepare, play, harm, unfinished };

fn prepare(deployment: &Deployment) {
    let (sentry, store, secret) = (&deployment.stage.sentry, &deployment.stage.store, &deployment.stage.secret);
    let value = |project: &str, key: &testkit::sentry::Key| {
        json!({"dsn": sentry.public_dsn(key), "organization": "acme", "project": project}).to_string()
    };
    let old = sentry.add_key("acme", "storefront", "an old one");
    store.add_version(secret, &version(1), Some(&value("storefront", &old)), &[]);
    // The one that leaks is remembered: it is current now, and will not be.
    let leaked = deployment.stage.store.value_at(secret, "AWSCURRENT").unwrap();
    store.add_version(secret, &version(2), Some(&leaked), &["AWSCURRENT"]);
    store.begin_rotation(secret).unwrap();
    sentry.add_project("acme", "beta");
    let other = sentry.keys("acme", "beta").remove(0);
    let arn = store.create_secret("acme/beta", Some(&value("beta", &other)), &[]);
    deployment.manage(&arn);
    deployment.bucket.put("state/retire-keys.json", json!({"version": 1, "secrets": {}}).to_string());
    rotation::connect(deployment);
}

/// The key that no labelled version holds, and the one that was current.
fn compromised(deployment: &Deployment) -> [String; 2] {
    [1, 2].map(|number| {
        key_id_in(&deployment.stage.store.value_of(&deployment.stage.secret, &version(number)).unwrap()).unwrap()
    })
}

fn play(deployment: &Deployment) -> Played {
    let mut played = Played::default();
    let [old, leaked] = compromised(deployment);
    // The last again, as whoever is in doubt does: what was recorded is found.
    for key in [&old, &leaked, &leaked] {
        played.note(deployment.invoke(FUNCTION, &Retirement::order(&deployment.stage, key)));
        deployment.stage.store.join_rotations();
    }
    played
}

fn harm(deployment: &Deployment) -> Vec<String> {
    let mut harm = Vec::new();
    let current = deployment.stage.key_id("AWSCURRENT").unwrap();
    if deployment.is_active("storefront", &current) != Some(true) {
        harm.push(format!("the current key {current} is not enabled"));
    }
    if deployment.stage.sentry.keys("acme", "beta").iter().any(|key| !key.is_active) {
        harm.push("a key of another project was disabled".to_owned());
    }
    harm.extend(integration_tests::evidence::check_chains(&deployment.bucket).err());
    harm
}

fn unfinished(deployment: &Deployment) -> Vec<String> {
    let mut wrong = harm(deployment);
    for key in compromised(deployment) {
        if deployment.is_active("storefront", &key) != Some(false) {
            wrong.push(format!("{key} is not disabled"));
        }
        let records = deployment.bucket.keys().into_iter().filter(|name| name.contains(&key));
        if records.count() == 0 {
            wrong.push(format!("{key} has no record"));
        }
    }
    wrong
}
