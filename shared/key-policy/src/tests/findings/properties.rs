//! What holds for every inventory, however odd.

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::findings::Finding;
use crate::inventory::{
    ActsAs, Answer, ClientKey, Holds, Integration, OrganizationToken, Ownership, Project, Replica, Reviews, Rotation,
    Said, Secret, Token, Version,
};
use crate::tests::given::{Given, arn, now, scopes};
use crate::{Kind, RateLimit};

/// What anybody may write: a mark to look for, and what would break a terminal or a call.
const HOSTILE: &str = "evil\u{1b}[31m\n'; rm -rf \"$HOME\" \u{202e}";

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![Just(HOSTILE.to_owned()), Just(HOSTILE.repeat(9)), Just("Default".to_owned()), Just(String::new())]
}

fn moment() -> impl Strategy<Value = Option<Timestamp>> {
    let days = prop_oneof![Just(0), Just(7), Just(30), Just(90), -400_i64..40];
    let near = (days, -1_i64..2)
        .prop_map(|(days, seconds)| now().checked_add(SignedDuration::from_secs(days * 86_400 + seconds)).unwrap());
    option::of(prop_oneof![8 => near, 1 => Just(Timestamp::MIN), 1 => Just(Timestamp::MAX)])
}

fn key_id() -> impl Strategy<Value = String> {
    (0_u8..6).prop_map(|digit| digit.to_string().repeat(32))
}

fn holds() -> impl Strategy<Value = Holds> {
    prop_oneof![
        6 => (key_id(), 41_u64..45, any::<bool>(), any::<bool>())
            .prop_map(|(id, project, secret_part, token)| Holds::Key { id, project, secret_part, token }),
        1 => Just(Holds::Token),
        1 => Just(Holds::Empty),
        1 => Just(Holds::Other),
        1 => Just(Holds::Unreadable),
    ]
}

fn version() -> impl Strategy<Value = Option<Version>> {
    option::of((hostile(), moment(), holds()).prop_map(|(id, created, holds)| Version { id, created, holds }))
}

fn said_kind() -> impl Strategy<Value = Said<Kind>> {
    prop_oneof![
        Just(Said::Nothing),
        proptest::sample::select(Kind::ALL).prop_map(Said::Known),
        hostile().prop_map(Said::Unknown),
    ]
}

fn use_case() -> impl Strategy<Value = Option<String>> {
    let named = proptest::sample::select(&["sdk", "page", "app", "reader", "manager", "none", HOSTILE][..]);
    option::of(named.prop_map(str::to_owned))
}

fn secret() -> impl Strategy<Value = Secret> {
    let texts = (0_u8..5, said_kind(), use_case(), option::of(hostile()), option::of(hostile()));
    let rotation = (any::<bool>(), moment(), moment());
    let versions = (version(), version(), version());
    let rest = (moment(), moment(), option::of(vec(any::<bool>(), 0..3)), any::<bool>(), any::<bool>());
    (texts, rotation, versions, rest).prop_map(|(texts, rotation, versions, rest)| {
        let (number, kind, use_case, owner, consumers) = texts;
        let (created, last_accessed, replicas, is_copy, scheduled_for_deletion) = rest;
        let replica = |in_sync| Replica { region: "eu-north-1".to_owned(), in_sync };
        Secret {
            remembered_project: None,
            arn: arn(&format!("secret-{number}")),
            name: format!("secret-{number}"),
            kind,
            use_case,
            owner,
            consumers,
            created,
            last_accessed,
            rotation: Rotation {
                enabled: rotation.0,
                function: None,
                last: rotation.1,
                next: rotation.2,
                schedule: None,
            },
            current: versions.0,
            pending: versions.1,
            previous: versions.2,
            replicas: replicas.map(|all| all.into_iter().map(replica).collect()),
            replica_of: is_copy.then(|| "eu-west-2".to_owned()),
            scheduled_for_deletion,
        }
    })
}

fn key() -> impl Strategy<Value = ClientKey> {
    let limit =
        option::of((1_u32..2_000, 1_u32..4_000).prop_map(|(count, window)| RateLimit::new(count, window).unwrap()));
    (key_id(), hostile(), any::<bool>(), limit, moment(), proptest::sample::select(Ownership::ALL)).prop_map(
        |(id, label, active, rate_limit, created, ownership)| ClientKey {
            id,
            label,
            active,
            rate_limit,
            created,
            ownership,
        },
    )
}

fn project() -> impl Strategy<Value = Project> {
    let domains =
        option::of(vec(proptest::sample::select(&["*", "example.com", HOSTILE][..]).prop_map(str::to_owned), 0..3));
    (41_u64..44, option::of(any::<bool>()), domains, option::of(vec(key(), 0..4))).prop_map(
        |(id, offers_rate_limits, allowed_domains, keys)| Project {
            id,
            slug: format!("project-{id}"),
            offers_rate_limits,
            allowed_domains,
            keys,
        },
    )
}

fn carried() -> impl Strategy<Value = crate::ScopeSet> {
    let known = proptest::sample::subsequence(crate::SCOPES, 0..5).prop_map(|names| scopes(&names.join(", ")));
    prop_oneof![4 => known, 1 => Just(scopes("replay:read, org:read"))]
}

fn answer() -> impl Strategy<Value = Answer> {
    let acts_as = prop_oneof![
        Just(ActsAs::Organization),
        Just(ActsAs::Integration("one-0123".to_owned())),
        hostile().prop_map(ActsAs::Integration),
        hostile().prop_map(ActsAs::Person),
    ];
    prop_oneof![
        4 => (carried(), acts_as).prop_map(|(scopes, acts_as)| Answer::Alive { scopes, acts_as }),
        1 => Just(Answer::Refused),
        1 => Just(Answer::Unknown),
    ]
}

fn token() -> impl Strategy<Value = Token> {
    let function = option::of(proptest::sample::select(&["audit-keys", "retire-keys (deletion)", "another"][..]));
    let shape = option::of(proptest::sample::select(Kind::ALL));
    (0_u8..5, function, said_kind(), use_case(), option::of(hostile()), shape, answer(), moment()).prop_map(
        |(number, function, kind, use_case, owner, shape, answer, stored)| Token {
            secret_arn: arn(&format!("secret-{number}")),
            secret_name: format!("secret-{number}"),
            function,
            kind,
            use_case,
            owner,
            shape,
            answer,
            stored,
        },
    )
}

fn integration() -> impl Strategy<Value = Integration> {
    let slug = proptest::sample::select(&["one", "one-0", "two"][..]);
    (slug, hostile(), carried(), option::of(any::<bool>())).prop_map(|(slug, name, scopes, installed)| Integration {
        slug: slug.to_owned(),
        name,
        status: "internal".to_owned(),
        scopes,
        installed,
    })
}

fn organization_token() -> impl Strategy<Value = OrganizationToken> {
    (hostile(), carried(), moment()).prop_map(|(name, scopes, created)| OrganizationToken {
        id: "5".to_owned(),
        name,
        scopes,
        created,
        last_used: None,
    })
}

fn given() -> impl Strategy<Value = Given> {
    let lists = (
        vec(project(), 0..3),
        vec(secret(), 0..5),
        vec(token(), 0..4),
        option::of(vec(integration(), 0..3)),
        option::of(vec(organization_token(), 0..3)),
    );
    (lists, moment(), moment(), any::<bool>()).prop_map(|(lists, first, last_signed, all_projects_listed)| {
        let mut given = Given::nothing_wrong();
        (given.projects, given.of.secrets, given.of.tokens, given.of.integrations, given.of.organization_tokens) =
            lists;
        given.projects.sort_by_key(|project| project.id);
        given.projects.dedup_by_key(|project| project.id);
        given.of.reviews = Reviews { first, last_signed };
        given.of.all_projects_listed = all_projects_listed;
        given.except("ORG_WIDE_KEY", "secret-1", "2027-01-01", ("kim", "robin"));
        given
    })
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_control() || c == '\u{202e}')
}

fn check(finding: &Finding) -> Result<(), TestCaseError> {
    let case = &finding.case;
    prop_assert!(!case.evidence.is_empty() && case.evidence.iter().all(|line| is_printable(line)), "{finding:?}");
    prop_assert!(case.evidence.iter().all(|line| line.len() < 2_000), "{finding:?}");
    prop_assert!(!case.remedy.calls.is_empty(), "{finding:?}");
    let told = case.remedy.calls.iter().chain([&case.remedy.text, &case.stake.holder_could]);
    for text in told {
        prop_assert!(is_printable(text) && !text.contains("evil"), "{finding:?}");
    }
    for call in &case.remedy.calls {
        let known = ["GET /api/0/", "PUT /api/0/", "DELETE /api/0/", "aws ", "manual: "];
        prop_assert!(known.iter().any(|start| call.starts_with(start)), "{call}");
    }
    prop_assert!(finding.severity >= finding.inputs.floor && finding.severity <= finding.inputs.ceiling);
    prop_assert!(!case.subject.id.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_finding_of_every_inventory_can_be_acted_on(given in given()) {
        let judged = given.judged();
        for finding in &judged.findings {
            check(finding)?;
        }
        let counted: u64 = judged.tally.counts().map(|(_, count)| count.found + count.excepted).sum();
        prop_assert_eq!(counted, judged.findings.len() as u64);
        let again = given.judged();
        prop_assert_eq!(judged.findings, again.findings);
        prop_assert_eq!(judged.tally, again.tally);
    }
}
