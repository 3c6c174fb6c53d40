//! What one run works with, and where it stops.

use std::collections::{BTreeMap, BTreeSet};

use function_kit::Failure;
use jiff::Timestamp;
use retirement::{Ledger, LedgerError};
use secret_store::SecretStore;
use sentry_binding::Remembered;
use sentry_client::{Api, Client, Project};
use tokio::time::Instant;

use crate::config::Config;
use crate::inventory::Inventory;
use crate::report::Report;
use crate::state::State;
use crate::tell::Teller;

/// Why a run ends before its end.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Its time is nearly over, or Sentry's limits are: the next run goes on where this one stopped.
    Time,
    /// It cannot go on.
    Failure(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        Self::Failure(error.into())
    }
}

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) config: &'a Config,
    pub(crate) store: &'a SecretStore,
    pub(crate) sentry: &'a Client,
    /// Leaves a part of Sentry's limits to rotation.
    pub(crate) api: &'a Api<'a>,
    /// Leaves nothing: for a key that applications need back.
    pub(crate) urgent: &'a Api<'a>,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) teller: Teller<'a>,
    pub(crate) remembered: &'a Remembered,
    pub(crate) inventory: &'a Inventory,
    pub(crate) now: Timestamp,
    pub(crate) end: Instant,
    pub(crate) state: &'a mut State,
    pub(crate) report: Report,
    /// Why a value cannot be read, with the project that its secret belongs to, where that is known.
    pub(crate) unreadable: Vec<(Option<u64>, String)>,
    /// Secrets with keys on record in a project other than the one of their current DSN.
    pub(crate) elsewhere: BTreeMap<u64, BTreeSet<String>>,
    /// The projects that the token sees, once they were asked for.
    pub(crate) listed: Option<Vec<Project>>,
}
