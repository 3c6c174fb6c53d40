//! Keys in the order of their bytes, from any key on, without a look at what lies before it.

use std::fs;
use std::path::Path;

/// At most so many keys that begin with the prefix and come after a key. Names that are no text are left out.
pub(super) fn keys(folder: &Path, prefix: &str, after: Option<&str>, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, "", &Wanted { prefix, after: after.unwrap_or_default(), most }, &mut found);
    found
}

struct Wanted<'a> {
    prefix: &'a str,
    /// Empty where the list starts at its beginning: no key is empty.
    after: &'a str,
    most: usize,
}

impl Wanted<'_> {
    fn has_key(&self, key: &str) -> bool {
        key.starts_with(self.prefix) && key > self.after
    }

    /// Whether a key that begins so can be wanted.
    fn has_below(&self, start: &str) -> bool {
        let in_prefix = start.starts_with(self.prefix) || self.prefix.starts_with(start);
        in_prefix && (start > self.after || self.after.starts_with(start))
    }
}

fn walk(folder: &Path, start: &str, wanted: &Wanted<'_>, found: &mut Vec<String>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let slash = if entry.file_type().ok()?.is_dir() { "/" } else { "" };
        Some(format!("{start}{}{slash}", entry.file_name().to_str()?))
    });
    // With its slash, a folder sorts where its keys do: `a-b` and `a.json` come before `a/b`.
    let mut names: Vec<String> = entries.filter(|name| wanted.has_key(name) || wanted.has_below(name)).collect();
    names.sort_unstable();
    for name in names {
        if found.len() >= wanted.most {
            return;
        }
        if name.ends_with('/') {
            let last = name.get(start.len()..).unwrap_or_default();
            walk(&folder.join(last), &name, wanted, found);
        } else if wanted.has_key(&name) {
            found.push(name);
        }
    }
}
