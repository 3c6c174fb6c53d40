//! How the death of a disabled key is proven, by grade.

use testkit::fault::Fault;
use testkit::sentry::Ingest;

use super::stage::{DUE, TABLES, World, policy, verdict};

const TEXT: &str = "its death could not be proven within the deadline";

fn due() -> (World, String) {
    World::superseded(&policy("act", DUE, TABLES))
}

fn grade(row: &serde_json::Value) -> &str {
    row["proof"]["grade"].as_str().unwrap_or("-")
}

#[test]
fn the_question_counts_only_beside_a_living_control() {
    let (world, old) = due();
    let row = world.row(&old);
    assert_eq!(grade(&row), "question", "{row:#}");
    let asked: Vec<_> =
        world.stage.sentry_server.calls().into_iter().filter(|call| call.name == "POST question").collect();
    let dsns: Vec<_> = asked.iter().map(|call| call.request.header("authorization").unwrap().to_owned()).collect();
    let current = world.current();
    assert!(
        dsns[dsns.len() - 2].contains(&old) && dsns[dsns.len() - 1].contains(&current),
        "first the dead, then the living"
    );
}

#[test]
fn without_a_control_that_is_known_to_live_the_key_object_is_all_the_proof() {
    let answers = [
        (401, r#"{"detail":"Invalid dsn"}"#),
        (400, ""),
        (401, ""),
        (404, r#"{"detail":"The requested resource does not exist"}"#),
        (429, "\"too many\""),
        (500, "<html>"),
        (200, "{}"),
    ];
    for (status, body) in answers {
        let (world, old) = due();
        world.stage.sentry.set_question(Some((status, body.to_owned())));
        let row = world.row(&old);
        assert_eq!(grade(&row), "object", "{status} {body}: {row:#}");
        assert_eq!(world.events("Key Proven Dead").len(), 1);
        // What ingestion says completes it all the same.
        let row = world.row(&old);
        assert_eq!(grade(&row), "ingestion", "{status} {body}: {row:#}");
        assert_eq!(world.kinds(&old)[4..], ["proven", "refused", "refused", "proven"]);
    }
}

/// Lets the current key, which is the control, be disabled or gone.
fn end_current(world: &World, is_gone: bool) {
    let current = world.current();
    if is_gone {
        world.stage.sentry.delete_key(&current);
    } else {
        world.stage.sentry.edit_key(&current, |key| key.is_active = false);
    }
}

#[test]
fn a_control_that_is_disabled_or_gone_proves_nothing() {
    for is_gone in [false, true] {
        let (world, old) = due();
        // Ingestion takes everything: there is no other proof.
        world.stage.sentry.refuse_ingest(&old, Some((200, "{}".to_owned())));
        end_current(&world, is_gone);
        for _ in 0..2 {
            let row = world.row(&old);
            assert_eq!(grade(&row), "-", "{row:#}");
        }
        assert!(!world.kinds(&old).contains(&"proven".to_owned()));
        assert_eq!(world.events("Key Proven Dead").len(), 0);
    }
}

/// How ingestion refuses a key, whatever it is.
fn refusal() -> (u16, String) {
    (403, r#"{"detail":"event submission rejected with_reason: ProjectId"}"#.to_owned())
}

#[test]
fn ingestion_that_refuses_the_current_key_as_well_proves_nothing() {
    let (world, old) = due();
    let current = world.current();
    world.stage.sentry.refuse_ingest(&old, Some(refusal()));
    world.stage.sentry.refuse_ingest(&current, Some(refusal()));
    for _ in 0..3 {
        assert_eq!(grade(&world.row(&old)), "question");
    }
    assert!(!world.kinds(&old).contains(&"refused".to_owned()), "{:?}", world.kinds(&old));
    world.stage.sentry.refuse_ingest(&current, None);
    let _counted = [world.row(&old), world.row(&old)];
    assert_eq!(grade(&world.row(&old)), "ingestion");
}

#[test]
fn without_a_current_key_that_works_a_refusal_by_ingestion_proves_nothing() {
    for is_gone in [false, true] {
        let (world, old) = due();
        world.stage.sentry.refuse_ingest(&old, Some(refusal()));
        world.run_observing(&old);
        world.stage.sentry.edit_key(&old, |key| key.is_active = false);
        end_current(&world, is_gone);
        for _ in 0..3 {
            let row = world.row(&old);
            assert_eq!((verdict(&row)[1], grade(&row)), ("disabled", "-"), "{row:#}");
        }
        assert!(!world.kinds(&old).contains(&"refused".to_owned()), "{:?}", world.kinds(&old));
    }
}

#[test]
fn ingestion_must_refuse_in_successive_runs() {
    let (world, old) = World::superseded(&policy("act", DUE, &TABLES.replace("refusals = 2", "refusals = 3")));
    // It learns of the disablement late.
    world.stage.sentry.set_ingest(Ingest { delay_requests: 2 });
    let mut grades = Vec::new();
    for _ in 0..5 {
        grades.push(grade(&world.row(&old)).to_owned());
    }
    assert_eq!(grades, ["question", "question", "question", "question", "ingestion"]);
    assert_eq!(world.kinds(&old)[4..], ["proven", "refused", "refused", "refused", "proven"]);
    let told: Vec<_> = world.events("Key Proven Dead").iter().map(|event| event["evidence"].clone()).collect();
    assert_eq!(told.len(), 2);
    assert_ne!(told[0], told[1]);
    assert_eq!(world.metrics()["KeysAwaitingProof"], 0.0);
}

#[test]
fn an_acceptance_begins_the_count_anew() {
    let (world, old) = World::superseded(&policy("act", DUE, &TABLES.replace("refusals = 2", "refusals = 3")));
    let refused = refusal();
    let accepted = (200, "{}".to_owned());
    let answers = vec![refused.clone(), refused.clone(), accepted, refused.clone(), refused.clone(), refused];
    world.stage.sentry.set_ingest_answers(&old, answers);
    let mut grades = Vec::new();
    for _ in 0..6 {
        grades.push(grade(&world.row(&old)).to_owned());
    }
    assert_eq!(grades[..5], ["question"; 5]);
    assert_eq!(grades[5], "ingestion");
    let counts: Vec<_> = world
        .retirement
        .ledger(&old)
        .iter()
        .filter(|record| record["kind"] == "refused")
        .map(|record| record["attempt"].clone())
        .collect();
    assert_eq!(counts, [1, 2, 1, 2, 3]);
}

#[test]
fn what_ingestion_says_for_another_reason_is_neither_refusal_nor_acceptance() {
    let answers = [
        (429, "{\"detail\":\"rate limited\"}"),
        (500, ""),
        (503, "<html>"),
        (403, "<html>a proxy</html>"),
        (400, "{\"detail\":\"bad envelope data\"}"),
        (413, ""),
    ];
    for (status, body) in answers {
        let (world, old) = due();
        world.stage.sentry.refuse_ingest(&old, Some((status, body.to_owned())));
        for _ in 0..3 {
            assert_eq!(grade(&world.row(&old)), "question", "{status}");
        }
        assert!(!world.kinds(&old).contains(&"refused".to_owned()), "{status}");
    }
}

#[test]
fn a_key_that_is_still_accepted_past_the_deadline_is_an_alarm_once_a_day() {
    let (world, old) = due();
    world.stage.sentry.refuse_ingest(&old, Some((200, "{}".to_owned())));
    world.run();
    assert_eq!(world.metrics()["ProofOverdue"], 0.0);
    world.pass(2 * 3_600);
    for _ in 0..3 {
        let row = world.row(&old);
        assert_eq!((&row["state"], &row["code"]), (&"disabled".into(), &"Retirement.ProofOverdue".into()), "{row:#}");
        assert!(row["reason"].as_str().unwrap().contains(TEXT), "{row:#}");
    }
    assert_eq!(world.metrics()["ProofOverdue"], 1.0);
    let events = world.events("Key Proof Overdue");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["code"], "Retirement.ProofOverdue");
    world.pass(86_400);
    world.run();
    assert_eq!(world.events("Key Proof Overdue").len(), 2);
    world.stage.sentry.refuse_ingest(&old, None);
    world.stage.sentry.refresh_ingest_cache();
    // Past the deadline the question has to do, as soon as ingestion does not contradict it.
    let row = world.row(&old);
    assert_eq!((grade(&row), row["code"].is_null()), ("question", true), "{row:#}");
}

#[test]
fn where_ingestion_cannot_be_asked_the_question_has_to_do() {
    let (world, old) = due();
    world.stage.sentry_server.faults().every("POST envelope", Fault::DropBefore);
    let row = world.row(&old);
    assert_eq!(grade(&row), "question", "{row:#}");
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "prove", "done"]);
    world.pass(2 * 3_600);
    let row = world.row(&old);
    assert_eq!((verdict(&row), row["code"].is_null()), (["ours", "disabled", "-", "none"], true), "{row:#}");
    assert_eq!(row["reason"], "it is disabled and proven dead");
}

#[test]
fn with_nothing_but_the_key_object_the_proof_is_overdue() {
    let (world, old) = due();
    world.stage.sentry_server.faults().every("POST envelope", Fault::DropBefore);
    world.stage.sentry.set_question(Some((404, String::new())));
    world.run();
    world.pass(2 * 3_600);
    let row = world.row(&old);
    assert_eq!((grade(&row), &row["code"]), ("object", &"Retirement.ProofOverdue".into()), "{row:#}");
}
