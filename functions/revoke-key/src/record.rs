//! What a revocation leaves behind: records in the ledger, an event. Missing evidence never blocks it.

use function_kit::{Detail, DetailType, EventBus, event_id};
use key_lifecycle::{Answer, Class, Grade, History, Kind, Phase};
use retirement::{Draft, Ledger, LedgerError, Subject, Written};
use tokio::time::Instant;

/// The name of this function in events, metrics and records.
pub(crate) const FUNCTION: &str = "revoke-key";

/// What is to be written down.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) subject: Subject,
    pub(crate) class: Class,
    pub(crate) reason: String,
    /// Whether this invocation disabled the key, or found it so.
    pub(crate) disabled_here: bool,
    pub(crate) gone: bool,
    pub(crate) grade: Option<Grade>,
}

/// Writes what was done and is not on record yet. Gives back what all records add up to.
///
/// Another revocation, or a run of retirement, may write at the same time: whoever is overtaken tries again, for as long as
/// the caller waits.
pub(crate) async fn write(ledger: Ledger<'_>, deed: &Deed) -> Result<History, LedgerError> {
    let Subject { secret_arn, key_id, .. } = &deed.subject;
    let mut history = ledger.load(secret_arn, key_id).await?.history;
    // Whose key it is was decided when it was first seen; a label that was edited since says less.
    let class = history.class.unwrap_or(deed.class);
    for draft in drafts(deed, class) {
        while !is_on_record(&history, &draft) {
            match ledger.append(&deed.subject, &mut history, draft.clone()).await? {
                Written::Yes => break,
                Written::Overtaken => history = ledger.load(secret_arn, key_id).await?.history,
            }
        }
    }
    Ok(history)
}

fn is_on_record(history: &History, draft: &Draft) -> bool {
    match draft.kind {
        // The reason is to be on record once, whoever disabled the key.
        Kind::Disabled => draft.attempt == 0 && history.phase == Phase::Disabled && history.revoked,
        Kind::Proven => history.proven.map(|proven| proven.grade) >= draft.grade,
        Kind::Deleted => history.phase == Phase::Deleted,
        Kind::Current
        | Kind::Superseded
        | Kind::Quiet
        | Kind::Disabling
        | Kind::Refused
        | Kind::Deleting
        | Kind::Reinstated
        | Kind::Orphan
        | Kind::Adopted
        | Kind::Abandoned => false,
    }
}

fn drafts(deed: &Deed, class: Class) -> Vec<Draft> {
    let why = format!("revoked: {}", deed.reason);
    let mut drafts = Vec::new();
    if deed.gone {
        drafts.push(Draft::found(Kind::Deleted, class, format!("{why}; it did not exist any more")));
        return drafts;
    }
    let attempt = u32::from(deed.disabled_here);
    let answer = deed.disabled_here.then_some(Answer { status: Some(200), request_id: None });
    drafts.push(Draft { attempt, answer, ..Draft::found(Kind::Disabled, class, why) });
    if let Some(grade) = deed.grade {
        let proven = match grade {
            Grade::Object => "Sentry shows it as disabled",
            Grade::Question => "Sentry says that no active key has its DSN, and that the current key's is alive",
            Grade::Ingestion => "ingestion refuses it lastingly",
        };
        let found = Draft::found(Kind::Proven, class, proven.to_owned());
        drafts.push(Draft { grade: Some(grade), ..found });
    }
    drafts
}

/// What the event says.
#[derive(Debug, Clone, Default)]
pub(crate) struct News {
    pub(crate) secret_arn: String,
    pub(crate) version_id: String,
    pub(crate) organization: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) key_id: String,
    pub(crate) message: String,
    pub(crate) owner: Option<String>,
    pub(crate) evidence: Option<String>,
}

/// Sends the event `Key Revoked`; gives back whether it was lost.
pub(crate) async fn tell(bus: &EventBus, end: Instant, news: News) -> bool {
    let what = DetailType::KeyRevoked;
    let detail = Detail {
        version: 1,
        id: event_id(what, &[&news.secret_arn, &news.key_id]),
        function: FUNCTION,
        secret_arn: news.secret_arn,
        version_id: news.version_id,
        organization: news.organization,
        project: news.project,
        key_id: Some(news.key_id),
        code: None,
        message: news.message,
        owner: news.owner,
        evidence: news.evidence,
        ..Detail::default()
    };
    bus.put(what, &detail, end).await
}
