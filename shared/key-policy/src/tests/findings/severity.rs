//! Severity: the product, the bounds, and what real findings come to.

use std::collections::BTreeSet;

use crate::findings::{Code, Inputs, Reach, Severity, Stake, Where};
use crate::inventory::{Answer, Holds, Ownership, Replica, Said};
use crate::tests::given::{Given, ago, integration, organization_token, own, secret};
use crate::{Kind, Power};

use Severity::{Critical, High, Low, Medium};

#[test]
fn the_product_gives_the_severity() {
    use Power::{Administer, Read, StoreOnly, Write};
    let rows = [
        (StoreOnly, Reach::Project, Where::Server, 1, Low),
        (StoreOnly, Reach::Project, Where::NotStated, 1, Low),
        (StoreOnly, Reach::Project, Where::ClientSide, 2, Medium),
        (StoreOnly, Reach::Organization, Where::Server, 2, Medium),
        (StoreOnly, Reach::Organization, Where::ClientSide, 4, Medium),
        (Read, Reach::Project, Where::Server, 2, Medium),
        (Read, Reach::Project, Where::ClientSide, 4, Medium),
        (Read, Reach::Organization, Where::Server, 4, Medium),
        (Read, Reach::Organization, Where::NotStated, 4, Medium),
        (Read, Reach::Organization, Where::ClientSide, 8, Critical),
        (Write, Reach::Project, Where::Server, 3, Medium),
        (Write, Reach::Project, Where::ClientSide, 6, High),
        (Write, Reach::Organization, Where::Server, 6, High),
        (Write, Reach::Organization, Where::ClientSide, 12, Critical),
        (Administer, Reach::Project, Where::Server, 4, Medium),
        (Administer, Reach::Project, Where::ClientSide, 8, Critical),
        (Administer, Reach::Organization, Where::Server, 8, Critical),
        (Administer, Reach::Organization, Where::NotStated, 8, Critical),
        (Administer, Reach::Organization, Where::ClientSide, 16, Critical),
    ];
    for (power, reach, exposure, score, expected) in rows {
        let stake = Stake { power, reach, exposure, holder_could: String::new() };
        let inputs = Inputs::of(&stake, Low, Critical);
        assert_eq!((inputs.score, inputs.severity()), (score, expected), "{power:?} {reach} {exposure}");
        for floor in Severity::ALL {
            for ceiling in Severity::ALL.iter().filter(|ceiling| *ceiling >= floor) {
                let bounded = Inputs::of(&stake, *floor, *ceiling).severity();
                assert_eq!(bounded, expected.clamp(*floor, *ceiling));
            }
        }
    }
}

type Row = (&'static str, fn(&mut Given), Code, Severity);

fn page(given: &mut Given) {
    given.secret().use_case = Some("page".to_owned());
}

#[test]
fn what_findings_come_to() {
    let rows: &[Row] = &[
        (
            "Sentry's first key",
            |given| {
                given.key().label = "Default".to_owned();
                given.key().rate_limit = None;
                given.project().allowed_domains = Some(vec!["*".to_owned()]);
            },
            Code::DefaultSettings,
            Low,
        ),
        (
            "a person's token that writes",
            |given| given.add_reader("event:write").shape = Some(Kind::PersonalToken),
            Code::PersonalTokenInAutomation,
            High,
        ),
        (
            "a copy behind",
            |given| {
                given.secret().replicas = Some(vec![Replica { region: "eu-north-1".to_owned(), in_sync: false }]);
            },
            Code::ReplicaOutOfSync,
            Medium,
        ),
        (
            "an interval without a reason",
            |given| {
                given.policy = "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\ninterval = \"90d\"".to_owned();
            },
            Code::NoRationale,
            Low,
        ),
        (
            "a page that nobody decided about",
            |given| {
                page(given);
                given.in_policy("grace_max = \"30d\"\nat_grace_max = \"keep\"\n", "");
            },
            Code::ClientSideUndecided,
            Medium,
        ),
        ("an unlimited server key", |given| given.key().rate_limit = None, Code::NoRateLimit, Low),
        (
            "an unlimited page",
            |given| {
                page(given);
                given.key().rate_limit = None;
            },
            Code::ClientSideNoRateLimit,
            Medium,
        ),
        (
            "open domains",
            |given| {
                page(given);
                given.project().allowed_domains = Some(vec!["*".to_owned()]);
            },
            Code::OpenDomains,
            Medium,
        ),
        (
            "a foreign key",
            |given| {
                given.add_key(Ownership::Foreign);
            },
            Code::ForeignKey,
            Medium,
        ),
        (
            "an unmanaged key",
            |given| {
                given.add_key(Ownership::Unmanaged);
            },
            Code::UnmanagedKey,
            Medium,
        ),
        (
            "an orphan",
            |given| {
                given.add_key(Ownership::Orphan);
            },
            Code::OrphanKey,
            Low,
        ),
        (
            "an adopted key",
            |given| {
                given.add_key(Ownership::Adopted);
            },
            Code::AdoptedKey,
            Medium,
        ),
        (
            "an abandoned key",
            |given| {
                given.add_key(Ownership::Abandoned);
            },
            Code::AbandonedKey,
            Medium,
        ),
        ("a disabled key kept", |given| given.add_key(Ownership::Foreign).active = false, Code::InactiveKeyKept, Low),
        ("a project without managed key", |given| given.of.secrets.clear(), Code::ProjectWithoutManagedKey, Low),
        (
            "a DSN without owner",
            |given| {
                given.secret().owner = None;
                given.in_policy("owner = \"web-team\"\n", "");
            },
            Code::NoOwner,
            Low,
        ),
        (
            "a page without owner",
            |given| {
                page(given);
                given.secret().owner = None;
                given.in_policy("owner = \"web-team\"\n", "");
            },
            Code::NoOwner,
            Medium,
        ),
        (
            "a writing token without owner",
            |given| {
                given.in_policy("owner = \"web-team\"\n", "");
                given.add_reader("event:write");
                given.of.secrets.last_mut().unwrap().owner = None;
            },
            Code::NoOwner,
            High,
        ),
        (
            "a token without contact",
            |given| {
                given.of.secrets.clear();
                given.add_reader("org:admin");
                given.in_policy("contact = \"#web-team\"\n", "");
            },
            Code::NoContact,
            Medium,
        ),
        ("an overdue DSN", |given| given.key().created = ago("91d"), Code::RotationOverdue, Medium),
        (
            "an overdue writing token",
            |given| given.add_reader("event:write").stored = ago("91d"),
            Code::RotationOverdue,
            High,
        ),
        (
            "an upcoming rotation",
            |given| given.add_reader("org:admin").stored = ago("80d"),
            Code::RotationUpcoming,
            Low,
        ),
        ("a failing rotation", |given| given.secret().rotation.next = ago("2d"), Code::RotationFailing, Medium),
        ("rotation not enabled", |given| given.secret().rotation.enabled = false, Code::RotationDisabled, Medium),
        ("a faked rotation", |given| given.key().created = ago("50d"), Code::RotationFaked, High),
        ("a live superseded key", |given| given.previous_key().active = true, Code::PreviousStillLive, Medium),
        ("a dead current key", |given| given.key().active = false, Code::CurrentKeyDead, High),
        ("a project that is not there", |given| given.projects.clear(), Code::ProjectNotFound, Medium),
        ("a shadow copy", |given| given.of.secrets.push(secret("copy")), Code::ShadowCopy, Medium),
        ("no consumer", |given| given.secret().consumers = None, Code::NoConsumer, Low),
        ("an unknown kind", |given| given.secret().kind = Said::Unknown("x".to_owned()), Code::UnknownKind, High),
        ("a token in an SDK's secret", |given| given.current().holds = Holds::Token, Code::SdkSecretNotStoreOnly, High),
        ("an unknown use case", |given| given.secret().use_case = Some("x".to_owned()), Code::UndocumentedUse, Medium),
        (
            "a reading token",
            |given| {
                given.add_reader("event:read");
            },
            Code::OrgWideKey,
            Medium,
        ),
        (
            "a writing token",
            |given| {
                given.add_reader("event:write");
            },
            Code::OrgWideKey,
            High,
        ),
        (
            "an administering token",
            |given| {
                given.add_reader("org:admin");
            },
            Code::OrgWideKey,
            Critical,
        ),
        (
            "an integration that reads",
            |given| {
                given.of.integrations.as_mut().unwrap().push(integration("other", "org:read"));
            },
            Code::OrgWideKey,
            Medium,
        ),
        (
            "an integration that administers",
            |given| {
                given.of.integrations.as_mut().unwrap().push(integration("other", "team:admin"));
            },
            Code::AdminKeyInApp,
            Critical,
        ),
        (
            "an organization token that writes settings",
            |given| {
                given.of.organization_tokens = Some(vec![organization_token("org:write")]);
            },
            Code::AdminKeyInApp,
            Critical,
        ),
        (
            "too much reading",
            |given| {
                given.add_reader("event:read, org:read");
            },
            Code::OverScoped,
            Medium,
        ),
        (
            "too much writing",
            |given| {
                given.add_reader("event:admin");
            },
            Code::OverScoped,
            High,
        ),
        (
            "rotation that may delete projects",
            |given| {
                given.of.tokens.push(own("rotate-client-key", "project:admin"));
            },
            Code::OverScoped,
            Critical,
        ),
        ("a refused token", |given| given.add_reader("").answer = Answer::Refused, Code::TokenRefused, Medium),
        ("a review", |given| given.of.reviews.last_signed = ago("91d"), Code::ReviewOverdue, Medium),
        (
            "an ended exception",
            |given| given.except("NO_OWNER", "x", "2026-01-01", ("kim", "robin")),
            Code::ExceptionExpired,
            Medium,
        ),
        (
            "an exception approved by who asked",
            |given| {
                given.except("NO_OWNER", "x", "2027-01-01", ("kim@example.com", "kim"));
            },
            Code::ExceptionSelfApproved,
            High,
        ),
        (
            "an exception of no finding",
            |given| given.except("X", "x", "2027-01-01", ("kim", "robin")),
            Code::ExceptionUnused,
            Low,
        ),
    ];
    let mut without: BTreeSet<Code> = Code::ALL.iter().copied().collect();
    for (sentence, spoil, code, expected) in rows {
        let mut given = Given::nothing_wrong();
        spoil(&mut given);
        assert_eq!(given.finding(*code).severity, *expected, "{sentence}");
        without.remove(code);
    }
    assert_eq!(without, BTreeSet::new(), "each code has a row");
}
