//! A finding's place in time: what it was in the previous review, and which event tells of it.

use jiff::Timestamp;
use key_policy::findings::{Code, Finding, Severity, Status, SubjectKind};
use key_policy::rules::RULES;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::table::Found;

/// What an event tells of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Told {
    Opened,
    Changed,
    Closed,
}

/// An event before it is sent, on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventLine {
    pub(crate) told: Told,
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) subject_kind: String,
    pub(crate) subject_id: String,
    pub(crate) subject_name: String,
    pub(crate) project: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) message: String,
}

/// Gives a finding the status and the age that it has, given what the previous review said of it.
pub(crate) fn settle(finding: &mut Finding, was: Option<&Found>, now: Timestamp) -> Option<Told> {
    let Some(was) = was else {
        finding.first_seen = now;
        return (finding.status != Status::Excepted).then_some(Told::Opened);
    };
    finding.first_seen = was.first_seen.parse().unwrap_or(now);
    let was_excepted = was.status == Status::Excepted.word();
    let is_excepted = finding.status == Status::Excepted;
    let changed = was.severity != finding.severity.word() || was_excepted != is_excepted;
    if !is_excepted {
        finding.status = if changed { Status::Changed } else { Status::Open };
    }
    changed.then_some(Told::Changed)
}

/// The step of least privilege that a rule belongs to.
fn group(code: Code) -> &'static str {
    RULES.iter().find(|rule| rule.code == code).map_or("", |rule| rule.group.word())
}

/// The finding as `findings.csv` shows it.
pub(crate) fn to_row(finding: &Finding, project_id: Option<u64>) -> Found {
    let (case, inputs) = (&finding.case, &finding.inputs);
    Found {
        code: finding.code.word().to_owned(),
        severity: finding.severity.word().to_owned(),
        status: finding.status.word().to_owned(),
        group: group(finding.code).to_owned(),
        subject_kind: case.subject.kind.word().to_owned(),
        subject_id: case.subject.id.clone(),
        subject_name: case.subject.name.clone(),
        project_id,
        project: case.subject.project.clone().unwrap_or_default(),
        owner: case.owner.clone().unwrap_or_default(),
        contact: case.contact.clone().unwrap_or_default(),
        power: inputs.power,
        reach: inputs.reach,
        exposure: inputs.exposure,
        score: inputs.score,
        floor: inputs.floor.word().to_owned(),
        ceiling: inputs.ceiling.word().to_owned(),
        evidence: case.evidence.join("\n"),
        holder_could: case.stake.holder_could.clone(),
        remedy: case.remedy.text.clone(),
        calls: case.remedy.calls.join("\n"),
        first_seen: finding.first_seen.to_string(),
        exception: finding.exception.as_ref().map(|exception| exception.ticket.clone()).unwrap_or_default(),
    }
}

/// The status of a finding whose subject could be seen in the previous review and not in this one.
pub(crate) const UNSEEN: &str = "unseen";

/// A row as `report.json` shows it.
pub(crate) fn to_json(row: &Found) -> Value {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "code": row.code,
        "group": row.group,
        "severity": row.severity,
        "severity_inputs": {
            "power": row.power, "reach": row.reach, "exposure": row.exposure, "score": row.score,
            "floor": row.floor, "ceiling": row.ceiling,
        },
        "subject": {
            "kind": row.subject_kind, "id": row.subject_id, "name": row.subject_name, "project": some(&row.project),
        },
        "evidence": lines(&row.evidence),
        "owner": some(&row.owner),
        "contact": some(&row.contact),
        "remedy": {"text": row.remedy, "calls": lines(&row.calls)},
        "holder_could": row.holder_could,
        "status": row.status,
        "first_seen": row.first_seen,
        "exception": some(&row.exception),
    })
}

/// The event of a finding that is there.
pub(crate) fn event(finding: &Finding, told: Told) -> EventLine {
    let case = &finding.case;
    EventLine {
        told,
        code: finding.code.word().to_owned(),
        severity: finding.severity.word().to_owned(),
        subject_kind: case.subject.kind.word().to_owned(),
        subject_id: case.subject.id.clone(),
        subject_name: case.subject.name.clone(),
        project: case.subject.project.clone(),
        owner: case.owner.clone(),
        contact: case.contact.clone(),
        message: format!(
            "{} {}: {}; {}",
            finding.severity,
            finding.code,
            case.evidence.first().map_or("see the report", String::as_str),
            case.remedy.text
        ),
    }
}

/// The event of a finding that is not there any more.
pub(crate) fn closed(was: &Found) -> EventLine {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    EventLine {
        told: Told::Closed,
        code: was.code.clone(),
        severity: was.severity.clone(),
        subject_kind: was.subject_kind.clone(),
        subject_id: was.subject_id.clone(),
        subject_name: was.subject_name.clone(),
        project: some(&was.project),
        owner: some(&was.owner),
        contact: some(&was.contact),
        message: format!("{} is not found any more", was.code),
    }
}

/// The severity of a row, as long as the words are those of this version.
pub(crate) fn severity(word: &str) -> Severity {
    Severity::from_word(word).unwrap_or(Severity::Medium)
}

/// Whether a row is about this subject by this rule.
pub(crate) fn is_undecided(was: &Found, undecided: &std::collections::BTreeSet<(Code, SubjectKind, String)>) -> bool {
    match (Code::from_word(&was.code), SubjectKind::from_word(&was.subject_kind)) {
        (Some(code), Some(kind)) => undecided.contains(&(code, kind, was.subject_id.clone())),
        (Some(_) | None, Some(_) | None) => false,
    }
}
