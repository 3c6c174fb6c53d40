//! How much was sent with a key.

use jiff::Timestamp;
use serde::Deserialize;

use crate::api::Api;
use crate::body;
use crate::call::Call;
use crate::error::Error;
use crate::project::Project;

const OPERATION: &str = "GET /projects/{org}/{project}/keys/{key}/stats/";

/// How long the span of one count is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl Resolution {
    /// Sentry's name for it; it refuses others, such as `1m` (facts/sentry-23.7.1-observed.md, A3.33).
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }
}

/// How many errors arrived with a key in one span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct KeyCount {
    /// The span's beginning, in Unix seconds.
    #[serde(rename = "ts")]
    pub start: i64,
    /// The errors that were accepted, limited or filtered: whoever is limited sends as well.
    #[serde(rename = "total")]
    pub events: u64,
}

impl Api<'_> {
    /// How many errors arrived with a key, active or not, in each hour or day from `since` to `until`, to the second.
    ///
    /// It counts errors alone: a key that sends transactions, replays, sessions, logs or profiles and nothing else
    /// shows zero (A3.33), as does one that ingestion already refuses (facts/sentry-api.md section 1.7). So zero is not
    /// "unused", and a list that lacks a span, or is empty, says nothing of it.
    ///
    /// # Errors
    /// [`Error`]: [`crate::Kind::NotFound`] where the project has no such key, [`crate::Kind::Rejected`] also where
    /// Sentry's store of counts is out of order, which it says with a 400.
    pub async fn key_stats(
        &self,
        project: &Project,
        id: &str,
        since: Timestamp,
        until: Timestamp,
        resolution: Resolution,
    ) -> Result<Vec<KeyCount>, Error> {
        let (since, until) = (since.as_second().to_string(), until.as_second().to_string());
        let segments = ["projects", &project.organization.slug, &project.slug, "keys", id, "stats"];
        let query = [("since", since.as_str()), ("until", until.as_str()), ("resolution", resolution.as_str())];
        let call = Call { query: &query, ..Call::get(OPERATION, &segments) };
        body::json(OPERATION, self.send(&call).await?).await
    }
}
