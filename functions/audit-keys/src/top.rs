//! The gravest findings so far, for the short report.

use key_policy::findings::{Finding, Status};
use serde::{Deserialize, Serialize};

/// How many are kept.
const MOST: usize = 20;

/// One of them, in a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Greater is graver: severity, then score. The rest only breaks ties.
    rank: (u8, u8),
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) owner: String,
    pub(crate) evidence: String,
    pub(crate) remedy: String,
    pub(crate) holder_could: String,
}

/// The gravest, the gravest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Top(Vec<Line>);

impl Top {
    /// Takes a finding if it is grave enough. What an exception accepts is not shown here.
    pub(crate) fn add(&mut self, finding: &Finding) {
        if finding.status == Status::Excepted {
            return;
        }
        let severity = finding.severity;
        let rank = (u8::try_from(severity as usize).unwrap_or(u8::MAX), finding.inputs.score);
        if self.0.len() == MOST && self.0.last().is_some_and(|last| last.rank >= rank) {
            return;
        }
        let case = &finding.case;
        let line = Line {
            rank,
            code: finding.code.word().to_owned(),
            severity: severity.word().to_owned(),
            kind: case.subject.kind.word().to_owned(),
            name: case.subject.name.clone(),
            id: case.subject.id.clone(),
            project: case.subject.project.clone().unwrap_or_default(),
            owner: case.owner.clone().unwrap_or_default(),
            evidence: case.evidence.first().cloned().unwrap_or_default(),
            remedy: case.remedy.text.clone(),
            holder_could: case.stake.holder_could.clone(),
        };
        // Equal ones stay in the order in which they were found.
        let place = self.0.partition_point(|other| other.rank >= rank);
        self.0.insert(place, line);
        self.0.truncate(MOST);
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.0
    }
}
