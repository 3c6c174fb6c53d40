//! A strict reader over parsed TOML: each call takes a member, a mistake is recorded and reading goes on.

mod values;

use std::ops::Range;

use toml_span::Value;
use toml_span::value::Table;

use crate::errors::Problems;
use crate::suggest::hint;

pub(crate) use values::{boolean, date, duration, integer, name, names, set, word};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) at: Range<usize>,
    pub(crate) path: String,
}

impl<T> Located<T> {
    pub(crate) fn fail<U>(&self, problems: &mut Problems, message: impl Into<String>) -> Option<U> {
        problems.push(self.at.clone(), &self.path, message);
        None
    }
}

/// What came of reading a member: a refused one is not absent, so that it is neither defaulted nor reported as missing.
#[derive(Clone, Debug)]
pub(crate) enum Member<T> {
    Absent,
    Refused,
    Good(Located<T>),
}

impl<T> Member<T> {
    pub(crate) fn good(self) -> Option<Located<T>> {
        match self {
            Self::Good(located) => Some(located),
            Self::Absent | Self::Refused => None,
        }
    }

    pub(crate) fn as_good(&self) -> Option<&Located<T>> {
        match self {
            Self::Good(located) => Some(located),
            Self::Absent | Self::Refused => None,
        }
    }

    pub(crate) fn value(self) -> Option<T> {
        self.good().map(|located| located.value)
    }

    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Refused | Self::Good(_) => false,
        }
    }

    /// This member, or the default if it is absent.
    pub(crate) fn or_default(self, default: &Self) -> Self
    where
        T: Clone,
    {
        match self {
            Self::Absent => default.clone(),
            Self::Refused | Self::Good(_) => self,
        }
    }
}

/// A value in the file, and its dotted path.
pub(crate) struct Node<'a> {
    value: &'a Value<'a>,
    path: String,
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value<'a>) -> Self {
        let path = String::new();
        Self { value, path }
    }

    /// Where the value stands; the file as a whole is its beginning.
    fn at(&self) -> Range<usize> {
        if self.path.is_empty() {
            return 0..0;
        }
        self.value.span.start..self.value.span.end
    }

    pub(crate) fn located<T>(&self, value: T) -> Located<T> {
        Located { value, at: self.at(), path: self.path.clone() }
    }

    /// Records a mistake here.
    pub(crate) fn fail<T>(&self, problems: &mut Problems, message: impl Into<String>) -> Option<T> {
        problems.push(self.at(), &self.path, message);
        None
    }

    fn wrong_type<T>(&self, problems: &mut Problems, wanted: &str) -> Option<T> {
        let found = self.value.as_ref().type_str();
        self.fail(problems, format!("expected {wanted}, found {}", article(found)))
    }

    pub(crate) fn as_integer(&self) -> Option<i64> {
        self.value.as_integer()
    }

    pub(crate) fn text(&self, problems: &mut Problems) -> Option<&'a str> {
        self.value.as_str().or_else(|| self.wrong_type(problems, "a string"))
    }

    pub(crate) fn table(&self, problems: &mut Problems) -> Option<TableReader<'a>> {
        match self.value.as_table() {
            Some(table) => Some(TableReader { table, at: self.at(), path: self.path.clone(), asked: Vec::new() }),
            None => self.wrong_type(problems, "a table"),
        }
    }

    fn items(&self, problems: &mut Problems, wanted: &str) -> Option<Vec<Node<'a>>> {
        let Some(array) = self.value.as_array() else {
            return self.wrong_type(problems, wanted);
        };
        let item = |(index, value)| Node { value, path: format!("{}[{index}]", self.path) };
        Some(array.iter().enumerate().map(item).collect())
    }

    /// The tables of `[[name]]`.
    pub(crate) fn tables(&self, problems: &mut Problems) -> Option<Vec<TableReader<'a>>> {
        let items = self.items(problems, "an array of tables")?;
        Some(items.iter().filter_map(|item| item.table(problems)).collect())
    }
}

fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'i']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

/// A table whose members are taken one by one; [`Self::finish`] refuses what nobody asked for.
pub(crate) struct TableReader<'a> {
    table: &'a Table<'a>,
    at: Range<usize>,
    path: String,
    asked: Vec<&'static str>,
}

impl<'a> TableReader<'a> {
    /// Where the table stands.
    pub(crate) fn place(&self) -> Located<()> {
        Located { value: (), at: self.at.clone(), path: self.path.clone() }
    }

    fn path_of(&self, name: &str) -> String {
        let name = in_path(name);
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn optional<T>(
        &mut self,
        problems: &mut Problems,
        name: &'static str,
        read: impl FnOnce(&Node<'a>, &mut Problems) -> Option<T>,
    ) -> Member<T> {
        self.asked.push(name);
        let Some(value) = self.table.get(name) else {
            return Member::Absent;
        };
        let path = self.path_of(name);
        let node = Node { value, path };
        match read(&node, problems) {
            Some(value) => Member::Good(node.located(value)),
            None => Member::Refused,
        }
    }

    pub(crate) fn required<T>(
        &mut self,
        problems: &mut Problems,
        name: &'static str,
        read: impl FnOnce(&Node<'a>, &mut Problems) -> Option<T>,
    ) -> Member<T> {
        let member = self.optional(problems, name, read);
        if member.is_absent() {
            let message = format!("missing member \"{name}\"");
            problems.push(self.at.clone(), &self.path, message);
        }
        member
    }

    /// Members whose names are the file's own, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Node<'a>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        let entry = |(key, value): (&'a toml_span::value::Key<'a>, &'a Value<'a>)| {
            let path = self.path_of(&key.name);
            (key.name.as_ref(), Node { value, path })
        };
        entries.into_iter().map(entry).collect()
    }

    /// Refuses every member that was not asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for key in self.table.keys() {
            let name = key.name.as_ref();
            if !self.asked.contains(&name) {
                let message = format!("unknown member {name:?}; {}", hint(name, &self.asked));
                problems.push(key.span.start..key.span.end, &self.path_of(name), message);
            }
        }
    }
}

/// A name as it stands in a path: one with control characters is quoted, so that the path stays on one line.
fn in_path(name: &str) -> String {
    if name.chars().any(char::is_control) { format!("{name:?}") } else { name.to_owned() }
}
