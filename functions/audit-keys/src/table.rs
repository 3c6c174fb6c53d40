//! The two tables of a review, `inventory.csv` and `findings.csv`: for people's spreadsheets, and for the next review,
//! which compares itself with them.

use std::fs::File;
use std::io::{Error, Result, Write};
use std::marker::PhantomData;
use std::path::Path;

use csv::StringRecord;
use serde::{Deserialize, Serialize};

/// The group of this system's own tokens; it comes first. No project has this id.
pub(crate) const OWN: u64 = 0;

/// The group of what belongs to no project that Sentry shows; it comes last.
pub(crate) const REST: u64 = u64::MAX;

/// The state of a client key that is enabled.
pub(crate) const ACTIVE: &str = "active";

/// A row of `inventory.csv`: something that can be held, or that holds it. A cell is empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// `client-key`, `secret`, `token`, `organization-token` or `integration`.
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The numeric id of the project; empty for what belongs to none; 0 for this system's own tokens, which come first.
    pub(crate) project_id: Option<u64>,
    pub(crate) project: String,
    /// `active` or `inactive`; of a token `alive`, `refused` or `unknown`.
    pub(crate) state: String,
    /// With spaces between them.
    pub(crate) scopes: String,
    pub(crate) rate_limit: String,
    pub(crate) created: String,
    pub(crate) age_days: Option<u64>,
    pub(crate) last_used: String,
    /// The secret that holds it, and at which label.
    pub(crate) managed_by: String,
    pub(crate) ownership: String,
    pub(crate) use_case: String,
    pub(crate) owner: String,
    pub(crate) contact: String,
    pub(crate) exposure: String,
    pub(crate) rotation: String,
}

/// A row of `findings.csv`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) status: String,
    pub(crate) group: String,
    pub(crate) subject_kind: String,
    pub(crate) subject_id: String,
    pub(crate) subject_name: String,
    /// The numeric id of the project in whose turn it was found; empty for the rest; 0 for this system's own tokens.
    pub(crate) project_id: Option<u64>,
    pub(crate) project: String,
    pub(crate) owner: String,
    pub(crate) contact: String,
    pub(crate) power: u8,
    pub(crate) reach: u8,
    pub(crate) exposure: u8,
    pub(crate) score: u8,
    pub(crate) floor: String,
    pub(crate) ceiling: String,
    /// One a line.
    pub(crate) evidence: String,
    pub(crate) holder_could: String,
    pub(crate) remedy: String,
    /// One a line.
    pub(crate) calls: String,
    pub(crate) first_seen: String,
    /// The ticket of the exception.
    pub(crate) exception: String,
}

/// A row that belongs to a group.
pub(crate) trait Row: Serialize + for<'de> Deserialize<'de> {
    fn group(&self) -> u64;
}

impl Row for Item {
    fn group(&self) -> u64 {
        self.project_id.unwrap_or(REST)
    }
}

impl Row for Found {
    fn group(&self) -> u64 {
        self.project_id.unwrap_or(REST)
    }
}

/// The line with the names of the columns.
pub(crate) fn header<R: Row + Default>() -> Result<String> {
    let mut bytes = Vec::new();
    write(&mut bytes, &R::default(), true)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(format!("{}\n", text.lines().next().unwrap_or_default()))
}

/// Writes a row, before the first one the names of the columns.
pub(crate) fn write<R: Row>(to: &mut impl Write, row: &R, is_first: bool) -> Result<()> {
    // Serialized once without and once with the guard: the guard works on cells, and serde gives those to the writer alone.
    let mut plain = csv::WriterBuilder::new().has_headers(is_first).from_writer(Vec::new());
    plain.serialize(row).map_err(Error::other)?;
    let plain = plain.into_inner().map_err(|error| error.into_error())?;
    let mut cells = csv::ReaderBuilder::new().has_headers(false).from_reader(plain.as_slice());
    let mut guarded = csv::Writer::from_writer(to);
    for record in cells.records() {
        let record = record.map_err(Error::other)?;
        guarded.write_record(record.iter().map(guard)).map_err(Error::other)?;
    }
    guarded.flush()
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front, and so does one that begins with an
/// apostrophe, so that [`read`] finds what was there.
///
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn guard(cell: &str) -> String {
    if cell.starts_with(['\'', '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// The rows of a table, as they were before they were guarded.
pub(crate) struct Rows<R> {
    reader: csv::Reader<File>,
    headers: StringRecord,
    row: PhantomData<R>,
}

/// Opens a table that [`write`] has written.
pub(crate) fn read<R: Row>(path: &Path) -> Result<Rows<R>> {
    let mut reader = csv::Reader::from_path(path).map_err(Error::other)?;
    let headers = reader.headers().map_err(Error::other)?.clone();
    Ok(Rows { reader, headers, row: PhantomData })
}

impl<R: Row> Iterator for Rows<R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        let mut guarded = StringRecord::new();
        match self.reader.read_record(&mut guarded) {
            Ok(false) => None,
            Ok(true) => {
                let plain: StringRecord = guarded.iter().map(|cell| cell.strip_prefix('\'').unwrap_or(cell)).collect();
                Some(plain.deserialize(Some(&self.headers)).map_err(Error::other))
            }
            Err(error) => Some(Err(Error::other(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_everything_reads_back() {
        let item = Item {
            kind: "client-key".to_owned(),
            name: "=HYPERLINK(\"http://x\"),\"a\nb\"".to_owned(),
            owner: "@team".to_owned(),
            contact: "-1".to_owned(),
            project_id: Some(7),
            ..Item::default()
        };
        let quoted = Item { name: "'=x".to_owned(), owner: "'tis".to_owned(), ..Item::default() };
        let path = std::env::temp_dir().join(format!("table-{}.csv", std::process::id()));
        let mut file = File::create(&path).unwrap();
        write(&mut file, &item, true).unwrap();
        write(&mut file, &quoted, false).unwrap();
        let seen: Vec<Item> =
            csv::Reader::from_path(&path).unwrap().into_deserialize().map(|row| row.unwrap()).collect();
        assert_eq!(seen[0].name, format!("'{}", item.name));
        assert_eq!((seen[0].owner.as_str(), seen[0].contact.as_str()), ("'@team", "'-1"));
        assert_eq!(seen[1].name, "''=x");
        let read: Vec<Item> = read(&path).unwrap().map(|row| row.unwrap()).collect();
        assert_eq!(read, [item, quoted]);
        assert_eq!((read[0].group(), read[1].group()), (7, REST));
        std::fs::remove_file(path).unwrap();
    }
}
