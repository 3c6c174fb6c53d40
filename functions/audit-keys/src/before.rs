//! The previous review, group by group: its tables are read beside the new ones, and never held whole.

use std::collections::BTreeMap;
use std::io::Result;
use std::path::Path;

use crate::table::{self, Found, Item, Row};

/// What names a finding from review to review: its code, and the kind and id of its subject.
pub(crate) type Named = (String, String, String);

/// What the previous review said of one project, or of the rest.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// By kind and id.
    pub(crate) items: BTreeMap<(String, String), Item>,
    pub(crate) findings: BTreeMap<Named, Found>,
}

/// The tables of the previous review, as far as they are not read yet.
pub(crate) struct Before {
    items: Groups<Item>,
    findings: Groups<Found>,
}

struct Groups<R> {
    rows: Option<table::Rows<R>>,
    next: Option<R>,
}

impl<R: Row> Groups<R> {
    fn open(path: &Path) -> Result<Self> {
        let rows = if path.exists() { Some(table::read(path)?) } else { None };
        Ok(Self { rows, next: None })
    }

    /// The next row whose group is not beyond this one.
    fn next_to(&mut self, group: u64) -> Result<Option<R>> {
        let next = match self.next.take() {
            Some(row) => Some(row),
            None => self.rows.as_mut().and_then(Iterator::next).transpose()?,
        };
        match next {
            Some(row) if row.group() > group => {
                self.next = Some(row);
                Ok(None)
            }
            row => Ok(row),
        }
    }
}

impl Before {
    /// Opens the tables; a file that is not there has no rows.
    pub(crate) fn open(items: &Path, findings: &Path) -> Result<Self> {
        Ok(Self { items: Groups::open(items)?, findings: Groups::open(findings)? })
    }

    /// Passes over everything up to a group, which an earlier invocation has compared already.
    pub(crate) fn skip(&mut self, group: u64) -> Result<()> {
        while self.items.next_to(group)?.is_some() {}
        while self.findings.next_to(group)?.is_some() {}
        Ok(())
    }

    /// What stood in the groups before this one that were not asked for, which are gone, and in this one.
    pub(crate) fn take(&mut self, group: u64) -> Result<(Group, Group)> {
        let (mut gone, mut this) = (Group::default(), Group::default());
        while let Some(item) = self.items.next_to(group)? {
            let to = if item.group() == group { &mut this } else { &mut gone };
            to.items.insert((item.kind.clone(), item.id.clone()), item);
        }
        while let Some(found) = self.findings.next_to(group)? {
            let to = if found.group() == group { &mut this } else { &mut gone };
            let named = (found.code.clone(), found.subject_kind.clone(), found.subject_id.clone());
            to.findings.insert(named, found);
        }
        Ok((gone, this))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::BufWriter;

    use super::*;

    #[test]
    fn groups_come_in_order_and_those_that_nobody_asked_for_are_gone() {
        let folder = std::env::temp_dir().join(format!("before-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("inventory.csv");
        let mut file = BufWriter::new(File::create(&path).unwrap());
        for (count, (project_id, id)) in
            [(Some(1), "a"), (Some(2), "b"), (Some(2), "c"), (Some(5), "d"), (None, "e")].into_iter().enumerate()
        {
            let item = Item { kind: "client-key".to_owned(), id: id.to_owned(), project_id, ..Item::default() };
            table::write(&mut file, &item, count == 0).unwrap();
        }
        drop(file);
        let ids = |group: &Group| group.items.keys().map(|(_, id)| id.clone()).collect::<Vec<_>>().join("");
        let mut before = Before::open(&path, &folder.join("absent.csv")).unwrap();
        before.skip(1).unwrap();
        let mut taken = Vec::new();
        for group in [2, 3, table::REST] {
            let (gone, this) = before.take(group).unwrap();
            taken.push((ids(&gone), ids(&this)));
        }
        let texts = |gone: &str, this: &str| (gone.to_owned(), this.to_owned());
        assert_eq!(taken, [texts("", "bc"), texts("", ""), texts("d", "e")]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
