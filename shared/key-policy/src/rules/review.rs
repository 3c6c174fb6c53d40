//! Nobody signed a review for too long.

use std::time::Duration;

use super::view::about;
use super::{Judge, Rule, Verdict, calls, tell};
use crate::duration::duration_text;
use crate::facts::Facts;
use crate::findings::{Code, Group, Remedy, Severity, SubjectKind};
use crate::use_case::UseCase;

pub(super) const RULE: Rule = Rule {
    code: Code::ReviewOverdue,
    group: Group::Review,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "The last signed review, else the first review on record, is older than `[review] every` of the policy, or than the `review_every` of a use case. It is said once for each.",
    why: "Needs change and permissions stay. Only a person can say that a key is still needed.",
    holder_could: "use what should have been taken away at the last review",
    remedy: "Read the report, mend or except what it finds, and sign the review.",
    sees_all: true,
    judges: &[Judge::Whole(judge)],
};

fn judge(facts: &Facts<'_>) -> Vec<Verdict> {
    let whole = one(facts, facts.policy.review.every, None);
    let cases = facts.policy.use_cases().iter().filter_map(|case| Some((case, case.review_every?)));
    std::iter::once(whole).chain(cases.map(|(case, every)| one(facts, every, Some(case)))).collect()
}

fn one(facts: &Facts<'_>, every: Duration, case: Option<&UseCase>) -> Verdict {
    let reviews = &facts.of.reviews;
    let (since, told) = match (reviews.last_signed, reviews.first) {
        (Some(signed), _) => (signed, "the last review was signed at"),
        (None, Some(first)) => (first, "no review was ever signed, the first one was made at"),
        // This is the first.
        (None, None) => return Verdict::Fine,
    };
    if !tell::is_beyond(facts, since, every) {
        return Verdict::Fine;
    }
    let whose = case.map_or("the policy".to_owned(), |case| format!("the use case {}", tell::quoted(&case.name)));
    let evidence = vec![
        format!("{told} {}", tell::moment(since)),
        format!(
            "{whose} wants one every {}: it was due at {}",
            duration_text(every),
            tell::moment(tell::later(since, every))
        ),
    ];
    let reviewers = &facts.policy.review.reviewers;
    let text = if reviewers.is_empty() {
        "read the report and sign the review".to_owned()
    } else {
        "let one of the reviewers of the policy read the report and sign the review".to_owned()
    };
    let (kind, id) =
        case.map_or((SubjectKind::Review, "review".to_owned()), |case| (SubjectKind::UseCase, case.name.clone()));
    let remedy = Remedy { text, calls: vec![calls::sign()] };
    let mut found = about(kind, id, evidence, "use what a review would have taken away", remedy);
    found.owner = case.and_then(|case| case.owner.clone());
    found.contact = case.and_then(|case| case.contact.clone());
    Verdict::found(found)
}
