//! What tests see of ingestion, and how they bend it.

use super::Sentry;
use super::ingest::{Ingest, IngestedEvent};

impl Sentry {
    /// Every envelope that was accepted for good. One that was answered 200 while its key was not looked up yet, and
    /// whose key then proved to be no good, is not among them.
    #[must_use]
    pub fn events(&self) -> Vec<IngestedEvent> {
        self.state().ingestion.events.clone()
    }

    /// The number of envelopes that were answered 401 or 403.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.state().ingestion.refused
    }

    /// Sets how ingestion behaves.
    pub fn set_ingest(&self, ingest: Ingest) {
        self.state().ingestion.settings = ingest;
    }

    /// Lets ingestion learn at once what changed, whatever the delay.
    pub fn refresh_ingest_cache(&self) {
        self.state().refresh_ingest_cache();
    }

    /// Lets ingestion answer exactly this for a key; `None` ends that. What is sent meanwhile is not stored.
    pub fn refuse_ingest(&self, key_id: &str, answer: Option<(u16, String)>) {
        self.state().ingestion.dictated.entry(key_id.to_owned()).or_default().always = answer;
    }

    /// Lets ingestion give these answers to the next requests of a key, one each; then it judges by itself again.
    pub fn set_ingest_answers(&self, key_id: &str, answers: Vec<(u16, String)>) {
        self.state().ingestion.dictated.entry(key_id.to_owned()).or_default().queue = answers.into();
    }
}
