//! What must have come of everything once nothing goes wrong any more.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use super::functions::Name;
use super::scene::{Scene, TIME, mark};

/// How many attempts without a fault complete a rotation that is under way, unless a person stands in its way.
const ATTEMPTS: usize = 2;

/// How many runs without a fault it takes until every superseded key is dead.
const RUNS: usize = 4;

/// Lets everything end without a fault, and looks at what came of it.
pub(super) fn settle(scene: &Arc<Scene>) {
    scene.tell("from here on nothing goes wrong".to_owned());
    for secret in &scene.secrets {
        let under_way = scene.in_flight.lock().unwrap_or_else(PoisonError::into_inner).contains_key(secret);
        if under_way {
            let completed = rotate(scene, secret, ATTEMPTS);
            if !completed {
                if !by_hand(scene, secret) {
                    scene.broken("a rotation does not complete by itself, and no person stands in its way");
                }
                scene.abandon(secret);
            }
        }
    }
    retire(scene);
    for secret in &scene.secrets {
        clear_what_came_back(scene, secret);
        if !rotate(scene, secret, 1) {
            scene.broken("a new rotation without a fault does not complete");
        }
    }
    retire(scene);
    audit(scene);
    check(scene);
}

fn rotate(scene: &Arc<Scene>, secret: &str, attempts: usize) -> bool {
    let before: BTreeSet<String> = scene.notes().keys.keys().cloned().collect();
    let function = scene.begins(Name::Rotate, &[], None);
    let completed = (0..attempts).any(|_| scene.attempt(&function, secret, TIME));
    scene.ends(&function, format!("rotation: completed {completed}"));
    scene.note_new_keys(&before, false);
    completed
}

/// A rotation that a person ended while its createSecret was at work comes back: to store a value sets the label anew. Secrets
/// Manager begins no other until a person takes it off (`docs/troubleshooting.md`).
fn clear_what_came_back(scene: &Scene, secret: &str) {
    let store = &scene.stage.store;
    let pending = store.version_at(secret, "AWSPENDING");
    if pending.is_none() || pending == store.version_at(secret, "AWSCURRENT") {
        return;
    }
    if !scene.notes().ended_in.contains(secret) {
        scene.broken("a rotation that is over leaves AWSPENDING behind, and no person ended it");
    }
    scene.tell("a person takes AWSPENDING off what came back".to_owned());
    scene.abandon(secret);
}

/// Whether a person, or an earlier rotation that was ended and came back, stands in a rotation's way.
fn by_hand(scene: &Scene, secret: &str) -> bool {
    let under_way = scene.in_flight.lock().unwrap_or_else(PoisonError::into_inner).get(secret).cloned();
    let Some(version) = under_way else { return true };
    let store = &scene.stage.store;
    let label_taken = store.version_at(secret, "AWSPENDING").as_deref() != Some(&*version);
    let touched = |id: &String| scene.notes().keys.get(id).is_some_and(|truth| truth.touched);
    let its_mark = rotation::Mark::new(secret, &version);
    let keys = scene.stage.sentry.keys("acme", "storefront");
    let of_this_secret: Vec<_> = keys
        .iter()
        .filter(|key| rotation::Mark::in_label(&key.label).is_some_and(|mark| mark.same_secret(&its_mark)))
        .collect();
    let too_many = of_this_secret.iter().filter(|key| key.is_active).count() > rotation::MAX_UNPROMOTED;
    let tampered = of_this_secret.iter().any(|key| mark(&key.label) == its_mark.to_string() && touched(&key.id));
    label_taken || too_many || tampered || scene.key_at(secret, "AWSPENDING").is_some_and(|id| touched(&id))
}

fn retire(scene: &Arc<Scene>) {
    let function = scene.begins(Name::Retire, &[], None);
    for _ in 0..RUNS {
        let ended = scene.invoke(&function, &json!({}), TIME);
        let complete = matches!(&ended, Some(Ok(reply)) if reply.get("complete") == Some(&Value::Bool(true)));
        scene.tell(format!("retirement: {ended:?}"));
        if !complete {
            scene.broken("a run of retirement without a fault is not complete");
        }
    }
    scene.ends(&function, "retirement is done".to_owned());
}

/// An audit changes nothing.
fn audit(scene: &Arc<Scene>) {
    let seen = || {
        let values: Vec<_> = scene.secrets.iter().map(|secret| scene.stage.store.versions(secret)).collect();
        (scene.stage.sentry.keys("acme", "storefront"), values)
    };
    let before = seen();
    let function = scene.begins(Name::Audit, &[], None);
    let ended = scene.invoke(&function, &json!({}), TIME);
    if !matches!(&ended, Some(Ok(reply)) if reply.get("complete") == Some(&Value::Bool(true))) {
        scene.broken("an audit without a fault is not complete");
    }
    scene.ends(&function, format!("audit: {ended:?}"));
    if seen() != before {
        scene.broken("an audit changes something");
    }
}

fn check(scene: &Arc<Scene>) {
    let keys = scene.stage.sentry.keys("acme", "storefront");
    for secret in &scene.secrets {
        let current = scene.key_at(secret, "AWSCURRENT");
        if !keys.iter().any(|key| Some(&key.id) == current.as_ref() && key.is_active) {
            scene.broken("in the end AWSCURRENT's key is not accepted");
        }
    }
    for key in keys.iter().filter(|key| key.is_active) {
        let truth = scene.notes().keys.get(&key.id).cloned().unwrap_or_default();
        let held = scene.secrets.iter().any(|secret| {
            [scene.key_at(secret, "AWSCURRENT"), scene.key_at(secret, "AWSPENDING")].contains(&Some(key.id.clone()))
        });
        if truth.ours && !truth.touched && !truth.moved && !held {
            scene.tell(format!("{} {}", key.id, key.label));
            scene.broken("in the end a superseded key of the system's is still enabled");
        }
    }
    if let Err(broken) = scene.retirement.check_chains() {
        scene.broken(&broken);
    }
}
