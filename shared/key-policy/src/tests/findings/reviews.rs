//! The rule about reviews, at its boundary.

use crate::findings::{Code, SubjectKind};
use crate::tests::given::{Given, Says, ago, check};

#[test]
fn review_overdue() {
    fn signed(given: &mut Given, before: &str) {
        given.of.reviews.first = ago("900d");
        given.of.reviews.last_signed = ago(before);
    }
    check(
        Code::ReviewOverdue,
        &[
            ("this is the first", |_| {}, Says::Fine),
            ("signed exactly so long ago", |given| signed(given, "90d"), Says::Fine),
            ("a second longer", |given| signed(given, "90d1s"), Says::Found),
            ("never signed, the first exactly so long ago", |given| given.of.reviews.first = ago("90d"), Says::Fine),
            ("never signed, a second longer", |given| given.of.reviews.first = ago("90d1s"), Says::Found),
            (
                "another time in the policy",
                |given| {
                    signed(given, "1d1s");
                    given.add_to_policy("[review]\nevery = \"1d\"\n");
                },
                Says::Found,
            ),
            (
                "zero",
                |given| {
                    signed(given, "0s");
                    given.add_to_policy("[review]\nevery = \"0s\"\n");
                },
                Says::Found,
            ),
            ("zero, and this is the first", |given| given.add_to_policy("[review]\nevery = \"0s\"\n"), Says::Fine),
        ],
    );
}

#[test]
fn each_use_case_with_a_time_of_its_own_is_said() {
    let mut given = Given::nothing_wrong();
    given.of.reviews.last_signed = ago("31d");
    given.in_policy("exposure = \"browser\"\n", "exposure = \"browser\"\nreview_every = \"30d\"\n");
    let finding = given.finding(Code::ReviewOverdue);
    assert_eq!((finding.case.subject.kind, finding.case.subject.id.as_str()), (SubjectKind::UseCase, "page"));
    assert_eq!(finding.case.owner.as_deref(), Some("web-team"));

    given.of.reviews.last_signed = ago("91d");
    let judged = given.judged();
    let subjects: Vec<_> = judged.findings.iter().map(|finding| finding.case.subject.id.as_str()).collect();
    assert_eq!(subjects, ["review", "page"]);
}
