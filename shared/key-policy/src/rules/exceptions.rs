//! Exceptions that ended, that their requester approved, or that accept nothing.

use super::view::about;
use super::{Judge, Rule, Verdict, calls, tell};
use crate::exception::Exception;
use crate::facts::Facts;
use crate::findings::{Code, Group, Remedy, Severity, SubjectKind};

pub(super) const EXPIRED: Rule = Rule {
    code: Code::ExceptionExpired,
    group: Group::Review,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "The last day of an exception has passed (UTC). What it accepted counts again.",
    why: "An exception is a promise to mend something by a day. An ended one that stays in the file looks like permission.",
    holder_could: "what the finding says that it accepted",
    remedy: "Mend the finding and remove the exception; or let somebody approve it anew, with another end.",
    sees_all: true,
    judges: &[Judge::Whole(expired)],
};

pub(super) const SELF_APPROVED: Rule = Rule {
    code: Code::ExceptionSelfApproved,
    group: Group::Review,
    floor: Severity::High,
    ceiling: Severity::High,
    what: "Requester and approver of an exception are the same person in two spellings: the same mail address (whatever its case, dots, or part after a plus), or the same name. Such an exception accepts nothing.",
    why: "A second person is the whole worth of an approval.",
    holder_could: "what the finding says that it was meant to accept",
    remedy: "Let somebody else approve it.",
    sees_all: true,
    judges: &[Judge::Whole(self_approved)],
};

pub(super) const UNUSED: Rule = Rule {
    code: Code::ExceptionUnused,
    group: Group::Review,
    floor: Severity::Low,
    ceiling: Severity::Low,
    what: "An exception names a code that no finding has.",
    why: "It accepts nothing, and whoever wrote it believes that it does.",
    holder_could: "what somebody believes to be accepted",
    remedy: "Correct the code, or remove the exception.",
    sees_all: true,
    judges: &[Judge::Whole(unused)],
};

fn each(facts: &Facts<'_>, judge: impl Fn(&Exception) -> Option<(Vec<String>, &'static str)>) -> Vec<Verdict> {
    let all = facts.policy.exceptions().iter();
    all.map(|exception| {
        let Some((mut evidence, text)) = judge(exception) else {
            return Verdict::Fine;
        };
        evidence.push(format!("its ticket is {}", tell::quoted(&exception.ticket)));
        let id = format!("{}/{}", exception.finding, exception.subject);
        let change = format!("[[exception]] of finding = {:?}, subject = {:?}", exception.finding, exception.subject);
        let remedy = Remedy { text: text.to_owned(), calls: vec![calls::policy(&change)] };
        let holder_could = "what the excepted finding says";
        Verdict::found(about(SubjectKind::Exception, id, evidence, holder_could, remedy))
    })
    .collect()
}

fn expired(facts: &Facts<'_>) -> Vec<Verdict> {
    each(facts, |exception| {
        let told = format!("its last day was {}", exception.until);
        (!exception.holds_on(facts.today()))
            .then_some((vec![told], "mend the finding, or let the exception be approved anew"))
    })
}

fn self_approved(facts: &Facts<'_>) -> Vec<Verdict> {
    each(facts, |exception| {
        let told = format!(
            "requested by {}, approved by {}",
            tell::quoted(&exception.requester),
            tell::quoted(&exception.approver)
        );
        exception.is_self_approved().then_some((vec![told], "let somebody else approve it"))
    })
}

fn unused(facts: &Facts<'_>) -> Vec<Verdict> {
    each(facts, |exception| {
        let told = format!("no finding has the code {}", tell::quoted(&exception.finding));
        Code::from_word(&exception.finding)
            .is_none()
            .then_some((vec![told], "correct the code, or remove the exception"))
    })
}
