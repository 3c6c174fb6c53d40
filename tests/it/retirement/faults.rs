//! Every call of a run in which everything happens fails in every way, and a few runs later all is as it should be.

use std::collections::BTreeSet;
use std::fmt;

use integration_tests::{TIMEOUT, check_all};
use serde_json::json;
use testkit::fault::Fault;
use testkit::http::Server;
use testkit::lambda::Invocation;

use super::stage::{DUE, TABLES, World, policy};
use crate::support;

/// The cases wait for processes, sockets and the waits between tries: more of them than processors can run at once.
const THREADS: usize = 6;

/// As many as it takes to prove a death by ingestion, after a run that came to nothing and one that heals.
const CLEAN_RUNS: usize = 4;

/// Whose call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Sentry,
    SecretsManager,
    S3,
    EventBridge,
}

impl At {
    const ALL: [Self; 4] = [Self::Sentry, Self::SecretsManager, Self::S3, Self::EventBridge];

    fn server(self, world: &World) -> &Server {
        match self {
            Self::Sentry => &world.stage.sentry_server,
            Self::SecretsManager => &world.stage.store_server,
            Self::S3 => &world.retirement.bucket_server,
            Self::EventBridge => &world.stage.bus_server,
        }
    }

    /// How the service itself says that it was asked too often.
    fn too_many(self) -> Fault {
        match self {
            Self::Sentry => Fault::sentry_limit(),
            Self::S3 => Fault::slow_down(),
            Self::SecretsManager | Self::EventBridge => Fault::throttling(),
        }
    }

    fn faults(self) -> [Fault; 9] {
        [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Status(403),
            Fault::StatusAfter(500),
            self.too_many(),
            Fault::TruncatedBody,
            Fault::Body("not json".to_owned()),
            Fault::KillBefore,
            Fault::KillAfter,
        ]
    }
}

/// The call with this number among all of a server's gets this fault, and so does what is sent in its place.
struct Planned {
    at: At,
    number: usize,
    /// The call's name in a run without faults.
    call: String,
    fault: Fault,
    /// How many calls in a row.
    times: usize,
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} call {} ({}): {} times {:?}", self.at, self.number, self.call, self.times, self.fault)
    }
}

/// The keys of the scene, by what should become of them.
struct Keys {
    /// A superseded key of ours, an orphan, and the key that was current until the rollback.
    retired: Vec<String>,
    /// Current keys, an adopted key without consent, and a person's.
    untouched: Vec<String>,
    /// The key that the secret was rolled back to.
    healed: String,
}

/// A secret with versions that hold keys of ours, the last of which is current. The keys.
fn add_rotated(world: &World, name: &str, project: &str, versions: &[&str]) -> (String, Vec<String>) {
    let (arn, default) = world.add_secret(name, project);
    let mut keys = vec![default];
    for version in versions {
        let key = world.stage.sentry.add_key("acme", project, &support::label(name, &arn, version));
        world.made_now(&key.id);
        let store = &world.stage.store;
        let before = store.version_at(&arn, "AWSCURRENT");
        store.add_version(&arn, version, Some(&world.value(&key, project)), &["AWSCURRENT"]);
        store.set_stage(&arn, "AWSPREVIOUS", before.as_deref());
        keys.push(key.id);
    }
    (arn, keys)
}

/// Three projects: one with a key that is due, an orphan and a person's key; one with an adopted key; one that was rolled
/// back to a disabled key. Nothing is remembered of the run that disabled it.
fn scene() -> (World, Keys) {
    let world = World::with_policy(&policy("act", DUE, TABLES));
    world.stage.store.set_tags(&world.stage.secret, &[]);
    let (_, due) =
        add_rotated(&world, "acme/a", "alpha", &[support::version(1).as_str(), support::version(2).as_str()]);
    let (_, adopted) = add_rotated(&world, "acme/b", "beta", &[support::version(3).as_str()]);
    let (rolled, back) =
        add_rotated(&world, "acme/c", "gamma", &[support::version(4).as_str(), support::version(5).as_str()]);
    let narrow = json!({ "secret_id": rolled });
    world.run_with(&narrow);
    let store = &world.stage.store;
    let arn = |name: &str| store.versions(name);
    assert_eq!(arn(&rolled).len(), 3);
    store.set_stage(&rolled, "AWSCURRENT", Some(&support::version(4)));
    store.set_stage(&rolled, "AWSPREVIOUS", Some(&support::version(5)));
    let alpha = world.stage.sentry.keys("acme", "alpha");
    let label = alpha.last().unwrap().label.clone();
    let orphan = world.stage.sentry.add_key("acme", "alpha", &label).id;
    let made: jiff::Timestamp = alpha.last().unwrap().date_created.parse().unwrap();
    let before_it = (made - jiff::SignedDuration::from_millis(1)).to_string();
    world.stage.sentry.edit_key(&orphan, |key| key.date_created = before_it);
    let human = world.stage.sentry.add_key("acme", "alpha", "made by a person").id;
    world.retirement.bucket.remove(&world.state_name());
    let keys = Keys {
        retired: vec![due[1].clone(), orphan, back[2].clone()],
        untouched: vec![due[0].clone(), due[2].clone(), adopted[0].clone(), adopted[1].clone(), back[0].clone(), human],
        healed: back[1].clone(),
    };
    (world, keys)
}

fn is_active(world: &World, key: &str) -> Option<bool> {
    let keys = ["alpha", "beta", "gamma"].into_iter().flat_map(|project| world.stage.sentry.keys("acme", project));
    keys.into_iter().find(|other| other.id == key).map(|key| key.is_active)
}

fn forget(world: &World) {
    world.forget_calls();
    world.stage.bus_server.forget_calls();
}

/// The calls of a run in which nothing fails, by a new process.
fn quiet_calls() -> Vec<(At, Vec<String>)> {
    let (mut world, keys) = scene();
    world.cool_down();
    forget(&world);
    world.run();
    let calls = At::ALL.map(|at| (at, at.server(&world).call_names()));
    for _ in 0..CLEAN_RUNS {
        world.run();
    }
    assert_eq!(problems(&world, &keys), [""; 0]);
    calls.into()
}

/// What is wrong now, whatever is still to come.
fn harm(world: &World, keys: &Keys) -> Vec<String> {
    let mut harm = Vec::new();
    for key in &keys.untouched {
        if is_active(world, key) != Some(true) {
            harm.push(format!("{key} must stay: {:?}", is_active(world, key)));
        }
    }
    let changeable: BTreeSet<&String> = keys.retired.iter().chain([&keys.healed]).collect();
    for call in world.stage.sentry_server.calls() {
        let key = call.request.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        if ["PUT key", "DELETE key", "POST keys"].contains(&call.name.as_str()) && !changeable.contains(&key) {
            harm.push(format!("{} of {key}", call.name));
        }
    }
    let writes = world.stage.store_server.call_names();
    if writes.iter().any(|name| name.starts_with("Put") || name.starts_with("Update") || name.starts_with("Rotate")) {
        harm.push(format!("Secrets Manager was written to: {writes:?}"));
    }
    harm.extend(world.check_chains().err());
    harm
}

/// What is wrong in the end.
fn problems(world: &World, keys: &Keys) -> Vec<String> {
    let mut problems = harm(world, keys);
    let mut check = |holds: bool, what: String| {
        if !holds {
            problems.push(what);
        }
    };
    for key in &keys.retired {
        check(is_active(world, key) == Some(false), format!("{key} is not disabled"));
        let kinds = world.kinds(key);
        check(kinds.iter().filter(|kind| *kind == "disabled").count() == 1, format!("{key}: {kinds:?}"));
        let grades: Vec<_> = world.retirement.ledger(key).iter().map(|record| record["grade"].clone()).collect();
        check(grades.contains(&"ingestion".into()), format!("{key} is not proven by ingestion: {kinds:?}"));
        check(!kinds.contains(&"reinstated".to_owned()), format!("{key}: {kinds:?}"));
    }
    check(is_active(world, &keys.healed) == Some(true), "the rollback is not healed".to_owned());
    let kinds = world.kinds(&keys.healed);
    check(kinds.last().is_some_and(|kind| kind == "current"), format!("the healed key: {kinds:?}"));
    let state = world.retirement.bucket.object(&world.state_name());
    check(
        state.is_some_and(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).is_ok()),
        "no state".to_owned(),
    );
    problems
}

/// A run with this fault, then runs without: what is wrong.
fn play(planned: &Planned) -> Result<(), String> {
    let (mut world, keys) = scene();
    world.cool_down();
    forget(&world);
    let server = planned.at.server(&world);
    server.faults().on_kill(world.retire.killer());
    for further in 0..planned.times {
        server.faults().at(planned.number + further, planned.fault.clone());
    }
    let first = world.retire.invoke(&json!({}), TIMEOUT);
    let met = server.calls().iter().any(|call| call.fault.is_some());
    let mut wrong = harm(&world, &keys);
    if !met {
        wrong.push("the fault was not met".to_owned());
    }
    if let Invocation::Failed { error_type, .. } = &first
        && !retire_keys::failure::CODES.contains(&error_type.as_str())
    {
        wrong.push(format!("{error_type} is no code of this function"));
    }
    server.faults().clear();
    for _ in 0..CLEAN_RUNS {
        let run = world.retire.invoke(&json!({}), TIMEOUT);
        if run.clone().reply().is_none() {
            wrong.push(format!("a run without faults: {run:?}"));
        }
        wrong.extend(harm(&world, &keys));
    }
    wrong.extend(problems(&world, &keys));
    if wrong.is_empty() {
        return Ok(());
    }
    let logs = world.retire.all_logs();
    Err(format!("{planned}\n  {first:?}\n  {}\n{}", wrong.join("\n  "), logs))
}

fn cases(times: usize, wanted: impl Fn(&Fault) -> bool) -> Vec<Planned> {
    let mut cases = Vec::new();
    for (at, names) in quiet_calls() {
        for (number, call) in names.iter().enumerate() {
            for fault in at.faults().into_iter().filter(&wanted) {
                cases.push(Planned { at, number, call: call.clone(), fault, times });
            }
        }
    }
    cases
}

fn assert_all_end_well(cases: &[Planned]) {
    assert!(cases.len() > 100, "{}", cases.len());
    let wrong = check_all(cases, THREADS, play);
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

fn is_kill(fault: &Fault) -> bool {
    matches!(fault, Fault::KillBefore | Fault::KillAfter)
}

#[test]
fn whichever_call_the_process_dies_at_the_next_runs_end_well() {
    assert_all_end_well(&cases(1, is_kill));
}

#[test]
fn whichever_call_fails_in_whichever_way_the_next_runs_end_well() {
    assert_all_end_well(&cases(1, |fault| !is_kill(fault)));
}

/// Three in a row outlast what clients send again.
#[test]
fn whichever_call_fails_for_good_the_next_runs_end_well() {
    let lasting = |fault: &Fault| matches!(fault, Fault::DropBefore | Fault::DropAfter | Fault::StatusAfter(500));
    assert_all_end_well(&cases(3, lasting));
}
