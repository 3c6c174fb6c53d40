//! One run, from the event to the reply.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evidence_store::EvidenceStore;
use function_kit::boot::Invocation;
use function_kit::metrics::{Metrics, Unit};
use function_kit::{Deadline, EventBus, Failure};
use jiff::Timestamp;
use key_lifecycle::Phase;
use retirement::{Ledger, LedgerError};
use secret_store::SecretStore;
use sentry_binding::{Remembered, Scope, diagnose, management_token, of_sentry, of_store};
use sentry_client::{AuthToken, Client, ClientKey, Error, Kind, Project, Share};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::bind::{Unbound, bind};
use crate::config::Config;
use crate::failure::ROLE;
use crate::inventory::{Inventory, Secret};
use crate::report::{Report, Unplaced};
use crate::run::{Halt, Run};
use crate::state::{Names, State};
use crate::subject::Absent;
use crate::tell::{FUNCTION, Teller};
use crate::view::{View, look};

/// What is kept back from the work for the state, the record and the reply.
const FOR_THE_END: Duration = Duration::from_secs(8);

/// The least time in which another project is begun.
const FOR_A_PROJECT: Duration = Duration::from_secs(5);

/// What retirement leaves of Sentry's limits to rotation (facts/sentry-api.md section 1.9).
const LEFT_TO_ROTATION: Share = Share::percent(30);

/// Everything that outlives an invocation.
#[derive(Debug)]
pub struct Function {
    config: Config,
    store: SecretStore,
    sentry: Client,
    evidence: EvidenceStore,
    events: EventBus,
    clock: fn() -> Timestamp,
    remembered: Remembered,
}

impl Function {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        config: Config,
        store: SecretStore,
        sentry: Client,
        evidence: EvidenceStore,
        events: EventBus,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self { config, store, sentry, evidence, events, clock, remembered: Remembered::default() }
    }

    /// Does one run.
    ///
    /// # Errors
    /// A [`Failure`] with a code of [`crate::failure::CODES`].
    pub async fn handle(&self, invocation: Invocation) -> Result<Value, Failure> {
        let started = Instant::now();
        let scope = Scope::read(&invocation.event)?;
        let deadline = Deadline::from_unix_millis(invocation.deadline, (self.clock)());
        let result = Box::pin(self.run(&scope, &invocation.request_id, deadline)).await;
        if result.is_err() {
            self.remembered.forget();
        }
        let (reply, metrics) = result?;
        let mut metrics = metrics;
        metrics.add("StepDuration", Unit::Milliseconds, started.elapsed().as_secs_f64() * 1000.0);
        metrics.publish((self.clock)());
        Ok(reply)
    }

    async fn run(&self, scope: &Scope, request_id: &str, deadline: Deadline) -> Result<(Value, Metrics), Failure> {
        let now = (self.clock)();
        let end = deadline.instant() - FOR_THE_END.min(deadline.left() / 4);
        let mut state = State::load(&self.evidence).await?;
        let token = self.token(end).await?;
        let inventory = Inventory::gather(&self.store, &mut state, &self.config.region, end).await?;
        if let Scope::Secret(id) = scope
            && !inventory.secrets.iter().any(|secret| scope.includes(&secret.arn, &secret.name))
            && !state.secrets.contains_key(id)
        {
            return Err(Failure::new(
                "Event.Invalid",
                format!("{id} is no managed secret: give one the tag sentry:kind = client-key, or send {{}} for all"),
            ));
        }
        let api = self.sentry.api(&token, end).leaving(LEFT_TO_ROTATION);
        let urgent = self.sentry.api(&token, deadline.instant());
        let mut run = Run {
            config: &self.config,
            store: &self.store,
            sentry: &self.sentry,
            api: &api,
            urgent: &urgent,
            ledger: Ledger { store: &self.evidence, function: FUNCTION, request_id, clock: self.clock },
            teller: Teller { bus: &self.events, end: deadline.instant(), lost: 0 },
            remembered: &self.remembered,
            inventory: &inventory,
            now,
            end,
            state: &mut state,
            report: Report::default(),
            unreadable: Vec::new(),
            elsewhere: BTreeMap::new(),
            listed: None,
        };
        let outcome = run.projects(scope).await;
        let Run { teller, report, .. } = run;
        let complete = match outcome {
            Ok(at_the_end) => at_the_end && report.all_are_placed(),
            Err(failure) => {
                // What was learned is kept; what was done is in the ledger.
                if let Err(second) = state.save(&self.evidence).await {
                    tracing::warn!(error = ?second, "the state is not saved");
                }
                return Err(failure);
            }
        };
        let run_id = format!("{}-{request_id}", now.strftime("%Y%m%dT%H%M%SZ"));
        let record = format!("runs/{FUNCTION}/{run_id}.json");
        let reply = json!({
            "version": 1,
            "run_id": run_id,
            "complete": complete,
            "counts": report.counts(),
            "record": self.evidence.absolute(&record),
        });
        let mut metrics = Metrics::new(FUNCTION);
        report.add_metrics(&mut metrics);
        metrics.add("SentryCalls", Unit::Count, f64::from(api.calls() + urgent.calls()));
        metrics.add("EventsFailed", Unit::Count, f64::from(teller.lost));
        report.save(&self.evidence, &record, &reply, scope).await?;
        let secrets = inventory.secrets.len();
        drop(inventory);
        state.save(&self.evidence).await?;
        tracing::info!(
            run.id = run_id,
            complete,
            secrets,
            sentry.calls = api.calls() + urgent.calls(),
            mode = %self.config.policy.mode,
            version = function_kit::VERSION,
            "retirement run finished"
        );
        Ok((reply, metrics))
    }

    async fn token(&self, end: Instant) -> Result<AuthToken, Failure> {
        if let Some(token) = self.remembered.token() {
            return Ok(token);
        }
        let token = management_token(&self.store, self.config.principal(), end).await?;
        self.remembered.keep_token(&token);
        Ok(token)
    }
}

/// The secrets of one project, as far as that is known before Sentry is asked.
#[derive(Debug, Default)]
struct Group {
    secrets: Vec<usize>,
    /// Whether some key of it waits for something, and since when.
    debt: Option<Timestamp>,
}

impl Run<'_> {
    /// Goes through all projects: those with the oldest debts first, then the others from where the last run stopped. Gives
    /// back whether it came to the end.
    async fn projects(&mut self, scope: &Scope) -> Result<bool, Failure> {
        if !self.read_ledger().await? {
            return Ok(false);
        }
        let absent = self.absent().await?;
        self.index(&absent);
        self.place_newcomers().await;
        let order = self.order(scope);
        for (hint, group) in order {
            if Instant::now() + FOR_A_PROJECT > self.end {
                return Ok(false);
            }
            match Box::pin(self.group(hint, &group, &absent)).await {
                Ok(()) if group.debt.is_none() && *scope == Scope::All => self.state.cursor = hint,
                Ok(()) => {}
                Err(Halt::Time) => return Ok(false),
                Err(Halt::Failure(failure)) => return Err(failure),
            }
        }
        if *scope == Scope::All {
            self.state.cursor = None;
        }
        Ok(true)
    }

    /// Notes once for the whole run what every project would have to look for among all secrets.
    fn index(&mut self, absent: &BTreeMap<String, Absent>) {
        for secret in &self.inventory.secrets {
            if let Some(why) = secret.unreadable() {
                let bound = self.state.secrets.get(&secret.arn).and_then(|secret| secret.bound.as_ref());
                self.unreadable.push((secret.project_hint().or(bound.map(|bound| bound.project)), why));
            }
        }
        let managed = self.inventory.secrets.iter().map(|secret| (&secret.arn, secret.project_hint()));
        for (arn, hint) in managed.chain(absent.keys().map(|arn| (arn, None))) {
            let Some(secret) = self.state.secrets.get(arn) else { continue };
            for project in secret.keys.iter().map(|(_, key)| key.project).filter(|project| Some(*project) != hint) {
                self.elsewhere.entry(project).or_default().insert(arn.clone());
            }
        }
    }

    /// Finds the projects of secrets without a DSN that would tell: a project is to be seen with all of its secrets at once.
    async fn place_newcomers(&mut self) {
        for secret in self.inventory.secrets.iter().filter(|secret| secret.project_hint().is_none()) {
            // Why it has no project is told when its turn comes.
            drop(bind(self.config, self.store, self.api, self.remembered, self.state, secret).await);
        }
    }

    /// Secrets with keys in the ledger that are not among the managed ones.
    async fn absent(&mut self) -> Result<BTreeMap<String, Absent>, Failure> {
        let present: BTreeSet<&str> = self.inventory.secrets.iter().map(|secret| secret.arn.as_str()).collect();
        let mut absent = BTreeMap::new();
        let missing: Vec<String> = self
            .state
            .secrets
            .iter()
            .filter(|(arn, secret)| !present.contains(arn.as_str()) && !secret.keys.is_empty())
            .map(|(arn, _)| arn.clone())
            .collect();
        self.state.secrets.retain(|arn, secret| present.contains(arn.as_str()) || !secret.keys.is_empty());
        for arn in missing {
            let what = match self.store.describe(&arn).await {
                Err(error) if error.kind() == secret_store::Kind::NotFound => Absent::Gone,
                Err(error) => Absent::Frozen(of_store(error, &ROLE).message()),
                Ok(description) => Absent::Frozen(format!(
                    "{} is not managed any more: give it the tag sentry:kind = client-key again, or delete it",
                    description.name
                )),
            };
            absent.insert(arn, what);
        }
        Ok(absent)
    }

    /// After the memory was lost: every chain of the ledger is read before anything is judged, for the ledger may be all that
    /// still knows a key. It takes as many runs as it takes; gives back whether it came to the end.
    async fn read_ledger(&mut self) -> Result<bool, Failure> {
        let unread = self.state.unread.iter();
        let unread: Vec<(String, String)> =
            unread.flat_map(|(suffix, keys)| keys.iter().map(move |key| (suffix.clone(), key.clone()))).collect();
        for (suffix, key_id) in unread {
            if Instant::now() + FOR_A_PROJECT > self.end {
                return Ok(false);
            }
            let chain = self.ledger.load_stranger(&suffix, &key_id).await;
            match chain {
                Ok(Some(chain)) => {
                    if let Some(last) = &chain.last
                        && chain.history.phase != Phase::Deleted
                    {
                        let known = crate::state::Key {
                            version: last.version_id.clone(),
                            project: last.project_id,
                            history: chain.history.clone(),
                            ..crate::state::Key::default()
                        };
                        self.state.secret(&last.secret_arn).keys.insert(key_id.clone(), known);
                    }
                }
                Ok(None) => {}
                Err(LedgerError::Broken { folder, broken }) => {
                    // It may have been read badly: it stays among those that the next run reads.
                    tracing::error!(folder, broken = %broken, "a chain of the ledger is not whole: see scripts/verify-ledger.sh");
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            if let Some(keys) = self.state.unread.get_mut(&suffix) {
                keys.remove(&key_id);
            }
        }
        self.state.unread.retain(|_, keys| !keys.is_empty());
        Ok(true)
    }

    fn order(&self, scope: &Scope) -> Vec<(Option<u64>, Group)> {
        let mut groups: BTreeMap<Option<u64>, Group> = BTreeMap::new();
        let mut wanted = BTreeSet::new();
        for (index, secret) in self.inventory.secrets.iter().enumerate() {
            let remembered = self.state.secrets.get(&secret.arn);
            let bound = remembered.and_then(|secret| secret.bound.as_ref()).map(|bound| bound.project);
            let hint = secret.project_hint().or(bound);
            let group = groups.entry(hint).or_default();
            group.secrets.push(index);
            if scope.includes(&secret.arn, &secret.name) {
                wanted.insert(hint);
            }
            group.debt = earliest(group.debt, remembered.and_then(debt));
        }
        // Secrets that are gone, and those that moved: their keys are looked at where they are.
        for (project, arns) in &self.elsewhere {
            for (arn, secret) in arns.iter().filter_map(|arn| Some((arn, self.state.secrets.get(arn)?))) {
                let group = groups.entry(Some(*project)).or_default();
                let keys = secret.keys.iter().filter(|(_, key)| key.project == *project);
                group.debt = keys.fold(group.debt, |debt, (_, key)| earliest(debt, key.history.since));
                if scope.includes(arn, arn) {
                    wanted.insert(Some(*project));
                }
            }
        }
        let mut order: Vec<(Option<u64>, Group)> =
            groups.into_iter().filter(|(hint, _)| wanted.contains(hint) || *scope == Scope::All).collect();
        let cursor = self.state.cursor;
        order.sort_by_key(|(hint, group)| {
            let passed = cursor.is_some() && *hint <= cursor;
            (group.debt.is_none(), group.debt, passed, *hint)
        });
        order
    }

    /// Binds the secrets of a group, and goes through the keys of each project that they are bound to.
    async fn group(&mut self, hint: Option<u64>, group: &Group, absent: &BTreeMap<String, Absent>) -> Result<(), Halt> {
        let mut projects: BTreeMap<u64, (Option<Project>, Vec<&Secret>)> = BTreeMap::new();
        let mut frozen: Option<String> = None;
        let secrets: Vec<&Secret> =
            group.secrets.iter().filter_map(|index| self.inventory.secrets.get(*index)).collect();
        let mut unbound_ones: Vec<(&Secret, String)> = Vec::new();
        for secret in secrets {
            match bind(self.config, self.store, self.api, self.remembered, self.state, secret).await {
                Ok(project) => {
                    let entry = projects.entry(project.id).or_default();
                    entry.0 = Some(project);
                    entry.1.push(secret);
                }
                Err(unbound) => {
                    if is_out_of_time(&unbound) {
                        return Err(Halt::Time);
                    }
                    if is_fatal(&unbound) {
                        let (Unbound::Refused(failure) | Unbound::Unreadable(failure)) = unbound;
                        return Err(Halt::Failure(failure));
                    }
                    tracing::warn!(secret.arn = secret.arn, why = unbound.why(), "a secret has no project");
                    if matches!(unbound, Unbound::Unreadable(_)) {
                        frozen = frozen.or_else(|| Some(unbound.why()));
                        if hint.is_none() {
                            let (secret_arn, why) = (secret.arn.clone(), unbound.why());
                            self.report.add_unplaced(Unplaced { secret_arn, why });
                        }
                    }
                    // Its keys are told of all the same.
                    unbound_ones.push((secret, unbound.why()));
                }
            }
        }
        if let Some(id) = hint {
            projects.entry(id).or_default();
        }
        for (id, (project, secrets)) in projects {
            let project = match project {
                Some(project) => Some(project),
                None => self.named(id).await?,
            };
            self.project(id, project, secrets, unbound_ones.clone(), frozen.clone(), absent).await?;
        }
        Ok(())
    }

    async fn project(
        &mut self,
        id: u64,
        project: Option<Project>,
        secrets: Vec<&Secret>,
        unbound: Vec<(&Secret, String)>,
        mut frozen: Option<String>,
        absent: &BTreeMap<String, Absent>,
    ) -> Result<(), Halt> {
        frozen = frozen.or_else(|| self.unreadable(id));
        let mut keys = Vec::new();
        match &project {
            None => frozen = frozen.or_else(|| Some("its project could not be found in Sentry".to_owned())),
            Some(known) => match self.keys(id, known).await {
                Ok(found) => keys = found,
                Err(Halt::Time) => return Err(Halt::Time),
                Err(Halt::Failure(failure)) if failure.code() == "Rotation.TokenInvalid" => {
                    return Err(Halt::Failure(failure));
                }
                Err(Halt::Failure(failure)) => {
                    // The names may be outdated: the next run asks anew.
                    self.forget(id);
                    frozen = frozen.or_else(|| Some(failure.message()));
                }
            },
        }
        let mut ids = self.ids(id, &keys, secrets.iter().copied().chain(unbound.iter().map(|(secret, _)| *secret)));
        if let Some(known) = project.as_ref().filter(|_| frozen.is_none()) {
            frozen = self.misled(id, known, &keys, &ids).await?;
        }
        if frozen.is_some() {
            // What could not be looked at is told of as well.
            let all = secrets.iter().copied().chain(unbound.iter().map(|(secret, _)| *secret));
            ids.extend(all.flat_map(|secret| secret.key_ids()));
        }
        let mut seen = Vec::new();
        for secret in &secrets {
            match look(self.store, self.state, secret, &keys).await {
                Ok(secret) => seen.push(secret),
                Err(error) => frozen = frozen.or_else(|| Some(of_store(error, &ROLE).message())),
            }
        }
        let view = View { id, project, secrets, unbound, seen, keys, frozen };
        for key_id in &ids {
            Box::pin(self.judge_key(&view, key_id, absent)).await?;
        }
        Ok(())
    }

    /// A key that is on record and not in the list is gone only if the list is that of the right project: a slug that was
    /// given to another project since leads to an empty list, or to a 404.
    async fn misled(
        &mut self,
        id: u64,
        project: &Project,
        keys: &[ClientKey],
        ids: &BTreeSet<String>,
    ) -> Result<Option<String>, Halt> {
        if ids.len() == keys.len() {
            return Ok(None);
        }
        match self.api.project(&project.organization.slug, &project.slug).await {
            Ok(found) if found.id == id => Ok(None),
            Ok(_another) => {
                self.forget(id);
                Ok(Some(format!("the slug {} leads to another project now than the one with id {id}", project.slug)))
            }
            Err(error) if out_of_time(&error) => Err(Halt::Time),
            Err(error) => Ok(Some(of_sentry(error, &ROLE).message())),
        }
    }

    /// Forgets how a project is named, in the state and in this process.
    fn forget(&mut self, id: u64) {
        self.state.projects.remove(&id);
        self.remembered.forget();
    }

    /// A project of which nothing but its id is known, since the memory was lost and no secret is bound to it any more.
    async fn named(&mut self, id: u64) -> Result<Option<Project>, Halt> {
        if let Some(names) = self.state.projects.get(&id) {
            return Ok(names.project(id));
        }
        let Some(organization) = self.config.organization.as_deref() else {
            return Ok(None);
        };
        if self.listed.is_none() {
            match self.api.projects(organization).await {
                Ok(projects) => self.listed = Some(projects),
                Err(error) if out_of_time(&error) => return Err(Halt::Time),
                Err(error) => {
                    tracing::warn!(error = %error, "projects cannot be listed");
                    self.listed = Some(Vec::new());
                }
            }
        }
        let found = self.listed.iter().flatten().find(|project| project.id == id);
        let found = found.filter(|project| project.organization.is_named(organization)).cloned();
        if let Some(project) = &found {
            self.state.projects.insert(id, Names::of(project));
        }
        Ok(found)
    }

    /// Every key of the project: those that Sentry lists, and those that are on record.
    fn ids<'s>(&self, project: u64, keys: &[ClientKey], secrets: impl Iterator<Item = &'s Secret>) -> BTreeSet<String> {
        let mut ids: BTreeSet<String> = keys.iter().map(|key| key.id.clone()).collect();
        let arns = secrets.map(|secret| &secret.arn).chain(self.elsewhere.get(&project).into_iter().flatten());
        for secret in arns.filter_map(|arn| self.state.secrets.get(arn)) {
            ids.extend(secret.keys.iter().filter(|(_, key)| key.project == project).map(|(id, _)| id.clone()));
        }
        ids
    }

    /// Why a project is frozen for the sake of a secret whose value cannot be read: it may hold any key of that project;
    /// where nothing says of which project, of any.
    fn unreadable(&self, project: u64) -> Option<String> {
        let of = self.unreadable.iter().find(|(of, _)| of.is_none_or(|of| of == project));
        of.map(|(_, why)| why.clone())
    }

    async fn keys(&self, id: u64, project: &Project) -> Result<Vec<ClientKey>, Halt> {
        let keys = match self.api.keys(project).await {
            Ok(keys) => keys,
            Err(error) if out_of_time(&error) => return Err(Halt::Time),
            Err(error) if *error.kind() == Kind::Unauthorized => return Err(Halt::Failure(of_sentry(error, &ROLE))),
            Err(error) => {
                let organization = &project.organization.slug;
                let principal = self.config.principal();
                return Err(Halt::Failure(diagnose(self.api, error, organization, &project.slug, principal).await));
            }
        };
        if keys.iter().any(|key| key.project_id != id) {
            return Err(Halt::Failure(Failure::new(
                "Rotation.StoreConflict",
                format!("the slug {} leads to another project now than the one with id {id}", project.slug),
            )));
        }
        Ok(keys)
    }
}

/// Whether the run's time, or Sentry's limits, are used up.
fn out_of_time(error: &Error) -> bool {
    match error.kind() {
        Kind::DeadlineNear | Kind::RateLimited => true,
        Kind::Unauthorized | Kind::Forbidden | Kind::NotFound | Kind::Moved(_) | Kind::Rejected | Kind::Unavailable => {
            false
        }
    }
}

fn is_out_of_time(unbound: &Unbound) -> bool {
    match unbound {
        Unbound::Refused(_) => false,
        Unbound::Unreadable(failure) => {
            matches!(failure.code(), "Rotation.DeadlineNear" | "Rotation.SentryRateLimited")
        }
    }
}

/// A token that Sentry does not accept is nobody's project's fault.
fn is_fatal(unbound: &Unbound) -> bool {
    match unbound {
        Unbound::Refused(_) => false,
        Unbound::Unreadable(failure) => failure.code() == "Rotation.TokenInvalid",
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Since when a key of this secret waits for something.
fn debt(secret: &crate::state::Secret) -> Option<Timestamp> {
    let waiting = secret.keys.iter().map(|(_, key)| key).filter(|key| match key.history.phase {
        Phase::Waiting | Phase::Disabling | Phase::Disabled | Phase::Deleting => true,
        Phase::Unknown | Phase::Current | Phase::Reinstated | Phase::Deleted => false,
    });
    waiting.filter_map(|key| key.history.since).min()
}
