//! Rules about tokens, integrations and organization tokens.

use crate::Kind;
use crate::findings::{Code, Severity};
use crate::inventory::{ActsAs, Answer, Holds, Said, Token};
use crate::tests::given::{
    CURRENT, Given, Says, alive, check, dsn, integration, organization_token, own, scopes, version,
};

fn app(given: &mut Given, carried: &str) {
    given.add_reader(carried);
}

/// The application's token, the integration that it acts as, and what that carries.
fn app_of(given: &mut Given, carried: &str, of_integration: &str) {
    given.add_reader(carried);
    given.of.integrations.as_mut().unwrap().push(integration("reader", of_integration));
}

#[test]
fn over_scoped() {
    check(
        Code::OverScoped,
        &[
            ("what is wanted", |given| app(given, "event:read"), Says::Fine),
            ("a step above", |given| app(given, "event:read, event:write"), Says::Found),
            ("another family", |given| app(given, "event:read, org:read"), Says::Found),
            ("a scope that Sentry added", |given| app(given, "event:read, replay:read"), Says::Found),
            ("less", |given| app(given, ""), Says::Fine),
            (
                "in no use case",
                |given| {
                    given.of.integrations = Some(Vec::new());
                    given.of.tokens.clear();
                    given.add_reader("org:admin").use_case = Some("none".to_owned());
                },
                Says::NotMeant,
            ),
            (
                "refused",
                |given| {
                    given.of.integrations = Some(Vec::new());
                    given.of.tokens.clear();
                    given.add_reader("").answer = Answer::Refused;
                },
                Says::NotMeant,
            ),
            ("no answer", |given| given.add_reader("").answer = Answer::Unknown, Says::Unknown),
            (
                "what the policy states wins over the preset",
                |given| {
                    given.in_policy("preset = \"monitor-read-events\"", "scopes = [\"event:write\"]");
                    app(given, "event:write");
                },
                Says::Fine,
            ),
        ],
    );
}

#[test]
fn over_scoped_ones_of_this_system() {
    check(
        Code::OverScoped,
        &[
            ("audit", |_| {}, Says::Fine),
            (
                "audit with the audit log, unstated",
                |given| *given.own_answer() = alive("org:write, project:read", "x"),
                Says::Found,
            ),
            ("rotation", |given| given.of.tokens.push(own("rotate-client-key", "org:read, project:write")), Says::Fine),
            (
                "rotation that may delete",
                |given| {
                    given.of.tokens.push(own("rotate-client-key", "org:read, project:admin"));
                },
                Says::Found,
            ),
            ("deletion", |given| given.of.tokens.push(own("retire-keys (deletion)", "project:admin")), Says::Fine),
            ("a function that nobody knows", |given| given.of.tokens.push(own("another", "org:read")), Says::Found),
            (
                "a use case that says so",
                |given| {
                    given.in_policy("preset = \"key-rotator\"", "scopes = [\"org:write\", \"project:read\"]");
                    given.of.integrations = Some(Vec::new());
                    given.of.tokens[0].use_case = Some("manager".to_owned());
                    *given.own_answer() = alive("org:write, project:read", "x");
                },
                Says::Fine,
            ),
        ],
    );
}

#[test]
fn over_scoped_integrations() {
    check(
        Code::OverScoped,
        &[
            ("as its token's use case wants", |given| app_of(given, "event:read", "event:read"), Says::Fine),
            ("more", |given| app_of(given, "event:read", "event:admin"), Says::Found),
            (
                "not installed",
                |given| {
                    app_of(given, "event:read", "event:admin");
                    given.of.integrations.as_mut().unwrap()[1].installed = Some(false);
                },
                Says::Fine,
            ),
            (
                "another token may want it",
                |given| {
                    app_of(given, "event:read", "event:admin");
                    given.of.tokens.push(Token { answer: Answer::Unknown, ..crate::tests::given::reader("") });
                },
                Says::Unknown,
            ),
            (
                "another token wants it",
                |given| {
                    app_of(given, "org:read, project:write", "org:read, project:write");
                    given.of.tokens.last_mut().unwrap().use_case = Some("manager".to_owned());
                },
                Says::Fine,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.of.integrations.as_mut().unwrap().push(integration("sentry", "org:admin"));
    assert_eq!(given.says(Code::OverScoped), Says::Fine, "sentry-audit-<uuid> is no proxy user of sentry");
}

#[test]
fn admin_key_in_app() {
    check(
        Code::AdminKeyInApp,
        &[
            ("reads", |given| app(given, "event:read"), Says::Fine),
            ("writes", |given| app(given, "event:admin, project:write, alerts:write, member:write"), Says::Fine),
            (
                "stated in the use case",
                |given| {
                    given.in_policy("preset = \"monitor-read-events\"", "scopes = [\"project:admin\"]");
                    app(given, "project:admin");
                },
                Says::Found,
            ),
            (
                "in no use case",
                |given| {
                    app(given, "team:admin");
                    given.of.tokens.last_mut().unwrap().use_case = Some("none".to_owned());
                },
                Says::Found,
            ),
            (
                "administration within what it needs",
                |given| {
                    given.in_policy(
                        "preset = \"key-rotator\"",
                        "preset = \"key-rotator\"\nscopes = [\"project:admin\"]",
                    );
                    app(given, "project:admin");
                    given.of.tokens.last_mut().unwrap().use_case = Some("manager".to_owned());
                },
                Says::Fine,
            ),
            (
                "administration beyond it",
                |given| {
                    app(given, "org:read, project:admin");
                    given.of.tokens.last_mut().unwrap().use_case = Some("manager".to_owned());
                },
                Says::Found,
            ),
            (
                "one of this system's own that may delete",
                |given| {
                    given.of.tokens.push(own("retire-keys (deletion)", "project:admin"));
                },
                Says::Fine,
            ),
            (
                "one of this system's own that may more",
                |given| {
                    given.of.tokens.push(own("retire-keys", "project:admin"));
                },
                Says::Found,
            ),
            ("no answer", |given| given.add_reader("").answer = Answer::Unknown, Says::Unknown),
            (
                "an integration",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("big", "org:integrations"));
                },
                Says::Found,
            ),
            (
                "an integration that nobody installed",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("big", "org:admin"));
                    given.of.integrations.as_mut().unwrap()[1].installed = Some(false);
                },
                Says::Fine,
            ),
            (
                "an integration whose token did not answer",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("big", "org:admin"));
                    given.add_reader("").answer = Answer::Unknown;
                },
                Says::Unknown,
            ),
            (
                "an organization token",
                |given| {
                    given.of.organization_tokens = Some(vec![organization_token("org:ci")]);
                },
                Says::Fine,
            ),
            (
                "an organization token that administers",
                |given| {
                    given.of.organization_tokens = Some(vec![organization_token("org:write")]);
                },
                Says::Found,
            ),
        ],
    );
    for scope in ["org:admin", "org:write", "org:integrations", "member:admin", "project:admin", "team:admin"] {
        let mut given = Given::nothing_wrong();
        app(&mut given, scope);
        let finding = given.finding(Code::AdminKeyInApp);
        assert_eq!(finding.severity, Severity::Critical, "{scope}");
        assert_eq!(finding.case.evidence[1], format!("of these it administers with: {scope}"));
    }
}

#[test]
fn org_wide_key() {
    check(
        Code::OrgWideKey,
        &[
            ("this system's own", |_| {}, Says::NotMeant),
            (
                "this system's own with more than it needs",
                |given| *given.own_answer() = alive("org:admin", "x"),
                Says::Found,
            ),
            ("an application's", |given| app(given, "event:read"), Says::Found),
            ("refused", |given| given.add_reader("").answer = Answer::Refused, Says::NotMeant),
            ("no answer", |given| given.add_reader("").answer = Answer::Unknown, Says::Unknown),
            (
                "an integration",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("other", "org:read"));
                },
                Says::Found,
            ),
            (
                "this system's integration with more than its token needs",
                |given| {
                    given.of.integrations.as_mut().unwrap()[0].scopes = scopes("org:admin");
                },
                Says::Found,
            ),
            (
                "an organization token",
                |given| {
                    given.of.organization_tokens = Some(vec![organization_token("org:ci")]);
                },
                Says::Found,
            ),
            ("not listed", |given| given.of.organization_tokens = None, Says::Unknown),
            (
                "excepted",
                |given| {
                    app(given, "event:read");
                    given.except("ORG_WIDE_KEY", "reader", "2026-11-26", ("kim", "robin"));
                },
                Says::Excepted,
            ),
        ],
    );
}

#[test]
fn undocumented_integrations() {
    check(
        Code::UndocumentedUse,
        &[
            ("its token is stored and has a use case", |given| app_of(given, "event:read", "event:read"), Says::Fine),
            (
                "its token has none",
                |given| {
                    app_of(given, "event:read", "event:read");
                    given.of.tokens.last_mut().unwrap().use_case = Some("none".to_owned());
                },
                Says::Found,
            ),
            (
                "its token is not stored",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("other", "org:read"));
                },
                Says::Found,
            ),
            (
                "a token did not answer",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("other", "org:read"));
                    given.add_reader("").answer = Answer::Unknown;
                },
                Says::Unknown,
            ),
            (
                "nobody installed it",
                |given| {
                    given.of.integrations.as_mut().unwrap().push(integration("other", "org:read"));
                    given.of.integrations.as_mut().unwrap()[1].installed = Some(false);
                },
                Says::Fine,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.of.integrations.as_mut().unwrap().push(integration("other", "org:admin"));
    assert_eq!(given.finding(Code::UndocumentedUse).severity, Severity::Medium);
}

#[test]
fn a_proxy_user_belongs_to_the_integration_with_the_longest_slug_before_its_uuid() {
    let mut given = Given::nothing_wrong();
    given.of.integrations = Some(vec![integration("sentry", "org:read")]);
    assert_eq!(given.finding(Code::UndocumentedUse).case.subject.id, "sentry", "sentry-audit is not sentry");

    *given.own_answer() = alive("org:read", "sentry-abc");
    given.of.integrations = Some(vec![integration("sentry", "org:read"), integration("sentry-abc", "org:read")]);
    assert_eq!(given.finding(Code::UndocumentedUse).case.subject.id, "sentry");
}

#[test]
fn personal_token_in_automation() {
    fn person(given: &mut Given) -> &mut Token {
        let token = given.add_reader("event:read");
        token.answer =
            Answer::Alive { scopes: scopes("event:read"), acts_as: ActsAs::Person("kim@example.com\u{7}".to_owned()) };
        token
    }
    check(
        Code::PersonalTokenInAutomation,
        &[
            ("an integration's", |given| app(given, "event:read"), Says::Fine),
            (
                "a person's, as Sentry says",
                |given| {
                    person(given);
                },
                Says::Found,
            ),
            (
                "a person's, as the tag says",
                |given| {
                    given.add_reader("event:read").kind = Said::Known(Kind::PersonalToken);
                },
                Says::Found,
            ),
            (
                "a person's, as the shape says",
                |given| {
                    given.add_reader("event:read").shape = Some(Kind::PersonalToken);
                },
                Says::Found,
            ),
            ("no answer", |given| given.add_reader("").answer = Answer::Unknown, Says::Unknown),
            (
                "no answer, but the shape says so",
                |given| {
                    let token = given.add_reader("");
                    token.answer = Answer::Unknown;
                    token.shape = Some(Kind::PersonalToken);
                },
                Says::Found,
            ),
            (
                "refused",
                |given| {
                    given.of.tokens.clear();
                    person(given).answer = Answer::Refused;
                },
                Says::NotMeant,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    person(&mut given);
    let evidence = given.finding(Code::PersonalTokenInAutomation).case.evidence;
    assert_eq!(evidence, ["Sentry says that it acts as \"kim@example.com\\u{7}\""]);
}

/// A secret that is tagged as a token's and holds something else.
fn without_token(given: &mut Given, holds: Option<Holds>) {
    given.add_reader("");
    given.of.tokens.pop();
    given.of.secrets[1].current = holds.map(|holds| version("v1", None, holds));
}

#[test]
fn a_remedy_goes_by_who_sentry_says_that_a_token_acts_as_and_not_by_its_tag() {
    let mut given = Given::nothing_wrong();
    let token = given.add_reader("org:admin");
    token.answer = Answer::Alive { scopes: scopes("org:admin"), acts_as: ActsAs::Person("boss".to_owned()) };
    let calls = given.finding(Code::OverScoped).case.remedy.calls;
    assert!(calls[0].contains("Personal Tokens"), "{calls:?}");
}

#[test]
fn token_refused() {
    check(
        Code::TokenRefused,
        &[
            ("taken", |_| {}, Says::Fine),
            ("refused", |given| given.add_reader("").answer = Answer::Refused, Says::Found),
            ("no answer", |given| given.add_reader("").answer = Answer::Unknown, Says::Unknown),
            ("something else is stored", |given| without_token(given, Some(Holds::Other)), Says::Found),
            ("a DSN is stored", |given| without_token(given, Some(dsn(CURRENT))), Says::Found),
            ("nothing is stored", |given| without_token(given, None), Says::Found),
            ("it cannot be read", |given| without_token(given, Some(Holds::Unreadable)), Says::Unknown),
            (
                "scheduled for deletion",
                |given| {
                    without_token(given, Some(Holds::Unreadable));
                    given.of.secrets[1].scheduled_for_deletion = true;
                },
                Says::Fine,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    *given.own_answer() = Answer::Refused;
    let finding = given.finding(Code::TokenRefused);
    assert_eq!(finding.case.evidence[1], "audit-keys of this system acts with it");
    assert_eq!(finding.severity, Severity::Medium);
}
