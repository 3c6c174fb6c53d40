//! Each function does its whole work under exactly its role.

use std::collections::BTreeSet;

use integration_tests::check_all;
use integration_tests::roles::{FUNCTIONS, Without};
use testkit::access::Grant;

use super::deployment::{Deployment, Plan, WORKS, Work};

/// Does the work, and says what was wrong.
fn does(work: &Work, plan: &Plan) -> Result<Deployment, String> {
    let deployment = Deployment::prepared(work, plan);
    let played = (work.play)(&deployment);
    let mut wrong = (work.unfinished)(&deployment);
    wrong.extend(played.failures.iter().map(|(code, message)| format!("{code}: {message}")));
    wrong.extend(FUNCTIONS.iter().flat_map(|function| {
        deployment
            .refused(function.name)
            .into_iter()
            .map(|question| format!("{} was refused {question:?}", function.name))
    }));
    if wrong.is_empty() {
        return Ok(deployment);
    }
    Err(format!(
        "{}\n  {}\n{:?}\n{}",
        work.function,
        wrong.join("\n  "),
        played.replies,
        deployment.logs(work.function)
    ))
}

#[test]
fn each_function_does_its_whole_work_under_exactly_its_role_and_makes_use_of_every_grant() {
    let wrong = check_all(&WORKS, WORKS.len(), |work| {
        let deployment = does(work, &Plan::FULL)?;
        let function = FUNCTIONS.iter().find(|function| function.name == work.function).unwrap();
        let granted = deployment.policy(work.function).grants();
        assert_eq!(granted.len(), function.rows.len(), "{}", work.function);
        let by_others = |grant: &Grant| {
            let mut rows = granted.iter().zip(function.rows);
            rows.any(|(other, row)| other == grant && row.without == Without::Lambda)
        };
        let unused: BTreeSet<Grant> = granted.iter().filter(|grant| !by_others(grant)).cloned().collect();
        let used = deployment.used(work.function);
        let unused: Vec<&Grant> = unused.difference(&used).collect();
        if unused.is_empty() { Ok(()) } else { Err(format!("{} makes no use of {unused:#?}", work.function)) }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn without_a_key_of_ones_own_the_roles_are_enough_as_well() {
    let plan = Plan { with_kms_key: false, ..Plan::FULL };
    let wrong = check_all(&WORKS, WORKS.len(), |work| does(work, &plan).map(drop));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
