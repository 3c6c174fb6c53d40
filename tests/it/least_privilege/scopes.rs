//! Sentry's side: each function with a token of exactly the documented scopes does its whole work, which the tests beside
//! this show, and with one scope less says which one.

use integration_tests::check_all;
use integration_tests::roles::{FUNCTIONS, Told, Without};

use super::audit;
use super::deployment::{DELETION, Deployment, Plan, documented, work_of};

struct Case {
    /// The function, or [`DELETION`].
    token: &'static str,
    scope: &'static str,
    without: Without,
}

const MISSING: Without = Without::Fails("Rotation.ScopeMissing");

const CASES: [Case; 6] = [
    Case { token: "rotate-client-key", scope: "project:write", without: MISSING },
    Case { token: "retire-keys", scope: "project:write", without: Without::Tells(Told::Record) },
    Case { token: "revoke-key", scope: "project:write", without: MISSING },
    Case { token: "audit-keys", scope: "org:read", without: Without::Tells(Told::Report) },
    Case { token: "audit-keys", scope: "project:read", without: MISSING },
    Case { token: DELETION, scope: "project:admin", without: Without::Tells(Told::Record) },
];

/// What the report says would show what Sentry refused to show.
fn refused_reads(deployment: &Deployment) -> Vec<String> {
    let report = audit::report(deployment).unwrap_or_default();
    let unknowns = report["unknown"].as_array().cloned().unwrap_or_default();
    let refused = unknowns.iter().filter(|unknown| unknown["why"].as_str().is_some_and(|why| why.contains("403")));
    refused.map(|unknown| format!("scope {}", unknown["shown_by"].as_str().unwrap_or_default())).collect()
}

#[test]
fn every_documented_scope_has_a_case() {
    let cases: Vec<(&str, &str)> = CASES.iter().map(|case| (case.token, case.scope)).collect();
    let mut scopes: Vec<(&str, &str)> = Vec::new();
    for token in FUNCTIONS.map(|function| function.name).into_iter().chain([DELETION]) {
        scopes.extend(documented(token).into_iter().map(|scope| (token, scope)));
    }
    assert_eq!(cases, scopes);
}

#[test]
fn without_one_scope_a_function_names_it_and_does_no_harm() {
    let wrong = check_all(&CASES, CASES.len(), |case| {
        let function = if case.token == DELETION { "retire-keys" } else { case.token };
        let work = work_of(function);
        let plan = Plan { without: Some((case.token, case.scope)), ..Plan::FULL };
        let deployment = Deployment::prepared(work, &plan);
        let played = (work.play)(&deployment);
        let mut wrong = (work.harm)(&deployment);
        let (otherwise, texts) = played.without(case.without, |place| {
            if place == Told::Report { refused_reads(&deployment) } else { vec![deployment.objects("runs/", ".json")] }
        });
        wrong.extend(otherwise);
        if !texts.iter().any(|text| text.contains(&format!("scope {}", case.scope))) {
            wrong.push(format!("the scope is not named: {texts:#?}"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("{} without {}\n  {}\n{}", case.token, case.scope, wrong.join("\n  "), deployment.logs(function)))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
