//! Every call fails in every way, and the same order again ends with one dead key.

use std::fmt;

use integration_tests::{Retirement, check_all};
use serde_json::Value;
use testkit::fault::Fault;
use testkit::http::Server;
use testkit::lambda::Invocation;
use testkit::sentry::Key;

use super::scene::Scene;

/// The cases wait for processes, sockets and the waits between tries.
const THREADS: usize = 4;

/// What stops no revocation for good.
const CODES: [&str; 6] = [
    "Revocation.NoReplacement",
    "Rotation.SentryRateLimited",
    "Rotation.SentryUnavailable",
    "Rotation.StoreConflict",
    "Rotation.StoreUnavailable",
    "Rotation.TokenInvalid",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Sentry,
    SecretsManager,
    Bucket,
    EventBridge,
}

impl At {
    const ALL: [Self; 4] = [Self::Sentry, Self::SecretsManager, Self::Bucket, Self::EventBridge];

    fn server(self, scene: &Scene) -> &Server {
        match self {
            Self::Sentry => &scene.sentry_server,
            Self::SecretsManager => &scene.store_server,
            Self::Bucket => &scene.retirement.bucket_server,
            Self::EventBridge => &scene.bus_server,
        }
    }

    fn too_many(self) -> Fault {
        match self {
            Self::Sentry => Fault::sentry_limit(),
            Self::Bucket => Fault::slow_down(),
            Self::SecretsManager | Self::EventBridge => Fault::throttling(),
        }
    }

    fn faults(self) -> [Fault; 9] {
        [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Status(500),
            Fault::StatusAfter(500),
            self.too_many(),
            Fault::TruncatedBody,
            Fault::Body("not json".to_owned()),
            Fault::KillBefore,
            Fault::KillAfter,
        ]
    }
}

/// Where the key is that leaked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leak {
    /// It is what applications read, and an earlier rotation hangs.
    Current,
    /// It is in a version without labels: no rotation is needed.
    Unlabelled,
    /// Its secret is gone; the ledger knows it.
    Abandoned,
}

impl Leak {
    const ALL: [Self; 3] = [Self::Current, Self::Unlabelled, Self::Abandoned];

    /// The scene, and the key.
    fn scene(self) -> (Scene, String) {
        let scene = Scene::new();
        let leaked = match self {
            Self::Current => {
                scene.stage.store.begin_rotation(&scene.stage.secret).unwrap();
                scene.leaked.clone()
            }
            Self::Unlabelled => {
                scene.rotation();
                scene.rotation();
                scene.leaked.clone()
            }
            Self::Abandoned => {
                scene.rotation();
                let current = scene.current();
                let record = serde_json::json!({
                    "version": 1, "sequence": 1, "previous": null, "time": "2026-01-01T00:00:00Z",
                    "function": "retire-keys", "request_id": "r", "kind": "current", "secret_arn": scene.stage.secret,
                    "version_id": null, "project_id": scene.stage.project_id, "key_id": current, "class": "ours",
                    "why": "it is what applications read", "answer": null, "attempt": 0,
                });
                let (_, suffix) = scene.stage.secret.rsplit_once('-').unwrap();
                let name = format!("ledger/{suffix}/{current}/00000001.json");
                scene.retirement.bucket.put(&name, record.to_string());
                scene.stage.store.delete_secret(&scene.stage.secret);
                current
            }
        };
        (scene, leaked)
    }
}

struct Planned {
    leak: Leak,
    at: At,
    number: usize,
    call: String,
    fault: Fault,
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?} call {} ({}): {:?}", self.leak, self.at, self.number, self.call, self.fault)
    }
}

fn is_kill(fault: &Fault) -> bool {
    matches!(fault, Fault::KillBefore | Fault::KillAfter)
}

fn cases(wanted: impl Fn(&Fault) -> bool) -> Vec<Planned> {
    let mut cases = Vec::new();
    for leak in Leak::ALL {
        let (scene, leaked) = leak.scene();
        scene.revoked(&leaked);
        for at in At::ALL {
            let names = at.server(&scene).call_names();
            assert!(!names.is_empty(), "{leak:?}: {at:?} was not called");
            for (number, call) in names.into_iter().enumerate() {
                for fault in at.faults().into_iter().filter(&wanted) {
                    cases.push(Planned { leak, at, number, call: call.clone(), fault });
                }
            }
        }
    }
    cases
}

/// What must never be, whatever the first invocation came to.
fn check_claims(scene: &Scene, leaked: &str, first: &Invocation, fault: &Fault) -> Vec<String> {
    let mut problems = Vec::new();
    let recorded = scene.kinds(leaked).iter().any(|kind| kind == "disabled");
    let alive = scene.is_active(leaked);
    match first {
        Invocation::Reply(reply) => {
            if alive || reply["state"] != "disabled" {
                problems.push(format!("it replied {reply} and the key is alive: {alive}"));
            }
            if recorded == reply["evidence"]["missing"].is_string() {
                problems.push(format!("it replied {} and the record is there: {recorded}", reply["evidence"]));
            }
        }
        Invocation::Failed { error_type, .. } if CODES.contains(&error_type.as_str()) && !is_kill(fault) => {}
        // The ledger alone knows the key of a secret that is gone.
        Invocation::Failed { error_type, error_message }
            if error_type == "Revocation.NotOurs" && error_message.contains("the ledger could not be read") => {}
        Invocation::Exited(None) if is_kill(fault) => {}
        Invocation::Failed { .. } | Invocation::InitFailed { .. } | Invocation::Exited(_) | Invocation::TimedOut => {
            problems.push(format!("it ended with {first:?}"));
        }
    }
    if alive && recorded {
        problems.push("the ledger has a disablement and the key is alive".to_owned());
    }
    if alive && !scene.events("Key Revoked").is_empty() {
        problems.push("the event was sent and the key is alive".to_owned());
    }
    problems
}

fn check_end(scene: &Scene, leaked: &str, leak: Leak, others: &[Key]) -> Vec<String> {
    let mut problems = Vec::new();
    let keys = scene.keys();
    if keys.iter().any(|key| key.id == leaked && key.is_active) {
        problems.push("the key is alive".to_owned());
    }
    for key in &keys {
        let as_before = others.iter().find(|other| other.id == key.id).is_none_or(|other| other == key);
        if key.id != leaked && !(key.is_active && as_before) {
            problems.push(format!("another key was touched: {key:?}"));
        }
    }
    let made = keys.len() - others.len() - 1;
    let expected = if leak == Leak::Current { 1..=2 } else { 0..=0 };
    if !expected.contains(&made) {
        problems.push(format!("{made} keys were made"));
    }
    if leak != Leak::Abandoned && !scene.stage.key_id("AWSCURRENT").is_some_and(|id| scene.is_active(&id)) {
        problems.push("AWSCURRENT has no active key".to_owned());
    }
    let mut kinds = scene.kinds(leaked);
    kinds.dedup();
    let mut wanted = vec!["disabled", "proven"];
    if leak == Leak::Abandoned {
        wanted.insert(0, "current");
    }
    if kinds != wanted {
        problems.push(format!("on record is {kinds:?}"));
    }
    problems.extend(scene.check_chain(leaked).err());
    let mut ids: Vec<Value> = scene.events("Key Revoked").iter().map(|event| event["id"].clone()).collect();
    ids.dedup();
    if ids.len() != 1 {
        problems.push(format!("the ids of the event are {ids:?}"));
    }
    problems
}

fn play(planned: &Planned, real: bool) -> Result<(), String> {
    let (scene, leaked) = planned.leak.scene();
    if real {
        Retirement::connect_rotation(&scene.stage);
    }
    let others: Vec<Key> = scene.keys().into_iter().filter(|key| key.id != leaked).collect();
    for at in At::ALL {
        at.server(&scene).faults().on_kill(scene.revoke.killer());
    }
    let server = planned.at.server(&scene);
    server.faults().at(planned.number, planned.fault.clone());
    let order = scene.order(&leaked);
    let first = scene.invoke(&order);
    let mut problems = check_claims(&scene, &leaked, &first, &planned.fault);
    if !server.calls().iter().any(|call| call.fault.is_some()) {
        problems.push("the fault was not met".to_owned());
    }
    server.faults().clear();
    if real && planned.number.is_multiple_of(2) {
        scene.stage.store.join_rotations();
    }
    let again = scene.invoke(&order);
    scene.stage.store.join_rotations();
    if again.clone().reply().is_none() {
        problems.push(format!("the same again ended with {again:?}"));
    }
    problems.extend(check_end(&scene, &leaked, planned.leak, &others));
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{planned}\n  {}\n{first:?}\n{}", problems.join("\n  "), scene.revoke.all_logs()))
}

fn assert_all_end_well(cases: &[Planned], real: bool) {
    let wrong = check_all(cases, THREADS, |case| play(case, real));
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

#[test]
fn whichever_call_fails_in_whichever_way_nothing_is_claimed_and_the_same_again_ends_well() {
    assert_all_end_well(&cases(|fault| !is_kill(fault)), false);
}

#[test]
fn whichever_call_the_process_dies_at_the_same_again_ends_well() {
    assert_all_end_well(&cases(is_kill), false);
}

#[test]
fn whenever_the_process_dies_the_real_rotation_beside_it_does_no_harm() {
    let mut cases = cases(is_kill);
    // From the call that begins the rotation on, the two go side by side.
    cases.retain(|case| case.leak == Leak::Current && case.at == At::SecretsManager && case.number > 3);
    assert!(cases.len() > 8, "{} cases", cases.len());
    assert_all_end_well(&cases, true);
}
