//! The whole life of superseded keys: seen, disabled, proven dead, deleted; one of them bears the mark of a version that no
//! label shows, and one secret is gone.

use serde_json::json;

use super::deployment::{Deployment, Played, Work};
use crate::support::{label, version};

const FUNCTION: &str = "retire-keys";

/// As many as it takes from the first look to the deletion.
const RUNS: usize = 6;

pub(super) const WORK: Work = Work { function: FUNCTION, prepare, play, harm, unfinished };

fn prepare(deployment: &Deployment) {
    let (sentry, store) = (&deployment.stage.sentry, &deployment.stage.store);
    sentry.add_project("acme", "alpha");
    let value = |id: &str| {
        let key = sentry.keys("acme", "alpha").into_iter().find(|key| key.id == id).unwrap();
        json!({"dsn": sentry.public_dsn(&key), "organization": "acme", "project": "alpha"}).to_string()
    };
    let first = sentry.keys("acme", "alpha").remove(0).id;
    let arn = store.create_secret("acme/alpha", Some(&value(&first)), &[]);
    deployment.manage(&arn);
    for number in 1..=3 {
        let version = version(number);
        let key = sentry.add_key("acme", "alpha", &label("acme/alpha", &arn, &version));
        let now = crate::retirement::stage::now().to_string();
        sentry.edit_key(&key.id, |key| key.date_created = now);
        let before = store.version_at(&arn, "AWSCURRENT");
        store.add_version(&arn, &version, Some(&value(&key.id)), &["AWSCURRENT"]);
        store.set_stage(&arn, "AWSPREVIOUS", before.as_deref());
    }
}

/// The keys of the project, in the order in which they were made: adopted, two that are superseded, current.
fn keys(deployment: &Deployment) -> Vec<String> {
    let versions = (1..=3).map(|number| deployment.stage.store.value_of("acme/alpha", &version(number)).unwrap());
    versions.map(|value| integration_tests::key_id_in(&value).unwrap()).collect()
}

fn play(deployment: &Deployment) -> Played {
    let mut played = Played::default();
    for _ in 0..RUNS {
        played.note(deployment.invoke(FUNCTION, &json!({})));
    }
    played
}

fn harm(deployment: &Deployment) -> Vec<String> {
    let keys = keys(deployment);
    let mut harm = Vec::new();
    let adopted = deployment.stage.sentry.keys("acme", "alpha").first().map(|key| (key.label.clone(), key.is_active));
    if adopted != Some(("Default".to_owned(), true)) || deployment.is_active("alpha", &keys[2]) != Some(true) {
        harm.push(format!("the adopted or the current key was touched: {adopted:?}"));
    }
    harm.extend(integration_tests::evidence::check_chains(&deployment.bucket).err());
    // What was done is on record.
    for key in &keys[..2] {
        let done = match deployment.is_active("alpha", key) {
            Some(true) => continue,
            Some(false) => "\"disabl",
            None => "\"delet",
        };
        let folder = deployment.objects("ledger/", ".json");
        if !folder.contains(done) {
            harm.push(format!("{key} has no record of {done}"));
        }
    }
    harm
}

fn unfinished(deployment: &Deployment) -> Vec<String> {
    let mut wrong = harm(deployment);
    for key in &keys(deployment)[..2] {
        if let Some(active) = deployment.is_active("alpha", key) {
            wrong.push(format!("{key} is still there, active: {active}"));
        }
    }
    wrong
}
