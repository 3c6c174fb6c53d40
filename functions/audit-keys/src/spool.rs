//! The parts of a report, on disk while they grow: memory stays flat however large the organization is.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, create_dir_all, remove_dir_all};
use std::io::{BufRead as _, BufReader, BufWriter, Result, Write as _, copy};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::table::{self, Row};

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Own,
    ClientKeys,
    Tokens,
    Integrations,
    Secrets,
    Findings,
    Unknowns,
    Undecided,
    Changes,
    InventoryTable,
    FindingsTable,
    EventsCritical,
    EventsHigh,
    EventsMedium,
    EventsLow,
}

impl Part {
    pub(crate) const ALL: [Self; 15] = [
        Self::Own,
        Self::ClientKeys,
        Self::Tokens,
        Self::Integrations,
        Self::Secrets,
        Self::Findings,
        Self::Unknowns,
        Self::Undecided,
        Self::Changes,
        Self::InventoryTable,
        Self::FindingsTable,
        Self::EventsCritical,
        Self::EventsHigh,
        Self::EventsMedium,
        Self::EventsLow,
    ];

    /// Its file.
    pub(crate) const fn file_name(self) -> &'static str {
        match self {
            Self::Own => "self.jsonl",
            Self::ClientKeys => "client_keys.jsonl",
            Self::Tokens => "tokens.jsonl",
            Self::Integrations => "integrations.jsonl",
            Self::Secrets => "secrets.jsonl",
            Self::Findings => "findings.jsonl",
            Self::Unknowns => "unknown.jsonl",
            Self::Undecided => "undecided.jsonl",
            Self::Changes => "changes.jsonl",
            Self::InventoryTable => "inventory.csv",
            Self::FindingsTable => "findings.csv",
            Self::EventsCritical => "events-critical.jsonl",
            Self::EventsHigh => "events-high.jsonl",
            Self::EventsMedium => "events-medium.jsonl",
            Self::EventsLow => "events-low.jsonl",
        }
    }
}

/// The parts that were begun.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    files: BTreeMap<Part, BufWriter<File>>,
}

impl Spool {
    /// An empty folder. What processes left that were killed in the middle is removed: it would fill the disk.
    pub(crate) fn begin(folder: &Path) -> Result<Self> {
        clear_left_over(folder)?;
        clear(folder)?;
        create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), files: BTreeMap::new() })
    }

    /// Where a part is, whether it was begun or not.
    pub(crate) fn path(&self, part: Part) -> PathBuf {
        self.folder.join(part.file_name())
    }

    /// The folder, for what else is written on the way.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&mut self, part: Part) -> Result<(&mut BufWriter<File>, bool)> {
        let mut is_new = false;
        if !self.files.contains_key(&part) {
            let path = self.path(part);
            is_new = !path.exists();
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            self.files.insert(part, BufWriter::new(file));
        }
        let file = self.files.get_mut(&part).ok_or_else(|| std::io::Error::other("the part is not open"))?;
        Ok((file, is_new))
    }

    /// Adds one JSON value on a line of its own.
    pub(crate) fn line(&mut self, part: Part, value: &impl Serialize) -> Result<()> {
        let (file, _) = self.file(part)?;
        serde_json::to_writer(&mut *file, value)?;
        file.write_all(b"\n")
    }

    /// Adds one row.
    pub(crate) fn row<R: Row>(&mut self, part: Part, row: &R) -> Result<()> {
        let (file, is_new) = self.file(part)?;
        table::write(file, row, is_new)
    }

    /// Writes out what is still in memory.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.files.values_mut().try_for_each(BufWriter::flush)
    }

    /// The parts that have something in them.
    pub(crate) fn begun(&self) -> Vec<Part> {
        Part::ALL.into_iter().filter(|part| self.path(*part).exists()).collect()
    }

    /// Copies the lines of a part as the members of a JSON array.
    pub(crate) fn array(&self, part: Part, to: &mut BufWriter<File>) -> Result<()> {
        to.write_all(b"[")?;
        let path = self.path(part);
        if path.exists() {
            let mut before: &[u8] = b"\n";
            for line in BufReader::new(File::open(path)?).split(b'\n') {
                to.write_all(before)?;
                to.write_all(&line?)?;
                before = b",\n";
            }
            to.write_all(b"\n")?;
        }
        to.write_all(b"]")
    }

    /// Copies a part as it is.
    pub(crate) fn copy(&self, part: Part, to: &mut BufWriter<File>) -> Result<()> {
        let path = self.path(part);
        if path.exists() {
            copy(&mut File::open(path)?, to)?;
        }
        Ok(())
    }

    /// Removes the folder.
    pub(crate) fn end(self) -> Result<()> {
        drop(self.files);
        clear(&self.folder)
    }
}

/// The name of a process's folder, without the process's id.
const NAME: &str = "audit-keys-";

/// The folder of this process in the one for temporary files.
#[must_use]
pub fn folder(temporary: &Path) -> PathBuf {
    temporary.join(format!("{NAME}{}", std::process::id()))
}

/// Removes the folders beside this one whose processes are gone. One that cannot be removed, since somebody else is removing it,
/// is in nobody's way.
fn clear_left_over(folder: &Path) -> Result<()> {
    let is_gone = |id: u32| Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{id}")).exists();
    let Some(parent) = folder.parent().filter(|parent| parent.exists()) else { return Ok(()) };
    for entry in std::fs::read_dir(parent)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(NAME));
        if name.and_then(|id| id.parse().ok()).is_some_and(is_gone)
            && let Err(error) = clear(&path)
        {
            tracing::debug!(%error, "the files of an earlier process stay");
        }
    }
    Ok(())
}

fn clear(folder: &Path) -> Result<()> {
    match remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let parent = std::env::temp_dir().join(format!("spool-{}", std::process::id()));
        let of = |name: &str| parent.join(name);
        // No process has the greatest id; this one lives.
        let (gone, alive) = (of("audit-keys-4294967295"), of(&format!("audit-keys-{}", std::process::id())));
        for folder in [&gone, &alive, &of("audit-keys-notes"), &of("other-4294967295")] {
            create_dir_all(folder).unwrap();
        }
        let spool = Spool::begin(&of("audit-keys-4294967294")).unwrap();
        assert!(!gone.exists() && alive.exists() && of("audit-keys-notes").exists() && of("other-4294967295").exists());
        spool.end().unwrap();
        remove_dir_all(parent).unwrap();
    }
}
