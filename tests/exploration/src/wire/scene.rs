//! One schedule, played.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use integration_tests::{AT_ONCE, Binary, Retirement, Stage, binary, key_id_in};
use serde_json::{Value, json};
use testkit::lambda;
use testkit::secrets_manager::rotation;

use super::director::{At, Director, Service};
use super::functions::{Ended, Function, Kind, Name};
use super::settle;
use crate::schedule::{Actor, Fault, Planned, Schedule, Stage as Together};

/// More than an invocation without a fault needs.
pub(super) const TIME: Duration = Duration::from_secs(60);

/// For one whose call is answered too late, or not at all: somewhat less than the client waits.
const LITTLE_TIME: Duration = Duration::from_secs(2);

/// What no log, event, object or reply may show.
pub(super) const MARKER: &str = "planted5ecret";

/// What came of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What does not hold; empty where all is well.
    pub wrong: BTreeSet<String>,
    /// What happened, in words.
    pub story: Vec<String>,
    /// How many calls went wrong as planned.
    pub faults: usize,
    /// How many keys rotation made.
    pub made: usize,
    /// How many keys retirement disabled.
    pub disabled: usize,
}

/// What only the scene knows of a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    /// The system made it.
    pub(super) ours: bool,
    /// A person's hand was on it, or it is one of those of which nobody can tell whose they are.
    pub(super) touched: bool,
    /// A person disabled or deleted it.
    pub(super) ended: bool,
    /// A person moved a label to it in this stage or before: it may be disabled for an instant.
    pub(super) moved: bool,
}

/// What is found out while the schedule is played.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) keys: BTreeMap<String, Truth>,
    /// The secrets in which a person ended a rotation.
    pub(super) ended_in: BTreeSet<String>,
    pub(super) wrong: BTreeSet<String>,
    pub(super) story: Vec<String>,
}

/// The small world of one schedule.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) retirement: Retirement,
    pub(super) secrets: Vec<String>,
    /// The version whose rotation Secrets Manager would try again, for each secret.
    pub(super) in_flight: Mutex<BTreeMap<String, String>>,
    kind: Kind,
    functions: [(Name, lambda::Function); 3],
    pub(super) director: Arc<Director>,
    pub(super) notes: Arc<Mutex<Notes>>,
    /// What was replied and said.
    pub(super) said: Mutex<Vec<String>>,
    tokens: Vec<String>,
}

/// Plays a schedule to its end, and then lets everything come to rest.
///
/// # Errors
/// When the small world cannot be made: no port, no file.
pub fn play(schedule: &Schedule, kind: Kind) -> io::Result<Outcome> {
    let scene = Arc::new(Scene::new(schedule, kind)?);
    scene.watch_every_call();
    for together in &schedule.stages {
        scene.play(together);
    }
    settle::settle(&scene);
    scene.look_for_secrets();
    let keys = scene.stage.sentry.keys("acme", "storefront");
    let mut notes = scene.notes();
    let disabled = keys.iter().filter(|key| !key.is_active && notes.keys.get(&key.id).is_some_and(|it| !it.ended));
    Ok(Outcome {
        faults: scene.director.met(),
        made: notes.keys.values().filter(|truth| truth.ours).count(),
        disabled: disabled.count(),
        wrong: std::mem::take(&mut notes.wrong),
        story: std::mem::take(&mut notes.story),
    })
}

impl Scene {
    fn new(schedule: &Schedule, kind: Kind) -> io::Result<Self> {
        let build = match kind {
            Kind::Libraries => Binary::Dev,
            Kind::Binaries(build) => build,
        };
        let stage = Stage::with_scopes(build, &["org:read", "project:write"])?;
        let policy = if schedule.delete {
            AT_ONCE.replace("quarantine", "delete = true\nquarantine")
        } else {
            AT_ONCE.to_owned()
        };
        let retirement = Retirement::new(&stage, build, &policy)?;
        let token = stage.sentry.add_token("acme", &["project:admin"]);
        stage.store.create_secret("sentry/deletion", Some(&json!({"token": token}).to_string()), &[]);
        let retire = retirement.retire.clone();
        let retire =
            if schedule.delete { retire.env("SENTRY_DELETE_AUTH_SECRET_ID", "sentry/deletion") } else { retire };
        let audit = lambda::Function {
            binary: binary(build, "audit-keys"),
            name: "keys-audit-keys".to_owned(),
            ..retire.clone()
        };
        let mut secrets = vec![stage.secret.clone()];
        while secrets.len() < schedule.secrets {
            let key = stage.sentry.add_key("acme", "storefront", "made by a person");
            let document =
                json!({"dsn": stage.sentry.public_dsn(&key), "organization": "acme", "project": "storefront"});
            let name = format!("acme/storefront-{}", secrets.len());
            let arn = stage.store.create_secret(&name, Some(&document.to_string()), &[("sentry:kind", "client-key")]);
            stage.store.enable_rotation(&arn, true);
            secrets.push(arn);
        }
        stage.sentry.plant_secret(MARKER);
        let director = Arc::new(Director::default());
        let notes = Arc::new(Mutex::new(Notes::default()));
        let tokens = vec![token, stage.store.value_at("sentry/management", "AWSCURRENT").unwrap_or_default()];
        let scene = Self {
            kind,
            functions: [(Name::Rotate, stage.function.clone()), (Name::Retire, retire), (Name::Audit, audit)],
            secrets,
            in_flight: Mutex::default(),
            director,
            notes,
            said: Mutex::default(),
            tokens,
            retirement,
            stage,
        };
        for key in scene.stage.sentry.keys("acme", "storefront") {
            scene.notes().keys.insert(key.id, Truth::default());
        }
        let servers = [
            (&scene.stage.sentry_server, Service::Sentry),
            (&scene.stage.store_server, Service::OfJson),
            (&scene.stage.bus_server, Service::OfJson),
            (&scene.retirement.bucket_server, Service::S3),
        ];
        for (server, service) in servers {
            server.faults().decided_by(Arc::new(At { director: Arc::clone(&scene.director), service }));
            let director = Arc::clone(&scene.director);
            server.faults().on_kill(move || director.kill());
        }
        Ok(scene)
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, line: String) {
        self.notes().story.push(line);
    }

    pub(super) fn broken(&self, what: &str) {
        let mut notes = self.notes();
        notes.story.push(format!("BROKEN: {what}"));
        notes.wrong.insert(what.to_owned());
    }

    /// AWSCURRENT's key is accepted at every instant: looked at whenever a call arrives, which is after the one before.
    fn watch_every_call(self: &Arc<Self>) {
        let (store, sentry) = (Arc::clone(&self.stage.store), Arc::clone(&self.stage.sentry));
        let (secrets, notes) = (self.secrets.clone(), Arc::clone(&self.notes));
        self.director.look_at_every_call(move || {
            let keys = sentry.keys("acme", "storefront");
            for secret in &secrets {
                let document = store.value_at(secret, "AWSCURRENT");
                let Some(id) = document.as_deref().and_then(key_id_in) else { continue };
                let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                let truth = notes.keys.get(&id).cloned().unwrap_or_default();
                let is_active = keys.iter().any(|key| key.id == id && key.is_active);
                if !is_active && !truth.ended && !truth.moved {
                    let what = format!("AWSCURRENT's key is not accepted, and no person did that ({truth:?})");
                    notes.story.push(format!("BROKEN: {what}"));
                    notes.wrong.insert(what);
                }
            }
        });
    }

    /// The key that a secret holds under a label.
    pub(super) fn key_at(&self, secret: &str, label: &str) -> Option<String> {
        key_id_in(&self.stage.store.value_at(secret, label)?)
    }

    fn play(self: &Arc<Self>, together: &Together) {
        let Some((first, others)) = together.actors.split_first() else { return };
        let before: BTreeSet<String> = self.notes().keys.keys().cloned().collect();
        let alone = others.is_empty();
        let (scene, rest) = (Arc::clone(self), others.to_vec());
        let then = together.turns.first().filter(|_| !alone).map(|turn| {
            let then: Box<dyn FnOnce() + Send> = Box::new(move || {
                for actor in &rest {
                    scene.act(actor, None);
                }
            });
            (*turn, then)
        });
        self.act(first, then);
        self.settle_late_requests();
        let late = together.actors.iter().any(|actor| {
            let faults: &[Planned] = match actor {
                Actor::Rotation { faults, .. } | Actor::Retirement { faults } | Actor::Audit { faults } => faults,
                Actor::Person(_) | Actor::Hours(_) => &[],
            };
            // A process that is killed or out of time may have left a request on its way.
            faults.iter().any(|planned| matches!(planned.fault, Fault::Late | Fault::Slow))
        });
        self.note_new_keys(&before, !alone || late);
        self.check_people();
    }

    fn settle_late_requests(&self) {
        let stage = &self.stage;
        for server in [&stage.sentry_server, &stage.store_server, &stage.bus_server, &self.retirement.bucket_server] {
            server.settle();
        }
    }

    /// Notes whose the keys are that appeared.
    pub(super) fn note_new_keys(&self, before: &BTreeSet<String>, doubtful: bool) {
        let keys = self.stage.sentry.keys("acme", "storefront");
        let mut marks: BTreeMap<String, usize> = BTreeMap::new();
        let mut notes = self.notes();
        for key in &keys {
            if !notes.keys.contains_key(&key.id) {
                notes.keys.insert(key.id.clone(), Truth { ours: true, touched: doubtful, ..Truth::default() });
            }
            if notes.keys.get(&key.id).is_some_and(|truth| truth.ours && !truth.touched) {
                *marks.entry(mark(&key.label)).or_default() += 1;
            }
        }
        for key in keys.iter().filter(|key| !before.contains(&key.id)) {
            if marks.get(&mark(&key.label)).is_some_and(|count| *count > 1) {
                notes.wrong.insert("a second key is made for one version".to_owned());
            }
        }
    }

    /// What people made is as they left it.
    fn check_people(&self) {
        let keys = self.stage.sentry.keys("acme", "storefront");
        let theirs: Vec<(String, Truth)> = self
            .notes()
            .keys
            .iter()
            .filter(|(_, truth)| !truth.ours)
            .map(|(id, truth)| (id.clone(), truth.clone()))
            .collect();
        for (id, truth) in theirs {
            let key = keys.iter().find(|key| key.id == id);
            // A label that was copied from a key of a rotation under way may be taken for that key's own.
            let bears_a_mark = key.is_some_and(|key| !mark(&key.label).is_empty());
            if !truth.ended && !bears_a_mark && !key.is_some_and(|key| key.is_active) {
                self.broken("a person's key is disabled or deleted");
            }
        }
    }

    fn act(self: &Arc<Self>, actor: &Actor, then: Option<(usize, Box<dyn FnOnce() + Send>)>) {
        let is_first = then.is_some();
        let (name, faults) = match actor {
            Actor::Rotation { faults, .. } => (Name::Rotate, faults),
            Actor::Retirement { faults } => (Name::Retire, faults),
            Actor::Audit { faults } => (Name::Audit, faults),
            Actor::Person(_) | Actor::Hours(_) => {
                if let Actor::Person(act) = actor {
                    self.act_by_hand(*act);
                }
                if let Some((_, then)) = then {
                    then();
                }
                return;
            }
        };
        let function = self.begins(name, faults, then);
        let story = if let Actor::Rotation { secret, .. } = actor {
            let secret = self.secrets.get(secret % self.secrets.len()).cloned().unwrap_or_default();
            format!("rotation, {faults:?}: completed {}", self.attempt(&function, &secret, time(faults)))
        } else {
            format!("{name:?}, {faults:?}: {:?}", self.invoke(&function, &json!({}), time(faults)))
        };
        if is_first {
            self.director.wait_for_the_others();
        }
        self.ends(&function, story);
    }

    /// A function of its own for whoever acts: one may act while another waits.
    pub(super) fn begins(
        &self,
        name: Name,
        faults: &[Planned],
        then: Option<(usize, Box<dyn FnOnce() + Send>)>,
    ) -> Function {
        let deployed = self.functions.iter().find(|(it, _)| *it == name).map(|(_, function)| function);
        let function = Function::new(self.kind, name, deployed.unwrap_or(&self.stage.function));
        self.director.begins(faults, function.killer(), then);
        function
    }

    pub(super) fn ends(&self, function: &Function, story: String) {
        self.tell(story);
        self.director.ends();
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(function.logs());
    }

    pub(super) fn invoke(&self, function: &Function, event: &Value, time: Duration) -> Ended {
        let ended = function.invoke(event, time);
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend(ended.iter().map(|ended| format!("{ended:?}")));
        ended
    }

    /// Secrets Manager calls the four steps once, with the token of the rotation that is under way; whether it completed.
    pub(super) fn attempt(&self, function: &Function, secret: &str, time: Duration) -> bool {
        let store = &self.stage.store;
        let under_way = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).get(secret).cloned();
        let Ok(token) = under_way.map_or_else(|| store.begin_rotation(secret), Ok) else { return false };
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned(), token.clone());
        for step in rotation::Step::ALL {
            let event = rotation::event(step.as_str(), secret, &token, None);
            match self.invoke(function, &event, time) {
                Some(Ok(_)) => {}
                other => {
                    self.tell(format!("{}: {other:?}", step.as_str()));
                    return false;
                }
            }
        }
        if store.version_at(secret, "AWSCURRENT").as_deref() != Some(&*token) {
            return false;
        }
        store.complete_rotation(secret, &token);
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if in_flight.get(secret) == Some(&token) {
            in_flight.remove(secret);
        }
        true
    }

    /// No secret is in anything that was written or said.
    fn look_for_secrets(&self) {
        let bucket = &self.retirement.bucket;
        let mut texts = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        texts.extend(self.stage.bus.entries().into_iter().map(|entry| entry.detail.to_string()));
        texts.extend(
            bucket.keys().iter().filter_map(|name| Some(String::from_utf8_lossy(&bucket.object(name)?).into_owned())),
        );
        let in_document = |value: &String| -> Option<String> {
            Some(serde_json::from_str::<Value>(value).ok()?.get("token")?.as_str()?.to_owned())
        };
        let tokens: Vec<String> = self.tokens.iter().map(|it| in_document(it).unwrap_or_else(|| it.clone())).collect();
        for text in texts {
            if text.contains(MARKER) || tokens.iter().any(|token| text.contains(token.as_str())) {
                self.broken("a secret is in what was written or said");
            }
        }
    }
}

/// How long an invocation may take.
fn time(faults: &[Planned]) -> Duration {
    let slow = faults.iter().any(|planned| matches!(planned.fault, Fault::Slow | Fault::Late));
    if slow { LITTLE_TIME } else { TIME }
}

/// The mark at the end of a label, or nothing.
pub(super) fn mark(label: &str) -> String {
    ::rotation::Mark::in_label(label).map(|mark| mark.to_string()).unwrap_or_default()
}
