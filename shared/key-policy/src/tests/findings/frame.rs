//! The list of rules, the tally, and what a world without mistakes comes to.

use std::collections::BTreeSet;

use crate::findings::{Code, Group, Status};
use crate::inventory::Ownership;
use crate::rules::{Judge, RULES};
use crate::tests::given::{Given, arn, own, secret};
use crate::{Count, Facts, Policy, State, Tally, judge_rest, unseen_projects};

#[test]
fn each_code_has_one_rule() {
    let codes: BTreeSet<Code> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(codes.len(), RULES.len());
    assert_eq!(codes.len(), Code::ALL.len());
}

#[test]
fn each_rule_says_all_that_a_reader_needs() {
    for rule in RULES {
        let code = rule.code;
        for sentence in [rule.what, rule.why, rule.remedy] {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{code}: {sentence}");
        }
        assert!(!rule.holder_could.is_empty() && !rule.holder_could.ends_with('.'), "{code}");
        assert!(rule.floor <= rule.ceiling && !rule.judges.is_empty(), "{code}");
        let about_tokens = rule.judges.iter().any(|judge| match judge {
            Judge::Token(_) | Judge::Integration(_) | Judge::OrganizationToken(_) => true,
            Judge::Key(_) | Judge::Project(_) | Judge::Secret(_) | Judge::Whole(_) => false,
        });
        assert_eq!(rule.sees_all, !about_tokens, "{code}");
    }
    let groups: Vec<Group> = RULES.iter().map(|rule| rule.group).collect();
    assert!(groups.is_sorted());
}

#[test]
fn a_world_without_mistakes_has_no_findings_and_nothing_unknown() {
    let judged = Given::nothing_wrong().judged();
    assert_eq!(judged.findings, []);
    for (code, count) in judged.tally.counts() {
        assert_eq!((count.unknown, count.found, count.excepted), (0, 0, 0), "{code}");
    }
    for rule in RULES {
        let expected = if rule.sees_all { State::Met } else { State::Unknown };
        assert_eq!(judged.tally.state(rule.code), expected, "{}", rule.code);
    }
}

#[test]
fn a_tally_adds_up_and_can_be_put_away() {
    let count = |fine, unknown, found, excepted| Count { fine, unknown, found, excepted };
    let rows = [
        ("nothing that it is about", Code::NoOwner, None, State::Met),
        ("all is fine", Code::NoOwner, Some(count(3, 0, 0, 0)), State::Met),
        ("what is excepted is accepted", Code::NoOwner, Some(count(3, 0, 0, 1)), State::Met),
        ("one could not be judged", Code::NoOwner, Some(count(3, 1, 0, 0)), State::Unknown),
        ("found is more than unknown", Code::NoOwner, Some(count(3, 1, 1, 0)), State::NotMet),
        ("tokens are never all seen", Code::TokenRefused, Some(count(3, 0, 0, 0)), State::Unknown),
        ("none is not all either", Code::TokenRefused, None, State::Unknown),
        ("but found is found", Code::TokenRefused, Some(count(0, 0, 1, 0)), State::NotMet),
    ];
    for (sentence, code, count, expected) in rows {
        let tally = Tally::from_counts(count.map(|count| (code, count)));
        assert_eq!(tally.state(code), expected, "{sentence}");
    }

    let mut tally = Tally::from_counts([(Code::NoOwner, count(1, 2, 3, 4)), (Code::NoOwner, count(10, 20, 30, 40))]);
    tally.add(&Tally::from_counts([(Code::NoContact, count(1, 0, 0, 0)), (Code::NoOwner, count(100, 0, 0, 0))]));
    assert_eq!(tally.count(Code::NoOwner), count(111, 22, 33, 44));
    assert_eq!(tally.count(Code::NoContact), count(1, 0, 0, 0));
    assert_eq!(tally.count(Code::ShadowCopy), Count::default());
    assert_eq!(Tally::from_counts(tally.counts()), tally);
}

#[test]
fn projects_that_were_not_seen_are_unknown_to_each_rule_about_them_or_their_keys() {
    assert_eq!(unseen_projects(0), Tally::default());
    let unseen = unseen_projects(3);
    for rule in RULES {
        let is_about = rule.judges.iter().any(|judge| match judge {
            Judge::Project(_) | Judge::Key(_) => true,
            Judge::Secret(_)
            | Judge::Whole(_)
            | Judge::Token(_)
            | Judge::Integration(_)
            | Judge::OrganizationToken(_) => false,
        });
        let unknown = if is_about { 3 } else { 0 };
        assert_eq!(unseen.count(rule.code), Count { unknown, ..Count::default() }, "{}", rule.code);
    }
}

#[test]
fn what_could_not_be_listed_is_unknown_to_each_rule_about_it() {
    let mut given = Given::nothing_wrong();
    given.project().keys = None;
    given.of.integrations = None;
    given.of.organization_tokens = None;
    let judged = given.judged();
    assert_eq!(judged.findings, []);
    for rule in RULES {
        let unseen = rule.judges.iter().any(|judge| match judge {
            Judge::Key(_) | Judge::Integration(_) | Judge::OrganizationToken(_) => true,
            Judge::Project(_) | Judge::Secret(_) | Judge::Token(_) | Judge::Whole(_) => false,
        });
        if unseen {
            assert_eq!(judged.tally.state(rule.code), State::Unknown, "{}", rule.code);
        }
    }
    assert_eq!(judged.tally.count(Code::OrgWideKey).unknown, 2);
}

#[test]
fn a_secret_of_an_unseen_project_is_judged_with_the_rest_and_only_there() {
    let mut given = Given::nothing_wrong();
    given.secret().owner = None;
    given.in_policy("owner = \"web-team\"\n", "");
    let policy = Policy::parse(&given.policy, "given.toml").unwrap();
    let facts = Facts::new(&policy, given.now, &given.of);
    let without_owner = |seen: &BTreeSet<u64>| judge_rest(&facts, seen).tally.count(Code::NoOwner).found;
    assert_eq!(without_owner(&BTreeSet::new()), 1);
    assert_eq!(without_owner(&BTreeSet::from([42])), 0);
    assert_eq!(given.judged().tally.count(Code::NoOwner).found, 1);
}

#[test]
fn this_systems_own_tokens_come_first() {
    let mut given = Given::nothing_wrong();
    given.of.tokens.clear();
    given.add_reader("org:admin");
    given.of.tokens.push(own("retire-keys", "org:admin"));
    let judged = given.judged();
    let found: Vec<&str> = judged
        .findings
        .iter()
        .filter(|finding| finding.code == Code::AdminKeyInApp)
        .map(|finding| finding.case.subject.id.as_str())
        .collect();
    assert_eq!(found, [arn("retire-keys"), arn("reader")]);
}

#[test]
fn a_finding_is_new_until_the_previous_review_is_known() {
    let mut given = Given::nothing_wrong();
    given.add_key(Ownership::Foreign);
    let finding = given.finding(Code::ForeignKey);
    assert_eq!((finding.status, finding.first_seen, finding.exception.as_ref()), (Status::Opened, given.now, None));
}

#[test]
fn the_order_of_the_inventory_does_not_change_what_is_found() {
    let mut given = Given::nothing_wrong();
    given.of.secrets.push(secret("sentry/copy"));
    given.of.secrets.push(secret("sentry/other-copy"));
    let count = given.judged().findings.len();
    given.of.secrets.reverse();
    assert_eq!(given.judged().findings.len(), count);
    assert_eq!(given.judged().findings, given.judged().findings);
}

#[test]
fn of_two_tokens_in_one_secret_the_first_is_meant() {
    let mut given = Given::nothing_wrong();
    for function in ["retire-keys", "revoke-key"] {
        let mut token = own(function, "org:read, project:write");
        token.secret_arn = arn("management");
        given.of.tokens.push(token);
    }
    let policy = Policy::parse(&given.policy, "given.toml").unwrap();
    let facts = Facts::new(&policy, given.now, &given.of);
    let found = facts.token_in(&arn("management")).unwrap();
    assert_eq!(found.function, Some("retire-keys"));
    assert_eq!(facts.token_in(&arn("another")), None);
}
