//! Rules about managed secrets, but for their rotation.

use crate::Kind;
use crate::findings::{Code, Severity, SubjectKind};
use crate::inventory::{Holds, Replica, Said};
use crate::tests::given::{CURRENT, Given, PROJECT, Says, ago, arn, check, dsn, own, secret, version};

#[test]
fn no_owner_and_no_contact() {
    fn nobody(given: &mut Given) {
        given.secret().owner = None;
        given.in_policy("owner = \"web-team\"\n", "");
    }
    fn no_contact(given: &mut Given) {
        given.in_policy("contact = \"#web-team\"\n", "");
    }
    fn untagged_token(given: &mut Given, use_case: &str) {
        let mut token = secret("audit-keys");
        token.kind = Said::Nothing;
        token.use_case = Some(use_case.to_owned());
        token.current = Some(version("v1", ago("10d"), Holds::Token));
        token.previous = None;
        given.of.secrets.push(token);
    }
    check(
        Code::NoOwner,
        &[
            ("by tag and policy", |_| {}, Says::Fine),
            ("by the tag", |given| given.in_policy("owner = \"web-team\"\n", ""), Says::Fine),
            ("by the policy", |given| given.secret().owner = None, Says::Fine),
            ("by neither", nobody, Says::Found),
            (
                "a tag of blanks",
                |given| {
                    nobody(given);
                    given.secret().owner = Some("  ".to_owned());
                },
                Says::Found,
            ),
            (
                "a use case that the policy does not have",
                |given| {
                    given.secret().owner = None;
                    given.secret().use_case = Some("none".to_owned());
                },
                Says::Found,
            ),
            (
                "a use case of another kind",
                |given| {
                    given.secret().owner = None;
                    given.secret().use_case = Some("reader".to_owned());
                },
                Says::Found,
            ),
        ],
    );
    check(
        Code::NoContact,
        &[
            ("stated", |_| {}, Says::Fine),
            ("not stated", no_contact, Says::Found),
            (
                "no owner either",
                |given| {
                    nobody(given);
                    no_contact(given);
                },
                Says::NotMeant,
            ),
            ("an owner by tag in no use case", |given| given.secret().use_case = Some("none".to_owned()), Says::Found),
            ("a token without a kind, in a use case of tokens", |given| untagged_token(given, "manager"), Says::Fine),
            ("a token without a kind, in one of client keys", |given| untagged_token(given, "sdk"), Says::Found),
        ],
    );
}

#[test]
fn the_owner_is_the_tags_before_the_policys() {
    let mut given = Given::nothing_wrong();
    given.secret().owner = Some("shop-team".to_owned());
    given.key().rate_limit = None;
    let case = given.finding(Code::NoRateLimit).case;
    assert_eq!((case.owner.as_deref(), case.contact.as_deref()), (Some("shop-team"), Some("#web-team")));
    given.secret().owner = None;
    assert_eq!(given.finding(Code::NoRateLimit).case.owner.as_deref(), Some("web-team"));
}

#[test]
fn undocumented_use_of_a_secret() {
    check(
        Code::UndocumentedUse,
        &[
            ("in a use case of its kind", |_| {}, Says::Fine),
            ("without a tag, in the default one", |given| given.secret().use_case = None, Says::Fine),
            ("in none of the policy", |given| given.secret().use_case = Some("none".to_owned()), Says::Found),
            ("in one of another kind", |given| given.secret().use_case = Some("reader".to_owned()), Says::Found),
            (
                "by a tag, without a kind",
                |given| {
                    given.secret().kind = Said::Nothing;
                },
                Says::Fine,
            ),
            (
                "a token in its use case",
                |given| {
                    given.add_reader("event:read");
                },
                Says::Fine,
            ),
            (
                "a token without tags",
                |given| {
                    given.add_reader("event:read").use_case = None;
                    let secret = given.of.secrets.last_mut().unwrap();
                    secret.use_case = None;
                    secret.kind = Said::Nothing;
                },
                Says::Found,
            ),
            (
                "one of this system's own",
                |given| {
                    let mut secret = secret("audit-keys");
                    secret.kind = Said::Nothing;
                    secret.use_case = None;
                    secret.current = Some(version("v1", None, Holds::Token));
                    given.of.secrets.push(secret);
                },
                Says::Fine,
            ),
            (
                "one of this system's own whose tag names none",
                |given| {
                    let mut secret = secret("audit-keys");
                    secret.kind = Said::Nothing;
                    secret.use_case = Some("none".to_owned());
                    secret.current = Some(version("v1", None, Holds::Token));
                    given.of.secrets.push(secret);
                },
                Says::Found,
            ),
        ],
    );
}

#[test]
fn unknown_kind() {
    check(
        Code::UnknownKind,
        &[
            ("a known one", |_| {}, Says::Fine),
            ("none", |given| given.secret().kind = Said::Nothing, Says::NotMeant),
            ("a word", |given| given.secret().kind = Said::Unknown("client_key".to_owned()), Says::Found),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.secret().kind = Said::Unknown("client_key".to_owned());
    assert_eq!(given.finding(Code::UnknownKind).severity, Severity::High);
}

#[test]
fn a_token_in_the_secret_of_an_sdk_is_to_be_ended_and_anything_else_is_not() {
    for (holds, is_token) in [(Holds::Token, true), (Holds::Other, false)] {
        let mut given = Given::nothing_wrong();
        given.current().holds = holds;
        let calls = given.finding(Code::SdkSecretNotStoreOnly).case.remedy.calls;
        assert_eq!(calls.iter().any(|call| call.contains("revoke it")), is_token, "{calls:?}");
    }
}

#[test]
fn sdk_secret_not_store_only() {
    fn holds(given: &mut Given, holds: Holds) {
        given.current().holds = holds;
    }
    check(
        Code::SdkSecretNotStoreOnly,
        &[
            ("DSNs in the public form", |_| {}, Says::Fine),
            ("a token", |given| holds(given, Holds::Token), Says::Found),
            (
                "a DSN with its secret part",
                |given| {
                    holds(
                        given,
                        Holds::Key { id: CURRENT.to_owned(), project: PROJECT, secret_part: true, token: false },
                    );
                },
                Says::Found,
            ),
            (
                "a token beside the DSN",
                |given| {
                    holds(
                        given,
                        Holds::Key { id: CURRENT.to_owned(), project: PROJECT, secret_part: false, token: true },
                    );
                },
                Says::Found,
            ),
            ("neither DSN nor token", |given| holds(given, Holds::Other), Says::Found),
            ("nothing yet", |given| holds(given, Holds::Empty), Says::Fine),
            ("it cannot be read", |given| holds(given, Holds::Unreadable), Says::Unknown),
            (
                "a token at AWSPREVIOUS",
                |given| {
                    given.secret().previous = Some(version("v1", None, Holds::Token));
                },
                Says::Found,
            ),
            (
                "a token at AWSPENDING, the rest unreadable",
                |given| {
                    holds(given, Holds::Unreadable);
                    given.secret().pending = Some(version("v3", None, Holds::Token));
                },
                Says::Found,
            ),
            (
                "the secret of a token",
                |given| {
                    given.secret().kind = Said::Known(Kind::IntegrationToken);
                    holds(given, Holds::Token);
                },
                Says::NotMeant,
            ),
            (
                "without a kind, in a use case of client keys",
                |given| {
                    given.secret().kind = Said::Nothing;
                    holds(given, Holds::Token);
                },
                Says::Found,
            ),
            (
                "it waits for its deletion",
                |given| {
                    given.secret().scheduled_for_deletion = true;
                    given.secret().current = None;
                    given.secret().previous = None;
                },
                Says::Unknown,
            ),
            (
                "one of this system's own tokens",
                |given| {
                    given.secret().kind = Said::Nothing;
                    given.secret().use_case = None;
                    holds(given, Holds::Token);
                    let mut token = own("retire-keys", "org:read, project:write");
                    token.secret_arn = arn("sentry/web");
                    given.of.tokens.push(token);
                },
                Says::NotMeant,
            ),
        ],
    );
}

#[test]
fn shadow_copy() {
    check(
        Code::ShadowCopy,
        &[
            ("one secret", |_| {}, Says::Fine),
            ("two", |given| given.of.secrets.push(secret("sentry/copy")), Says::Found),
            (
                "only the version before",
                |given| {
                    let mut copy = secret("sentry/copy");
                    copy.current = Some(version("v1", None, dsn("33333333333333333333333333333333")));
                    copy.previous = Some(version("v0", None, dsn(CURRENT)));
                    given.of.secrets.push(copy);
                },
                Says::Fine,
            ),
            (
                "one of them pending",
                |given| {
                    let mut copy = secret("sentry/copy");
                    copy.current = None;
                    copy.pending = Some(version("v1", None, dsn(CURRENT)));
                    given.of.secrets.push(copy);
                },
                Says::Found,
            ),
            (
                "current and pending of one secret",
                |given| {
                    given.secret().pending = Some(version("v3", None, dsn(CURRENT)));
                },
                Says::Fine,
            ),
            (
                "another secret cannot be read",
                |given| {
                    let mut other = secret("sentry/other");
                    other.current = Some(version("v1", None, Holds::Unreadable));
                    given.of.secrets.push(other);
                },
                Says::Unknown,
            ),
            (
                "of a project that Sentry does not show",
                |given| {
                    given.of.secrets.push(secret("sentry/copy"));
                    given.projects.clear();
                },
                Says::Found,
            ),
        ],
    );
}

#[test]
fn a_shadow_copy_is_said_once_for_a_key_and_names_every_secret() {
    let mut given = Given::nothing_wrong();
    given.of.secrets.push(secret("sentry/copy"));
    given.of.secrets.push(secret("other/copy"));
    let case = given.finding(Code::ShadowCopy).case;
    assert_eq!((case.subject.kind, case.subject.id.as_str()), (SubjectKind::ClientKey, CURRENT));
    assert_eq!(case.subject.name, given.key().label);
    for name in ["sentry/web", "sentry/copy", "other/copy"] {
        assert!(case.evidence[0].contains(&format!("{name:?}")), "{name}: {}", case.evidence[0]);
        assert!(case.evidence.join(" ").contains(&arn(name)), "{name}");
    }
    assert_eq!(case.remedy.calls.len(), 2);
}

#[test]
fn replica_out_of_sync() {
    fn replicas(given: &mut Given, in_sync: &[bool]) {
        let replica = |in_sync: &bool| Replica { region: "eu-north-1".to_owned(), in_sync: *in_sync };
        given.secret().replicas = Some(in_sync.iter().map(replica).collect());
    }
    check(
        Code::ReplicaOutOfSync,
        &[
            ("no copies", |_| {}, Says::NotMeant),
            ("all in sync", |given| replicas(given, &[true, true]), Says::Fine),
            ("one behind", |given| replicas(given, &[true, false]), Says::Found),
            ("not read", |given| given.secret().replicas = None, Says::Unknown),
            (
                "a copy itself",
                |given| {
                    replicas(given, &[false]);
                    given.secret().replica_of = Some("eu-west-2".to_owned());
                },
                Says::NotMeant,
            ),
        ],
    );
}

#[test]
fn no_consumer() {
    check(
        Code::NoConsumer,
        &[
            ("named", |_| {}, Says::Fine),
            ("no tag", |given| given.secret().consumers = None, Says::Found),
            ("a tag of blanks", |given| given.secret().consumers = Some(" ".to_owned()), Says::Found),
            (
                "it waits for its deletion",
                |given| {
                    given.secret().consumers = None;
                    given.secret().scheduled_for_deletion = true;
                },
                Says::NotMeant,
            ),
        ],
    );
    let rows = [
        (ago("7d"), "within the last 7 days"),
        (ago("7d1s"), "nobody has read its value since 2026-11-19T11:59:59Z"),
        (None, "does not say"),
    ];
    for (last, expected) in rows {
        let mut given = Given::nothing_wrong();
        given.secret().consumers = None;
        given.secret().last_accessed = last;
        let evidence = given.finding(Code::NoConsumer).case.evidence;
        assert!(evidence[1].contains(expected), "{evidence:?}");
    }
}
