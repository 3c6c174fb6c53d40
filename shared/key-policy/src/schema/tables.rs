//! The tables beside use cases.

use serde_json::Value;

use super::count;
use super::parts::{closed, date, duration, key_id, list_of, text, texts};

pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("binding", binding()),
        ("consent", consent()),
        ("exception", exception()),
        (
            "orphan",
            closed(
                &[("grace", duration("How long an orphan stays enabled; 1d by default."))],
                &[],
                "Keys of ours that are the value of no version.",
            ),
        ),
        (
            "proof",
            closed(
                &[
                    (
                        "deadline",
                        duration("A disabled key without proof of death after this is an alarm; 1d by default."),
                    ),
                    ("refusals", count(100, "Successive runs in which ingestion must refuse the key; 3 by default.")),
                ],
                &[],
                "How a disabled key is proven dead.",
            ),
        ),
        (
            "review",
            closed(
                &[
                    ("every", duration("A review that is older is overdue; 90d by default.")),
                    ("reviewers", texts("Who may sign a review; empty: anybody who may invoke the audit.")),
                ],
                &[],
                "The periodic review of all keys.",
            ),
        ),
    ]
}

fn binding() -> Value {
    let members = [
        ("secret_prefix", text("The start of the secret's name; the longest that matches wins, no two are the same.")),
        ("organization", text("Slug or numeric id.")),
        ("projects", texts("Slugs or numeric ids; empty: any project of the organization.")),
    ];
    let table = closed(&members, &["secret_prefix", "organization"], "What a secret with this prefix may name.");
    list_of(&table, "Which organization and projects a secret may name, by the start of its name.")
}

fn consent() -> Value {
    let members = [
        ("key_id", key_id("The public key: 32 digits of 0-9 and a-f. One consent for each.")),
        ("by", text("The person who consents.")),
        ("ticket", text("Where it was decided.")),
        ("until", date("The last day on which it holds (UTC).")),
    ];
    let table = closed(&members, &["key_id", "by", "ticket", "until"], "One key that may be retired.");
    list_of(&table, "Keys that may be retired although this system did not make them.")
}

fn exception() -> Value {
    let members = [
        ("finding", text("The code of the finding.")),
        ("subject", text("The id of its subject, as in the report.")),
        ("reason", text("Why it is accepted.")),
        ("requester", text("Who asked.")),
        ("approver", text("Who allowed it: somebody other than the requester.")),
        ("ticket", text("Where it was decided.")),
        ("until", date("The last day on which it holds (UTC).")),
    ];
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let table = closed(&members, &required, "One finding on one subject.");
    list_of(&table, "Findings that are accepted for a while.")
}
