//! What a run says of itself: a row for each key, and their counts.

use std::collections::BTreeMap;

use evidence_store::EvidenceStore;
use function_kit::Failure;
use function_kit::metrics::{Metrics, Unit};
use key_lifecycle::{Action, Code, Grade, History, Ownership, State, Traffic};
use sentry_binding::Scope;
use serde::Serialize;
use serde_json::{Value, json};

use crate::state::unavailable;

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Became {
    /// There was none to take.
    None,
    /// It was taken.
    Done,
    /// It would be, if the policy's mode were `act`.
    Observed,
    /// It was tried and did not succeed: the next run goes on.
    Failed,
    /// It was taken and taken back at once: the key had become current in the meantime.
    Undone,
}

/// The proof of a key's death.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Proof {
    pub(crate) grade: Grade,
    pub(crate) at: String,
}

impl Proof {
    pub(crate) fn of(history: &History) -> Option<Self> {
        history.proven.map(|proven| Self { grade: proven.grade, at: proven.at.to_string() })
    }
}

/// What is said of one key.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) key_id: String,
    pub(crate) secret_arn: Option<String>,
    pub(crate) project: String,
    pub(crate) ownership: Ownership,
    pub(crate) state: State,
    pub(crate) action: Option<Action>,
    pub(crate) result: Became,
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Code>,
    /// What a person can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
    pub(crate) proof: Option<Proof>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traffic: Option<TrafficRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ledger: Option<LedgerRow>,
}

/// How much has moved to the new key, and what remains, per day.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TrafficRow {
    pub(crate) moved_percent: Option<u64>,
    #[serde(flatten)]
    pub(crate) traffic: Traffic,
}

impl TrafficRow {
    /// How much has moved and what remains, in words.
    pub(crate) fn sentence(&self) -> Option<String> {
        let (old, new) = self.traffic.sums();
        let moved = self.moved_percent?;
        Some(format!("{moved} % of the events have moved to the new key ({old} by the old one, {new} by the new one)"))
    }
}

/// The days that an event tells of; the row of the key has them all.
const LAST_DAYS: usize = 7;

impl TrafficRow {
    /// What the two keys sent on each of the last days, in words.
    pub(crate) fn by_day(&self) -> Option<String> {
        let days = &self.traffic.days;
        let last = days.get(days.len().saturating_sub(LAST_DAYS)..).filter(|days| !days.is_empty())?;
        let said: Vec<String> =
            last.iter().map(|day| format!("{} {} old, {} new", day.day, day.old, day.new)).collect();
        Some(format!("by day: {}", said.join("; ")))
    }
}

/// The newest record of the key, so that a ledger that lost its end can be told from a whole one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LedgerRow {
    pub(crate) sequence: u32,
    pub(crate) sha256: String,
}

/// A secret of which nobody knows which project it belongs to, for its value cannot be read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Unplaced {
    pub(crate) secret_arn: String,
    pub(crate) why: String,
}

/// The rows of a run, in the form in which they are stored, and what they add up to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<u8>,
    count: usize,
    ownership: BTreeMap<&'static str, u64>,
    state: BTreeMap<&'static str, u64>,
    action: BTreeMap<&'static str, u64>,
    unplaced: Vec<Unplaced>,
    pub(crate) superseded: u32,
    pub(crate) still_in_use: u32,
    pub(crate) awaiting_proof: u32,
    pub(crate) proof_overdue: u32,
    pub(crate) orphans: u32,
    pub(crate) frozen: u32,
    pub(crate) disabled: u32,
    pub(crate) deleted: u32,
    pub(crate) failed: u32,
}

impl Report {
    pub(crate) fn add(&mut self, row: &Row) -> Result<(), Failure> {
        *self.ownership.entry(row.ownership.as_str()).or_default() += 1;
        *self.state.entry(row.state.as_str()).or_default() += 1;
        *self.action.entry(row.action.map_or("none", Action::as_str)).or_default() += 1;
        self.superseded += u32::from(matches!(row.state, State::Superseded | State::Draining));
        self.still_in_use += u32::from(row.state == State::StillInUse);
        let proven = row.proof.as_ref().map(|proof| proof.grade);
        // A proof that cannot get any better is not waited for.
        let asked = matches!(row.action, Some(Action::Prove | Action::Disable));
        self.awaiting_proof += u32::from(row.state == State::Disabled && asked && proven != Some(Grade::Ingestion));
        self.proof_overdue += u32::from(row.code == Some(Code::ProofOverdue));
        self.orphans += u32::from(row.ownership == Ownership::Orphan && row.state != State::Disabled);
        self.frozen += u32::from(row.state == State::Frozen);
        let done = row.result == Became::Done;
        self.disabled += u32::from(done && row.action == Some(Action::Disable));
        self.deleted += u32::from(done && row.action == Some(Action::Delete));
        self.failed += u32::from(row.result == Became::Failed);
        let before: &[u8] = if self.count > 0 { b",\n" } else { b"{\"rows\":[\n" };
        self.rows.extend(before);
        self.count += 1;
        serde_json::to_writer(&mut self.rows, row).map_err(|_its_text_is_not_needed| {
            Failure::new("Internal.Defect", "a row of the run's record cannot be written as JSON")
        })
    }

    /// Tells of a secret whose keys, if it has any, are in no row: it counts among what is frozen.
    pub(crate) fn add_unplaced(&mut self, unplaced: Unplaced) {
        self.frozen += 1;
        self.unplaced.push(unplaced);
    }

    /// Whether every secret that was looked at has its project.
    pub(crate) fn all_are_placed(&self) -> bool {
        self.unplaced.is_empty()
    }

    /// The counts, by word.
    pub(crate) fn counts(&self) -> Value {
        json!({"ownership": self.ownership, "state": self.state, "action": self.action})
    }

    /// Stores the record of the run: what the reply says, the rows, and whether it was about one secret.
    pub(crate) async fn save(
        mut self,
        store: &EvidenceStore,
        name: &str,
        head: &Value,
        scope: &Scope,
    ) -> Result<(), Failure> {
        let mut bytes = std::mem::take(&mut self.rows);
        if self.count == 0 {
            bytes.extend(b"{\"rows\":[");
        }
        bytes.extend(b"\n],\"unplaced\":");
        bytes.extend(json!(self.unplaced).to_string().bytes());
        let secret_id = match scope {
            Scope::All => None,
            Scope::Secret(id) => Some(id),
        };
        bytes.extend(b",\"secret_id\":");
        bytes.extend(json!(secret_id).to_string().bytes());
        bytes.push(b',');
        // The members of the reply come after the rows: those may be many, and are not moved again.
        bytes.extend(head.to_string().bytes().skip(1));
        bytes.push(b'\n');
        store.put(name, bytes).await.map_err(unavailable)
    }

    pub(crate) fn add_metrics(&self, metrics: &mut Metrics) {
        let counts = [
            ("KeysSuperseded", self.superseded),
            ("KeysStillInUse", self.still_in_use),
            ("KeysAwaitingProof", self.awaiting_proof),
            ("ProofOverdue", self.proof_overdue),
            ("OrphanKeys", self.orphans),
            ("KeysFrozen", self.frozen),
            ("KeysDisabled", self.disabled),
            ("KeysDeleted", self.deleted),
            ("ActionsFailed", self.failed),
        ];
        for (name, count) in counts {
            metrics.add(name, Unit::Count, f64::from(count));
        }
    }
}
