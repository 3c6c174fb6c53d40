//! A review that has come to its end: published, remembered, told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use function_kit::Failure;
use jiff::Timestamp;
use key_policy::Facts;
use key_policy::inventory::Answer;
use key_policy::rules::TokenView;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::chain::{Manifest, Summary, manifest_key};
use crate::config::OwnToken;
use crate::failure::{defect, evidence, spool as spool_failure};
use crate::markdown::{self, OwnLine};
use crate::publish::{self, Foot, Head, InTime};
use crate::review::{Review, accepted_by};
use crate::run::Run;
use crate::spool::{Part, Spool};
use crate::state::Last;
use crate::tell;

/// How often a review is published under another id because its own is taken.
const MOST_ATTEMPTS: u32 = 5;

/// How long an invocation tries at most to tell what an earlier one left.
const FOR_THE_REST: Duration = Duration::from_secs(60);

/// A review that stands.
struct Published {
    review_id: String,
    /// Of its manifest.
    sha256: String,
    summary: Summary,
    events: PathBuf,
}

impl Run<'_> {
    /// Publishes the review; from then on it stands, and what is left to do is to tell it.
    pub(crate) async fn finish(
        &mut self,
        review: Review<'_>,
        head: Head,
        organization: &str,
        began: Timestamp,
    ) -> Result<Value, Failure> {
        let Review { facts, mut spool, totals, tally, top, accepted, .. } = review;
        spool.flush().map_err(spool_failure)?;
        if self.is_whole() {
            self.state.note(began, &totals);
        }
        let foot = Foot {
            rules: publish::rules(&tally),
            exceptions: self.exceptions(began, &accepted),
            metrics: totals.metrics(),
            trend: json!(self.state.trend),
        };
        publish::complete_tables(&spool).map_err(spool_failure)?;
        let own = own_tokens(facts, &self.of.config.own_tokens);
        let page = |head: &Head| markdown::page(head, organization, &own, &totals, &top, &tally);
        let summary = Summary::of(&totals);
        let published = self.publish(&spool, head, &foot, page, summary).await?;
        let (open, review_id) = (totals.open, &published.review_id);
        let reply = json!({
            "version": 1,
            "review_id": review_id,
            "complete": true,
            "report": self.report(review_id),
            "findings": open,
            "unknown": totals.unknown,
        });
        if self.is_whole() {
            self.stands(&published, organization, began).await?;
            self.said.found = Some((open, totals.unknown));
        }
        drop(spool.end());
        self.said.last = self.state.last.as_ref().map(|last| last.at);
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
            sentry.calls = self.said.calls,
            version = function_kit::VERSION,
            "audit finished"
        );
        Ok(reply)
    }

    /// Remembers a review of everything, and tells it.
    async fn stands(&mut self, published: &Published, organization: &str, began: Timestamp) -> Result<(), Failure> {
        let Published { review_id, sha256, summary, events } = published;
        self.state.first.get_or_insert(began);
        let last = Last { review_id: review_id.clone(), at: began, sha256: sha256.clone(), told: false };
        self.state.last = Some(last.clone());
        self.state.paused = None;
        self.state.is_lost = false;
        self.state.save(&self.of.evidence).await?;
        self.tell(&last, organization, summary, events, self.deadline.instant()).await
    }

    /// Sends what the last review had still to tell when its invocation ended, or what the bus did not take.
    pub(crate) async fn tell_rest(&mut self, spool: &Spool) -> Result<(), Failure> {
        let Some(last) = self.state.last.clone().filter(|last| !last.told) else { return Ok(()) };
        let (evidence_store, path) = (&self.of.evidence, spool.folder().join("earlier-events.jsonl"));
        let manifest = evidence_store.get(&manifest_key(&last.review_id)).await.map_err(evidence)?.unwrap_or_default();
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&manifest) else { return Ok(()) };
        if !evidence_store.get_file(&publish::events_key(&last.review_id), &path).await.map_err(evidence)? {
            return Ok(());
        }
        let organization = self.of.config.organization.clone().unwrap_or_default();
        let end = self.deadline.instant().min(Instant::now() + FOR_THE_REST);
        self.tell(&last, &organization, &manifest.summary, &path, end).await
    }

    /// Sends the events of a review and its summary. Those that the bus does not take are for the next invocation, which sends
    /// all of them again, with the same ids.
    async fn tell(
        &mut self,
        last: &Last,
        organization: &str,
        summary: &Summary,
        events: &Path,
        end: Instant,
    ) -> Result<(), Failure> {
        let of = self.of;
        let sent =
            tell::findings(&of.events, events, &last.review_id, organization, end).await.map_err(spool_failure)?;
        let news = tell::completed(last, organization, summary, &sent, &self.report(&last.review_id));
        let lost = sent.lost + tell::whole(&of.events, news, end).await;
        self.said.lost += lost;
        if lost == 0 {
            self.state.last = Some(Last { told: true, ..last.clone() });
            self.state.save(&of.evidence).await?;
        }
        Ok(())
    }

    /// Where the report of a review lies.
    fn report(&self, review_id: &str) -> String {
        self.of.evidence.absolute(&format!("reviews/{review_id}/report.json"))
    }

    /// Writes and uploads the files. An earlier attempt that was killed on the way has taken the review's id: then this one
    /// has the same with a number.
    async fn publish(
        &self,
        spool: &Spool,
        mut head: Head,
        foot: &Foot,
        page: impl Fn(&Head) -> Result<String, std::fmt::Error>,
        summary: Summary,
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
            let text = page(&head).map_err(|_has_no_text| defect("report.md cannot be written"))?;
            std::fs::write(&markdown, text).map_err(spool_failure)?;
            let files = [
                ("report.json", report.as_path()),
                ("report.md", markdown.as_path()),
                ("inventory.csv", items.as_path()),
                ("findings.csv", findings.as_path()),
            ];
            let first = self.state.first.unwrap_or(head.generated_at);
            let in_time = InTime { summary, first, trend: &self.state.trend };
            if let Some(sha256) = publish::upload(&self.of.evidence, &head, &files, &events, &in_time).await? {
                return Ok(Published { review_id: head.review_id, sha256, summary, events });
            }
        }
        Err(Failure::new(
            "Audit.EvidenceUnavailable",
            "the places of this review's files are taken again and again: look who else writes below reviews/ in the evidence bucket",
        ))
    }

    /// Every exception of the policy, whether it still holds, and how many findings it accepts: none is one to strike.
    fn exceptions(&self, now: Timestamp, accepted: &BTreeMap<String, u64>) -> Value {
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let row = |exception: &key_policy::Exception| {
            json!({"finding": exception.finding, "subject": exception.subject, "reason": exception.reason,
                "requester": exception.requester, "approver": exception.approver, "ticket": exception.ticket,
                "until": exception.until.to_string(), "holds": exception.accepts_on(today),
                "accepts": accepted.get(&accepted_by(exception)).copied().unwrap_or_default()})
        };
        self.of.config.policy.exceptions().iter().map(row).collect()
    }
}

/// This system's own tokens as the page shows them, the configured ones that could not be seen among them.
fn own_tokens(facts: &Facts<'_>, configured: &[OwnToken]) -> Vec<OwnLine> {
    let line = |own: &OwnToken| {
        let token = facts.of.tokens.iter().find(|token| token.function == Some(own.function));
        let excess = token.and_then(|token| {
            let wanted = TokenView { facts, token }.wanted()?;
            Some(key_policy::excess(&token.scopes(), &wanted))
        });
        OwnLine {
            function: own.function,
            secret: token.map(|token| token.secret_name.clone()),
            state: token.map_or("not seen", |token| match token.answer {
                Answer::Alive { .. } => "accepted",
                Answer::Refused => "refused",
                Answer::Unknown => "no answer",
            }),
            scopes: token.map(|token| token.scopes().to_string()).unwrap_or_default(),
            excess: excess.map(|excess| excess.to_string()).unwrap_or_default(),
        }
    };
    // The right to delete is given to few: a stack without it has no such token.
    configured.iter().filter(|own| own.secret_id.is_some()).map(line).collect()
}
