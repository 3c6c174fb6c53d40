//! Rules about the age and the renewal of keys, each at its boundary.

use crate::findings::{Code, SubjectKind};
use crate::inventory::{Answer, Holds, Ownership, Said};
use crate::tests::given::{CURRENT, Given, PREVIOUS, Says, ago, ahead, arn, check, dsn, key, own, version};

fn made(given: &mut Given, before: &str) {
    given.key().created = ago(before);
}

#[test]
fn rotation_overdue() {
    check(
        Code::RotationOverdue,
        &[
            ("young", |_| {}, Says::Fine),
            ("one second before", |given| made(given, "89d23h59m59s"), Says::Fine),
            ("exactly", |given| made(given, "90d"), Says::Fine),
            ("one second after", |given| made(given, "90d1s"), Says::Found),
            ("made in the future", |given| given.key().created = ahead("1d"), Says::Fine),
            (
                "an interval of zero",
                |given| {
                    given.in_policy("interval = \"90d\"", "interval = \"0s\"");
                    given.key().created = ago("0s");
                },
                Says::Found,
            ),
            (
                "no interval",
                |given| {
                    given.in_policy("interval = \"90d\"\n", "");
                    made(given, "900d");
                },
                Says::NotMeant,
            ),
            ("Sentry does not say when", |given| given.key().created = None, Says::Unknown),
            ("the project is not seen", |given| given.projects.clear(), Says::Unknown),
            ("its keys are not known", |given| given.project().keys = None, Says::Unknown),
            ("the secret cannot be read", |given| given.current().holds = Holds::Unreadable, Says::Unknown),
            ("no key yet", |given| given.current().holds = Holds::Empty, Says::NotMeant),
            (
                "of no use case",
                |given| {
                    given.secret().use_case = Some("none".to_owned());
                    made(given, "900d");
                },
                Says::NotMeant,
            ),
            (
                "a new value does not make the key young",
                |given| {
                    made(given, "91d");
                    given.current().created = ago("1d");
                },
                Says::Found,
            ),
            (
                "it waits for its deletion",
                |given| {
                    given.secret().scheduled_for_deletion = true;
                    given.secret().current = None;
                },
                Says::Unknown,
            ),
        ],
    );
}

#[test]
fn the_age_of_a_token_is_that_of_its_value() {
    fn stored(given: &mut Given, before: &str) {
        given.of.secrets.clear();
        given.add_reader("event:read").stored = ago(before);
    }
    check(
        Code::RotationOverdue,
        &[
            ("exactly", |given| stored(given, "90d"), Says::Fine),
            ("one second after", |given| stored(given, "90d1s"), Says::Found),
            (
                "not known",
                |given| {
                    given.of.secrets.clear();
                    given.add_reader("event:read").stored = None;
                },
                Says::Unknown,
            ),
            (
                "refused",
                |given| {
                    given.of.secrets.clear();
                    let token = given.add_reader("event:read");
                    token.answer = Answer::Refused;
                    token.stored = ago("900d");
                },
                Says::NotMeant,
            ),
            (
                "one of this system's own, in no use case",
                |given| {
                    given.of.secrets.clear();
                    given.of.tokens[0].stored = ago("900d");
                },
                Says::NotMeant,
            ),
            (
                "one of this system's own, in a use case",
                |given| {
                    given.of.secrets.clear();
                    given.of.tokens[0].stored = ago("900d");
                    given.of.tokens[0].use_case = Some("manager".to_owned());
                },
                Says::Found,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.add_reader("event:read").stored = ago("91d");
    let case = given.finding(Code::RotationOverdue).case;
    assert_eq!(case.subject.kind, SubjectKind::Token);
    assert_eq!(case.evidence[0], "the token was stored at 2026-08-27T12:00:00Z");
}

#[test]
fn rotation_upcoming() {
    check(
        Code::RotationUpcoming,
        &[
            ("one second before the warning", |given| made(given, "75d23h59m59s"), Says::Fine),
            ("exactly", |given| made(given, "76d"), Says::Found),
            ("one second after", |given| made(given, "76d1s"), Says::Found),
            ("at the end", |given| made(given, "90d"), Says::Found),
            ("overdue says so itself", |given| made(given, "90d1s"), Says::Fine),
            (
                "no warning wanted",
                |given| {
                    given.in_policy("warn = \"14d\"\n", "");
                    made(given, "89d");
                },
                Says::Fine,
            ),
            (
                "a warning of zero",
                |given| {
                    given.in_policy("warn = \"14d\"", "warn = \"0s\"");
                    made(given, "89d23h59m59s");
                },
                Says::Fine,
            ),
            ("Sentry does not say when", |given| given.key().created = None, Says::Unknown),
            ("a token", |given| given.add_reader("event:read").stored = ago("80d"), Says::Found),
        ],
    );
}

#[test]
fn rotation_failing() {
    fn pending(given: &mut Given, before: &str) {
        given.secret().pending = Some(version("v3", ago(before), Holds::Empty));
    }
    check(
        Code::RotationFailing,
        &[
            ("nothing pending", |_| {}, Says::Fine),
            ("pending for a day", |given| pending(given, "1d"), Says::Fine),
            ("pending for longer", |given| pending(given, "1d1s"), Says::Found),
            (
                "pending since nobody knows when",
                |given| {
                    given.secret().pending = Some(version("v3", None, Holds::Empty));
                },
                Says::Unknown,
            ),
            ("due a day ago", |given| given.secret().rotation.next = ago("1d"), Says::Fine),
            ("due longer ago", |given| given.secret().rotation.next = ago("1d1s"), Says::Found),
            (
                "due, and not enabled",
                |given| {
                    given.secret().rotation.next = ago("9d");
                    given.secret().rotation.enabled = false;
                },
                Says::Fine,
            ),
            (
                "due, and pending since nobody knows when",
                |given| {
                    given.secret().pending = Some(version("v3", None, Holds::Empty));
                    given.secret().rotation.next = ago("9d");
                },
                Says::Found,
            ),
            (
                "a copy",
                |given| {
                    pending(given, "9d");
                    given.secret().replica_of = Some("eu-west-2".to_owned());
                },
                Says::NotMeant,
            ),
            (
                "it waits for its deletion",
                |given| {
                    pending(given, "9d");
                    given.secret().scheduled_for_deletion = true;
                },
                Says::NotMeant,
            ),
        ],
    );
}

#[test]
fn rotation_disabled() {
    fn off(given: &mut Given) {
        given.secret().rotation.enabled = false;
    }
    check(
        Code::RotationDisabled,
        &[
            ("enabled", |_| {}, Says::Fine),
            ("not enabled", off, Says::Found),
            (
                "a copy",
                |given| {
                    off(given);
                    given.secret().replica_of = Some("eu-west-2".to_owned());
                },
                Says::NotMeant,
            ),
            (
                "it waits for its deletion",
                |given| {
                    off(given);
                    given.secret().scheduled_for_deletion = true;
                },
                Says::NotMeant,
            ),
            (
                "no interval",
                |given| {
                    off(given);
                    given.in_policy("interval = \"90d\"\n", "");
                },
                Says::NotMeant,
            ),
            (
                "a token",
                |given| {
                    given.of.secrets.clear();
                    given.add_reader("event:read");
                    off(given);
                },
                Says::NotMeant,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    off(&mut given);
    let calls = given.finding(Code::RotationDisabled).case.remedy.calls;
    assert!(calls[0].contains("--no-rotate-immediately") && calls[0].contains("rate(90 days)"), "{calls:?}");
}

#[test]
fn an_overdue_key_says_so_where_nothing_rotates_it() {
    for enabled in [true, false] {
        let mut given = Given::nothing_wrong();
        made(&mut given, "91d");
        given.secret().rotation.enabled = enabled;
        let evidence = given.finding(Code::RotationOverdue).case.evidence;
        let is_said = evidence.iter().any(|line| line == "rotation of the secret is not enabled");
        assert_eq!(is_said, !enabled, "{evidence:?}");
    }
}

#[test]
fn the_remedy_of_a_faked_rotation_finds_out_who_wrote_the_value() {
    let mut given = Given::nothing_wrong();
    given.key().created = ago("50d");
    let calls = given.finding(Code::RotationFaked).case.remedy.calls;
    let arn = arn("sentry/web");
    let writers =
        format!("aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={arn}");
    assert_eq!(calls[1], writers);
}

#[test]
fn rotation_faked() {
    /// Written anew more than a day after the key was made, and nothing else.
    fn rewritten(given: &mut Given) {
        given.key().created = ago("50d");
        given.current().created = ago("10d");
        given.secret().rotation.last = None;
    }
    fn same_before(given: &mut Given) {
        given.secret().previous = Some(version("v1", None, dsn(CURRENT)));
    }
    check(
        Code::RotationFaked,
        &[
            ("written with its key", |_| {}, Says::Fine),
            ("written anew, which alone says nothing", rewritten, Says::Fine),
            (
                "written within a day, the version before holds it too",
                |given| {
                    given.key().created = ago("11d");
                    same_before(given);
                },
                Says::Fine,
            ),
            (
                "a second later",
                |given| {
                    given.key().created = ago("11d1s");
                    same_before(given);
                },
                Says::Found,
            ),
            (
                "the version before holds the same key",
                |given| {
                    rewritten(given);
                    same_before(given);
                },
                Says::Found,
            ),
            (
                "a rotation within a day of the key",
                |given| {
                    rewritten(given);
                    given.secret().rotation.last = ago("49d");
                },
                Says::Fine,
            ),
            (
                "a rotation a second later",
                |given| {
                    rewritten(given);
                    given.secret().rotation.last = ago("48d23h59m59s");
                },
                Says::Found,
            ),
            (
                "the key is beyond the interval, the value is not",
                |given| {
                    rewritten(given);
                    given.key().created = ago("90d1s");
                },
                Says::Found,
            ),
            (
                "exactly the interval",
                |given| {
                    rewritten(given);
                    given.key().created = ago("90d");
                },
                Says::Fine,
            ),
            (
                "both are beyond it",
                |given| {
                    rewritten(given);
                    given.key().created = ago("200d");
                    given.current().created = ago("91d");
                },
                Says::Fine,
            ),
            (
                "an old key that was imported",
                |given| {
                    rewritten(given);
                    given.key().created = ago("900d");
                    given.secret().created = ago("10d1m");
                },
                Says::Fine,
            ),
            (
                "imported or not, nobody knows",
                |given| {
                    rewritten(given);
                    given.key().created = ago("900d");
                    given.secret().created = None;
                },
                Says::Unknown,
            ),
            (
                "an interval of zero",
                |given| {
                    rewritten(given);
                    given.in_policy("interval = \"90d\"", "interval = \"0s\"");
                },
                Says::Fine,
            ),
            ("Sentry does not say when", |given| given.key().created = None, Says::Unknown),
            ("AWS does not say when", |given| given.current().created = None, Says::Unknown),
            ("the key is not seen", |given| given.project().keys = None, Says::Unknown),
            ("no key", |given| given.current().holds = Holds::Empty, Says::NotMeant),
            (
                "a copy",
                |given| {
                    rewritten(given);
                    same_before(given);
                    given.secret().replica_of = Some("eu-west-2".to_owned());
                },
                Says::NotMeant,
            ),
        ],
    );
}

#[test]
fn previous_still_live() {
    fn live(given: &mut Given, since: &str) {
        given.previous_key().active = true;
        given.current().created = ago(since);
    }
    check(
        Code::PreviousStillLive,
        &[
            (
                "one that somebody made by hand: ADOPTED_KEY says so",
                |given| {
                    given.previous_key().active = true;
                    given.previous_key().ownership = Ownership::Adopted;
                },
                Says::NotMeant,
            ),
            (
                "one of which retirement has not said whose it is",
                |given| {
                    live(given, "7d1s");
                    given.previous_key().ownership = Ownership::Unknown;
                },
                Says::Unknown,
            ),
            ("disabled", |_| {}, Says::Fine),
            ("within its grace", |given| live(given, "6d23h59m59s"), Says::Fine),
            ("exactly", |given| live(given, "7d"), Says::Fine),
            ("one second after", |given| live(given, "7d1s"), Says::Found),
            (
                "grace_max comes before grace",
                |given| {
                    live(given, "30d");
                    given.secret().use_case = Some("page".to_owned());
                },
                Says::Fine,
            ),
            (
                "after grace_max, though the policy keeps it",
                |given| {
                    live(given, "30d1s");
                    given.secret().use_case = Some("page".to_owned());
                },
                Says::Found,
            ),
            (
                "no grace stated: 30 days",
                |given| {
                    live(given, "30d");
                    given.in_policy("grace = \"7d\"\n", "");
                },
                Says::Fine,
            ),
            (
                "no grace stated: one second after",
                |given| {
                    live(given, "30d1s");
                    given.in_policy("grace = \"7d\"\n", "");
                },
                Says::Found,
            ),
            (
                "a grace of zero",
                |given| {
                    live(given, "0s");
                    given.in_policy("grace = \"7d\"", "grace = \"0s\"");
                },
                Says::Found,
            ),
            (
                "it is the current one too",
                |given| {
                    live(given, "90d");
                    given.secret().previous = Some(version("v1", None, dsn(CURRENT)));
                },
                Says::NotMeant,
            ),
            ("none", |given| given.secret().previous = None, Says::NotMeant),
            (
                "it is gone",
                |given| {
                    given.project().keys = Some(vec![key(CURRENT, Ownership::Current)]);
                },
                Says::Fine,
            ),
            ("keys are not known", |given| given.project().keys = None, Says::Unknown),
            (
                "since when is not known",
                |given| {
                    live(given, "90d");
                    given.current().created = None;
                },
                Says::Unknown,
            ),
            (
                "it is of a project that was not looked at",
                |given| {
                    let elsewhere =
                        Holds::Key { id: PREVIOUS.to_owned(), project: 43, secret_part: false, token: false };
                    given.secret().previous = Some(version("v1", None, elsewhere));
                },
                Says::Unknown,
            ),
            (
                "it cannot be read",
                |given| {
                    given.secret().previous = Some(version("v1", None, Holds::Unreadable));
                },
                Says::Unknown,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    live(&mut given, "31d");
    given.in_policy("grace = \"7d\"\n", "");
    given.in_policy("mode = \"act\"", "mode = \"observe\"");
    let case = given.finding(Code::PreviousStillLive).case;
    assert!(case.evidence[2].contains("no grace is stated") && case.evidence[3].contains("observe"), "{case:#?}");
    assert!(case.remedy.calls[0].contains(PREVIOUS));
}

fn some_projects_only(given: &mut Given) {
    given.projects.clear();
    given.of.all_projects_listed = false;
}

#[test]
fn project_not_found() {
    fn bound(given: &mut Given, organization: &str) {
        given.projects.clear();
        given.add_to_policy(&format!("[[binding]]\nsecret_prefix = \"sentry/\"\norganization = \"{organization}\"\n"));
    }
    check(
        Code::ProjectNotFound,
        &[
            ("it is there", |_| {}, Says::Fine),
            ("its keys do not matter", |given| given.project().keys = None, Says::Fine),
            ("it is not there", |given| given.projects.clear(), Says::Found),
            ("not all projects were listed", some_projects_only, Says::Unknown),
            ("the policy places it in another organization", |given| bound(given, "other"), Says::NotMeant),
            ("the policy places it in this one, by its id", |given| bound(given, "7"), Says::Found),
            ("it cannot be read", |given| given.current().holds = Holds::Unreadable, Says::Unknown),
            ("no key yet", |given| given.current().holds = Holds::Empty, Says::NotMeant),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.projects.clear();
    let case = given.finding(Code::ProjectNotFound).case;
    // Nobody has seen that the key is dead.
    assert!(case.remedy.calls.iter().all(|call| !call.contains("delete")), "{case:?}");
    assert!(case.evidence.iter().any(|line| line.contains("may be alive")), "{case:?}");
}

#[test]
fn current_key_dead() {
    check(
        Code::CurrentKeyDead,
        &[
            ("enabled", |_| {}, Says::Fine),
            ("disabled", |given| given.key().active = false, Says::Found),
            ("not in its project", |given| given.project().keys = Some(Vec::new()), Says::Found),
            ("keys are not known", |given| given.project().keys = None, Says::Unknown),
            ("its project is not there, which has a code of its own", |given| given.projects.clear(), Says::NotMeant),
            ("not all projects were listed", some_projects_only, Says::Unknown),
            ("it cannot be read", |given| given.current().holds = Holds::Unreadable, Says::Unknown),
            ("no key yet", |given| given.current().holds = Holds::Empty, Says::NotMeant),
            ("no version", |given| given.secret().current = None, Says::NotMeant),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.key().active = false;
    let case = given.finding(Code::CurrentKeyDead).case;
    assert!(case.stake.holder_could.starts_with("nothing"));
    assert_eq!(case.remedy.calls.len(), 3);
}

#[test]
fn no_rationale() {
    check(
        Code::NoRationale,
        &[
            ("all have one", |_| {}, Says::Fine),
            ("none has one", |given| given.in_policy("rationale = \"A quarter bounds a leak.\"\n", ""), Says::Found),
            (
                "no intervals",
                |given| {
                    given.in_policy("rationale = \"A quarter bounds a leak.\"\n", "");
                    given.in_policy("interval = \"90d\"\n", "");
                },
                Says::NotMeant,
            ),
        ],
    );
    let mut given = Given::nothing_wrong();
    given.policy = crate::BUILT_IN.to_owned();
    assert_eq!(given.says(Code::NoRationale), Says::Fine);
}

#[test]
fn client_side_undecided() {
    fn page(given: &mut Given) {
        given.secret().use_case = Some("page".to_owned());
    }
    check(
        Code::ClientSideUndecided,
        &[
            (
                "no secret is in one",
                |given| {
                    given.in_policy("at_grace_max = \"keep\"\n", "");
                    given.in_policy("grace_max = \"30d\"\n", "");
                },
                Says::NotMeant,
            ),
            ("decided", page, Says::Fine),
            (
                "no interval",
                |given| {
                    page(given);
                    given.in_policy("interval = \"90d\"\n", "");
                },
                Says::Found,
            ),
            (
                "no rationale",
                |given| {
                    page(given);
                    given.in_policy("rationale = \"A quarter bounds a leak.\"\n", "");
                },
                Says::Found,
            ),
            (
                "nothing for the end of the grace",
                |given| {
                    page(given);
                    given.in_policy("grace_max = \"30d\"\nat_grace_max = \"keep\"\n", "");
                },
                Says::Found,
            ),
            (
                "by the default use case",
                |given| {
                    given.secret().use_case = None;
                    given.in_policy("[defaults]\n", "[defaults]\nuse_case = \"app\"\n");
                    given.in_policy("rationale = \"A quarter bounds a leak.\"\n", "");
                },
                Says::Found,
            ),
        ],
    );
}

#[test]
fn what_is_old_is_told_by_moments_that_do_not_move() {
    let mut given = Given::nothing_wrong();
    made(&mut given, "91d");
    given.of.tokens.push(own("revoke-key", "org:read, project:write"));
    let first = given.finding(Code::RotationOverdue).case.evidence;
    given.now = ahead("1d").unwrap();
    assert_eq!(given.finding(Code::RotationOverdue).case.evidence, first);
    given.secret().kind = Said::Nothing;
    assert_eq!(given.finding(Code::RotationOverdue).case.evidence, first);
}
