//! Lifecycle events of a rotation.

use function_kit::{Detail, DetailType, EventBus, Failure, event_id};
use tokio::time::Instant;

use crate::event::RotationEvent;
use crate::world::Seen;

/// The name of this function in events, metrics and logs.
pub(crate) const FUNCTION: &str = "rotate-client-key";

/// Sends the events of one invocation and counts those that were lost.
pub(crate) struct Notifier<'a> {
    pub(crate) bus: &'a EventBus,
    pub(crate) event: &'a RotationEvent,
    /// By when the last event must be sent or lost.
    pub(crate) end: Instant,
    pub(crate) lost: u32,
}

impl Notifier<'_> {
    /// A rotation stored a new key.
    pub(crate) async fn key_created(&mut self, seen: &Seen) {
        let project = seen.located.as_ref().map(|located| located.project.slug.as_str()).unwrap_or_default();
        self.put(DetailType::KeyCreated, seen, None, format!("a new client key of the project {project} is pending"))
            .await;
        if let Some(former) = &seen.renamed_from {
            let message = format!("the project {former} is called {project} now; the pending value says so");
            self.put(DetailType::ProjectRenamed, seen, None, message).await;
        }
    }

    /// The new key is what applications read.
    pub(crate) async fn key_promoted(&mut self, seen: &Seen) {
        let message =
            "applications that read the secret get the new client key from now on; the superseded one stays enabled";
        self.put(DetailType::KeyPromoted, seen, None, message.to_owned()).await;
    }

    /// A step stopped.
    pub(crate) async fn refused(&mut self, seen: &Seen, failure: &Failure) {
        self.put(DetailType::RotationRefused, seen, Some(failure.code()), failure.sentence().to_owned()).await;
    }

    async fn put(&mut self, what: DetailType, seen: &Seen, code: Option<&'static str>, message: String) {
        let secret_arn = seen.description.as_ref().map_or(&self.event.secret_id, |description| &description.arn);
        let located = seen.located.as_ref().map(|located| &located.project);
        let (organization, project) = match located {
            Some(project) => (Some(project.organization.slug.clone()), Some(project.slug.clone())),
            None => seen.promoted_names.clone().unwrap_or_default(),
        };
        let detail = Detail {
            version: 1,
            id: event_id(what, &[secret_arn, &self.event.version_id, code.unwrap_or_default()]),
            function: FUNCTION,
            secret_arn: secret_arn.clone(),
            version_id: self.event.version_id.clone(),
            organization,
            project,
            key_id: seen.key_id.clone(),
            code,
            message,
            owner: seen.description.as_ref().and_then(|description| description.tags.get("sentry:owner")).cloned(),
            ..Detail::default()
        };
        self.lost += u32::from(self.bus.put(what, &detail, self.end).await);
    }
}
