//! What is different from the previous review. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::before::Group;
use crate::gather::audit_log::{Deed, Deeds};
use crate::table::Item;

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Became {
    Added,
    Removed,
    Changed,
}

/// A difference in one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) what: &'static str,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) change: Became,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) project: String,
    pub(crate) differences: Vec<Difference>,
    /// Who did it, where Sentry's audit log tells.
    pub(crate) actor: Option<String>,
    /// When, where it tells.
    pub(crate) at: Option<String>,
}

/// What a person would call another thing: not its age, and not that a rotation went on.
fn differences(before: &Item, after: &Item) -> Vec<Difference> {
    let cells: [(&'static str, &String, &String); 6] = [
        ("state", &before.state, &after.state),
        ("scopes", &before.scopes, &after.scopes),
        ("rate_limit", &before.rate_limit, &after.rate_limit),
        ("name", &before.name, &after.name),
        ("owner", &before.owner, &after.owner),
        ("use_case", &before.use_case, &after.use_case),
    ];
    let changed = cells.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(what, before, after)| Difference { what, before: before.clone(), after: after.clone() }).collect()
}

/// The differences of one group. `unseen` says of which items nothing could be seen this time: those are not gone.
pub(crate) fn compare(
    before: &Group,
    after: &BTreeMap<(String, String), Item>,
    unseen: impl Fn(&Item) -> bool,
    deeds: &Deeds,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (named, item) in after {
        match before.items.get(named) {
            None => changes.push(change(Became::Added, item, Vec::new(), deeds)),
            Some(was) => {
                let differences = differences(was, item);
                if !differences.is_empty() {
                    changes.push(change(Became::Changed, item, differences, deeds));
                }
            }
        }
    }
    let gone = before.items.iter().filter(|(named, item)| !after.contains_key(*named) && !unseen(item));
    changes.extend(gone.map(|(_, item)| change(Became::Removed, item, Vec::new(), deeds)));
    changes
}

fn change(became: Became, item: &Item, differences: Vec<Difference>, deeds: &Deeds) -> Change {
    let event = match became {
        Became::Added => "projectkey.create",
        Became::Removed => "projectkey.remove",
        Became::Changed => "projectkey.edit",
    };
    let deed: Option<&Deed> = (item.kind == "client-key").then(|| deeds.on(&item.id, event)).flatten();
    Change {
        change: became,
        kind: item.kind.clone(),
        id: item.id.clone(),
        name: item.name.clone(),
        project: item.project.clone(),
        differences,
        actor: deed.and_then(|deed| deed.actor.clone()),
        at: deed.map(|deed| deed.at.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, state: &str, scopes: &str) -> ((String, String), Item) {
        let item = Item {
            kind: "token".to_owned(),
            id: id.to_owned(),
            state: state.to_owned(),
            scopes: scopes.to_owned(),
            age_days: Some(u64::try_from(scopes.len()).unwrap()),
            ..Item::default()
        };
        (("token".to_owned(), id.to_owned()), item)
    }

    fn kinds(before: Vec<((String, String), Item)>, after: Vec<((String, String), Item)>, unseen: bool) -> Vec<String> {
        let before = Group { items: before.into_iter().collect(), ..Group::default() };
        let changes = compare(&before, &after.into_iter().collect(), |_| unseen, &Deeds::default());
        changes
            .iter()
            .map(|change| {
                let what: Vec<&str> = change.differences.iter().map(|difference| difference.what).collect();
                format!("{} {:?} {}", change.id, change.change, what.join(" "))
            })
            .collect()
    }

    #[test]
    fn what_was_added_removed_or_changed_is_told_and_ages_are_not() {
        let before = vec![item("a", "alive", "org:ci"), item("b", "alive", "x"), item("c", "alive", "x")];
        let mut same = item("a", "alive", "org:ci");
        same.1.age_days = Some(99);
        let after = vec![same, item("b", "refused", "x y"), item("d", "alive", "x")];
        assert_eq!(kinds(before.clone(), after.clone(), false), ["b Changed state scopes", "d Added ", "c Removed "]);
        assert_eq!(
            kinds(before, after, true),
            ["b Changed state scopes", "d Added "],
            "what cannot be seen is not gone"
        );
        assert!(kinds(Vec::new(), Vec::new(), false).is_empty());
    }
}
