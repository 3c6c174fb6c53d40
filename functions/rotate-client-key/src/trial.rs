//! Trying a key: Sentry is asked about its DSN, and ingestion gets a probe.

use std::time::Duration;

use rotation::{Ingestion, Question, Trial};
use sentry_client::{Answer, Api, Dsn, Error, Probe, Project};
use tokio::time::{Instant, sleep};

/// How long ingestion may refuse a key that Sentry knows: a miss is cached for 60 seconds, and the news takes a few more
/// (facts/sentry-api.md section 2.2).
const PATIENCE: Duration = Duration::from_secs(75);

/// How often a refusal is questioned.
const INTERVAL: Duration = Duration::from_secs(5);

/// What is kept back before the deadline.
const RESERVE: Duration = Duration::from_secs(10);

pub(crate) async fn try_key(api: &Api<'_>, project: &Project, dsn: &Dsn, deadline: Instant) -> Result<Trial, Error> {
    let question = match api.ask_dsn(project, dsn).await? {
        Answer::Alive => Question::Alive,
        Answer::Dead => Question::Dead,
        Answer::Unknown => Question::Unknown,
    };
    // The question settles it: no refusal needs waiting for.
    if question == Question::Dead {
        return Ok(Trial::Done(question, Ingestion::Inconclusive));
    }
    Ok(Trial::Done(question, probe(api, dsn, deadline).await?))
}

async fn probe(api: &Api<'_>, dsn: &Dsn, deadline: Instant) -> Result<Ingestion, Error> {
    let now = Instant::now();
    let end = (now + PATIENCE).min(deadline.checked_sub(RESERVE).unwrap_or(now));
    loop {
        match api.probe(dsn).await? {
            Probe::Accepted => return Ok(Ingestion::Accepted),
            Probe::Refused => return Ok(Ingestion::Refused),
            Probe::Inconclusive => return Ok(Ingestion::Inconclusive),
            Probe::RefusedForNow if Instant::now() + INTERVAL > end => return Ok(Ingestion::Refused),
            Probe::RefusedForNow => {
                tracing::info!("ingestion does not know the key yet; asking again in {} s", INTERVAL.as_secs());
                sleep(INTERVAL).await;
            }
        }
    }
}
