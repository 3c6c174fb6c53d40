//! A review that has come to its end: published, remembered, told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use function_kit::{DetailType, Failure};
use jiff::Timestamp;
use key_policy::Facts;
use key_policy::inventory::Answer;
use key_policy::rules::TokenView;
use serde_json::{Value, json};

use crate::config::OwnToken;
use crate::failure::{defect, evidence, spool as spool_failure};
use crate::markdown::{self, OwnLine};
use crate::publish::{self, Foot, Head};
use crate::review::{Review, accepted_by};
use crate::run::Run;
use crate::spool::{Part, Spool};
use crate::state::Last;
use crate::tell::{self, News};
use crate::totals::Totals;

/// How often a review is published under another id because its own is taken.
const MOST_ATTEMPTS: u32 = 5;

/// A review that stands.
struct Published {
    review_id: String,
    /// Of its manifest.
    sha256: String,
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
        let published = self.publish(&spool, head, &foot, page).await?;
        let (open, review_id) = (totals.open, &published.review_id);
        let reply = json!({
            "version": 1,
            "review_id": review_id,
            "complete": true,
            "report": self.of.evidence.absolute(&format!("reviews/{review_id}/report.json")),
            "findings": open,
            "unknown": totals.unknown,
        });
        if self.is_whole() {
            self.stands(&published, organization, began, &totals, &reply).await?;
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
    async fn stands(
        &mut self,
        published: &Published,
        organization: &str,
        began: Timestamp,
        totals: &Totals,
        reply: &Value,
    ) -> Result<(), Failure> {
        let Published { review_id, sha256, events } = published;
        let (of, end) = (self.of, self.deadline.instant());
        let last = Last { review_id: review_id.clone(), at: began, sha256: sha256.clone(), told: false };
        self.state.first.get_or_insert(began);
        self.state.last = Some(last.clone());
        self.state.paused = None;
        self.state.is_lost = false;
        self.state.save(&of.evidence).await?;
        let sent = tell::findings(&of.events, events, review_id, organization, end).await.map_err(spool_failure)?;
        let open = totals.open;
        let news = News {
            what: DetailType::AuditCompleted,
            review_id,
            organization,
            message: format!(
                "{} open findings: {} critical, {} high, {} medium, {} low; {} opened, {} closed; {} things could not be seen",
                open.sum(),
                open.critical,
                open.high,
                open.medium,
                open.low,
                totals.opened,
                totals.closed,
                totals.unknown
            ),
            extra: json!({"complete": true, "findings": open, "opened": totals.opened, "changed": totals.changed,
                "closed": totals.closed, "unknown": totals.unknown, "events_left_out": sent.left_out,
                "report": reply.get("report"), "manifest_sha256": sha256}),
        };
        self.said.lost += sent.lost + tell::whole(&of.events, news, end).await;
        self.state.last = Some(Last { told: true, ..last });
        self.state.save(&of.evidence).await
    }

    /// Sends what the last review had still to tell when its invocation ended.
    pub(crate) async fn tell_rest(&mut self, spool: &Spool) -> Result<(), Failure> {
        let (of, end) = (self.of, self.deadline.instant());
        let Some(last) = self.state.last.as_mut().filter(|last| !last.told) else { return Ok(()) };
        let path = spool.folder().join("earlier-events.jsonl");
        if of.evidence.get_file(&publish::events_key(&last.review_id), &path).await.map_err(evidence)? {
            // The organization is told by the summary of the review; its findings are told again as they were.
            let organization = of.config.organization.as_deref().unwrap_or_default();
            let sent = tell::findings(&of.events, &path, &last.review_id, organization, end).await;
            self.said.lost += sent.map_err(spool_failure)?.lost;
        }
        last.told = true;
        self.state.save(&of.evidence).await
    }

    /// Writes and uploads the files. An earlier attempt that was killed on the way has taken the review's id: then this one
    /// has the same with a number.
    async fn publish(
        &self,
        spool: &Spool,
        mut head: Head,
        foot: &Foot,
        page: impl Fn(&Head) -> Result<String, std::fmt::Error>,
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
            if let Some(sha256) = publish::upload(&self.of.evidence, &head, &files, &events).await? {
                return Ok(Published { review_id: head.review_id, sha256, events });
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
