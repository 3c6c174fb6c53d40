//! An application with a real Sentry SDK and a cached secret loses no event, whatever happens to the rotation.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use integration_tests::{Application, Binary, Stage, TIMEOUT, check_all};
use testkit::fault::Fault;
use testkit::http::{Request, Response, Server, StandIn};
use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::SecretsManager;
use testkit::secrets_manager::rotation::{self, Rotation};
use testkit::sentry::{Ingest, Sentry};

/// After so many events the application reads the secret anew.
const CACHE: usize = 5;

const ATTEMPTS: usize = 3;

const THREADS: usize = 4;

/// Sends an event with what AWSCURRENT and AWSPREVIOUS hold, the moment that it is told to.
struct Witness {
    store: Arc<SecretsManager>,
    sentry: Arc<Sentry>,
    secret: String,
    looks: AtomicUsize,
    refused: Mutex<Vec<String>>,
    sent: Mutex<Vec<String>>,
}

impl Witness {
    /// AWSCURRENT's key is accepted at every instant, and AWSPREVIOUS's too: caches still hold it.
    async fn look(&self, after: &str) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        for stage in ["AWSCURRENT", "AWSPREVIOUS"] {
            let Some(value) = self.store.value_at(&self.secret, stage) else {
                if stage == "AWSCURRENT" {
                    self.refused.lock().unwrap().push(format!("after {after} AWSCURRENT has no value"));
                }
                continue;
            };
            let document: serde_json::Value = serde_json::from_str(&value).unwrap();
            let (_, dsn) = document["dsn"].as_str().unwrap().split_once("://").unwrap();
            let (key, rest) = dsn.split_once('@').unwrap();
            let (_, project) = rest.rsplit_once('/').unwrap();
            let status = self.send(key, project).await;
            if status != 200 {
                self.refused.lock().unwrap().push(format!("after {after} the key of {stage} got {status}"));
            }
        }
    }

    async fn send(&self, key: &str, project: &str) -> u16 {
        let id = {
            let mut sent = self.sent.lock().unwrap();
            let id = format!("{:032x}", sent.len());
            sent.push(id.clone());
            id
        };
        let body = format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":2}}\n{{}}\n");
        let mut request = Request {
            method: "POST".parse().unwrap(),
            path: format!("/api/{project}/envelope/"),
            query: Vec::new(),
            headers: Default::default(),
            body: body.into(),
        };
        let auth = format!("Sentry sentry_version=7, sentry_key={key}");
        request.headers.insert("x-sentry-auth", auth.parse().unwrap());
        self.sentry.answer(request).await.status
    }
}

/// A stand-in whose every call is followed by a look.
struct Watched<S> {
    inside: Arc<S>,
    witness: Arc<Witness>,
}

impl<S: StandIn> StandIn for Watched<S> {
    fn call_name(&self, request: &Request) -> String {
        self.inside.call_name(request)
    }

    async fn answer(&self, request: Request) -> Response {
        let name = self.call_name(&request);
        let response = self.inside.answer(request).await;
        self.witness.look(&name).await;
        response
    }
}

/// The stage with a witness. What the application sends goes past these servers, so that a plan of faults counts the
/// function's calls alone.
struct Scene {
    stage: Stage,
    witness: Arc<Witness>,
    sentry_server: Server,
    store_server: Server,
    lambda: Restarting,
    application: Application,
}

impl Scene {
    fn new() -> Self {
        let stage = Stage::new(Binary::Dev).unwrap();
        let old = stage.key_id("AWSCURRENT").unwrap();
        stage.sentry.edit_key(&old, |key| key.browser_sdk_version = "6.x".to_owned());
        stage.sentry.set_ingest(Ingest { delay_requests: 3 });
        let witness = Arc::new(Witness {
            store: Arc::clone(&stage.store),
            sentry: Arc::clone(&stage.sentry),
            secret: stage.secret.clone(),
            looks: AtomicUsize::default(),
            refused: Mutex::default(),
            sent: Mutex::default(),
        });
        let sentry = Watched { inside: Arc::clone(&stage.sentry), witness: Arc::clone(&witness) };
        let store = Watched { inside: Arc::clone(&stage.store), witness: Arc::clone(&witness) };
        let sentry_server = Server::start(Arc::new(sentry)).unwrap();
        let store_server = Server::start(Arc::new(store)).unwrap();
        let function = stage
            .function
            .clone()
            .env("SENTRY_URL", sentry_server.url())
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", store_server.url());
        let lambda = Restarting::new(function);
        sentry_server.faults().on_kill(lambda.killer());
        store_server.faults().on_kill(lambda.killer());
        let application = Application::new(&stage.store, &stage.secret, CACHE);
        Self { stage, witness, sentry_server, store_server, lambda, application }
    }

    /// Rotates; the application sends before each step and after it, and until its cache is over at the end.
    fn rotate(&mut self) -> Rotation {
        let token = self.stage.store.begin_rotation(&self.stage.secret).unwrap();
        self.reattempt(&token)
    }

    fn reattempt(&mut self, token: &str) -> Rotation {
        let Self { stage, lambda, application, .. } = self;
        let rotation = rotation::reattempt(&stage.store, &stage.secret, token, ATTEMPTS, &mut |event| {
            send(application, 3, "before a step");
            let result = lambda.invoke(&event, TIMEOUT);
            send(application, 3, "after a step");
            Invocation::into_step_result(result)
        });
        send(application, CACHE + 1, "after the rotation");
        rotation
    }

    /// What is wrong with what the applications sent, and with what the witness saw.
    fn problems(&self, applications: &[&Application], keys_in_use: usize) -> Vec<String> {
        let mut problems = self.witness.refused.lock().unwrap().clone();
        let stored: HashSet<String> =
            self.stage.sentry.events().into_iter().filter_map(|event| event.event_id).collect();
        if self.witness.looks.load(Ordering::Relaxed) == 0 {
            problems.push("the witness never looked".to_owned());
        }
        let lost = self.witness.sent.lock().unwrap().iter().filter(|id| !stored.contains(*id)).count();
        if lost > 0 {
            problems.push(format!("{lost} events of the witness are lost"));
        }
        let refused = self.stage.sentry.refused();
        if refused > 0 {
            problems.push(format!("{refused} envelopes were refused"));
        }
        for application in applications {
            let sent = application.sent();
            problems.extend(
                sent.iter()
                    .filter(|sent| sent.status != 200 || !stored.contains(&sent.event_id))
                    .map(|sent| format!("{sent:?} is lost")),
            );
            let used: HashSet<&String> = sent.iter().map(|sent| &sent.key_id).collect();
            if used.len() != keys_in_use {
                problems.push(format!("the application used {} keys, not {keys_in_use}", used.len()));
            }
        }
        problems
    }
}

fn send(application: &mut Application, times: usize, when: &str) {
    for _ in 0..times {
        assert!(application.send(when).is_some(), "{when} the secret holds no DSN");
    }
}

/// Runs `act` while another application sends without a pause: from before it begins until its cache is over after it
/// has ended.
fn beside_traffic<T>(stage: (&Arc<SecretsManager>, &str), act: impl FnOnce() -> T) -> (T, Application) {
    let over = AtomicBool::new(false);
    let (begun, wait) = mpsc::channel();
    let (store, secret) = stage;
    std::thread::scope(|scope| {
        let over = &over;
        let sender = scope.spawn(move || {
            let mut application = Application::new(store, secret, CACHE);
            send(&mut application, 1, "at the beginning");
            begun.send(()).unwrap();
            while !over.load(Ordering::Acquire) {
                send(&mut application, 1, "meanwhile");
            }
            send(&mut application, 2 * CACHE, "at the end");
            application
        });
        wait.recv().unwrap();
        let result = act();
        over.store(true, Ordering::Release);
        (result, sender.join().unwrap())
    })
}

#[test]
fn no_event_is_lost_in_two_rotations_with_readers_that_see_labels_late() {
    let mut scene = Scene::new();
    scene.stage.store.late_visibility(2);
    let (store, secret) = (Arc::clone(&scene.stage.store), scene.stage.secret.clone());

    let (rotations, busy) = beside_traffic((&store, &secret), || [scene.rotate(), scene.rotate()]);

    assert!(rotations.iter().all(|rotation| rotation.succeeded), "{rotations:#?}\n{}", scene.lambda.all_logs());
    assert_eq!(scene.stage.document("AWSCURRENT").unwrap()["release"], "r-1", "members that are not ours are kept");
    let problems = scene.problems(&[&scene.application, &busy], 3);
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), scene.lambda.all_logs());
}

#[test]
fn no_event_is_lost_while_a_rotation_fails_is_killed_and_is_taken_up_again() {
    let mut scene = Scene::new();
    let (store, secret) = (Arc::clone(&scene.stage.store), scene.stage.secret.clone());
    store.deny("UpdateSecretVersionStage");
    scene.sentry_server.faults().on("POST keys", 0, Fault::DropAfter);
    scene.sentry_server.faults().on("PUT key", 0, Fault::KillAfter);
    scene.store_server.faults().on("PutSecretValue", 0, Fault::KillAfter);

    let ((failed, current_then, taken_up), busy) = beside_traffic((&store, &secret), || {
        let failed = scene.rotate();
        let current_then = scene.stage.key_id("AWSCURRENT");
        store.allow("UpdateSecretVersionStage");
        scene.store_server.faults().on("UpdateSecretVersionStage", ATTEMPTS, Fault::KillAfter);
        let taken_up = scene.reattempt(&failed.token);
        (failed, current_then, taken_up)
    });

    let keys = scene.stage.sentry.keys("acme", "storefront");
    assert!(!failed.succeeded && taken_up.succeeded, "{failed:#?}{taken_up:#?}\n{}", scene.lambda.all_logs());
    assert_eq!(keys.len(), 2);
    assert_eq!(current_then.as_ref(), Some(&keys[0].id), "a rotation that fails leaves the old key current");
    let problems = scene.problems(&[&scene.application, &busy], 2);
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), scene.lambda.all_logs());
}

#[derive(Debug, Clone, Copy)]
enum At {
    Sentry,
    SecretsManager,
}

struct Case {
    at: At,
    number: usize,
    call: String,
    fault: Fault,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} call {} ({}): {:?}", self.at, self.number, self.call, self.fault)
    }
}

fn play(case: &Case) -> Result<(), String> {
    let mut scene = Scene::new();
    let server = match case.at {
        At::Sentry => &scene.sentry_server,
        At::SecretsManager => &scene.store_server,
    };
    server.faults().at(case.number, case.fault.clone());
    let rotation = scene.rotate();
    let mut problems = scene.problems(&[&scene.application], 2);
    if !rotation.succeeded {
        problems.push(format!("the rotation did not succeed: {rotation:#?}"));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{case}\n  {}\n{}", problems.join("\n  "), scene.lambda.all_logs()))
}

#[test]
fn no_event_is_lost_and_the_current_key_is_accepted_after_every_call_whichever_call_fails() {
    let mut quiet = Scene::new();
    assert!(quiet.rotate().succeeded);
    let calls = [(At::Sentry, quiet.sentry_server.call_names()), (At::SecretsManager, quiet.store_server.call_names())];
    let faults = [Fault::KillBefore, Fault::KillAfter, Fault::DropAfter, Fault::TruncatedBody];
    let mut cases = Vec::new();
    for (at, names) in calls {
        assert!(names.len() >= 10, "{names:?}");
        for (number, call) in names.into_iter().enumerate() {
            cases.extend(faults.iter().map(|fault| Case { at, number, call: call.clone(), fault: fault.clone() }));
        }
    }

    let wrong = check_all(&cases, THREADS, play);

    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}
