//! What is wrong with a policy file, all at once: as data, and as a report for people.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// One sentence, without the position.
    pub message: String,
    /// The member, dotted: `use_case.sdk.grace`, `binding[0].projects`; empty for the file as a whole.
    pub path: String,
}

/// Every mistake in the file, in the order of the file; never empty.
///
/// `Display` and `Debug` are the whole report, in plain text with the lines quoted.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyErrors {
    report: String,
    errors: Vec<PolicyError>,
}

impl PolicyErrors {
    /// Every mistake, sorted by position.
    #[must_use]
    pub fn errors(&self) -> &[PolicyError] {
        &self.errors
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl fmt::Debug for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PolicyErrors {}

struct Problem {
    at: Range<usize>,
    path: String,
    message: String,
}

/// Collects mistakes while the file is read.
#[derive(Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn push(&mut self, at: Range<usize>, path: &str, message: impl Into<String>) {
        self.0.push(Problem { at, path: path.to_owned(), message: message.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The report on `text`, which `origin` names to people.
    pub(crate) fn into_errors(mut self, text: &str, origin: &str) -> PolicyErrors {
        for problem in &mut self.0 {
            problem.at = shown(text, &problem.at);
        }
        self.0.sort_by_key(|problem| problem.at.start);
        let mut report = String::new();
        let mut errors = Vec::new();
        for problem in self.0 {
            report.push_str(&render(&problem, text, origin));
            report.push_str("\n\n");
            let (line, column) = position(text, problem.at.start);
            errors.push(PolicyError { line, column, message: problem.message, path: problem.path });
        }
        let plural = if errors.len() == 1 { "" } else { "s" };
        report.push_str(&format!("{origin}: {} error{plural}", errors.len()));
        PolicyErrors { report, errors }
    }
}

/// Line and column, from 1, columns in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// What is underlined: a string with its quotes; of a span of many lines, such as a table's, only the first.
fn shown(text: &str, at: &Range<usize>) -> Range<usize> {
    let start = at.start.min(text.len());
    let end = at.end.clamp(start, text.len());
    let before = text.get(..start).and_then(|before| before.chars().last());
    let after = text.get(end..).and_then(|after| after.chars().next());
    let spanned = text.get(start..end).unwrap_or_default();
    if before == after && matches!(before, Some('"' | '\'')) && !spanned.contains('\n') {
        return start - 1..end + 1;
    }
    let line = spanned.lines().next().unwrap_or_default().trim_end();
    start..start + line.len()
}

fn render(problem: &Problem, text: &str, origin: &str) -> String {
    let label = (!problem.path.is_empty()).then_some(problem.path.as_str());
    let annotation = AnnotationKind::Primary.span(problem.at.clone()).label(label);
    let report = [Level::ERROR
        .primary_title(problem.message.as_str())
        .element(Snippet::source(text).path(origin).annotation(annotation))];
    Renderer::plain().decor_style(DecorStyle::Ascii).render(&report)
}
