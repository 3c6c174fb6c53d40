//! One invocation from the event to the reply.

use std::time::Duration;

use function_kit::metrics::{Metrics, Unit};
use function_kit::{Deadline, EventBus, Failure};
use jiff::Timestamp;
use rotation::{Effect, Finished, Outcome, Step, Stopped, run};
use secrecy::SecretString;
use secret_store::{Document, SecretStore};
use sentry_binding::{Remembered, deadline_near, management_token, of_sentry, of_store};
use sentry_client::{AuthToken, Client};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::event::RotationEvent;
use crate::failure::{Error, ROLE, of_refusal};
use crate::notify::{FUNCTION, Notifier};
use crate::world::{RotationWorld, Seen, dsn_of};

/// What is kept back from the work for the events.
const FOR_EVENTS: Duration = Duration::from_millis(500);

/// Everything that outlives an invocation.
#[derive(Debug)]
pub struct Function {
    config: Config,
    store: SecretStore,
    sentry: Client,
    events: EventBus,
    clock: fn() -> Timestamp,
    remembered: Remembered,
}

/// How a step went, with what it cost.
struct Report {
    seen: Seen,
    sentry_calls: u32,
    result: Result<Finished, Failure>,
}

impl Function {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Config, store: SecretStore, sentry: Client, events: EventBus, clock: fn() -> Timestamp) -> Self {
        Self { config, store, sentry, events, clock, remembered: Remembered::default() }
    }

    /// Answers one event, which must be done by `deadline` (Unix milliseconds).
    ///
    /// # Errors
    /// A [`Failure`] with a code of [`crate::failure::CODES`].
    pub async fn handle(&self, event: Value, deadline: u64) -> Result<Value, Failure> {
        let started = Instant::now();
        let deadline = Deadline::from_unix_millis(deadline, (self.clock)());
        let event = RotationEvent::read(&event)?;
        let report = Box::pin(self.step(&event, deadline)).await;
        let mut notifier = Notifier { bus: &self.events, event: &event, end: deadline.instant(), lost: 0 };
        let promoted = event.step == Step::FinishSecret && report.result.is_ok();
        match &report.result {
            Ok(finished) if finished.effects.contains(&Effect::StorePending) => {
                notifier.key_created(&report.seen).await;
            }
            Ok(_) if promoted => notifier.key_promoted(&report.seen).await,
            Ok(_) => {}
            Err(failure) => notifier.refused(&report.seen, failure).await,
        }
        let elapsed = started.elapsed();
        let mut metrics = Metrics::new(FUNCTION);
        metrics.add("StepDuration", Unit::Milliseconds, elapsed.as_secs_f64() * 1000.0);
        metrics.add("SentryCalls", Unit::Count, f64::from(report.sentry_calls));
        metrics.add("EventsFailed", Unit::Count, f64::from(notifier.lost));
        match &report.result {
            Ok(finished) if promoted && finished.outcome == Outcome::Done => {
                metrics.add("RotationSucceeded", Unit::Count, 1.0);
            }
            Ok(_) => {}
            Err(_) => metrics.add("RotationRefused", Unit::Count, 1.0),
        }
        metrics.publish((self.clock)());
        let finished = report.result?;
        let effects: Vec<&str> = finished.effects.iter().map(|effect| effect.as_str()).collect();
        let notices: Vec<&str> = finished.notices.iter().map(|notice| notice.as_str()).collect();
        let outcome = match finished.outcome {
            Outcome::Done => "done",
            Outcome::AlreadyDone => "already-done",
        };
        tracing::info!(
            secret.arn = event.secret_id,
            rotation.step = event.step.as_str(),
            rotation.version = event.version_id,
            outcome,
            effects = effects.join(" "),
            notices = notices.join(" "),
            sentry.calls = report.sentry_calls,
            duration_ms = elapsed.as_millis(),
            version = function_kit::VERSION,
            "rotation step finished"
        );
        Ok(json!({"step": event.step.as_str(), "outcome": outcome, "effects": effects, "notices": notices}))
    }

    /// Runs the step; with what a warm sandbox remembers first, and from scratch where that may be what failed.
    async fn step(&self, event: &RotationEvent, deadline: Deadline) -> Report {
        let mut report = self.try_step(event, deadline).await;
        let Err(failure) = &report.result else {
            return report;
        };
        let may_be_stale = matches!(
            failure.code(),
            "Rotation.TokenInvalid"
                | "Rotation.ScopeMissing"
                | "Rotation.ProjectNotFound"
                | "Rotation.OrganizationNotVisible"
                | "Rotation.BindingMismatch"
                | "Rotation.PendingInvalid"
                | "Rotation.PendingKeyGone"
        );
        if self.remembered.forget() && may_be_stale && report.seen.used_memory {
            let calls = report.sentry_calls;
            report = self.try_step(event, deadline).await;
            report.sentry_calls += calls;
            if report.result.is_err() {
                self.remembered.forget();
            }
        }
        report
    }

    async fn try_step(&self, event: &RotationEvent, deadline: Deadline) -> Report {
        let end = deadline.instant() - FOR_EVENTS.min(deadline.left());
        // A step that is over before Sentry is asked does not depend on the token.
        let (token, remembered, no_token) = match self.token(end).await {
            Ok((token, remembered)) => (token, remembered, None),
            Err(failure) => (AuthToken::new(SecretString::default()), false, Some(failure)),
        };
        let api = self.sentry.api(&token, end);
        let mut world = RotationWorld {
            config: &self.config,
            store: &self.store,
            api: &api,
            remembered: &self.remembered,
            event,
            deadline: end,
            seen: Seen { used_memory: remembered, no_token, ..Seen::default() },
        };
        let mut result = match timeout_at(end, Box::pin(run(event.step, &mut world))).await {
            Ok(result) => result.map_err(|stopped| in_words(stopped, &world.seen, event)),
            Err(_elapsed) => Err(deadline_near(&ROLE)),
        };
        if let Ok(finished) = &result
            && event.step == Step::FinishSecret
            && finished.outcome == Outcome::AlreadyDone
            && let Err(failure) = world.look_at_promoted().await
        {
            result = Err(failure);
        }
        Report { sentry_calls: api.calls(), result, seen: world.seen }
    }

    /// The management token, and whether it was remembered.
    async fn token(&self, end: Instant) -> Result<(AuthToken, bool), Failure> {
        if let Some(token) = self.remembered.token() {
            return Ok((token, true));
        }
        let token = management_token(&self.store, self.config.principal(), end).await?;
        self.remembered.keep_token(&token);
        Ok((token, false))
    }
}

impl RotationWorld<'_> {
    /// Reads what the repeated event of a finished rotation tells.
    async fn look_at_promoted(&mut self) -> Result<(), Failure> {
        let value = self
            .store
            .value_of(&self.event.secret_id, &self.event.version_id)
            .await
            .map_err(|error| of_store(error, &ROLE))?;
        let document = value.and_then(|value| Document::parse(&value).ok());
        self.seen.key_id = document.as_ref().and_then(dsn_of).map(|dsn| dsn.key_id().to_owned());
        self.seen.promoted_names = document.map(|document| (document.organization(), document.project()));
        Ok(())
    }
}

fn in_words(stopped: Stopped<Error>, seen: &Seen, event: &RotationEvent) -> Failure {
    let secret = seen.description.as_ref().map_or(&event.secret_id, |description| &description.name);
    match stopped {
        Stopped::Refused(refusal) => of_refusal(refusal, secret, &event.version_id),
        Stopped::Failed(Error::Sentry(error)) => of_sentry(error, &ROLE),
        Stopped::Failed(Error::Store(error)) => of_store(error, &ROLE),
        Stopped::Failed(Error::Stated(failure)) => failure,
        Stopped::NoProgress => Failure::new(
            "Rotation.StoreConflict",
            format!(
                "what this step does to {secret} does not stay as it is done: somebody else moves its labels, or disables its \
                 new key; Secrets Manager retries by itself"
            ),
        ),
    }
}
