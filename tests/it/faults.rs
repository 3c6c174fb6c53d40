//! Every call of a rotation fails in every way, and the rotation ends with one new key all the same.

use std::fmt;
use std::time::Duration;

use integration_tests::{Binary, Stage, check_all};
use testkit::fault::Fault;
use testkit::http::Server;
use testkit::sentry::Key;

/// The cases wait for processes, sockets and the waits between tries: more of them than processors can run at once.
const THREADS: usize = 4;

/// As many as Secrets Manager's own tries at least: one fault costs at most one of them.
const ATTEMPTS: usize = 3;

/// Whose call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Sentry,
    SecretsManager,
    EventBridge,
}

impl At {
    const ALL: [Self; 3] = [Self::Sentry, Self::SecretsManager, Self::EventBridge];

    fn server(self, stage: &Stage) -> &Server {
        match self {
            Self::Sentry => &stage.sentry_server,
            Self::SecretsManager => &stage.store_server,
            Self::EventBridge => &stage.bus_server,
        }
    }

    /// How the service itself says that it was asked too often.
    fn too_many(self) -> Fault {
        match self {
            Self::Sentry => Fault::sentry_limit(),
            Self::SecretsManager | Self::EventBridge => Fault::throttling(),
        }
    }

    fn faults(self) -> [Fault; 11] {
        [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Status(500),
            Fault::Status(503),
            Fault::StatusAfter(502),
            self.too_many(),
            Fault::Delay(Duration::from_millis(250)),
            Fault::TruncatedBody,
            Fault::Body("not json".to_owned()),
            Fault::KillBefore,
            Fault::KillAfter,
        ]
    }
}

/// The call with this number among all of a server's gets this fault.
struct Planned {
    at: At,
    number: usize,
    /// The call's name in a quiet rotation.
    call: String,
    fault: Fault,
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} call {} ({}): {:?}", self.at, self.number, self.call, self.fault)
    }
}

/// A stage whose current key has settings that no new key is born with.
fn stage() -> Stage {
    let stage = Stage::new(Binary::Dev).unwrap();
    let old = stage.key_id("AWSCURRENT").unwrap();
    stage.sentry.edit_key(&old, |key| {
        key.rate_limit = Some((100, 60));
        key.browser_sdk_version = "6.x".to_owned();
        key.loader_options.insert("hasDebug".to_owned(), true);
    });
    // They name what the value names: were the value not read, nothing else would stop a first key.
    stage.store.set_tags(&stage.secret, &[("sentry:organization", "acme"), ("sentry:project", "storefront")]);
    stage
}

/// The calls of a rotation in which nothing fails.
fn quiet_calls() -> Vec<(At, Vec<String>)> {
    let stage = stage();
    let lambda = stage.lambda();
    let rotation = stage.rotate(&lambda, 1).unwrap();
    assert!(rotation.succeeded, "{rotation:#?}\n{}", lambda.all_logs());
    let calls: Vec<_> = At::ALL.map(|at| (at, at.server(&stage).call_names())).into();
    assert!(calls.iter().all(|(_, names)| names.len() >= 2), "{calls:?}");
    calls
}

fn settings(key: &Key) -> impl PartialEq + fmt::Debug {
    (key.rate_limit, key.browser_sdk_version.clone(), key.loader_options.clone())
}

/// Rotates once with these faults and says what is wrong with the end.
fn play(faults: &[Planned]) -> Result<(), String> {
    let stage = stage();
    let before = stage.sentry.keys("acme", "storefront");
    let [old] = before.as_slice() else { return Err("the stage has one key".to_owned()) };
    let lambda = stage.lambda();
    for at in At::ALL {
        at.server(&stage).faults().on_kill(lambda.killer());
    }
    for planned in faults {
        planned.at.server(&stage).faults().at(planned.number, planned.fault.clone());
    }

    let rotation = stage.rotate(&lambda, ATTEMPTS).unwrap();

    let met =
        At::ALL.iter().map(|at| at.server(&stage).calls().iter().filter(|call| call.fault.is_some()).count()).sum();
    let problems = problems(&stage, old, rotation.succeeded, faults.len(), met);
    if problems.is_empty() {
        return Ok(());
    }
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Err(format!(
        "{}\n  {}\n{:#?}\n{}",
        faults.join(" and "),
        problems.join("\n  "),
        rotation.attempts,
        lambda.all_logs()
    ))
}

fn problems(stage: &Stage, old: &Key, succeeded: bool, planned: usize, met: usize) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            problems.push(what);
        }
    };
    check(succeeded, "the rotation did not succeed".to_owned());
    check(met > 0 && (planned > 1 || met == planned), format!("{met} of {planned} faults were met"));
    let keys = stage.sentry.keys("acme", "storefront");
    let (unchanged, made): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| key.id == old.id);
    check(unchanged == [old], format!("the old key was touched: {unchanged:?}"));
    // Only a create whose answer is lost twice may leave a second key behind.
    let orphans = unanswered_creates(stage).saturating_sub(1);
    check((1..=1 + orphans).contains(&made.len()), format!("there are {} new keys", made.len()));
    let current = stage.key_id("AWSCURRENT");
    let new = made.iter().find(|key| Some(&key.id) == current.as_ref());
    check(new.is_some_and(|key| key.is_active), format!("AWSCURRENT has no active new key but {current:?}"));
    check(new.is_some_and(|key| settings(key) == settings(old)), format!("the settings differ: {new:?}"));
    check(stage.key_id("AWSPREVIOUS").as_ref() == Some(&old.id), "AWSPREVIOUS has not the old key".to_owned());
    let expected = new.map(|key| {
        let dsn = stage.sentry.public_dsn(key);
        format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"storefront","release":"r-1","sample_rate":0.250}}"#)
    });
    check(stage.store.value_at(&stage.secret, "AWSCURRENT") == expected, "the value is not the new one".to_owned());
    let pending = stage.store.version_at(&stage.secret, "AWSPENDING");
    check(pending.is_none(), "AWSPENDING is left behind".to_owned());
    check(stage.store.versions(&stage.secret).len() == 2, "there are not two versions".to_owned());
    let mut ids: Vec<_> = stage
        .bus
        .entries()
        .into_iter()
        .filter(|entry| entry.detail_type == "Key Promoted")
        .map(|entry| entry.detail.get("id").cloned())
        .collect();
    ids.dedup();
    check(matches!(ids.as_slice(), [Some(_)]), format!("the ids of the promotion's event are {ids:?}"));
    problems
}

/// How many keys were made without the function hearing of it.
fn unanswered_creates(stage: &Stage) -> usize {
    let calls = stage.sentry_server.calls();
    let unanswered = calls.iter().filter(|call| {
        call.name == "POST keys"
            && matches!(
                call.fault,
                Some(
                    Fault::DropAfter | Fault::StatusAfter(_) | Fault::TruncatedBody | Fault::Body(_) | Fault::KillAfter
                )
            )
    });
    unanswered.count()
}

fn single_faults(wanted: impl Fn(&Fault) -> bool) -> Vec<Planned> {
    let mut cases = Vec::new();
    for (at, names) in quiet_calls() {
        for (number, call) in names.iter().enumerate() {
            for fault in at.faults().into_iter().filter(&wanted) {
                cases.push(Planned { at, number, call: call.clone(), fault });
            }
        }
    }
    cases
}

fn is_kill(fault: &Fault) -> bool {
    matches!(fault, Fault::KillBefore | Fault::KillAfter)
}

fn assert_all_end_well(cases: &[Planned]) {
    let wrong = check_all(cases, THREADS, |case| play(std::slice::from_ref(case)));
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

#[test]
fn whichever_call_fails_in_whichever_way_the_rotation_ends_with_one_new_key() {
    assert_all_end_well(&single_faults(|fault| !is_kill(fault)));
}

#[test]
fn whichever_call_the_process_dies_at_the_rotation_ends_with_one_new_key() {
    assert_all_end_well(&single_faults(is_kill));
}

#[test]
fn a_value_that_is_not_visible_for_once_costs_neither_the_settings_nor_the_members_of_the_current_one() {
    let not_found = Fault::Answer(
        400,
        vec![("x-amzn-errortype".to_owned(), "ResourceNotFoundException".to_owned())],
        r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value."}"#
            .to_owned(),
    );
    let mut cases = Vec::new();
    for (at, names) in quiet_calls().into_iter().filter(|(at, _)| *at == At::SecretsManager) {
        let reads = names.into_iter().enumerate().filter(|(_, call)| call == "GetSecretValue");
        cases.extend(reads.map(|(number, call)| Planned { at, number, call, fault: not_found.clone() }));
    }
    assert!(cases.len() > 5, "{} reads", cases.len());
    assert_all_end_well(&cases);
}

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }
}

#[test]
fn two_faults_in_one_rotation_leave_at_most_one_orphan_and_that_only_after_two_lost_creates() {
    let calls: Vec<(At, usize, String)> = quiet_calls()
        .into_iter()
        .flat_map(|(at, names)| {
            let names = names.into_iter().enumerate();
            // What the first fault adds in calls gets some of the second ones.
            let further = names.len();
            let further = (further..further + 4).map(|number| (number, "a further call".to_owned()));
            names.chain(further).map(move |(number, name)| (at, number, name)).collect::<Vec<_>>()
        })
        .collect();
    let mut numbers = Numbers(0x5EED_0F5E_4717);
    let mut pick = || {
        let (at, number, call) = calls[numbers.below(calls.len())].clone();
        let faults = at.faults();
        Planned { at, number, call, fault: faults[numbers.below(faults.len())].clone() }
    };
    let mut pairs: Vec<[Planned; 2]> = Vec::new();
    while pairs.len() < 150 {
        let pair = [pick(), pick()];
        let first_is_met = pair.iter().any(|planned| planned.call != "a further call");
        if first_is_met && (pair[0].at, pair[0].number) != (pair[1].at, pair[1].number) {
            pairs.push(pair);
        }
    }
    let wrong = check_all(&pairs, THREADS, |pair| play(pair));
    assert!(wrong.is_empty(), "{} of {} pairs:\n{}", wrong.len(), pairs.len(), wrong.join("\n\n"));
}
