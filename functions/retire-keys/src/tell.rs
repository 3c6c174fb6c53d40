//! Lifecycle events of a run.

use function_kit::{Detail, DetailType, EventBus, event_id};
use key_lifecycle::{Code, Kind};
use tokio::time::Instant;

/// The name of this function in events, metrics and records.
pub(crate) const FUNCTION: &str = "retire-keys";

/// What an event is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) secret_arn: String,
    pub(crate) version_id: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) key_id: String,
    pub(crate) owner: Option<String>,
    /// The digest of the newest record of the key.
    pub(crate) evidence: Option<String>,
}

/// Sends events and counts those that were lost.
#[derive(Debug)]
pub(crate) struct Teller<'a> {
    pub(crate) bus: &'a EventBus,
    pub(crate) end: Instant,
    pub(crate) lost: u32,
}

/// The event of a record, if it has one.
pub(crate) fn event_of(kind: Kind, attempt: u32) -> Option<DetailType> {
    match kind {
        Kind::Superseded => Some(DetailType::KeySuperseded),
        Kind::Disabled => Some(DetailType::KeyDisabled),
        Kind::Proven => Some(DetailType::KeyProvenDead),
        Kind::Deleted => Some(DetailType::KeyDeleted),
        Kind::Reinstated => Some(DetailType::KeyReinstated),
        Kind::Orphan => Some(DetailType::KeyOrphaned),
        Kind::Adopted => Some(DetailType::KeyAdopted),
        Kind::Abandoned => Some(DetailType::KeyAbandoned),
        // Enabled again, since it had become current.
        Kind::Current if attempt > 0 => Some(DetailType::KeyReinstated),
        Kind::Current | Kind::Quiet | Kind::Disabling | Kind::Refused | Kind::Deleting => None,
    }
}

impl Teller<'_> {
    /// Sends one event. `once` makes repetitions of the same fact recognisable: the digest of a record, or a day.
    pub(crate) async fn tell(
        &mut self,
        what: DetailType,
        about: &About,
        once: &str,
        code: Option<Code>,
        message: &str,
    ) {
        let detail = Detail {
            version: 1,
            id: event_id(what, &[&about.secret_arn, &about.key_id, once]),
            function: FUNCTION,
            secret_arn: about.secret_arn.clone(),
            version_id: about.version_id.clone().unwrap_or_default(),
            organization: about.organization.clone(),
            project: about.project.clone(),
            key_id: Some(about.key_id.clone()),
            code: code.map(Code::as_str),
            message: message.to_owned(),
            owner: about.owner.clone(),
            evidence: about.evidence.clone(),
            ..Detail::default()
        };
        self.lost += u32::from(self.bus.put(what, &detail, self.end).await);
    }
}
