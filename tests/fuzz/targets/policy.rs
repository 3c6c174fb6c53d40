//! The policy file.

use key_policy::{Policy, policy_page};

use crate::engine::fuzz;

const WORDS: [&str; 22] = [
    "version = 1\n",
    "mode = \"act\"\n",
    "[defaults]\n",
    "[[binding]]\n",
    "[use_case.x]\n",
    "[[exception]]\n",
    "[[consent]]\n",
    "preset = \"sdk-server-side\"\n",
    "interval = \"90d\"\n",
    "grace",
    "projects = [\"*\"]\n",
    "1979-05-27T07:32:00Z",
    "\"\"\"",
    "'''",
    "0x",
    "inf",
    "-",
    "=",
    ".",
    "# ",
    "\\U0001F511",
    "\\x",
];

#[test]
fn policy() {
    fuzz("policy", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        match Policy::parse(&text, "key-policy.toml") {
            Ok(policy) => {
                assert_eq!(format!("{policy:?}"), format!("{:?}", Policy::parse(&text, "another.toml").unwrap()));
                let default = policy.default_use_case();
                assert_eq!(policy.use_case(None).is_ok(), policy.use_cases().iter().any(|case| case.name == default));
                for binding in policy.bindings() {
                    assert!(policy.binding_for(&binding.secret_prefix).is_some_and(|found| found == binding));
                }
                for consent in policy.consents() {
                    assert_eq!(policy.consent_for(&consent.key_id), Some(consent));
                }
                assert!(!policy_page(&policy, &text).is_empty());
                // A comment, a mark of byte order and an empty line say nothing.
                let padded = format!("\u{feff}# a comment\n\n{}\n# another", text.trim_start_matches('\u{feff}'));
                let padded = Policy::parse(&padded, "key-policy.toml").unwrap();
                assert_eq!(format!("{padded:?}"), format!("{policy:?}"));
            }
            Err(errors) => {
                assert!(!errors.errors().is_empty());
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                let lines: Vec<&str> = text.split('\n').collect();
                let places = errors.errors().iter().map(|error| (error.line, error.column));
                assert!(places.clone().is_sorted(), "the mistakes are told in the order of the file");
                for (line, column) in places {
                    assert!((1..=lines.len()).contains(&line), "line {line} of {}", lines.len());
                    assert!((1..=lines[line - 1].chars().count() + 1).contains(&column), "{line}:{column}");
                }
                let report = errors.to_string();
                for error in errors.errors() {
                    assert!(!error.message.trim().is_empty());
                }
                assert!(report.ends_with(if errors.errors().len() == 1 { "error" } else { "errors" }), "{report}");
            }
        }
    });
}
