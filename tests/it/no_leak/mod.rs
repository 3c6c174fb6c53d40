//! No secret is in anything that the function writes, replies, reports or sends to the bus, whatever it is answered.

pub(crate) mod detector;
mod hostile;
mod planted;
mod refusals;

use integration_tests::{TIMEOUT, check_all};
use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::rotation;

use detector::{MARK, traces};
use planted::{Build, Planted};

/// The cases wait for processes and for the waits between tries.
const THREADS: usize = 5;

/// How one case went: the function's last words to its caller.
struct Played {
    planted: Planted,
    lambda: Restarting,
    replies: Vec<Invocation>,
}

impl Played {
    /// Everything that leaves the function for people: its logs with the lines of metrics, its replies and errors, and
    /// what it put on the bus.
    fn output(&self) -> String {
        let sent = self.planted.stage.bus_server.calls();
        let events: Vec<_> = sent.iter().map(|call| String::from_utf8_lossy(&call.request.body).into_owned()).collect();
        format!("{}\n{:?}\n{}", self.lambda.all_logs(), self.replies, events.join("\n"))
    }

    /// The code of the failure that ended it.
    fn code(&self) -> Option<&str> {
        self.replies.last().and_then(Invocation::error_type)
    }

    fn check(&self, case: &str) -> Result<(), String> {
        let output = self.output();
        let found = traces(&output);
        if found.is_empty() { Ok(()) } else { Err(format!("{case}:\n  {}", found.join("\n  "))) }
    }
}

/// Calls the steps as Secrets Manager does, up to the first that fails.
fn play(planted: Planted, token: &str, steps: &[&str]) -> Played {
    let lambda = planted.stage.lambda();
    let mut replies = Vec::new();
    for step in steps {
        let event = rotation::event(step, &planted.stage.secret, token, Some(planted::ROTATION_TOKEN));
        let reply = lambda.invoke(&event, TIMEOUT);
        let failed = reply.clone().reply().is_none();
        replies.push(reply);
        if failed {
            break;
        }
    }
    Played { planted, lambda, replies }
}

fn rotate(planted: Planted) -> Played {
    let token = planted.stage.store.begin_rotation(&planted.stage.secret).unwrap();
    play(planted, &token, &rotation::Step::ALL.map(rotation::Step::as_str))
}

fn assert_clean(wrong: &[String], cases: usize) {
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_quiet_rotation_uses_every_planted_secret_and_shows_none() {
    let builds = Build::all();
    let wrong = check_all(&builds, THREADS, |build| {
        let played = rotate(Planted::new(*build));
        let logs = played.lambda.all_logs();
        let stage = &played.planted.stage;
        let steps = played.replies.iter().filter(|reply| (*reply).clone().reply().is_some()).count();
        let contains = |text: &str| !traces(text).is_empty();
        let bodies = |calls: Vec<testkit::http::Call>, name: &str| {
            calls.iter().any(|call| call.name == name && contains(&String::from_utf8_lossy(&call.request.body)))
        };
        let current = stage.store.value_at(&stage.secret, "AWSCURRENT").unwrap_or_default();
        let put = stage.store_server.calls();
        let put = put.iter().filter(|call| call.name == "PutSecretValue").map(|call| call.request.json().unwrap());
        let put: Vec<_> = put.map(|body| body["RotationToken"].clone()).collect();
        let asked = stage.sentry_server.calls();
        let authorized = |name: &str| {
            asked
                .iter()
                .filter(|call| call.name == name)
                .all(|call| call.request.header("authorization").is_some_and(&contains))
        };
        let signed = stage
            .store_server
            .calls()
            .iter()
            .all(|call| call.request.header("x-amz-security-token").is_some_and(&contains));
        let facts = [
            ("all four steps succeed", steps == 4),
            ("the new value keeps the planted members", contains(&current) && current.matches(MARK).count() > 3),
            ("the new value has no secret part", !current.contains(&format!(":{MARK}"))),
            ("the rotation token was passed on", put == [planted::ROTATION_TOKEN]),
            ("Secrets Manager was sent the planted value", bodies(stage.store_server.calls(), "PutSecretValue")),
            ("the management token went to Sentry", authorized("GET project") && authorized("POST keys")),
            ("the session token went to AWS", signed),
            (
                "the new key has a planted secret",
                stage.sentry.keys("acme", "storefront").iter().all(|key| contains(&key.secret)),
            ),
            ("nothing else went to Sentry", asked.iter().all(|call| !contains(&planted::without_token(&call.request)))),
            ("our lines of that level are there", logs.contains("rotation step finished") == build.writes_info()),
            ("our debug lines are there", logs.contains("asked Sentry") == build.writes_debug()),
            ("metrics are there", logs.contains("SentryKeyRotation")),
        ];
        let missing: Vec<_> = facts.iter().filter(|(_, holds)| !holds).map(|(what, _)| *what).collect();
        if !missing.is_empty() {
            return Err(format!("{build:?}: not so: {}\n{:?}\n{logs}", missing.join(", "), played.replies));
        }
        played.check(&format!("{build:?}"))
    });
    assert_clean(&wrong, builds.len());
}

#[test]
fn no_refusal_shows_a_secret() {
    let refusals = refusals::all();
    let mut cases = Vec::new();
    for (number, refusal) in refusals.iter().enumerate() {
        cases.extend(
            [Build::DEV_TEXT, Build::DEV_JSON, Build::release(number), Build::release(number + 5)]
                .map(|build| (build, refusal)),
        );
    }
    let wrong = check_all(&cases, THREADS, |(build, refusal)| {
        let case = format!("{build:?}, {}, {}", refusal.code, refusal.what);
        let played = refusal.play(*build);
        if played.code() != Some(refusal.code) {
            return Err(format!("{case}: {:?}\n{}", played.replies, played.lambda.all_logs()));
        }
        played.check(&case)
    });
    assert_clean(&wrong, cases.len());
}

#[test]
fn no_hostile_answer_is_repeated() {
    let mut cases = Vec::new();
    for (number, hostile) in hostile::all().into_iter().enumerate() {
        let dev = if number % 2 == 0 { Build::DEV_TEXT } else { Build::DEV_JSON };
        cases.push((dev, hostile.clone()));
        cases.push((Build::release(number), hostile));
    }
    let wrong = check_all(&cases, THREADS, |(build, hostile)| {
        let case = format!("{build:?}, {hostile}");
        let planted = Planted::new(*build);
        hostile.plan(&planted.stage);
        let played = rotate(planted);
        if !hostile.was_met(&played.planted.stage) {
            return Err(format!("{case}: the answer was never given\n{:?}", played.replies));
        }
        played.check(&case)
    });
    assert_clean(&wrong, cases.len());
}

#[test]
fn no_event_that_is_none_and_no_setting_that_is_wrong_is_repeated() {
    let events = [
        serde_json::json!({"Step": MARK, "SecretId": [MARK], "ClientRequestToken": {MARK: MARK}, "RotationToken": [MARK]}),
        serde_json::json!({"Step": {MARK: 1}, "RotationToken": {MARK: MARK}, MARK: MARK}),
        serde_json::json!([MARK]),
        serde_json::json!(MARK),
    ];
    let settings: [&[(&str, &str)]; 3] = [
        &[("SENTRY_URL", "https://user:QzLeak7x@sentry.example")],
        &[("SENTRY_URL", "QzLeak7x"), ("LOG_LEVEL", "QzLeak7x"), ("AWS_LAMBDA_LOG_LEVEL", "QzLeak7x")],
        &[("SENTRY_URL", "https://sentry.example/?token=QzLeak7x"), ("AWS_LAMBDA_LOG_FORMAT", "QzLeak7x")],
    ];
    let builds = Build::all();
    let wrong = check_all(&builds, THREADS, |build| {
        let planted = Planted::new(*build);
        let lambda = planted.stage.lambda();
        let replies = events.iter().map(|event| lambda.invoke(event, TIMEOUT)).collect();
        let played = Played { planted, lambda, replies };
        if played.replies.iter().any(|reply| reply.error_type() != Some("Event.Invalid")) {
            return Err(format!("{build:?}: {:?}", played.replies));
        }
        played.check(&format!("{build:?}, events"))?;
        for wrong in settings {
            let mut planted = Planted::new(*build);
            for (name, value) in wrong {
                planted.set(name, value);
            }
            let played = rotate(planted);
            if played.code() != Some("Configuration.Invalid") {
                return Err(format!("{build:?}: {wrong:?}: {:?}", played.replies));
            }
            played.check(&format!("{build:?}, {wrong:?}"))?;
        }
        Ok(())
    });
    assert_clean(&wrong, builds.len());
}
