//! What an exception accepts, and the rules about exceptions themselves.

use crate::findings::{Code, Status};
use crate::inventory::Ownership;
use crate::tests::given::{CURRENT, Given, Says, ahead, arn, check};

const PEOPLE: (&str, &str) = ("robin@example.com", "kim@example.com");

fn unlimited(given: &mut Given) {
    given.key().rate_limit = None;
}

#[test]
fn an_exception_accepts_one_finding_on_one_subject_until_its_last_day() {
    check(
        Code::NoRateLimit,
        &[
            ("none", unlimited, Says::Found),
            (
                "on its last day",
                |given| {
                    unlimited(given);
                    given.except("NO_RATE_LIMIT", CURRENT, "2026-11-26", PEOPLE);
                },
                Says::Excepted,
            ),
            (
                "in the last second of it",
                |given| {
                    unlimited(given);
                    given.now = ahead("11h59m59s").unwrap();
                    given.except("NO_RATE_LIMIT", CURRENT, "2026-11-26", PEOPLE);
                },
                Says::Excepted,
            ),
            (
                "a second later",
                |given| {
                    unlimited(given);
                    given.now = ahead("12h").unwrap();
                    given.except("NO_RATE_LIMIT", CURRENT, "2026-11-26", PEOPLE);
                },
                Says::Found,
            ),
            (
                "of another finding",
                |given| {
                    unlimited(given);
                    given.except("FOREIGN_KEY", CURRENT, "2027-11-26", PEOPLE);
                },
                Says::Found,
            ),
            (
                "on another subject",
                |given| {
                    unlimited(given);
                    given.except("NO_RATE_LIMIT", "22222222222222222222222222222222", "2027-11-26", PEOPLE);
                },
                Says::Found,
            ),
            (
                "a key is not named by its label",
                |given| {
                    unlimited(given);
                    let label = given.key().label.clone();
                    given.except("NO_RATE_LIMIT", &label, "2027-11-26", PEOPLE);
                },
                Says::Found,
            ),
            (
                "approved by who asked",
                |given| {
                    unlimited(given);
                    let people = ("robin@example.com", "Robin <robin+x@example.com>");
                    given.except("NO_RATE_LIMIT", CURRENT, "2027-11-26", people);
                },
                Says::Found,
            ),
            (
                "a second finding stays",
                |given| {
                    unlimited(given);
                    given.add_key(Ownership::Foreign).rate_limit = None;
                    given.except("NO_RATE_LIMIT", CURRENT, "2027-11-26", PEOPLE);
                },
                Says::Found,
            ),
        ],
    );
}

#[test]
fn a_secret_is_named_by_its_arn_or_its_name_and_the_ticket_is_shown() {
    for subject in [arn("sentry/web"), "sentry/web".to_owned()] {
        let mut given = Given::nothing_wrong();
        given.secret().consumers = None;
        given.except("NO_CONSUMER", &subject, "2027-01-01", PEOPLE);
        let finding = given.finding(Code::NoConsumer);
        let ticket = finding.exception.as_ref().map(|exception| exception.ticket.as_str());
        assert_eq!((finding.status, ticket), (Status::Excepted, Some("OPS-1")));
    }
}

#[test]
fn exception_expired() {
    check(
        Code::ExceptionExpired,
        &[
            ("no exceptions", |_| {}, Says::NotMeant),
            ("on its last day", |given| given.except("NO_OWNER", "x", "2026-11-26", PEOPLE), Says::Fine),
            ("on the day after", |given| given.except("NO_OWNER", "x", "2026-11-25", PEOPLE), Says::Found),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.except("NO_OWNER", "x", "2026-11-25", PEOPLE);
    assert_eq!(given.finding(Code::ExceptionExpired).case.subject.id, "NO_OWNER/x");
}

#[test]
fn exception_self_approved() {
    check(
        Code::ExceptionSelfApproved,
        &[
            ("by another", |given| given.except("NO_OWNER", "x", "2027-01-01", PEOPLE), Says::Fine),
            (
                "in another spelling",
                |given| {
                    given.except("NO_OWNER", "x", "2027-01-01", ("Kim Doe <kim@example.com>", "K.im@Example.com"));
                },
                Says::Found,
            ),
        ],
    );
}

#[test]
fn exception_unused() {
    check(
        Code::ExceptionUnused,
        &[
            ("a code", |given| given.except("NO_OWNER", "x", "2027-01-01", PEOPLE), Says::Fine),
            ("no code", |given| given.except("NO_OWNERS", "x", "2027-01-01", PEOPLE), Says::Found),
            ("a code in lower case", |given| given.except("no_owner", "x", "2027-01-01", PEOPLE), Says::Found),
        ],
    );
}
