//! Reading and writing a key's chain of records in the evidence bucket.

use evidence_store::{EvidenceStore, Put};
use function_kit::Failure;
use jiff::Timestamp;
use key_lifecycle::{
    Answer, Broken, Class, Entry, Grade, Head, History, Kind, Record, check_chain, check_head, ledger_folder,
    next_head, object_key, secret_arn_of,
};

/// The ledger, as one invocation of a function writes it.
#[derive(Debug, Clone, Copy)]
pub struct Ledger<'a> {
    /// The evidence bucket.
    pub store: &'a EvidenceStore,
    /// The name of the function.
    pub function: &'static str,
    /// The invocation.
    pub request_id: &'a str,
    /// The time of day.
    pub clock: fn() -> Timestamp,
}

/// Which key a record is about, and by what it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The secret.
    pub secret_arn: String,
    /// The version that holds the key, or whose mark it bears.
    pub version_id: Option<String>,
    /// The numeric id of the project.
    pub project_id: u64,
    /// The key id.
    pub key_id: String,
}

/// What a record shall say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What happened.
    pub kind: Kind,
    /// Whose key it is.
    pub class: Class,
    /// Why, for people.
    pub why: String,
    /// What the call that it tells of was answered.
    pub answer: Option<Answer>,
    /// Which attempt of ours it is, from 1; 0 where it only tells what was found.
    pub attempt: u32,
    /// The grade of a proof.
    pub grade: Option<Grade>,
    /// The ticket of the consent under which it is done.
    pub ticket: Option<String>,
}

impl Draft {
    /// What was found, without anything done.
    #[must_use]
    pub fn found(kind: Kind, class: Class, why: String) -> Self {
        Self { kind, class, why, answer: None, attempt: 0, grade: None, ticket: None }
    }
}

/// A key's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// What it adds up to.
    pub history: History,
    /// Its newest record.
    pub last: Option<Record>,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is the newest of its chain.
    Yes,
    /// Somebody else has written to this chain since it was read: read it again.
    Overtaken,
}

/// The ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The evidence bucket did not do what it was asked.
    #[error(transparent)]
    Store(#[from] evidence_store::Error),
    /// A chain is not what this system wrote.
    #[error("{folder}: {broken}")]
    Broken {
        /// Where the chain lies.
        folder: String,
        /// What is wrong with it.
        broken: Broken,
    },
    /// A record has no form in JSON: a defect.
    #[error("a record cannot be written as JSON")]
    Unwritable,
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let sentence = match &error {
            LedgerError::Store(_) => {
                "the ledger in the evidence bucket cannot be used, and nothing is done to a key that is not on record: check EVIDENCE_BUCKET and the function's role"
            }
            LedgerError::Broken { .. } => {
                "a key's records in the evidence bucket were altered or are incomplete: see who changed them, with scripts/verify-ledger.sh and the bucket's versions"
            }
            LedgerError::Unwritable => "a record cannot be written: a defect of this function",
        };
        Self::new("Retirement.LedgerUnavailable", sentence).because(error)
    }
}

impl Ledger<'_> {
    /// Reads a key's whole chain, and checks every link of it.
    ///
    /// # Errors
    /// [`LedgerError`]; a chain without any record is none.
    pub async fn load(&self, secret_arn: &str, key_id: &str) -> Result<Chain, LedgerError> {
        self.load_after(secret_arn, key_id, None).await
    }

    /// The same, and checks that the chain still has the record that was its newest when it was remembered: nothing in a
    /// chain protects its end.
    ///
    /// # Errors
    /// [`LedgerError`]; a chain without any record is none.
    pub async fn load_after(
        &self,
        secret_arn: &str,
        key_id: &str,
        remembered: Option<&Head>,
    ) -> Result<Chain, LedgerError> {
        let folder = ledger_folder(secret_arn, key_id);
        let objects = self.objects(&folder).await?;
        if let Some(remembered) = remembered {
            check_head(&entries(&objects), remembered)
                .map_err(|broken| LedgerError::Broken { folder: folder.clone(), broken })?;
        }
        chain(secret_arn, key_id, folder, &objects)
    }

    /// Reads the chain of a key of which only the place in the ledger is known; `None` where there is none.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn load_stranger(&self, suffix: &str, key_id: &str) -> Result<Option<Chain>, LedgerError> {
        let folder = format!("ledger/{suffix}/{key_id}/");
        let objects = self.objects(&folder).await?;
        let Some((sequence, bytes)) = objects.first() else {
            return Ok(None);
        };
        let Some(arn) = secret_arn_of(bytes) else {
            return Err(LedgerError::Broken { folder, broken: Broken::Unreadable(*sequence) });
        };
        chain(&arn, key_id, folder, &objects).map(Some)
    }

    async fn objects(&self, folder: &str) -> Result<Vec<(u32, Vec<u8>)>, LedgerError> {
        let broken = |broken| LedgerError::Broken { folder: folder.to_owned(), broken };
        let mut objects = Vec::new();
        for name in self.store.keys(folder).await? {
            let number = name.strip_prefix(folder).and_then(|name| name.strip_suffix(".json"));
            let Some(sequence) = number.filter(|digits| digits.len() == 8).and_then(|digits| digits.parse().ok())
            else {
                return Err(broken(Broken::Misplaced(0)));
            };
            let bytes = self.store.get(&name).await?.ok_or_else(|| broken(Broken::Missing(sequence)))?;
            objects.push((sequence, bytes));
        }
        Ok(objects)
    }

    /// Writes the next record of a key's chain, which `history` is the sum of, and adds it to that.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing may be done to the key then.
    pub async fn append(&self, subject: &Subject, history: &mut History, draft: Draft) -> Result<Written, LedgerError> {
        let sequence = history.head.as_ref().map_or(1, |head| head.sequence.saturating_add(1));
        let record = Record {
            version: 1,
            sequence,
            previous: history.head.as_ref().map(|head| head.sha256.clone()),
            time: (self.clock)(),
            function: self.function.to_owned(),
            request_id: self.request_id.to_owned(),
            kind: draft.kind,
            secret_arn: subject.secret_arn.clone(),
            version_id: subject.version_id.clone(),
            project_id: subject.project_id,
            key_id: subject.key_id.clone(),
            class: draft.class,
            why: draft.why,
            answer: draft.answer,
            attempt: draft.attempt,
            grade: draft.grade,
            ticket: draft.ticket,
        };
        let bytes = record.to_bytes().map_err(|_its_text_is_not_needed| LedgerError::Unwritable)?;
        let head = next_head(sequence, &bytes);
        let name = object_key(&subject.secret_arn, &subject.key_id, sequence);
        match self.store.put_new(&name, bytes).await {
            Ok(Put::Written) => {
                history.add(&record);
                history.head = Some(head);
                Ok(Written::Yes)
            }
            Ok(Put::Exists) => Ok(Written::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}

fn entries(objects: &[(u32, Vec<u8>)]) -> Vec<Entry<'_>> {
    objects.iter().map(|(sequence, bytes)| Entry { sequence: *sequence, bytes }).collect()
}

fn chain(secret_arn: &str, key_id: &str, folder: String, objects: &[(u32, Vec<u8>)]) -> Result<Chain, LedgerError> {
    let entries = entries(objects);
    let mut records =
        check_chain(secret_arn, key_id, &entries).map_err(|broken| LedgerError::Broken { folder, broken })?;
    let head = entries.last().map(|last| next_head(last.sequence, last.bytes));
    Ok(Chain { history: History::of(&records, head), last: records.pop() })
}
