//! Staging labels, and where they are.

use std::collections::BTreeMap;

/// A staging label that the rotation contract knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What applications read.
    Current,
    /// The version that a rotation is making.
    Pending,
    /// What was current before; Secrets Manager moves it by itself (facts/aws.md section 1.4).
    Previous,
}

impl Stage {
    /// The label's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
            Self::Previous => "AWSPREVIOUS",
        }
    }
}

/// The labels of every version that has any, by version id.
pub(crate) type Labels = BTreeMap<String, Vec<String>>;

/// The version that carries a label: a label is on one version at most.
pub(crate) fn version_at(labels: &Labels, stage: Stage) -> Option<&str> {
    labels.keys().map(String::as_str).find(|version_id| has_stage(labels, version_id, stage))
}

/// Whether a version carries a label.
pub(crate) fn has_stage(labels: &Labels, version_id: &str, stage: Stage) -> bool {
    labels.get(version_id).is_some_and(|labels| labels.iter().any(|label| label == stage.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_found_by_its_whole_name() {
        let labels = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all: Labels = [
            ("a".to_owned(), labels(&["AWSPREVIOUS", "audited"])),
            ("b".to_owned(), labels(&["AWSCURRENT", "AWSPENDING"])),
            ("c".to_owned(), labels(&["NOT-AWSCURRENT", "awscurrent"])),
        ]
        .into();
        assert_eq!(version_at(&all, Stage::Current), Some("b"));
        assert_eq!(version_at(&all, Stage::Pending), Some("b"));
        assert_eq!(version_at(&all, Stage::Previous), Some("a"));
        assert!(has_stage(&all, "b", Stage::Pending) && !has_stage(&all, "a", Stage::Pending));
        assert!(!has_stage(&all, "d", Stage::Current));
        assert_eq!(version_at(&Labels::new(), Stage::Current), None);
    }
}
