//! One revocation, from the event to the reply.

use std::time::Duration;

use evidence_store::EvidenceStore;
use function_kit::boot::Invocation;
use function_kit::metrics::{Metrics, Unit};
use function_kit::{Deadline, EventBus, Failure};
use jiff::Timestamp;
use key_lifecycle::{Class, Grade, History};
use retirement::{Ledger, Subject, Switched, ask_question, switch};
use secret_store::{SecretStore, Stage};
use sentry_binding::{deadline_near, diagnose, management_token, missing_scope, of_sentry};
use sentry_client::{Api, Client, Kind};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::config::Config;
use crate::elsewhere::look_elsewhere;
use crate::event::Order;
use crate::failure::ROLE;
use crate::record::{Deed, FUNCTION, News, tell, write};
use crate::replace::{came_back, clear_pending, none, read_elsewhere, replace};
use crate::target::{Recorded, Seen, Target, in_words, project, target};

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
    /// What could not be done once the key was disabled. What was done is written down and told of first.
    unfinished: Option<Failure>,
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
        if let Some(failure) = done.unfinished {
            return Err(failure);
        }
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
        let recorded = if held { Recorded::Nothing } else { self.recorded(order, seen.as_ref(), request_id).await };
        let project = project(&self.config, api, order, seen.as_ref(), &recorded).await?;
        let mut target = target(&self.store, api, order, project, seen.as_ref(), &recorded).await?;
        if target.key.as_ref().is_some_and(|key| key.is_active) {
            check_current(order, seen.as_ref())?;
            self.check_token(order, api).await?;
            self.check_elsewhere(order, seen.as_ref()).await?;
        }
        if let Some(found) = seen.take() {
            seen = Some(self.make_way(order, &target, found, request_id, end, &mut times).await?);
        }
        let disabled_here = self.disable(order, api, &mut target, seen.as_ref()).await?;
        let after = timeout_at(end, self.look_again(seen.as_ref())).await;
        let mut unfinished = match after.unwrap_or_else(|_elapsed| Err(deadline_near(&ROLE))) {
            Ok(Some(now)) if now.key_at(Stage::Current) == Some(&order.key_id) && !order.allow_outage => {
                return Err(if disabled_here {
                    self.give_back(order, api, &target).await
                } else {
                    none(order, "AWSCURRENT came back to it")
                });
            }
            Ok(now) => {
                let hidden = check_current(order, now.as_ref()).err();
                seen = now.or(seen);
                hidden
            }
            Err(why) => Some(why),
        };
        unfinished = unfinished.map(|why| disabled(order, &target, &why, CAME_BACK));
        times.disabled = Some((self.clock)());
        let replacement =
            seen.as_ref().and_then(|seen| seen.key_at(Stage::Current)).filter(|key| **key != *order.key_id);
        let replacement = replacement.map(str::to_owned);
        let grade = match self.prove(api, &target, replacement.as_deref()).await {
            Ok(grade) => grade,
            Err(why) => {
                unfinished = unfinished.or_else(|| Some(disabled(order, &target, &why, "not proven dead yet")));
                None
            }
        };
        times.proven = grade.map(|_| (self.clock)());
        let state = if target.key.is_some() { "disabled" } else { "deleted" };
        Ok(Done { seen, target, state, replacement, grade, times, disabled_here, unfinished })
    }

    /// What the ledger has of the key.
    async fn recorded(&self, order: &Order, seen: Option<&Seen>, request_id: &str) -> Recorded {
        let arn = seen.map_or(&order.secret_id, |seen| &seen.description.arn);
        let Some(ledger) = self.ledger(request_id) else {
            return Recorded::Nothing;
        };
        match ledger.load(arn, &order.key_id).await {
            Ok(chain) => chain.last.map_or(Recorded::Nothing, |last| Recorded::Last(Box::new(last))),
            Err(error) => {
                tracing::error!(error = %error, "the ledger cannot be read; the revocation goes on without it");
                Recorded::Unreadable
            }
        }
    }

    /// Refuses a token that may not disable the key before applications are given another: whoever invokes this learns it
    /// now, and not after the hold.
    async fn check_token(&self, order: &Order, api: &Api<'_>) -> Result<(), Failure> {
        match api.identity().await {
            Ok(identity) => {
                missing_scope(&identity, self.config.principal()).map_or(Ok(()), |why| Err(still_enabled(order, &why)))
            }
            // What follows says it better.
            Err(_no_answer) => Ok(()),
        }
    }

    /// Refuses to take the key from applications that read it from another secret.
    async fn check_elsewhere(&self, order: &Order, seen: Option<&Seen>) -> Result<(), Failure> {
        let arn = seen.map_or(&order.secret_id, |seen| &seen.description.arn);
        let elsewhere = look_elsewhere(self.evidence.as_ref(), &self.store, arn, &order.key_id).await;
        if let Some(why) = elsewhere.unknown {
            tracing::error!(why, "it is not known of every secret whether applications read the key from it as well");
        }
        match elsewhere.reader {
            None => Ok(()),
            Some(other) if order.allow_outage => {
                tracing::error!(
                    secret.other = other,
                    "applications read the key from another secret as well; it is revoked all the same, as allowed"
                );
                Ok(())
            }
            Some(other) => Err(read_elsewhere(order, &other)),
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
        target: &Target,
        mut seen: Seen,
        request_id: &str,
        end: Instant,
        times: &mut Times,
    ) -> Result<Seen, Failure> {
        if seen.key_at(Stage::Current) != Some(&order.key_id) {
            let only_pending = seen.is_only_pending(&order.key_id);
            if seen.key_at(Stage::Pending) == Some(&order.key_id) {
                clear_pending(&self.store, order, &seen).await?;
            }
            // No application ever read such a key from the secret, or can read another from it: nobody is waited for.
            let unread = only_pending || target.class == Class::Orphan || seen.description.scheduled_for_deletion;
            if unread || order.hold.is_zero() {
                return Ok(seen);
            }
            // An earlier invocation may have been cut off while it held.
            let promoted = self.promoted(&seen).await?;
            // The clock of Secrets Manager may be ahead.
            let since = promoted.map(|at| Duration::try_from((self.clock)().duration_since(at)).unwrap_or_default());
            if let Some(left) = since.and_then(|since| order.hold.checked_sub(since)).filter(|left| !left.is_zero()) {
                times.promoted = promoted;
                hold(left, end).await;
            }
            return Ok(seen);
        }
        let until = end - (order.hold + FOR_THE_END).min(end.saturating_duration_since(Instant::now()));
        match replace(&self.store, order, seen.clone(), &rotation_token(request_id, (self.clock)()), until).await {
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

    /// When AWSCURRENT moved to where it is, as far as Secrets Manager tells: when it last completed a rotation, or when the
    /// version was made. A label that was moved by hand, or a moment before the invocation was cut off, shows in the second.
    async fn promoted(&self, seen: &Seen) -> Result<Option<Timestamp>, Failure> {
        let description = &seen.description;
        let versions = self.store.version_ids(&description.arn).await.map_err(in_words)?;
        let current = seen.version_at(Stage::Current);
        let made = versions.iter().find(|version| Some(version.id.as_str()) == current).and_then(|found| found.created);
        Ok(description.last_rotated.max(made).and_then(|at| Timestamp::from_second(at).ok()))
    }

    /// Disables the key; gives back whether that was this invocation's doing.
    async fn disable(
        &self,
        order: &Order,
        api: &Api<'_>,
        target: &mut Target,
        seen: Option<&Seen>,
    ) -> Result<bool, Failure> {
        let now = self.look_again(seen).await?;
        if target.key.as_ref().is_some_and(|key| key.is_active) {
            check_current(order, now.as_ref())?;
        }
        if now.is_some_and(|now| now.key_at(Stage::Current) == Some(&order.key_id)) && !order.allow_outage {
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
                let is_open = error.is_unclear() && !error.operation().starts_with("GET");
                let why = diagnose(api, error, &project.organization.slug, &project.slug, principal).await;
                Err(if is_open { perhaps_enabled(order, &why) } else { still_enabled(order, &why) })
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
        let lost = "and it could not be enabled again: applications have no key; rotate the secret, or enable the key in \
                    Sentry, at once";
        match switch(api, &target.project, &order.key_id, true).await {
            Ok(Switched::Done { .. }) => came_back(
                order,
                &format!("so that it was enabled again, and applications go on with it; {} to replace it", ROLE.again),
            ),
            Ok(Switched::Gone | Switched::Unchanged) => came_back(order, lost),
            Err(error) => came_back(order, lost).because(of_sentry(error, &ROLE)),
        }
    }

    /// The best proof that can be had at once. Ingestion follows later: `retire-keys` completes it.
    async fn prove(&self, api: &Api<'_>, target: &Target, replacement: Option<&str>) -> Result<Option<Grade>, Failure> {
        let control = match replacement {
            Some(id) => match api.key(&target.project, id).await {
                Ok(control) => control,
                Err(error) if *error.kind() == Kind::DeadlineNear => return Err(deadline_near(&ROLE)),
                Err(_no_control) => None,
            },
            None => None,
        };
        let Some(key) = &target.key else {
            // That it is not found means something only beside one that is.
            return Ok(control.map(|_| Grade::Object));
        };
        let alive = control.as_ref().filter(|control| control.is_active).and_then(|control| control.dsn.as_ref());
        let proven = ask_question(api, &target.project, key.dsn.as_ref(), alive).await;
        let proven = proven.map_err(|error| of_sentry(error, &ROLE))?;
        // Sentry itself showed the key as disabled.
        Ok(Some(if proven { Grade::Question } else { Grade::Object }))
    }

    /// Writes the records; gives back what they add up to, and what is missing.
    async fn record(&self, order: &Order, done: &Done, request_id: &str, end: Instant) -> (History, Option<String>) {
        let nothing = History::default();
        let Some(ledger) = self.ledger(request_id) else {
            tracing::error!("the key is revoked, and there is no ledger for it: EVIDENCE_BUCKET is not set");
            return (nothing, Some("EVIDENCE_BUCKET is not set".to_owned()));
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
                (nothing, Some(format!("the ledger could not be written: {error}")))
            }
            Err(_elapsed) => {
                tracing::error!("the key is revoked, and there was no time to write that into the ledger");
                (nothing, Some("there was no time to write the ledger".to_owned()))
            }
        }
    }
}

/// The id of the version that a rotation makes: another one in each attempt, because Lambda invokes again with the same
/// request id, and a rotation that was cleared does not begin again. The SDK's own repeats carry the same.
fn rotation_token(request_id: &str, now: Timestamp) -> String {
    format!("{request_id}-{:x}", now.as_millisecond())
}

/// What is not known of a key that was disabled while nobody could see what applications read.
const CAME_BACK: &str = "whether AWSCURRENT came back to it meanwhile is not known: if it did, enable it in Sentry";

/// Refuses to go on while nobody can see what applications read.
fn check_current(order: &Order, seen: Option<&Seen>) -> Result<(), Failure> {
    if order.allow_outage || !seen.is_some_and(Seen::hides_current) {
        return Ok(());
    }
    Err(Failure::new(
        "Rotation.StoreConflict",
        format!(
            "AWSCURRENT of {} shows no value yet, which may be {}; {} in a moment, or add \"allow_outage\": true to revoke the \
             key whatever applications read",
            order.secret_id, order.key_id, ROLE.again
        ),
    ))
}

fn disabled(order: &Order, target: &Target, why: &Failure, and: &str) -> Failure {
    let state = if target.key.is_some() { "disabled" } else { "gone" };
    Failure::new(why.code(), format!("{}; the key {} is {state}, and {and}", why.message(), order.key_id))
}

fn still_enabled(order: &Order, why: &Failure) -> Failure {
    Failure::new(why.code(), format!("{}; the key {} is still enabled", why.message(), order.key_id))
}

fn perhaps_enabled(order: &Order, why: &Failure) -> Failure {
    Failure::new(why.code(), format!("{}; whether the key {} was disabled is not known", why.message(), order.key_id))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_of_one_request_begins_a_rotation_of_its_own() {
        let token = |now: &str| rotation_token("8476a536-e9f4-11e8-9739-2dfe598c3fcd", now.parse().unwrap());
        let [first, second] = ["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"].map(token);
        assert_ne!(first, second);
        // What Secrets Manager takes.
        assert!(
            (32..=64).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        );
    }
}
