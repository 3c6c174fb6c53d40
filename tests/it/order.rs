//! Steps in every order, any number of times, and calls that no rotation makes.

use integration_tests::check_all;

use crate::support::{STEPS, World, at_once, effects, version};

/// Every order of the four steps.
fn orders() -> Vec<Vec<&'static str>> {
    let mut orders = vec![Vec::new()];
    for _ in STEPS {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<&str>| {
                STEPS
                    .iter()
                    .filter(|step| !order.contains(*step))
                    .map(|step| [&order[..], &[*step]].concat())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    orders
}

/// What the contract says that a step answers, by what was done before it.
fn expected(step: &str, created: bool, promoted: bool) -> &'static str {
    match (step, created, promoted) {
        (_, _, true) => "already-done",
        ("createSecret", _, false) => "done",
        // On an empty version it is the test without rotation: the current key is tried.
        ("testSecret", false, false) => "done",
        (_, false, false) => "Rotation.PendingInvalid",
        (_, true, false) => "done",
    }
}

#[test]
fn the_steps_may_come_in_any_order_and_a_retry_in_order_completes_the_rotation() {
    let orders = orders();
    assert_eq!(orders.len(), 24);
    let wrong = check_all(&orders, 24, |order| {
        let about = order.join(" ");
        let world = World::with(&about, |_| {});
        let old = world.key_id("AWSCURRENT");
        let token = world.begin();
        let (mut created, mut promoted) = (false, false);
        for step in order {
            let invocation = world.step(step, &token);
            let answer = match invocation.error_type() {
                Some(code) => code.to_owned(),
                None => invocation.reply().unwrap()["outcome"].as_str().unwrap().to_owned(),
            };
            let expected = expected(step, created, promoted);
            if answer != expected {
                return Err(format!("{about}: {step} answered {answer}, not {expected}"));
            }
            created |= *step == "createSecret";
            promoted |= *step == "finishSecret" && created;
        }
        for step in STEPS {
            world.reply(step, &token);
        }
        let keys = world.keys();
        let ends_well = keys.len() == 2
            && keys.iter().all(|key| key.is_active)
            && world.key_id("AWSCURRENT") == keys[1].id
            && world.key_id("AWSPREVIOUS") == old;
        if ends_well { Ok(()) } else { Err(format!("{about}: {keys:?}")) }
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_step_may_be_called_twice_and_does_its_work_once() {
    let world = World::new();
    world.stage.sentry.edit_key(&world.key_id("AWSCURRENT"), |key| key.browser_sdk_version = "6.x".to_owned());
    let token = world.begin();
    let work = [vec!["create-key", "store-pending"], vec!["update-key"], vec!["try-key"], vec!["promote"]];
    for (step, work) in STEPS.into_iter().zip(work) {
        assert_eq!(effects(&world.done(step, &token)), work, "{step}");
        let again = world.reply(step, &token);
        let (outcome, work) = match step {
            "testSecret" => ("done", vec!["try-key"]),
            "finishSecret" => ("already-done", Vec::new()),
            _ => ("done", Vec::new()),
        };
        assert_eq!((again["outcome"].as_str().unwrap(), effects(&again)), (outcome, work), "{step}");
    }
    assert_eq!(world.writes(), ["POST keys", "PUT key", "PutSecretValue", "UpdateSecretVersionStage"]);
    assert_eq!(world.events("Key Created").len(), 1);
    let promoted = world.events("Key Promoted");
    assert_eq!(promoted.len(), 2);
    assert_eq!(promoted[0]["id"], promoted[1]["id"]);
    assert_eq!(promoted[0]["key_id"], promoted[1]["key_id"]);
}

#[test]
fn a_version_that_is_current_already_has_nothing_left_to_do() {
    let world = World::new();
    let token = world.version_at("AWSCURRENT").unwrap();
    let state = world.state();
    for step in STEPS {
        let reply = world.reply(step, &token);
        assert_eq!((&reply["outcome"], effects(&reply)), (&"already-done".into(), Vec::new()), "{step}");
    }
    assert_eq!((world.state(), world.writes()), (state, Vec::new()));
    assert_eq!(world.sentry_calls(), [""; 0]);
    // A promotion whose event was lost is told again: by finishSecret alone.
    let promoted = world.events("Key Promoted");
    assert_eq!(promoted.len(), 1);
    assert_eq!(promoted[0]["key_id"], world.key_id("AWSCURRENT").as_str());
}

#[test]
fn calls_that_no_rotation_makes_are_refused_by_every_step_and_do_nothing() {
    type Token = fn(&World) -> String;
    let cases: [(&str, Token, &str, &[&str]); 5] = [
        (
            "a token that is no version",
            |_| version(99),
            "Rotation.UnknownVersion",
            &["7e570000-0000-4000-8000-000000000099 is no version of acme/storefront", "only Secrets Manager"],
        ),
        (
            "a version whose rotation was abandoned",
            |world| {
                let token = world.begin();
                world.stage.store.set_stage(&world.stage.secret, "AWSPENDING", None);
                world.stage.store.set_stage(&world.stage.secret, "MINE", Some(&token));
                token
            },
            "Rotation.NotPending",
            &["acme/storefront", "abandoned", "aws secretsmanager rotate-secret --secret-id acme/storefront"],
        ),
        (
            "the previous version",
            |world| {
                let previous = world.version_at("AWSCURRENT").unwrap();
                world.rotate();
                world.forget_calls();
                previous
            },
            "Rotation.NotPending",
            &["acme/storefront"],
        ),
        (
            "rotation is switched off",
            |world| {
                let token = world.begin();
                world.stage.store.enable_rotation(&world.stage.secret, false);
                token
            },
            "Rotation.NotEnabled",
            &["acme/storefront", "rotate-secret"],
        ),
        (
            "rotation is switched off, and the version is current",
            |world| {
                world.stage.store.enable_rotation(&world.stage.secret, false);
                world.version_at("AWSCURRENT").unwrap()
            },
            "Rotation.NotEnabled",
            &["acme/storefront"],
        ),
    ];
    for (about, token, code, words) in cases {
        let world = World::with(about, |_| {});
        let token = token(&world);
        let state = world.state();
        for (step, invocation) in STEPS.into_iter().zip(at_once(&world.stage, &STEPS, &token)) {
            let message = world.check_failure(&invocation, code, words);
            assert!(!message.contains("https://"), "{about}: {step}: {message}");
        }
        assert_eq!((world.state(), world.writes()), (state, Vec::new()), "{about}");
        assert_eq!(world.sentry_calls(), [""; 0], "{about}: Sentry is not asked about a call that nobody made");
    }
}

#[test]
fn a_secret_for_which_rotation_was_never_configured_is_refused() {
    let mut world = World::new();
    let value = world.value("AWSCURRENT");
    world.stage.secret = world.stage.store.create_secret("acme/plain", Some(&value), &[]);
    let token = world.begin();
    world.refused("createSecret", &token, "Rotation.NotEnabled", &["acme/plain", "--rotation-lambda-arn"]);
}
