//! `policy/key-policy.toml`: it parses, is harmless, and its examples are true.

use std::time::Duration;

use crate::{BUILT_IN, Kind, Mode, Policy, Preset};

#[test]
fn the_built_in_policy_parses_and_only_observes() {
    let policy = Policy::built_in().unwrap();
    assert_eq!((policy.version, policy.mode), (1, Mode::Observe));
    assert_eq!((policy.use_cases().len(), policy.bindings().len()), (1, 0));
    let sdk = policy.use_case(None).unwrap();
    assert_eq!((sdk.kind, sdk.preset), (Kind::ClientKey, Some(Preset::SdkStoreOnly)));
    assert_eq!(sdk.interval, Some(Duration::from_secs(90 * 86_400)));
    assert_eq!((sdk.grace, sdk.grace_max), (Some(Duration::from_secs(7 * 86_400)), None));
    assert!(sdk.rationale.is_some() && !sdk.delete && !sdk.rate_limit_required);
}

/// The file with every example (a line that starts with `#` and no space) in force; `#:` is for editors.
pub(super) fn with_examples() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(example) if !example.starts_with([' ', ':']) => example.to_owned(),
        Some(_) | None => line.to_owned(),
    };
    BUILT_IN.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_example_in_the_built_in_policy_parses() {
    let policy = Policy::parse(&with_examples(), "examples.toml").unwrap();
    assert_eq!(policy.use_cases().len(), 2);
    assert_eq!((policy.bindings().len(), policy.consents().len()), (1, 1));
    assert_eq!(policy.exceptions().len(), 1);
}

#[test]
fn examples_say_the_defaults_where_there_are_some() {
    let (plain, shown) = (Policy::built_in().unwrap(), with_examples());
    let shown = Policy::parse(&shown, "examples.toml").unwrap();
    assert_eq!(plain.orphan, shown.orphan);
    assert_eq!(plain.proof, shown.proof);
    assert_eq!(plain.review.every, shown.review.every);
}

/// Each member that the parser knows, by asking it what it knows.
#[test]
fn the_file_and_the_reference_name_every_member() {
    let asked = "version = 1\nzzzzzzzzzz = 1\n[defaults]\nzzzzzzzzzz = 1\n[orphan]\nzzzzzzzzzz = 1\n[proof]\nzzzzzzzzzz = 1\n\
        [review]\nzzzzzzzzzz = 1\n[[binding]]\nzzzzzzzzzz = 1\n[[consent]]\nzzzzzzzzzz = 1\n[[exception]]\nzzzzzzzzzz = 1\n";
    let errors = Policy::parse(asked, "p.toml").unwrap_err();
    let reference = include_str!("../../../../docs/policy-file.md");
    let mut members = 0;
    for error in errors.errors() {
        let Some((_, known)) = error.message.split_once("known here: ") else {
            continue;
        };
        for member in known.split(", ") {
            members += 1;
            assert!(with_examples().contains(member), "the file: {member}");
            assert!(reference.contains(&format!("`{member}`")), "docs/policy-file.md: {member}");
        }
    }
    assert!(members > 40, "{members}");
}
