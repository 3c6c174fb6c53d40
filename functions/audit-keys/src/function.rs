//! One audit, from the event to the reply.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use evidence_store::EvidenceStore;
use function_kit::boot::Invocation;
use function_kit::metrics::{Metrics, Unit};
use function_kit::{Deadline, DetailType, EventBus, Failure};
use jiff::{Timestamp, ToSpan as _};
use key_policy::inventory::{self, Reviews};
use key_policy::{Facts, Organizational, Tally};
use secret_store::SecretStore;
use sentry_binding::{Scope, management_token, missing_scope, of_sentry};
use sentry_client::{Client, Share};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::FUNCTION;
use crate::config::Config;
use crate::event::Request;
use crate::failure::{ROLE, evidence, spool as spool_failure};
use crate::gather::ownership::Owners;
use crate::gather::{audit_log, organization, retirement, secrets, tokens};
use crate::hidden::Hidden;
use crate::markdown::{self, RuleLine};
use crate::publish::{self, Foot, Head};
use crate::review::{Review, Went, accepted_by, projects_in_scope};
use crate::spool::{Part, Spool};
use crate::state::{Counted, Last, Paused, State};
use crate::top::Top;
use crate::totals::Totals;
use crate::{previous, sign, tell};

/// What is kept back from gathering for the report, its upload and the events.
const FOR_THE_END: Duration = Duration::from_secs(90);

/// What the audit leaves of Sentry's limits to rotation (facts/sentry-api.md section 1.9).
const LEFT_TO_ROTATION: Share = Share::percent(30);

/// How often a review is published under another id because its own is taken.
const MOST_ATTEMPTS: u32 = 5;

/// A review that stands.
struct Published {
    review_id: String,
    /// Of its manifest.
    sha256: String,
    events: PathBuf,
}

/// Everything that outlives an invocation.
#[derive(Debug)]
pub struct Function {
    config: Config,
    store: SecretStore,
    sentry: Client,
    evidence: EvidenceStore,
    events: EventBus,
    clock: fn() -> Timestamp,
}

/// What an invocation has to say beside its reply.
#[derive(Debug, Default)]
struct Said {
    calls: u32,
    lost: u32,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    unknown: u64,
    /// When the last whole review was made.
    last: Option<Timestamp>,
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
        Self { config, store, sentry, evidence, events, clock }
    }

    /// Makes a review, goes on with one, or signs one.
    ///
    /// # Errors
    /// A [`Failure`] with a code of [`crate::failure::CODES`].
    pub async fn handle(&self, invocation: Invocation) -> Result<Value, Failure> {
        let started = Instant::now();
        let deadline = Deadline::from_unix_millis(invocation.deadline, (self.clock)());
        let scope = match Request::read(&invocation.event)? {
            Request::Review(scope) => scope,
            Request::Sign(signature) => {
                let now = (self.clock)();
                return sign::sign(&self.config, &self.evidence, &signature, &invocation.request_id, now).await;
            }
        };
        let (reply, said) = Box::pin(self.review(&scope, &invocation.request_id, deadline)).await?;
        self.measure(&said, started.elapsed());
        Ok(reply)
    }

    fn measure(&self, said: &Said, took: Duration) {
        let now = (self.clock)();
        let mut metrics = Metrics::new(FUNCTION);
        let mut count = |name, value: u64| metrics.add(name, Unit::Count, as_float(value));
        count("FindingsCritical", said.critical);
        count("FindingsHigh", said.high);
        count("FindingsMedium", said.medium);
        count("FindingsLow", said.low);
        count("UnknownSubjects", said.unknown);
        count("SentryCalls", said.calls.into());
        count("EventsFailed", said.lost.into());
        if let Some(last) = said.last {
            let age: Duration = now.duration_since(last).try_into().unwrap_or_default();
            metrics.add("AuditAgeDays", Unit::Count, age.as_secs_f64() / 86_400.0);
        }
        metrics.add("StepDuration", Unit::Milliseconds, took.as_secs_f64() * 1000.0);
        metrics.publish(now);
    }

    async fn review(&self, scope: &Scope, request_id: &str, deadline: Deadline) -> Result<(Value, Said), Failure> {
        let now = (self.clock)();
        let end = deadline.instant() - FOR_THE_END.min(deadline.left() / 4);
        let mut said = Said::default();
        let mut state = State::load(&self.evidence).await?;
        let mut spool = Spool::begin(&self.config.spool).map_err(spool_failure)?;
        said.lost += self.tell_rest(&mut state, spool.folder().join("earlier-events.jsonl"), deadline).await?;
        let paused = self.resume(&mut state, scope, now, &mut spool).await?;
        let began = paused.as_ref().map_or(now, |paused| paused.began);
        let review_id = paused.as_ref().map_or_else(
            || format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), plain_id(request_id)),
            |paused| paused.review_id.clone(),
        );

        let token = management_token(&self.store, self.config.principal(), end).await?;
        let api = self.sentry.api(&token, end).leaving(LEFT_TO_ROTATION);
        let identity = api.identity().await.map_err(|error| of_sentry(error, &ROLE))?;
        if let Some(failure) = missing_scope(&identity, self.config.principal()) {
            return Err(failure);
        }
        let mut managed = secrets::gather(&self.store, &self.config.region, end).await?;
        let tokens = tokens::gather(&self.config, &self.store, &self.sentry, &mut managed, end).await?;
        let configured = self.config.own_tokens.iter().filter(|own| own.secret_id.is_some()).count();
        let own_unread = tokens.iter().filter(|token| token.function.is_some()).count() < configured;
        let mut unknowns = std::mem::take(&mut managed.unknowns);
        let seen = organization::gather(&self.config, &api, &mut unknowns).await?;
        let judged = retirement::gather(&self.evidence, spool.folder(), now, &mut unknowns).await?;
        let last = state.last.clone().filter(|_| *scope == Scope::All);
        let (mut before, compared) =
            previous::open(&self.evidence, spool.folder(), last.as_ref(), &mut unknowns).await?;
        if compared {
            previous::remember_projects(spool.folder(), &mut managed.secrets)?;
        }
        let owners = Owners::new(judged, &managed.secrets);
        let since = last.as_ref().filter(|_| compared).map(|last| last.at);
        let deeds = audit_log::gather(&api, &seen.organization, since, &mut unknowns).await;
        let all_projects = projects_in_scope(scope, &managed.secrets, seen.projects)?;
        let organizational = Organizational {
            organization: inventory::Organization { id: seen.organization.id, slug: seen.organization.slug.clone() },
            secrets: managed.secrets,
            tokens,
            integrations: seen.integrations,
            organization_tokens: seen.organization_tokens,
            all_projects_listed: *scope == Scope::All && identity.user.as_ref().is_none_or(|user| !user.is_person),
            reviews: Reviews { first: state.first, last_signed: state.last_signed },
        };
        let facts = Facts::new(&self.config.policy, began, &organizational);
        let hidden = Hidden::of(&organizational, own_unread);
        let mut review = Review {
            facts: &facts,
            api: &api,
            organization: &seen.organization,
            scope,
            owners: &owners,
            deeds: &deeds,
            hidden: &hidden,
            before: {
                if let Some(paused) = &paused {
                    before.skip(paused.cursor).map_err(spool_failure)?;
                }
                before
            },
            spool,
            totals: paused.as_ref().map(|paused| paused.totals.clone()).unwrap_or_default(),
            tally: Tally::from_counts(
                paused.iter().flat_map(|paused| paused.tally.iter().filter_map(Counted::counted)),
            ),
            top: paused.as_ref().map(|paused| paused.top.clone()).unwrap_or_default(),
            accepted: paused.as_ref().map(|paused| paused.accepted.clone()).unwrap_or_default(),
            cursor: paused.as_ref().map(|paused| paused.cursor),
            end,
        };
        let went = match Box::pin(review.projects(&all_projects)).await {
            // One secret's review is small: it is asked for again.
            Ok(Went::Partly) if *scope != Scope::All => Err(sentry_binding::deadline_near(&ROLE)),
            went => went,
        };
        let went = match went {
            Ok(went) => went,
            Err(failure) => {
                // What came before stays where the next invocation finds it.
                drop(review.spool.end());
                return Err(failure);
            }
        };
        said.calls = api.calls();
        let organization = seen.organization.slug.clone();
        match went {
            Went::Partly => {
                let times = paused.as_ref().map_or(1, |paused| paused.times + 1);
                let paused = Paused {
                    review_id: review_id.clone(),
                    began,
                    times,
                    folder: format!("state/audit-keys/{review_id}/{times}-{}", plain_id(request_id)),
                    cursor: review.cursor.unwrap_or_default(),
                    policy_sha256: self.config.policy_sha256.clone(),
                    organization: organization.clone(),
                    previous: last.as_ref().map(|last| last.review_id.clone()),
                    totals: review.totals.clone(),
                    tally: review.tally.counts().map(|(code, count)| Counted::of(code, count)).collect(),
                    top: review.top.clone(),
                    accepted: review.accepted.clone(),
                    parts: Vec::new(),
                };
                let of = all_projects.len();
                self.pause(paused, review.spool, &mut state, &organization, of, deadline, &mut said).await
            }
            Went::ToTheEnd => {
                review.rest(&all_projects)?;
                review.unknowns(&unknowns)?;
                let head = Head {
                    review_id,
                    generated_at: began.to_string(),
                    policy: json!({"version": self.config.policy.version, "sha256": self.config.policy_sha256,
                        "origin": self.config.policy_origin}),
                    organization: json!({"id": seen.organization.id, "slug": organization}),
                    previous: last.as_ref().map_or(
                        Value::Null,
                        |last| json!({"review_id": last.review_id, "sha256": last.sha256, "compared": compared}),
                    ),
                    scope: match scope {
                        Scope::All => Value::Null,
                        Scope::Secret(id) => json!({"secret_id": id}),
                    },
                };
                Box::pin(self.finish(review, head, &organization, began, &mut state, deadline, &mut said)).await
            }
        }
        .map(|reply| (reply, said))
    }

    /// Sends what the last review had still to tell when its invocation ended.
    async fn tell_rest(&self, state: &mut State, path: PathBuf, deadline: Deadline) -> Result<u32, Failure> {
        let Some(last) = state.last.as_mut().filter(|last| !last.told) else { return Ok(0) };
        let mut lost = 0;
        if self.evidence.get_file(&publish::events_key(&last.review_id), &path).await.map_err(evidence)? {
            // The organization is told by the summary of the review; its findings are told again as they were.
            let organization = self.config.organization.clone().unwrap_or_default();
            let sent = tell::findings(&self.events, &path, &last.review_id, &organization, deadline.instant()).await;
            lost = sent.map_err(spool_failure)?.lost;
        }
        last.told = true;
        state.save(&self.evidence).await?;
        Ok(lost)
    }

    /// Fetches what an earlier invocation has come to, if this one goes on with it.
    async fn resume(
        &self,
        state: &mut State,
        scope: &Scope,
        now: Timestamp,
        spool: &mut Spool,
    ) -> Result<Option<Paused>, Failure> {
        if *scope != Scope::All {
            return Ok(None);
        }
        let previous = state.last.as_ref().map(|last| last.review_id.clone());
        let a_day_later = |began: Timestamp| began.checked_add(24.hours()).is_ok_and(|end| now > end);
        let Some(paused) =
            state.paused.take().filter(|paused| {
                paused.policy_sha256 == self.config.policy_sha256
                    && paused.previous == previous
                    && !a_day_later(paused.began)
                    && self.config.organization.as_deref().is_none_or(|named| {
                        named == paused.organization || named.bytes().all(|byte| byte.is_ascii_digit())
                    })
            })
        else {
            return Ok(None);
        };
        for part in Part::ALL.into_iter().filter(|part| paused.parts.iter().any(|name| name == part.file_name())) {
            let key = part_key(&paused.folder, part);
            if !self.evidence.get_file(&key, &spool.path(part)).await.map_err(evidence)? {
                // A report with a hole is none: the review begins anew.
                *spool = Spool::begin(&self.config.spool).map_err(spool_failure)?;
                return Ok(None);
            }
        }
        Ok(Some(paused))
    }

    #[expect(clippy::too_many_arguments, reason = "everything that ends here")]
    async fn pause(
        &self,
        mut paused: Paused,
        mut spool: Spool,
        state: &mut State,
        organization: &str,
        projects: usize,
        deadline: Deadline,
        said: &mut Said,
    ) -> Result<Value, Failure> {
        spool.flush().map_err(spool_failure)?;
        for part in spool.begun() {
            let key = part_key(&paused.folder, part);
            self.evidence.put_file(&key, &spool.path(part)).await.map_err(evidence)?;
            paused.parts.push(part.file_name().to_owned());
        }
        drop(spool.end());
        let reply = json!({
            "version": 1,
            "review_id": paused.review_id,
            "complete": false,
            "report": null,
            "findings": paused.totals.open,
            "unknown": paused.totals.unknown,
        });
        said.last = state.last.as_ref().map(|last| last.at);
        let (review_id, times, done) = (paused.review_id.clone(), paused.times, paused.totals.projects);
        state.paused = Some(paused);
        state.save(&self.evidence).await?;
        let message =
            format!("the review {review_id} has judged {done} of {projects} projects and must be gone on with");
        let extra = json!({"complete": false, "times": times, "projects": done});
        said.lost += tell::whole(
            &self.events,
            DetailType::AuditPaused,
            &review_id,
            organization,
            message,
            extra,
            deadline.instant(),
        )
        .await;
        tracing::info!(review.id = review_id, complete = false, times, projects = done, "audit paused");
        Ok(reply)
    }

    #[expect(clippy::too_many_arguments, reason = "everything that ends here")]
    async fn finish(
        &self,
        review: Review<'_>,
        head: Head,
        organization: &str,
        began: Timestamp,
        state: &mut State,
        deadline: Deadline,
        said: &mut Said,
    ) -> Result<Value, Failure> {
        let whole = *review.scope == Scope::All;
        let Review { mut spool, totals, tally, top, accepted, .. } = review;
        spool.flush().map_err(spool_failure)?;
        if whole {
            state.note(began, &totals);
        }
        let foot = Foot {
            rules: publish::rules(&tally),
            exceptions: self.exceptions(began, &accepted),
            metrics: totals.metrics(),
            trend: json!(state.trend),
        };
        publish::complete_tables(&spool).map_err(spool_failure)?;
        let published = self.publish(&spool, head, &foot, organization, &totals, &top, &tally).await?;
        let Published { review_id, sha256, events } = published;
        let reply = json!({
            "version": 1,
            "review_id": review_id,
            "complete": true,
            "report": self.evidence.absolute(&format!("reviews/{review_id}/report.json")),
            "findings": totals.open,
            "unknown": totals.unknown,
        });
        if whole {
            // The review stands from here on: what is left to do is to tell it.
            state.first.get_or_insert(began);
            state.last = Some(Last { review_id: review_id.clone(), at: began, sha256: sha256.clone(), told: false });
            state.paused = None;
            state.save(&self.evidence).await?;
            let end = deadline.instant();
            let sent =
                tell::findings(&self.events, &events, &review_id, organization, end).await.map_err(spool_failure)?;
            let open = totals.open;
            let message = format!(
                "{} open findings: {} critical, {} high, {} medium, {} low; {} opened, {} closed; {} things could not be seen",
                open.sum(),
                open.critical,
                open.high,
                open.medium,
                open.low,
                totals.opened,
                totals.closed,
                totals.unknown
            );
            let extra = json!({"complete": true, "findings": open, "opened": totals.opened, "changed": totals.changed,
                "closed": totals.closed, "unknown": totals.unknown, "events_left_out": sent.left_out,
                "report": reply.get("report"), "manifest_sha256": sha256});
            said.lost += sent.lost;
            said.lost +=
                tell::whole(&self.events, DetailType::AuditCompleted, &review_id, organization, message, extra, end)
                    .await;
            if let Some(last) = &mut state.last {
                last.told = true;
            }
            state.save(&self.evidence).await?;
        }
        drop(spool.end());
        let open = totals.open;
        (said.critical, said.high, said.medium, said.low) = (open.critical, open.high, open.medium, open.low);
        said.unknown = totals.unknown;
        said.last = state.last.as_ref().map(|last| last.at);
        tracing::info!(
            review.id = review_id,
            complete = true,
            projects = totals.projects,
            client_keys = totals.client_keys,
            secrets = totals.secrets,
            findings.critical = open.critical,
            findings.high = open.high,
            findings.medium = open.medium,
            findings.low = open.low,
            unknown = totals.unknown,
            sentry.calls = said.calls,
            version = function_kit::VERSION,
            "audit finished"
        );
        Ok(reply)
    }

    /// Writes and uploads the files. An earlier attempt that was killed on the way has taken the review's id: then this one
    /// has the same with a number.
    #[expect(clippy::too_many_arguments, reason = "everything that is published")]
    async fn publish(
        &self,
        spool: &Spool,
        mut head: Head,
        foot: &Foot,
        organization: &str,
        totals: &Totals,
        top: &Top,
        tally: &Tally,
    ) -> Result<Published, Failure> {
        let id = head.review_id.clone();
        let events = publish::write_events(spool).map_err(spool_failure)?;
        let (items, findings) = (spool.path(Part::InventoryTable), spool.path(Part::FindingsTable));
        let markdown = spool.folder().join("report.md");
        for attempt in 1..=MOST_ATTEMPTS {
            if attempt > 1 {
                head.review_id = format!("{id}-{attempt}");
            }
            let report = publish::write_report(spool, &head, foot).map_err(spool_failure)?;
            std::fs::write(&markdown, self.page(&head, organization, totals, top, tally)).map_err(spool_failure)?;
            let files = [
                ("report.json", report.as_path()),
                ("report.md", markdown.as_path()),
                ("inventory.csv", items.as_path()),
                ("findings.csv", findings.as_path()),
            ];
            if let Some(sha256) = publish::upload(&self.evidence, &head, &files, &events).await? {
                return Ok(Published { review_id: head.review_id, sha256, events });
            }
        }
        Err(Failure::new(
            "Audit.EvidenceUnavailable",
            "the places of this review's files are taken again and again: look who else writes below reviews/ in the evidence bucket",
        ))
    }

    fn page(&self, head: &Head, organization: &str, totals: &Totals, top: &Top, tally: &Tally) -> String {
        let rules: Vec<RuleLine<'_>> = key_policy::rules::RULES
            .iter()
            .map(|rule| {
                let count = tally.count(rule.code);
                RuleLine {
                    code: rule.code.word(),
                    group: rule.group.word(),
                    state: tally.state(rule.code).word(),
                    found: count.found,
                    unknown: count.unknown,
                }
            })
            .collect();
        let previous = head.previous.get("review_id").and_then(Value::as_str);
        // Writing to a String cannot fail.
        markdown::page(head, organization, totals, top, &rules, previous).unwrap_or_default()
    }

    /// Every exception of the policy, whether it still holds, and how many findings it accepts: none is one to strike.
    fn exceptions(&self, now: Timestamp, accepted: &BTreeMap<String, u64>) -> Value {
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let row = |exception: &key_policy::Exception| {
            json!({"finding": exception.finding, "subject": exception.subject, "reason": exception.reason,
                "requester": exception.requester, "approver": exception.approver, "ticket": exception.ticket,
                "until": exception.until.to_string(), "holds": exception.holds_on(today),
                "accepts": accepted.get(&accepted_by(&exception.finding, &exception.ticket)).copied().unwrap_or_default()})
        };
        self.config.policy.exceptions().iter().map(row).collect()
    }
}

/// Where a part of a review waits for the next invocation: below the folder of the one that wrote it, so that what a killed
/// one left behind is in nobody's way.
fn part_key(folder: &str, part: Part) -> String {
    format!("{folder}/{}", part.file_name())
}

/// The id of an invocation as a part of an object's key.
fn plain_id(request_id: &str) -> String {
    request_id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(64).collect()
}

fn as_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
