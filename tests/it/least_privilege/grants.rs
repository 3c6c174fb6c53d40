//! Without any one of its grants a function says so, with the permission and what it misses it on, and leaves nothing half
//! done: with the grant back it comes to the same end.

use integration_tests::check_all;
use integration_tests::roles::{FUNCTIONS, Granted, Row, Told, Without};
use testkit::access::Question;

use super::deployment::{Deployment, Plan, Played, work_of};

/// The cases wait for processes and sockets: more of them than processors can run at once.
const THREADS: usize = 6;

struct Case {
    function: &'static Granted,
    number: usize,
}

impl Case {
    fn row(&self) -> &'static Row {
        &self.function.rows[self.number]
    }
}

/// What a message must name, for a question that was refused.
fn names(question: &Question, secret: &str) -> [String; 2] {
    let resource = question.resource.as_str();
    let name = match question.action.split(':').next() {
        // A key and a function are known to whoever owns the secret or the bucket, which is named.
        Some("kms") => "arn:aws:",
        Some("lambda") => secret,
        Some("events") => resource.rsplit('/').next().unwrap_or_default(),
        _ if resource == "*" => "",
        _ => resource,
    };
    [question.action.clone(), name.to_owned()]
}

fn told(deployment: &Deployment, function: &str, played: &Played, place: Told) -> Vec<String> {
    match place {
        Told::Reply => played.replies.iter().map(ToString::to_string).collect(),
        Told::Record => vec![deployment.objects("runs/", ".json")],
        Told::Report => vec![deployment.objects("reviews/", "/report.json")],
        Told::Log => deployment
            .logs(function)
            .lines()
            .filter(|line| line.contains("WARN") || line.contains("ERROR"))
            .map(str::to_owned)
            .collect(),
    }
}

fn play(case: &Case) -> Result<(), String> {
    let (name, row) = (case.function.name, case.row());
    let work = work_of(name);
    let deployment = Deployment::prepared(work, &Plan::FULL);
    let grant = deployment.policy(name).grants().remove(case.number);
    assert_eq!((grant.sid.as_str(), grant.action.as_str()), (row.sid, row.action), "the order of the rows");
    deployment.take_away(name, &grant);
    let played = (work.play)(&deployment);
    let refused = deployment.refused(name);
    let mut wrong = (work.harm)(&deployment);
    if refused.is_empty() || refused.iter().any(|question| question.action != row.action) {
        wrong.push(format!("refused was {refused:?}"));
    }
    let (otherwise, texts) = played.without(row.without, |place| told(&deployment, name, &played, place));
    wrong.extend(otherwise);
    let is_clear = |text: &String| {
        let mut refused = refused.iter();
        refused.any(|question| names(question, &deployment.stage.secret).iter().all(|name| text.contains(name)))
    };
    if !texts.iter().any(is_clear) {
        wrong.push(format!("not told as {:?}: {texts:#?}", row.without));
    }
    deployment.give_back(name);
    let again = (work.play)(&deployment);
    wrong.extend(again.failures.iter().map(|it| format!("with the grant back: {it:?}")));
    wrong.extend((work.unfinished)(&deployment).into_iter().map(|it| format!("with the grant back: {it}")));
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{name} without {grant}\n  {}\n  {:?}\n  {:?}\n{}",
        wrong.join("\n  "),
        played.failures,
        played.replies,
        deployment.logs(name)
    ))
}

#[test]
fn without_one_grant_a_function_names_it_and_nothing_is_lost_or_half_done() {
    let cases: Vec<Case> = FUNCTIONS
        .iter()
        .flat_map(|function| (0..function.rows.len()).map(move |number| Case { function, number }))
        .filter(|case| case.row().without != Without::Lambda)
        .collect();
    assert!(cases.len() > 50, "{}", cases.len());
    let wrong = check_all(&cases, THREADS, play);
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}
