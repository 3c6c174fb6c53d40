//! Rules about client keys and projects.

use crate::findings::{Code, Severity};
use crate::inventory::{Holds, Ownership};
use crate::tests::given::{CURRENT, Given, PROJECT, Says, check, version};
use crate::{Facts, Policy, RateLimit};

fn unreadable(given: &mut Given) {
    given.of.secrets.clear();
    let mut secret = crate::tests::given::secret("sentry/elsewhere");
    secret.current = Some(version("v1", None, Holds::Unreadable));
    secret.previous = None;
    given.of.secrets.push(secret);
}

#[test]
fn project_without_managed_key() {
    check(
        Code::ProjectWithoutManagedKey,
        &[
            ("a managed secret names it", |_| {}, Says::Fine),
            ("its keys do not matter", |given| given.project().keys = None, Says::Fine),
            ("no secret names it", |given| given.of.secrets.clear(), Says::Found),
            (
                "its keys still do not matter",
                |given| {
                    given.of.secrets.clear();
                    given.project().keys = None;
                },
                Says::Found,
            ),
            ("a secret that cannot be read may name it", unreadable, Says::Unknown),
            (
                "one that waits for its deletion does not count",
                |given| {
                    unreadable(given);
                    given.secret().scheduled_for_deletion = true;
                },
                Says::Found,
            ),
            ("only the version before names it", |given| given.secret().current = None, Says::Fine),
        ],
    );
}

#[test]
fn keys_by_their_ownership() {
    let rows = [
        (Code::UnmanagedKey, Ownership::Unmanaged),
        (Code::ForeignKey, Ownership::Foreign),
        (Code::OrphanKey, Ownership::Orphan),
        (Code::AdoptedKey, Ownership::Adopted),
        (Code::AbandonedKey, Ownership::Abandoned),
    ];
    // What retirement has on record is known, whatever could not be read.
    let nobodys = [Code::UnmanagedKey, Code::ForeignKey, Code::OrphanKey];
    for (code, meant) in rows {
        for ownership in Ownership::ALL {
            for active in [true, false] {
                let mut given = Given::nothing_wrong();
                given.add_key(*ownership).active = active;
                let expected = match (active, *ownership) {
                    (true, ownership) if ownership == meant => Says::Found,
                    (true, Ownership::Marked) if code == Code::OrphanKey => Says::Unknown,
                    (true, Ownership::Unknown) if nobodys.contains(&code) => Says::Unknown,
                    _ => Says::Fine,
                };
                assert_eq!(given.says(code), expected, "{code} {ownership} {active}");
            }
        }
    }
}

#[test]
fn a_key_may_be_held_by_a_secret_of_its_project_or_of_none_that_cannot_be_read() {
    let may_be_held = |spoil: fn(&mut Given)| {
        let mut given = Given::nothing_wrong();
        spoil(&mut given);
        let policy = Policy::parse(&given.policy, "given.toml").unwrap();
        let facts = Facts::new(&policy, given.now, &given.of);
        (facts.may_be_held(PROJECT), facts.may_be_held(PROJECT + 1))
    };
    assert_eq!(may_be_held(|_| {}), (false, false));
    // The project of the one that could be read at another label.
    let previous = |given: &mut Given| given.secret().previous = Some(version("v1", None, Holds::Unreadable));
    assert_eq!(may_be_held(previous), (true, false));
    assert_eq!(may_be_held(unreadable), (true, true));
    let deleted = |given: &mut Given| {
        unreadable(given);
        given.secret().scheduled_for_deletion = true;
    };
    assert_eq!(may_be_held(deleted), (false, false));
}

#[test]
fn a_key_that_nobody_manages_is_shown_as_sentry_shows_it() {
    let mut given = Given::nothing_wrong();
    let key = given.add_key(Ownership::Unmanaged);
    (key.label, key.created) = ("by hand".to_owned(), None);
    let evidence = given.finding(Code::UnmanagedKey).case.evidence;
    for line in ["its label is \"by hand\"", "Sentry does not say when it was made"] {
        assert!(evidence.iter().any(|said| said == line), "{evidence:?}");
    }
}

#[test]
fn the_remedy_of_an_abandoned_key_is_exact() {
    let mut given = Given::nothing_wrong();
    given.add_key(Ownership::Abandoned);
    let path = "/api/0/projects/acme/web/keys/22222222222222222222222222222222/";
    let calls = given.finding(Code::AbandonedKey).case.remedy.calls;
    assert_eq!(calls[0], format!("GET {path} (note browserSdkVersion: a PUT without it resets it)"));
    assert_eq!(calls[1], format!(r#"PUT {path} {{"isActive": false, "browserSdkVersion": "<as it was>"}}"#));
    assert!(calls[2].contains(r#""key_id": "22222222222222222222222222222222""#), "{}", calls[2]);
}

#[test]
fn an_orphan_and_an_adopted_key_say_what_retirement_will_do() {
    let mut given = Given::nothing_wrong();
    given.add_key(Ownership::Orphan);
    let evidence = |given: &Given, code| given.finding(code).case.evidence.join("; ");
    let asks_to_act = |given: &Given| {
        let calls = given.finding(Code::OrphanKey).case.remedy.calls;
        calls.iter().any(|call| call.contains("mode = \"act\""))
    };
    assert!(evidence(&given, Code::OrphanKey).ends_with("retirement disables it 1d after it first saw it"));
    assert!(!asks_to_act(&given));
    given.in_policy("mode = \"act\"", "mode = \"observe\"");
    assert!(evidence(&given, Code::OrphanKey).ends_with("it will not disable it"));
    assert!(asks_to_act(&given));

    given.add_key(Ownership::Adopted);
    assert!(evidence(&given, Code::AdoptedKey).ends_with("no consent to retire it"));
    given.add_to_policy(
        "[[consent]]\nkey_id = \"22222222222222222222222222222222\"\nby = \"kim\"\nticket = \"T\"\nuntil = \"2026-11-26\"\n",
    );
    assert!(evidence(&given, Code::AdoptedKey).ends_with("a consent to retire it, until 2026-11-26"));
    given.in_policy("2026-11-26", "2026-11-25");
    assert!(evidence(&given, Code::AdoptedKey).ends_with("no consent to retire it"));
}

#[test]
fn default_settings() {
    fn loose(given: &mut Given) {
        let label = "Default".to_owned();
        given.key().label = label;
        given.key().rate_limit = None;
        given.project().allowed_domains = Some(vec!["*".to_owned()]);
    }
    check(
        Code::DefaultSettings,
        &[
            ("another label", |_| {}, Says::NotMeant),
            ("never tightened", loose, Says::Found),
            (
                "only a like label",
                |given| {
                    loose(given);
                    given.key().label = "default".to_owned();
                },
                Says::NotMeant,
            ),
            (
                "disabled",
                |given| {
                    loose(given);
                    given.key().active = false;
                },
                Says::NotMeant,
            ),
            (
                "a rate limit",
                |given| {
                    loose(given);
                    given.key().rate_limit = RateLimit::new(1, 1).ok();
                },
                Says::Fine,
            ),
            (
                "domains are stated, which bind browsers alone",
                |given| {
                    loose(given);
                    given.project().allowed_domains = Some(vec!["example.com".to_owned()]);
                },
                Says::Found,
            ),
            (
                "domains that nobody asked for, since no browser holds a key of the project",
                |given| {
                    loose(given);
                    given.project().allowed_domains = None;
                },
                Says::Found,
            ),
        ],
    );
}

#[test]
fn default_settings_say_from_where_a_project_takes_events() {
    let from_everywhere = |domain: &str| {
        let mut given = Given::nothing_wrong();
        given.key().label = "Default".to_owned();
        given.key().rate_limit = None;
        given.project().allowed_domains = Some(vec![domain.to_owned()]);
        given.finding(Code::DefaultSettings).case.evidence.iter().any(|line| line.contains("from every domain"))
    };
    assert!(from_everywhere("*"));
    assert!(!from_everywhere("https://example.com"));
}

#[test]
fn no_rate_limit() {
    check(
        Code::NoRateLimit,
        &[
            ("limited", |_| {}, Says::Fine),
            ("no limit", |given| given.key().rate_limit = None, Says::Found),
            (
                "disabled",
                |given| {
                    given.key().rate_limit = None;
                    given.key().active = false;
                },
                Says::NotMeant,
            ),
            ("no secret holds it", |given| given.add_key(Ownership::Foreign).rate_limit = None, Says::Found),
            (
                "as the use case states",
                |given| {
                    given.in_policy("exposure = \"server\"", "rate_limit = { count = 500, window = \"60s\" }");
                },
                Says::Fine,
            ),
            (
                "looser than the use case states",
                |given| {
                    given.in_policy("exposure = \"server\"", "rate_limit = { count = 499, window = \"60s\" }");
                },
                Says::Found,
            ),
            (
                "tighter than the use case states",
                |given| {
                    given.in_policy("exposure = \"server\"", "rate_limit = { count = 501, window = \"60s\" }");
                },
                Says::Fine,
            ),
            (
                "in a page",
                |given| {
                    given.key().rate_limit = None;
                    given.secret().use_case = Some("page".to_owned());
                },
                Says::NotMeant,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.key().rate_limit = None;
    given.project().offers_rate_limits = Some(false);
    given.in_policy("exposure = \"server\"", "rate_limit = { count = 7, window = \"9s\" }");
    let case = given.finding(Code::NoRateLimit).case;
    assert_eq!(case.evidence.len(), 2);
    let stated = "Sentry shows no rate limit for the key; its use case states 7 events in 9 seconds";
    assert_eq!(case.evidence[0], stated);
    let put = format!(
        r#"PUT /api/0/projects/acme/web/keys/{CURRENT}/ {{"rateLimit": {{"count": 7, "window": 9}}, "browserSdkVersion": "<as it was>"}}"#
    );
    assert_eq!(case.remedy.calls[1], put);
}

#[test]
fn client_side_no_rate_limit() {
    check(
        Code::ClientSideNoRateLimit,
        &[
            ("on a server", |given| given.key().rate_limit = None, Says::NotMeant),
            ("a limited page", |given| given.secret().use_case = Some("page".to_owned()), Says::Fine),
            (
                "a page",
                |given| {
                    given.secret().use_case = Some("page".to_owned());
                    given.key().rate_limit = None;
                },
                Says::Found,
            ),
            (
                "an app",
                |given| {
                    given.secret().use_case = Some("app".to_owned());
                    given.key().rate_limit = None;
                },
                Says::Found,
            ),
            (
                "disabled",
                |given| {
                    given.secret().use_case = Some("page".to_owned());
                    given.key().rate_limit = None;
                    given.key().active = false;
                },
                Says::NotMeant,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.secret().use_case = Some("page".to_owned());
    given.key().rate_limit = None;
    assert_eq!(given.finding(Code::ClientSideNoRateLimit).severity, Severity::Medium);
}

#[test]
fn open_domains() {
    fn open(given: &mut Given) {
        given.secret().use_case = Some("page".to_owned());
        given.project().allowed_domains = Some(vec!["example.com".to_owned(), "*".to_owned()]);
    }
    check(
        Code::OpenDomains,
        &[
            ("a server", |given| given.project().allowed_domains = Some(vec!["*".to_owned()]), Says::NotMeant),
            ("a page of every domain", open, Says::Found),
            ("a page of stated domains", |given| given.secret().use_case = Some("page".to_owned()), Says::Fine),
            (
                "a page, domains could not be read",
                |given| {
                    open(given);
                    given.project().allowed_domains = None;
                },
                Says::Unknown,
            ),
            (
                "an app sends no domain",
                |given| {
                    open(given);
                    given.secret().use_case = Some("app".to_owned());
                },
                Says::NotMeant,
            ),
            (
                "a page that has no key yet",
                |given| {
                    open(given);
                    given.secret().current = Some(version("v2", None, Holds::Empty));
                },
                Says::NotMeant,
            ),
        ],
    );
}

#[test]
fn inactive_key_kept() {
    for ownership in Ownership::ALL {
        for active in [true, false] {
            let mut given = Given::nothing_wrong();
            given.add_key(*ownership).active = active;
            let expected = match (active, ownership) {
                (false, Ownership::Abandoned | Ownership::Foreign | Ownership::Unmanaged) => Says::Found,
                (false, Ownership::Marked | Ownership::Unknown) => Says::Unknown,
                _ => Says::NotMeant,
            };
            assert_eq!(given.says(Code::InactiveKeyKept), expected, "{ownership} {active}");
        }
    }
    check(
        Code::InactiveKeyKept,
        &[
            ("a secret holds it", |given| given.key().active = false, Says::NotMeant),
            (
                "a secret holds it, whatever is said of it",
                |given| {
                    given.key().active = false;
                    given.key().ownership = Ownership::Foreign;
                },
                Says::NotMeant,
            ),
        ],
    );
}
