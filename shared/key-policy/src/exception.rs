//! Exceptions: a finding that is accepted for a while, by somebody other than who asked.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::errors::Problems;
use crate::person;
use crate::read::{Node, TableReader, date, name};

/// One finding on one subject that is accepted until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// The code of the finding.
    pub finding: String,
    /// The id of the subject as in the report, or its name, unless it is a client key, whose label anybody may write.
    pub subject: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who asked.
    pub requester: String,
    /// Who allowed it; never the requester.
    pub approver: String,
    /// Where it was decided.
    pub ticket: String,
    /// The last day on which it holds (UTC).
    pub until: Date,
}

impl Exception {
    /// Whether it still holds on that day (UTC); the last day counts.
    #[must_use]
    pub fn holds_on(&self, today: Date) -> bool {
        today <= self.until
    }

    /// Whether it accepts its finding on that day (UTC).
    #[must_use]
    pub fn accepts_on(&self, today: Date) -> bool {
        self.holds_on(today) && !self.is_self_approved()
    }

    /// Whether who approved it is who asked, in another spelling: then it accepts nothing.
    #[must_use]
    pub fn is_self_approved(&self) -> bool {
        person::same_person(&self.requester, &self.approver)
    }
}

pub(crate) fn exceptions(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Exception>> {
    let tables = node.tables(problems)?;
    let mut seen = BTreeSet::new();
    let mut exceptions = Vec::new();
    for table in tables {
        let place = table.place();
        let Some(exception) = exception(table, problems) else {
            continue;
        };
        if seen.insert((exception.finding.clone(), exception.subject.clone())) {
            exceptions.push(exception);
        } else {
            let Exception { finding, subject, .. } = exception;
            let message = format!("{finding:?} of {subject:?} has an exception already");
            place.fail::<()>(problems, message);
        }
    }
    Some(exceptions)
}

fn exception(mut table: TableReader<'_>, problems: &mut Problems) -> Option<Exception> {
    let finding = table.required(problems, "finding", name);
    let subject = table.required(problems, "subject", name);
    let reason = table.required(problems, "reason", name);
    let requester = table.required(problems, "requester", name);
    let approver = table.required(problems, "approver", name);
    let ticket = table.required(problems, "ticket", name);
    let until = table.required(problems, "until", date);
    table.finish(problems);
    if let (Some(requester), Some(approver)) = (requester.as_good(), approver.as_good())
        && is_same_text(&requester.value, &approver.value)
    {
        let message = "the approver must be somebody other than the requester";
        approver.fail::<()>(problems, message);
    }
    Some(Exception {
        finding: finding.value()?,
        subject: subject.value()?,
        reason: reason.value()?,
        requester: requester.value()?,
        approver: approver.value()?,
        ticket: ticket.value()?,
        until: until.value()?,
    })
}

fn is_same_text(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
