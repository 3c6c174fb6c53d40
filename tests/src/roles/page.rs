//! `docs/roles.md`.

use super::table::{FUNCTIONS, Granted, Row, Told, Without};

const HEAD: &str = "# Roles: what each function is granted, and why

<!-- Written by scripts/generate.sh from tests/src/roles/table.rs; a test holds it against template.yaml and plays every row. -->

For somebody who reviews the roles of the stack, or who sees an `AccessDenied`. One row is one action on one resource, as `template.yaml` grants it. With
exactly these rows a function does its whole work; with any one of them taken away it does what the last column says, and nothing is lost or half done: the tests in
`tests/it/least_privilege` play that on the shipped binaries, for every row. In the third column the names of parameters and of the bucket stand for their values,
`STACK` for the name of the stack. Rows of the key are there only with `KmsKeyArn`, those of `DeletionAuthSecretArn` only with that parameter; the key serves Secrets Manager (`KeyOfTheSecrets`)
and S3 (`KeyOfTheEvidence`) and nothing else. The token in `DeletionAuthSecretArn` has the scope `project:admin`.

A call that is denied is told with the action, the permission that is missing and the resource. *Fails* is a failed invocation with that code; otherwise the work goes on, and the place is named
where it is told.
";

const FOOT: &str = "
## What the tests can tell, and what not

The policies are read from `template.yaml`, resolved as CloudFormation does, and judged by an evaluator of our own (`shared/testkit/src/access`) in front of the stand-ins, condition keys
included; the bucket's policy is judged with them. An operator, key or function of the template that it does not know is an error. `tests/second_opinions/roles.rs` asks moto the same questions.
`tests/stack` deploys the template into another emulator that enforces the same policies. None of them is AWS: service control policies, permissions boundaries, the policies of your
secrets and of your KMS key, and what Lambda itself does with the role (`logs:`, `sqs:`) are not played.
";

/// The page about all roles.
#[must_use]
pub fn roles_page() -> String {
    let mut page = HEAD.to_owned();
    for function in &FUNCTIONS {
        page.push_str(&section(function));
    }
    page.push_str(FOOT);
    page
}

fn section(function: &Granted) -> String {
    let mut text = format!("\n## {}\n\nIts token: ", function.name);
    let scopes: Vec<String> = function.scopes.iter().map(|(scope, what)| format!("`{scope}`, {what}")).collect();
    text.push_str(&scopes.join("; "));
    text.push_str(".\n\n| statement | action | on | what needs it | without it |\n|---|---|---|---|---|\n");
    for Row { sid, action, on, needed, without } in function.rows {
        let row = format!("| {sid} | `{action}` | `{on}` | {needed} | {} |\n", in_words(*without));
        text.push_str(&row);
    }
    text
}

fn in_words(without: Without) -> String {
    match without {
        Without::Fails(code) => format!("fails: `{code}`"),
        Without::Tells(Told::Reply) => "told in the reply and the log".to_owned(),
        Without::Tells(Told::Record) => "told in the record of the run".to_owned(),
        Without::Tells(Told::Report) => "told in the report, as unknown".to_owned(),
        Without::Tells(Told::Log) => "told in the log".to_owned(),
        Without::Lambda => "not for a call of the function's own".to_owned(),
    }
}
