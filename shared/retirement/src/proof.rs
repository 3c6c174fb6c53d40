//! Proof of death.

use sentry_client::{Answer, Api, Dsn, Error, Probe, Project};

/// What ingestion says to a key that should be dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It refuses the key.
    Refused,
    /// It takes what the key sends, perhaps only because it has not looked the key up: that proves nothing.
    Accepted,
    /// It cannot be asked.
    Inconclusive,
}

/// Whether the DSN question proves the death: Sentry says that no active key has this DSN, and says of the current key's,
/// asked right after it in the same way, that it is alive.
///
/// # Errors
/// Only that the deadline is near.
pub async fn ask_question(
    api: &Api<'_>,
    project: &Project,
    dead: Option<&Dsn>,
    alive: Option<&Dsn>,
) -> Result<bool, Error> {
    let (Some(dead), Some(alive)) = (dead, alive) else {
        return Ok(false);
    };
    if dead.key_id() == alive.key_id() || api.ask_dsn(project, dead).await? != Answer::Dead {
        return Ok(false);
    }
    Ok(api.ask_dsn(project, alive).await? == Answer::Alive)
}

/// Asks ingestion, at the host that Sentry names for this key.
///
/// # Errors
/// Only that the deadline is near.
pub async fn ask_ingestion(api: &Api<'_>, dsn: &Dsn) -> Result<Refusal, Error> {
    Ok(match api.probe(dsn).await? {
        Probe::Refused | Probe::RefusedForNow => Refusal::Refused,
        Probe::Accepted => Refusal::Accepted,
        Probe::Inconclusive => Refusal::Inconclusive,
    })
}
