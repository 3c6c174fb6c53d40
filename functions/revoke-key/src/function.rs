//! One revocation, from the event to the reply.

use std::time::Duration;

use evidence_store::EvidenceStore;
use function_kit::boot::Invocation;
use function_kit::metrics::{Metrics, Unit};
use function_kit::{Deadline, EventBus, Failure};
use jiff::Timestamp;
use key_lifecycle::{Grade, History};
use retirement::{Chain, Ledger, Subject, Switched, ask_question, switch};
use secret_store::{SecretStore, Stage};
use sentry_binding::{deadline_near, diagnose, management_token, of_sentry};
use sentry_client::{Api, Client, Kind};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::config::Config;
use crate::event::Order;
use crate::failure::ROLE;
use crate::record::{Deed, FUNCTION, News, tell, write};
use crate::replace::{clear_pending, none, replace};
use crate::target::{Seen, Target, project, target};

/// What is kept back from waiting for the disablement, its proof and its records.
const FOR_THE_END: Duration = Duration::from_secs(45);

/// What is kept back from the work for the event and the reply.
const FOR_THE_REPLY: Duration = Duration::from_secs(5);

/// Everything that outlives an invocation.
#[derive(Debug)]
pub struct Function {
    config: Config,
    store: SecretStore,
    sentry: Client,
    evidence: Option<EvidenceStore>,
    events: EventBus,
    clock: fn() -> Timestamp,
}

/// When what happened.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    promoted: Option<Timestamp>,
    disabled: Option<Timestamp>,
    proven: Option<Timestamp>,
}

/// What a revocation came to.
#[derive(Debug)]
struct Done {
    seen: Option<Seen>,
    target: Target,
    state: &'static str,
    replacement: Option<String>,
    grade: Option<Grade>,
    times: Times,
    disabled_here: bool,
}

impl Done {
    /// A repeat tells when it was done, not when it was found done.
    fn as_recorded(&mut self, history: &History) {
        if self.disabled_here {
            return;
        }
        self.times.disabled = history.disabled.as_ref().map(|disabled| disabled.at).or(self.times.disabled);
        if let Some(proven) = history.proven {
            self.grade = Some(proven.grade);
            self.times.proven = Some(proven.at);
        }
    }
}

impl Function {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        config: Config,
        store: SecretStore,
        sentry: Client,
        evidence: Option<EvidenceStore>,
        events: EventBus,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self { config, store, sentry, evidence, events, clock }
    }

    /// Revokes one key. Repeatable: what was done is found done, and a key that took the revoked one's place is never
    /// touched.
    ///
    /// # Errors
    /// A [`Failure`] with a code of [`crate::failure::CODES`].
    pub async fn handle(&self, invocation: Invocation) -> Result<Value, Failure> {
        let started = (self.clock)();
        let begun = Instant::now();
        let order = Order::read(&invocation.event)?;
        let deadline = Deadline::from_unix_millis(invocation.deadline, started);
        let end = deadline.instant() - FOR_THE_REPLY.min(deadline.left() / 4);
        if order.hold + FOR_THE_END > end.saturating_duration_since(begun) {
            return Err(Failure::new(
                "Event.Invalid",
                format!(
                    "hold_seconds is {}, and this function has no time for that: it needs {} s beside it; lower it, or raise the \
                     function's timeout",
                    order.hold.as_secs(),
                    FOR_THE_END.as_secs()
                ),
            ));
        }
        tracing::warn!(
            secret.id = order.secret_id,
            key.id = order.key_id,
            reason = order.reason,
            "a key is to be revoked"
        );
        let token = management_token(&self.store, self.config.principal(), end).await?;
        let api = self.sentry.api(&token, end);
        let mut done = timeout_at(end, Box::pin(self.revoke(&order, &api, &invocation.request_id, end)))
            .await
            .map_err(|_elapsed| deadline_near(&ROLE))??;
        let (history, missing) = Box::pin(self.record(&order, &done, &invocation.request_id, deadline.instant())).await;
        done.as_recorded(&history);
        let evidence = history.head.map(|head| head.sha256);
        let lost = tell(&self.events, deadline.instant(), news(&order, &done, evidence.clone())).await;
        let mut metrics = Metrics::new(FUNCTION);
        metrics.add("StepDuration", Unit::Milliseconds, begun.elapsed().as_secs_f64() * 1000.0);
        metrics.add("SentryCalls", Unit::Count, f64::from(api.calls()));
        metrics.add("EventsFailed", Unit::Count, f64::from(u8::from(lost)));
        metrics.add("KeysDisabled", Unit::Count, f64::from(u8::from(done.disabled_here)));
        metrics.add("EvidenceMissing", Unit::Count, f64::from(u8::from(missing.is_some())));
        metrics.publish((self.clock)());
        let times = done.times;
        tracing::warn!(
            key.id = order.key_id,
            state = done.state,
            proof = done.grade.map(Grade::as_str),
            duration_ms = begun.elapsed().as_millis(),
            version = function_kit::VERSION,
            "a key was revoked"
        );
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Ok(json!({
            "version": 1,
            "key_id": order.key_id,
            "state": done.state,
            "replacement_key_id": done.replacement,
            "proof": done.grade.map(|grade| json!({"grade": grade.as_str(), "at": text(times.proven)})),
            "times": {
                "started": started.to_string(),
                "promoted": text(times.promoted),
                "disabled": text(times.disabled),
                "proven": text(times.proven),
            },
            "evidence": {"sha256": evidence, "missing": missing},
        }))
    }

    async fn revoke(&self, order: &Order, api: &Api<'_>, request_id: &str, end: Instant) -> Result<Done, Failure> {
        let mut times = Times::default();
        let mut seen = Seen::look(&self.store, &order.secret_id, None).await?;
        let held = seen.as_ref().is_some_and(|seen| seen.holder(&order.key_id).is_some());
        // The ledger is asked only where the secret itself does not say whose key it is: an emergency does not wait for it.
        let chain = if held { None } else { self.chain(order, seen.as_ref(), request_id).await };
        let project = project(&self.config, api, order, seen.as_ref(), chain.as_ref()).await?;
        let mut target = target(&self.store, api, order, project, seen.as_ref(), chain.as_ref()).await?;
        if let Some(found) = seen.take() {
            seen = Some(self.make_way(order, found, request_id, end, &mut times).await?);
        }
        let mut disabled_here = false;
        let was_active = target.key.as_ref().is_some_and(|key| key.is_active);
        if was_active || target.key.is_none() {
            disabled_here = self.disable(order, api, &mut target, seen.as_ref()).await?;
        }
        if let Some(now) = self.look_again(seen.as_ref()).await? {
            if now.key_at(Stage::Current) == Some(&order.key_id) && !order.allow_outage {
                return Err(self.give_back(order, api, &target).await);
            }
            seen = Some(now);
        }
        times.disabled = Some((self.clock)());
        let replacement =
            seen.as_ref().and_then(|seen| seen.key_at(Stage::Current)).filter(|key| **key != *order.key_id);
        let replacement = replacement.map(str::to_owned);
        let grade = self.prove(api, &target, replacement.as_deref()).await?;
        times.proven = grade.map(|_| (self.clock)());
        let state = if target.key.is_some() { "disabled" } else { "deleted" };
        Ok(Done { seen, target, state, replacement, grade, times, disabled_here })
    }

    /// What the ledger has of the key; nothing where it cannot be asked.
    async fn chain(&self, order: &Order, seen: Option<&Seen>, request_id: &str) -> Option<Chain> {
        let arn = seen.map_or(&order.secret_id, |seen| &seen.description.arn);
        match self.ledger(request_id)?.load(arn, &order.key_id).await {
            Ok(chain) => Some(chain),
            Err(error) => {
                tracing::error!(error = %error, "the ledger cannot be read; the revocation goes on without it");
                None
            }
        }
    }

    fn ledger<'a>(&'a self, request_id: &'a str) -> Option<Ledger<'a>> {
        let store = self.evidence.as_ref()?;
        Some(Ledger { store, function: FUNCTION, request_id, clock: self.clock })
    }

    /// Sees to it that applications read another key, and have had time to read it.
    async fn make_way(
        &self,
        order: &Order,
        mut seen: Seen,
        request_id: &str,
        end: Instant,
        times: &mut Times,
    ) -> Result<Seen, Failure> {
        if seen.key_at(Stage::Current) != Some(&order.key_id) {
            if seen.key_at(Stage::Pending) == Some(&order.key_id) {
                clear_pending(&self.store, order, &seen).await?;
            }
            // An earlier invocation may have been cut off while it held.
            let promoted = seen.description.last_rotated.and_then(|at| Timestamp::from_second(at).ok());
            let since = promoted.map(|promoted| (self.clock)().duration_since(promoted));
            let since = since.and_then(|since| Duration::try_from(since).ok());
            if let Some(left) = since.and_then(|since| order.hold.checked_sub(since)).filter(|left| !left.is_zero()) {
                times.promoted = promoted;
                hold(left, end).await;
            }
            return Ok(seen);
        }
        let until = end - (order.hold + FOR_THE_END).min(end.saturating_duration_since(Instant::now()));
        match replace(&self.store, order, seen.clone(), request_id, until).await {
            Ok(now) => {
                seen = now;
                times.promoted = Some((self.clock)());
                tracing::info!(secret.arn = seen.description.arn, "applications read another key from now on");
                hold(order.hold, end).await;
                Ok(seen)
            }
            Err(failure) if order.allow_outage => {
                tracing::error!(error = ?failure, "there is no other key; the key is revoked all the same, as allowed");
                Ok(seen)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Disables the key; gives back whether that was this invocation's doing.
    async fn disable(
        &self,
        order: &Order,
        api: &Api<'_>,
        target: &mut Target,
        seen: Option<&Seen>,
    ) -> Result<bool, Failure> {
        if let Some(now) = self.look_again(seen).await?
            && now.key_at(Stage::Current) == Some(&order.key_id)
            && !order.allow_outage
        {
            return Err(none(order, "AWSCURRENT came back to it"));
        }
        match switch(api, &target.project, &order.key_id, false).await {
            Ok(Switched::Done { key, sent, .. }) => {
                target.key = Some(*key);
                Ok(sent)
            }
            Ok(Switched::Gone) => {
                target.key = None;
                Ok(false)
            }
            Ok(Switched::Unchanged) => Err(Failure::new(
                "Rotation.SentryUnavailable",
                format!("Sentry took the request and did not disable the key; {}, or disable it in Sentry", ROLE.again),
            )),
            Err(error) => {
                let project = &target.project;
                let principal = self.config.principal();
                Err(diagnose(api, error, &project.organization.slug, &project.slug, principal).await)
            }
        }
    }

    async fn look_again(&self, seen: Option<&Seen>) -> Result<Option<Seen>, Failure> {
        match seen {
            Some(seen) => Seen::look(&self.store, &seen.description.arn, Some(seen)).await,
            None => Ok(None),
        }
    }

    /// The secret was rolled back to the key in the very moment: applications need it.
    async fn give_back(&self, order: &Order, api: &Api<'_>, target: &Target) -> Failure {
        match switch(api, &target.project, &order.key_id, true).await {
            Ok(Switched::Done { .. }) => {
                none(order, "AWSCURRENT came back to it while it was being disabled, so that it was enabled again")
            }
            Ok(Switched::Gone | Switched::Unchanged) => none(
                order,
                "AWSCURRENT came back to it while it was being disabled, and it could not be enabled again: rotate the secret at once",
            ),
            Err(error) => none(
                order,
                "AWSCURRENT came back to it while it was being disabled, and it could not be enabled again: rotate the secret at once",
            )
            .because(of_sentry(error, &ROLE)),
        }
    }

    /// The best proof that can be had at once. Ingestion follows later: `retire-keys` completes it.
    async fn prove(&self, api: &Api<'_>, target: &Target, replacement: Option<&str>) -> Result<Option<Grade>, Failure> {
        let control = match replacement {
            Some(id) => match api.key(&target.project, id).await {
                Ok(control) => control.filter(|control| control.is_active),
                Err(error) if *error.kind() == Kind::DeadlineNear => return Err(deadline_near(&ROLE)),
                Err(_no_control) => None,
            },
            None => None,
        };
        let dead = target.key.as_ref().and_then(|key| key.dsn.as_ref());
        let alive = control.as_ref().and_then(|control| control.dsn.as_ref());
        let proven = ask_question(api, &target.project, dead, alive).await.map_err(|error| of_sentry(error, &ROLE))?;
        // Sentry itself showed the key as disabled, or did not find it.
        Ok(Some(if proven { Grade::Question } else { Grade::Object }))
    }

    /// Writes the records; gives back what they add up to, and what is missing.
    async fn record(
        &self,
        order: &Order,
        done: &Done,
        request_id: &str,
        end: Instant,
    ) -> (History, Option<&'static str>) {
        let nothing = History::default();
        let Some(ledger) = self.ledger(request_id) else {
            return (nothing, Some("EVIDENCE_BUCKET is not set"));
        };
        let secret_arn = match &done.seen {
            Some(seen) => seen.description.arn.clone(),
            None => order.secret_id.clone(),
        };
        let deed = Deed {
            subject: Subject {
                secret_arn,
                version_id: done.target.version_id.clone(),
                project_id: done.target.project.id,
                key_id: order.key_id.clone(),
            },
            class: done.target.class,
            reason: order.reason.clone(),
            disabled_here: done.disabled_here,
            gone: done.target.key.is_none(),
            grade: done.grade,
        };
        match timeout_at(end, write(ledger, &deed)).await {
            Ok(Ok(history)) => (history, None),
            Ok(Err(error)) => {
                tracing::error!(error = %error, "the key is revoked, and the ledger has no record of it");
                (nothing, Some("the ledger could not be written: see the log"))
            }
            Err(_elapsed) => {
                tracing::error!("the key is revoked, and there was no time to write that into the ledger");
                (nothing, Some("there was no time to write the ledger"))
            }
        }
    }
}

/// Waits until consumers have had time to read the new value.
async fn hold(time: Duration, end: Instant) {
    if !time.is_zero() {
        tracing::info!(hold_s = time.as_secs(), "holding, so that consumers read the new key first");
    }
    sleep_until((Instant::now() + time).min(end)).await;
}

fn news(order: &Order, done: &Done, evidence: Option<String>) -> News {
    let project = &done.target.project;
    let description = done.seen.as_ref().map(|seen| &seen.description);
    News {
        secret_arn: description.map_or_else(|| order.secret_id.clone(), |description| description.arn.clone()),
        version_id: done.target.version_id.clone().unwrap_or_default(),
        organization: Some(project.organization.slug.clone()),
        project: Some(project.slug.clone()),
        key_id: order.key_id.clone(),
        message: format!("the key is {}: {}", done.state, order.reason),
        owner: description.and_then(|description| description.tags.get("sentry:owner")).cloned(),
        evidence,
    }
}
