//! A review that stops before its end, and the invocation that goes on with it.

use function_kit::{DetailType, Failure};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::config::Config;
use crate::failure::{evidence, spool as spool_failure};
use crate::review::Review;
use crate::run::Run;
use crate::spool::{Part, Spool};
use crate::state::{Counted, Paused};
use crate::tell::{self, News};

/// After how many hours a review that has not come to its end is begun anew.
const STALE_HOURS: i64 = 24;

impl Run<'_> {
    /// Fetches what an earlier invocation has come to, if this one goes on with it.
    pub(crate) async fn resume(&mut self, spool: &mut Spool) -> Result<Option<Paused>, Failure> {
        if !self.is_whole() {
            return Ok(None);
        }
        let Some(paused) = self.state.paused.take().filter(|paused| self.goes_on_with(paused)) else {
            return Ok(None);
        };
        for part in Part::ALL.into_iter().filter(|part| paused.parts.iter().any(|name| name == part.file_name())) {
            let key = part_key(&paused.folder, part);
            if !self.of.evidence.get_file(&key, &spool.path(part)).await.map_err(evidence)? {
                // A report with a hole is none: the review begins anew.
                *spool = Spool::begin(&self.of.config.spool).map_err(spool_failure)?;
                return Ok(None);
            }
        }
        Ok(Some(paused))
    }

    fn goes_on_with(&self, paused: &Paused) -> bool {
        let previous = self.state.last.as_ref().map(|last| &last.review_id);
        let is_stale = |began: Timestamp| began.checked_add(STALE_HOURS.hours()).is_ok_and(|end| self.now > end);
        let is_organization =
            |named: &str| named == paused.organization || named.bytes().all(|byte| byte.is_ascii_digit());
        paused.policy_sha256 == self.of.config.policy_sha256
            && paused.previous.as_ref() == previous
            && !is_stale(paused.began)
            && self.of.config.organization.as_deref().is_none_or(is_organization)
    }

    /// Keeps what the review has come to in the evidence bucket, and says that it must be gone on with.
    pub(crate) async fn pause(
        &mut self,
        mut paused: Paused,
        mut spool: Spool,
        organization: &str,
        projects: usize,
    ) -> Result<Value, Failure> {
        paused.folder = format!("state/audit-keys/{}/{}-{}", paused.review_id, paused.times, self.plain_request_id());
        spool.flush().map_err(spool_failure)?;
        for part in spool.begun() {
            let key = part_key(&paused.folder, part);
            self.of.evidence.put_file(&key, &spool.path(part)).await.map_err(evidence)?;
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
        self.said.last = self.state.last.as_ref().map(|last| last.at);
        let (review_id, times, done) = (paused.review_id.clone(), paused.times, paused.totals.projects);
        self.state.paused = Some(paused);
        self.state.save(&self.of.evidence).await?;
        let news = News {
            what: DetailType::AuditPaused,
            review_id: &review_id,
            organization,
            message: format!(
                "the review {review_id} has judged {done} of {projects} projects and must be gone on with"
            ),
            extra: json!({"complete": false, "times": times, "projects": done}),
        };
        self.said.lost += tell::whole(&self.of.events, news, self.deadline.instant()).await;
        tracing::info!(review.id = review_id, complete = false, times, projects = done, "audit paused");
        Ok(reply)
    }
}

impl Review<'_> {
    /// What this review has come to, for the invocation that goes on with it. Where its parts wait is said when they are there.
    pub(crate) fn to_paused(
        &self,
        config: &Config,
        review_id: String,
        began: Timestamp,
        times: u32,
        previous: Option<String>,
    ) -> Paused {
        Paused {
            review_id,
            began,
            times,
            folder: String::new(),
            cursor: self.cursor.unwrap_or_default(),
            policy_sha256: config.policy_sha256.clone(),
            organization: self.organization.slug.clone(),
            previous,
            totals: self.totals.clone(),
            tally: self.tally.counts().map(|(code, count)| Counted::of(code, count)).collect(),
            top: self.top.clone(),
            accepted: self.accepted.clone(),
            parts: Vec::new(),
        }
    }
}

/// Where a part of a review waits for the next invocation: below the folder of the one that wrote it, so that what a killed
/// one left behind is in nobody's way.
fn part_key(folder: &str, part: Part) -> String {
    format!("{folder}/{}", part.file_name())
}
