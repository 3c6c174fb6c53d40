//! Events of a review: one for each finding that was opened, changed or closed, and one for the whole.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Result};
use std::path::Path;

use function_kit::{Detail, DetailType, EventBus, event_id};
use key_policy::findings::Code;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::FUNCTION;
use crate::chain::Summary;
use crate::settle::{EventLine, Told};
use crate::state::Last;

/// How many findings have an event of their own at most. The gravest come first; the report has all of them.
pub(crate) const MOST: usize = 2_000;

/// How many go into one call of the bus at once; the bus makes batches of its own.
const AT_A_TIME: usize = 100;

/// What became of the events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) lost: u32,
    /// How many findings had no event of their own.
    pub(crate) left_out: u64,
}

/// Sends the events of a review from their file.
pub(crate) async fn findings(
    bus: &EventBus,
    events: &Path,
    review_id: &str,
    organization: &str,
    end: Instant,
) -> Result<Sent> {
    let mut sent = Sent::default();
    let mut batch = Vec::new();
    let mut count = 0;
    for line in BufReader::new(File::open(events)?).lines() {
        let Ok(line) = serde_json::from_str::<EventLine>(&line?) else { continue };
        if count == MOST {
            sent.left_out += 1;
            continue;
        }
        count += 1;
        batch.push(of(&line, review_id, organization));
        if batch.len() == AT_A_TIME {
            sent.lost += bus.put_all(&std::mem::take(&mut batch), end).await;
        }
    }
    sent.lost += bus.put_all(&batch, end).await;
    Ok(sent)
}

fn of(line: &EventLine, review_id: &str, organization: &str) -> (DetailType, Detail) {
    let what = match line.told {
        Told::Opened => DetailType::FindingOpened,
        Told::Changed => DetailType::FindingChanged,
        Told::Closed => DetailType::FindingClosed,
    };
    let mut extra = Map::new();
    extra.insert("review_id".to_owned(), json!(review_id));
    extra.insert("severity".to_owned(), json!(line.severity));
    extra.insert(
        "subject".to_owned(),
        json!({"kind": line.subject_kind, "id": line.subject_id, "name": line.subject_name}),
    );
    extra.extend(line.contact.as_ref().map(|contact| ("contact".to_owned(), json!(contact))));
    let is = |kind: &str| line.subject_kind == kind;
    let detail = Detail {
        version: 1,
        id: event_id(what, &[&line.code, &line.subject_kind, &line.subject_id, review_id]),
        function: FUNCTION,
        secret_arn: if is("secret") || is("token") { line.subject_id.clone() } else { String::new() },
        organization: Some(organization.to_owned()),
        project: line.project.clone(),
        key_id: is("client-key").then(|| line.subject_id.clone()),
        code: Code::from_word(&line.code).map(Code::word),
        message: line.message.clone(),
        owner: line.owner.clone(),
        extra,
        ..Detail::default()
    };
    (what, detail)
}

/// What is told of a review as a whole.
pub(crate) struct News<'a> {
    pub(crate) what: DetailType,
    pub(crate) review_id: &'a str,
    pub(crate) organization: &'a str,
    pub(crate) message: String,
    /// More members of the event's detail.
    pub(crate) extra: Value,
}

/// The event of a review that stands.
pub(crate) fn completed<'a>(
    last: &'a Last,
    organization: &'a str,
    summary: &Summary,
    sent: &Sent,
    report: &str,
) -> News<'a> {
    let Summary { findings, opened, changed, closed, unknown } = *summary;
    News {
        what: DetailType::AuditCompleted,
        review_id: &last.review_id,
        organization,
        message: format!(
            "{} open findings: {} critical, {} high, {} medium, {} low; {opened} opened, {closed} closed; {unknown} things could not be seen",
            findings.sum(),
            findings.critical,
            findings.high,
            findings.medium,
            findings.low,
        ),
        extra: json!({"complete": true, "findings": findings, "opened": opened, "changed": changed, "closed": closed,
            "unknown": unknown, "events_left_out": sent.left_out, "report": report, "manifest_sha256": last.sha256}),
    }
}

/// Sends the event of a whole review, or of one that must be gone on with; gives back how many were lost.
pub(crate) async fn whole(bus: &EventBus, news: News<'_>, end: Instant) -> u32 {
    let News { what, review_id, organization, message, extra } = news;
    let mut members = Map::new();
    members.insert("review_id".to_owned(), json!(review_id));
    if let Value::Object(more) = extra {
        members.extend(more);
    }
    // A review may stop several times: each is news.
    let times = members.get("times").map(Value::to_string).unwrap_or_default();
    let detail = Detail {
        version: 1,
        id: event_id(what, &[review_id, &times]),
        function: FUNCTION,
        organization: Some(organization.to_owned()),
        message,
        extra: members,
        ..Detail::default()
    };
    bus.put_all(&[(what, detail)], end).await
}
