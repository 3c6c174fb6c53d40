//! A secret, its versions, and how staging labels move between them (`facts/aws.md` 1.4).

use std::collections::BTreeSet;

use serde_json::Value;

use super::late::Late;
use super::life::Life;

/// What applications read.
pub(super) const CURRENT: &str = "AWSCURRENT";
/// What a rotation is making.
pub(super) const PENDING: &str = "AWSPENDING";
/// What was current before.
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

/// One version of a secret. No `Debug`: it holds the value.
#[derive(Clone, PartialEq)]
pub(super) struct Version {
    /// The token that made it.
    pub(super) id: String,
    /// Its value; a version that a rotation registered has none until it is put (`facts/aws.md` 1.2).
    pub(super) value: Option<String>,
    /// Its labels. A version without any is deprecated.
    pub(super) stages: BTreeSet<String>,
    /// When it was registered, in seconds since 1970.
    pub(super) created: f64,
}

/// The versions of one secret in the order in which they were made. A label is on one version at most.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Versions(Vec<Version>);

impl Versions {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Version> {
        self.0.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Version> {
        self.0.iter().find(|version| version.id == id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Version> {
        self.0.iter_mut().find(|version| version.id == id)
    }

    /// The version that carries a label.
    pub(super) fn holder(&self, stage: &str) -> Option<&Version> {
        self.0.iter().find(|version| version.stages.contains(stage))
    }

    /// The id of the version that carries a label.
    pub(super) fn holder_id(&self, stage: &str) -> Option<String> {
        self.holder(stage).map(|version| version.id.clone())
    }

    /// Adds a version without labels, or gives a value to one that has none.
    pub(super) fn store(&mut self, id: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.get_mut(id) {
            Some(version) => version.value = value.or(version.value.take()),
            None => {
                self.0.push(Version { id: id.to_owned(), value, stages: BTreeSet::new(), created: super::clock() });
            }
        }
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.0.retain(|version| version.id != id);
    }

    /// Puts a label where it is wanted and nothing else.
    pub(super) fn place(&mut self, stage: &str, to: Option<&str>) {
        for version in &mut self.0 {
            if Some(version.id.as_str()) == to {
                version.stages.insert(stage.to_owned());
            } else {
                version.stages.remove(stage);
            }
        }
    }

    /// Moves a label as the API does: the version that loses `AWSCURRENT` gets `AWSPREVIOUS`.
    pub(super) fn move_label(&mut self, stage: &str, to: Option<&str>) {
        let loser = self.holder_id(stage).filter(|id| Some(id.as_str()) != to);
        self.place(stage, to);
        if stage == CURRENT && loser.is_some() {
            self.place(PREVIOUS, loser.as_deref());
        }
    }

    /// The version whose rotation never ended: `AWSPENDING` is on it and `AWSCURRENT` is not (`facts/aws.md` 1.5).
    pub(super) fn dangling(&self) -> Option<&Version> {
        self.holder(PENDING).filter(|version| !version.stages.contains(CURRENT))
    }
}

/// One secret.
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) tags: Vec<(String, String)>,
    /// `None` until rotation is configured for the first time: `DescribeSecret` then leaves the member out.
    pub(super) rotation_enabled: Option<bool>,
    pub(super) rotation_lambda: Option<String>,
    /// When it is to be rotated, in the API's words.
    pub(super) rotation_rules: Option<Value>,
    /// When a rotation last ended well, in seconds since 1970 like all dates here.
    pub(super) rotated: Option<f64>,
    pub(super) next_rotation: Option<f64>,
    /// The beginning of the day on which a value was last read.
    pub(super) accessed: Option<f64>,
    pub(super) kms_key: Option<String>,
    pub(super) versions: Versions,
    pub(super) late: Late,
    pub(super) life: Life,
    pub(super) created: f64,
    /// When it was last changed in any way.
    pub(super) changed: f64,
}

impl Secret {
    /// Changes versions through the API, so that readers may see it late.
    pub(super) fn change(&mut self, late_reads: usize, act: impl FnOnce(&mut Versions)) {
        let before = self.versions.clone();
        act(&mut self.versions);
        self.changed = super::clock();
        if late_reads > 0 && before != self.versions {
            self.late.remember(before, late_reads);
        }
    }
}
