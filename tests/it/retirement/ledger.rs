//! Nothing is done to a key that is not on record.

use integration_tests::TIMEOUT;
use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::lambda::Restarting;

use super::stage::{DUE, TABLES, World, consent, policy, verdict};

fn due() -> (World, String) {
    World::superseded(&policy("act", DUE, TABLES))
}

#[test]
fn without_the_bucket_nothing_is_done() {
    for action in ["PutObject", "GetObject", "ListObjectsV2"] {
        for is_cold in [false, true] {
            let (mut world, old) = due();
            if is_cold {
                world.cool_down();
            }
            world.retirement.bucket.deny(action);
            world.forget_calls();
            let message = world.fails("Retirement.LedgerUnavailable");
            assert!(message.contains("EVIDENCE_BUCKET"), "{message}");
            assert!(world.writes().is_empty(), "{action}: {:?}", world.writes());
            assert!(world.key(&old).is_active, "{action}");
            world.retirement.bucket.allow(action);
            assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"], "{action}");
            world.check_chains().unwrap();
        }
    }
}

#[test]
fn a_bucket_that_is_down_stops_everything() {
    for fault in [Fault::DropBefore, Fault::Status(503)] {
        let (world, old) = due();
        for call in ["PutObject", "GetObject", "ListObjectsV2"] {
            world.retirement.bucket_server.faults().every(call, fault.clone());
        }
        world.forget_calls();
        world.fails("Retirement.LedgerUnavailable");
        assert!(world.writes().is_empty() && world.key(&old).is_active);
        world.retirement.bucket_server.faults().clear();
        assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    }
}

/// The number of the `PutObject` that writes this kind of record of a key.
fn writes_of(world: &World, key_id: &str) -> Vec<(usize, String)> {
    let calls = world.retirement.bucket_server.calls();
    let puts = calls.iter().filter(|call| call.name == "PutObject").enumerate();
    let ours = puts.filter(|(_, call)| call.request.path.contains(key_id));
    ours.filter_map(|(nth, call)| {
        let body = String::from_utf8_lossy(&call.request.body).into_owned();
        let kind = body.split("\"kind\":\"").nth(1)?.split('"').next()?.to_owned();
        Some((nth, kind))
    })
    .collect()
}

#[test]
fn a_ledger_that_fails_in_the_middle_of_a_disablement_is_made_up_for() {
    let (world, old) = due();
    world.forget_calls();
    world.run();
    let before = usize::from(world.current() < old);
    let writes: Vec<_> = writes_of(&world, &old).into_iter().map(|(nth, kind)| (nth - before, kind)).collect();
    let kinds: Vec<_> = writes.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["superseded", "disabling", "disabled", "proven", "refused"]);
    for (nth, kind) in writes {
        for fault in [Fault::Status(403), Fault::DropBefore, Fault::DropAfter, Fault::StatusAfter(500)] {
            let (world, old) = due();
            // Keys are gone through in the order of their ids, and the current key gets its first record, too.
            let nth = nth + usize::from(world.current() < old);
            // The SDK asks three times, unless it is told no.
            let tries = if fault == Fault::Status(403) { 1 } else { 3 };
            world.forget_calls();
            for further in 0..tries {
                world.retirement.bucket_server.faults().on("PutObject", nth + further, fault.clone());
            }
            let invocation = world.retire.invoke(&json!({}), TIMEOUT);
            if matches!(kind.as_str(), "superseded" | "disabling") && invocation.clone().reply().is_none() {
                assert_eq!(world.writes(), [""; 0], "{kind} {fault:?}");
                assert!(world.key(&old).is_active);
            }
            world.retirement.bucket_server.faults().clear();
            let _more = [world.run(), world.run(), world.run()];
            let row = world.row(&old);
            assert_eq!(verdict(&row), ["ours", "disabled", "-", "none"], "{kind} {fault:?}: {row:#}");
            assert_eq!(row["proof"]["grade"], "ingestion", "{kind} {fault:?}");
            assert!(world.key(&world.current()).is_active);
            world.check_chains().unwrap();
            let puts = world.stage.sentry_server.call_names().iter().filter(|name| *name == "PUT key").count();
            assert_eq!(puts, 1, "{kind} {fault:?}");
        }
    }
}

#[test]
fn two_runs_at_once_write_one_chain() {
    for _ in 0..3 {
        let (world, old) = due();
        let functions: Vec<_> = (0..3).map(|_| Restarting::new(world.retirement.retire.clone())).collect();
        let replies: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                functions.iter().map(|function| scope.spawn(|| function.invoke(&json!({}), TIMEOUT))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(replies.iter().all(|reply| reply.clone().reply().is_some()), "{replies:?}");
        world.check_chains().unwrap();
        let kinds = world.kinds(&old);
        assert_eq!(kinds.iter().filter(|kind| *kind == "disabled").count(), 1, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| *kind == "superseded").count(), 1, "{kinds:?}");
        assert_eq!(world.events("Key Disabled").len(), 1);
        let _proofs = [world.run(), world.run()];
        assert_eq!(world.row(&old)["proof"]["grade"], "ingestion");
        assert!(!world.key(&old).is_active && world.key(&world.current()).is_active);
        world.check_chains().unwrap();
    }
}

#[test]
fn a_memory_that_is_lost_broken_old_or_foreign_changes_nothing() {
    let broken: [Option<&str>; 6] = [
        None,
        Some(""),
        Some("not json"),
        Some("{}"),
        Some(r#"{"version":99,"secrets":{},"projects":{}}"#),
        Some(r#"{"version":1,"secrets":[],"projects":{}}"#),
    ];
    for text in broken {
        let (world, old) = due();
        let lose = || match text {
            None => world.retirement.bucket.remove(&world.state_name()),
            Some(text) => world.retirement.bucket.put(&world.state_name(), text),
        };
        lose();
        assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"], "{text:?}");
        lose();
        assert_eq!(world.row(&old)["proof"]["grade"], "ingestion", "{text:?}");
        lose();
        assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "-", "none"], "{text:?}");
        world.check_chains().unwrap();
        assert_eq!(world.events("Key Disabled").len(), 1);
    }
}

#[test]
fn an_old_memory_is_caught_up_with() {
    let (world, old) = due();
    let name = world.state_name();
    let before = world.retirement.bucket.object(&name).unwrap();
    for _ in 0..4 {
        world.run();
        world.retirement.bucket.put(&name, &before);
    }
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "-", "none"], "{row:#}");
    assert_eq!(row["proof"]["grade"], "ingestion", "{row:#}");
    assert_eq!(world.kinds(&old).len(), 8, "{:?}", world.kinds(&old));
    world.check_chains().unwrap();
}

/// The proof of what a key is lies in the ledger; label and version are gone.
#[test]
fn a_key_that_only_the_ledger_knows_is_found_again_after_the_memory_was_lost() {
    for is_lost in [false, true] {
        let (mut world, old) = due();
        world.run_observing(&old);
        let version = world.stage.store.version_at(&world.stage.secret, "AWSPREVIOUS").unwrap();
        world.rotation();
        world.stage.store.purge_version(&world.stage.secret, &version);
        world.stage.sentry.edit_key(&old, |key| key.label = "renamed by a person".to_owned());
        if is_lost {
            world.retirement.bucket.remove(&world.state_name());
            world.cool_down();
        }
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "{is_lost}: {row:#}");
    }
}

#[test]
fn an_altered_record_freezes_its_key_and_no_other() {
    type Alter = fn(&World, &[String]);
    let cases: [(&str, Alter); 4] = [
        ("another time", |world, names| {
            let mut record: Value =
                serde_json::from_slice(&world.retirement.bucket.object(&names[0]).unwrap()).unwrap();
            record["time"] = "2020-01-01T00:00:00Z".into();
            world.retirement.bucket.put(&names[0], record.to_string());
        }),
        ("missing", |world, names| world.retirement.bucket.remove(&names[0])),
        ("no json", |world, names| world.retirement.bucket.put(&names[1], "{")),
        ("something beside it", |world, names| {
            world.retirement.bucket.put(&names[0].replace("00000001", "note"), "{}");
        }),
    ];
    for (about, alter) in cases {
        for is_lost in [false, true] {
            let (mut world, old) = due();
            world.run_observing(&old);
            let default = world.keys()[0].id.clone();
            let names: Vec<_> = world.retirement.bucket.keys().into_iter().filter(|name| name.contains(&old)).collect();
            alter(&world, &names);
            if is_lost {
                world.retirement.bucket.remove(&world.state_name());
            }
            let tables = format!("{TABLES}{}", consent(&default, "OPS-1", "2099-12-31"));
            world.set_policy(&policy("act", DUE, &tables));
            let reply = world.run();
            let row = world.row_of(&reply, &old);
            assert_eq!(row["state"], "frozen", "{about} {is_lost}: {row:#}");
            assert!(row["reason"].as_str().unwrap().contains("verify-ledger"), "{about}: {row:#}");
            assert!(world.key(&old).is_active, "{about}");
            assert_eq!(world.metrics()["KeysFrozen"], 1.0, "{about}");
            assert_eq!(world.row_of(&reply, &default)["state"], "disabled", "{about}");
            assert_eq!(world.row(&old)["state"], "frozen", "{about}: and again");
        }
    }
}

#[test]
fn the_prefix_is_honoured_everywhere() {
    for prefix in ["audit/sentry", "audit/sentry/"] {
        let world = World::with(&policy("act", DUE, TABLES), |_, retirement| {
            retirement.retire = retirement.retire.clone().env("EVIDENCE_PREFIX", prefix);
        });
        let old = world.supersede();
        let reply = world.run();
        assert_eq!(world.row_of(&reply, &old)["state"], "disabled", "{reply:#}");
        let names = world.retirement.bucket.keys();
        assert!(names.iter().all(|name| name.starts_with("audit/sentry/")), "{names:?}");
        assert!(reply["record"].as_str().unwrap().starts_with("audit/sentry/runs/retire-keys/"), "{reply:#}");
        for place in ["audit/sentry/ledger/", "audit/sentry/runs/", "audit/sentry/state/retire-keys.json"] {
            assert!(names.iter().any(|name| name.starts_with(place)), "{place}: {names:?}");
        }
        world.check_chains().unwrap();
    }
}

#[test]
fn a_quiet_hour_reads_no_managed_value_and_asks_little() {
    let world = World::with_policy(&policy("act", DUE, TABLES));
    world.add_secret("acme/checkout", "checkout");
    let old = world.supersede();
    let _settled = [world.run(), world.run(), world.run()];
    world.forget_calls();
    world.run();
    let secrets = world.stage.store_server.call_names();
    assert_eq!(secrets, ["ListSecrets"], "no value, no description");
    let sentry = world.stage.sentry_server.call_names();
    let lists = sentry.iter().filter(|name| *name == "GET keys").count();
    let counts = sentry.iter().filter(|name| *name == "GET stats").count();
    assert_eq!((lists, lists + counts), (2, sentry.len()), "{sentry:?}");
    assert!(counts <= 2, "the adopted key waits for a person: {sentry:?}");
    let bucket = world.retirement.bucket_server.call_names();
    assert_eq!(bucket, ["GetObject", "PutObject", "PutObject"], "the state, the record of the run, the state");
    assert_eq!(world.row(&old)["state"], "disabled");
    // A cold start reads its token, and nothing more.
    world.forget_calls();
    Restarting::new(world.retirement.retire.clone()).invoke(&json!({}), TIMEOUT).reply().unwrap();
    assert_eq!(world.stage.store_server.call_names(), ["GetSecretValue", "ListSecrets"]);
}

#[test]
fn records_are_written_once_and_never_changed() {
    let (world, old) = due();
    let _runs = [world.run(), world.run()];
    let puts: Vec<_> = world
        .retirement
        .bucket_server
        .calls()
        .into_iter()
        .filter(|call| call.name == "PutObject" && call.request.path.contains("ledger/"))
        .collect();
    assert!(puts.iter().all(|call| call.request.header("if-none-match") == Some("*")));
    let mut names: Vec<_> = puts.iter().map(|call| call.request.path.clone()).collect();
    names.dedup();
    assert_eq!(names.len(), puts.len());
    let suffix = world.stage.secret.rsplit('-').next().unwrap();
    let expected = format!("ledger/{suffix}/{old}/00000001.json");
    assert!(world.retirement.bucket.keys().contains(&expected));
}

#[test]
fn a_ledger_that_lost_its_newest_record_is_not_gone_on_with() {
    let (world, old) = World::overdue();
    assert_eq!(world.kinds(&old), ["current", "superseded"]);
    let mut names = world.retirement.bucket.keys();
    names.retain(|name| name.contains("ledger/") && name.contains(&old));
    let newest = names.into_iter().max().unwrap();
    let bytes = world.retirement.bucket.object(&newest).unwrap();
    world.retirement.bucket.remove(&newest);
    world.forget_calls();
    for _ in 0..2 {
        let row = world.row(&old);
        assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{row:#}");
        assert!(row["reason"].as_str().unwrap().contains("is not whole"), "{row:#}");
    }
    assert!(world.writes().is_empty() && world.key(&old).is_active, "{:?}", world.writes());
    assert_eq!(world.kinds(&old), ["current"], "nothing is written over what is missing");
    world.retirement.bucket.put(&newest, bytes);
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
}
