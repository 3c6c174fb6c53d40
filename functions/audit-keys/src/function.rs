//! The function: what outlives an invocation, and what each kind of event asks for.

use evidence_store::EvidenceStore;
use function_kit::boot::Invocation;
use function_kit::{Deadline, EventBus, Failure};
use jiff::Timestamp;
use secret_store::SecretStore;
use sentry_client::Client;
use serde_json::Value;
use tokio::time::Instant;

use crate::config::Config;
use crate::event::Request;
use crate::run::Run;
use crate::sign;

/// Everything that outlives an invocation.
#[derive(Debug)]
pub struct Function {
    pub(crate) config: Config,
    pub(crate) store: SecretStore,
    pub(crate) sentry: Client,
    pub(crate) evidence: EvidenceStore,
    pub(crate) events: EventBus,
    clock: fn() -> Timestamp,
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
        let (started, now) = (Instant::now(), (self.clock)());
        let deadline = Deadline::from_unix_millis(invocation.deadline, now);
        let scope = match Request::read(&invocation.event)? {
            Request::Review(scope) => scope,
            Request::Sign(signature) => {
                return sign::sign(&self.config, &self.evidence, &signature, &invocation.request_id, now).await;
            }
        };
        let mut run = Run::begin(self, &scope, &invocation.request_id, deadline, now).await?;
        let reply = Box::pin(run.review()).await?;
        run.said.measure((self.clock)(), started.elapsed());
        Ok(reply)
    }
}
