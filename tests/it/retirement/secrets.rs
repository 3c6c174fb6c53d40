//! What the state of a secret says about its keys.

use integration_tests::evidence;
use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::secrets_manager::ReplicationStatus::{Failed, InProgress, InSync};

use super::stage::{AT, DUE, TABLES, World, policy, verdict};

const MANAGED: (&str, &str) = ("sentry:kind", "client-key");

/// A world whose key of ours is due, and all that could disable it is ready.
fn due() -> (World, String) {
    World::superseded(&policy("act", DUE, TABLES))
}

/// Nothing is done to the key, for this reason, in two runs.
fn spared(world: &World, key: &str, state: &str, reason: &str) {
    world.forget_calls();
    for _ in 0..2 {
        let row = world.row(key);
        assert_eq!(verdict(&row)[1..], [state, "-", "none"], "{reason}: {row:#}");
        assert!(row["reason"].as_str().unwrap().contains(reason), "{reason}: {row:#}");
    }
    assert!(world.writes().is_empty(), "{reason}: {:?}", world.writes());
    assert!(world.key(key).is_active, "{reason}");
}

fn retired(world: &World, key: &str) {
    let row = world.row(key);
    assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "{row:#}");
}

#[test]
fn a_secret_on_hold_is_exempt() {
    let (world, old) = due();
    world.stage.store.set_tags(&world.stage.secret, &[MANAGED, ("sentry:hold", "until the release is out")]);
    spared(&world, &old, "draining", "sentry:hold");
    world.stage.store.set_tags(&world.stage.secret, &[MANAGED]);
    retired(&world, &old);
}

#[test]
fn a_hold_that_was_set_after_the_list_was_read_holds() {
    let (world, old) = due();
    let late = world.listed();
    world.stage.store.set_tags(&world.stage.secret, &[MANAGED, ("sentry:hold", "")]);
    world.stage.store_server.faults().every("ListSecrets", late);
    spared(&world, &old, "draining", "sentry:hold");
}

#[test]
fn a_replica_that_is_behind_is_waited_for() {
    let (world, old) = due();
    for statuses in [vec![InProgress], vec![Failed], vec![InSync, InProgress]] {
        let replicas: Vec<_> = ["eu-west-1", "eu-central-1"].into_iter().zip(statuses).collect();
        world.stage.store.set_replication(&world.stage.secret, &replicas);
        spared(&world, &old, "draining", "a replica of its secret is not in sync");
    }
    world.stage.store.set_replication(&world.stage.secret, &[("eu-west-1", InSync), ("eu-central-1", InSync)]);
    retired(&world, &old);
}

#[test]
fn nothing_is_done_from_the_region_of_a_replica() {
    let (world, old) = due();
    world.stage.store.set_primary_region(&world.stage.secret, "eu-west-1");
    spared(&world, &old, "frozen", "its keys are retired in eu-west-1");
    let current = world.current();
    world.stage.store.set_primary_region(&world.stage.secret, "us-east-1");
    retired(&world, &old);
    assert!(world.key(&current).is_active);
}

#[test]
fn nothing_is_done_while_a_secret_is_scheduled_for_deletion() {
    let (mut world, old) = due();
    world.run_observing(&old);
    world.stage.store.schedule_deletion(&world.stage.secret);
    spared(&world, &old, "frozen", "scheduled for deletion");
    world.stage.store.restore(&world.stage.secret);
    retired(&world, &old);
    // Without the memory, too.
    let older = world.rotation();
    let state = world.state_name();
    world.retirement.bucket.remove(&state);
    world.cool_down();
    world.stage.store.schedule_deletion(&world.stage.secret);
    spared(&world, &older, "frozen", "");
}

#[test]
fn the_keys_of_a_deleted_secret_are_reported_in_every_run_with_the_command_that_retires_them() {
    let (world, old) = due();
    world.run_observing(&old);
    let current = world.current();
    let secret = world.stage.secret.clone();
    world.stage.store.delete_secret(&secret);
    world.forget_calls();
    for _ in 0..3 {
        let reply = world.run();
        for key in [&old, &current] {
            let row = world.row_of(&reply, key);
            assert_eq!(verdict(&row), ["abandoned", "active", "-", "none"], "{row:#}");
            let remedy = row["remedy"].as_str().unwrap();
            assert!(remedy.starts_with("aws lambda invoke --function-name keys-revoke-key "), "{remedy}");
            let payload = format!(r#"{{"secret_id":"{secret}","key_id":"{key}","reason":"#);
            assert!(remedy.contains(&payload), "{remedy}");
        }
    }
    assert!(world.writes().is_empty());
    assert!(world.key(&old).is_active && world.key(&current).is_active);
    assert_eq!(world.kinds(&current), ["current", "abandoned"]);
    let events: Vec<_> = world.events("Key Abandoned");
    assert_eq!(events.len(), 3, "one for each key and day, for the adopted first key as well: {events:#?}");
    assert!(events[0]["message"].as_str().unwrap().contains("revoke-key"), "{events:#?}");
    // The memory is not what knows them.
    world.retirement.bucket.remove(&world.state_name());
    let row = world.row(&current);
    assert_eq!(verdict(&row), ["abandoned", "active", "-", "none"], "{row:#}");
}

#[test]
fn a_secret_without_tags_is_managed_by_the_function_that_rotates_it() {
    let (world, old) = due();
    world.stage.store.set_tags(&world.stage.secret, &[]);
    let function = "arn:aws:lambda:us-east-1:123456789012:function:keys-rotate-client-key";
    for other in ["arn:aws:lambda:us-east-1:123456789012:function:rotate-database", function] {
        world.stage.store.set_rotation_lambda(&world.stage.secret, other);
        if other != function {
            spared(&world, &old, "frozen", "is not managed any more");
        }
    }
    retired(&world, &old);
}

#[test]
fn a_secret_whose_tag_was_taken_away_is_frozen() {
    for tags in [vec![], vec![("sentry:kind", "installation-token")], vec![("sentry:kind", "")]] {
        let (world, old) = due();
        world.run_observing(&old);
        world.stage.store.set_tags(&world.stage.secret, &tags);
        spared(&world, &old, "frozen", "give it the tag sentry:kind = client-key again");
        assert!(world.key(&world.current()).is_active);
        world.stage.store.set_tags(&world.stage.secret, &[MANAGED]);
        retired(&world, &old);
    }
}

#[test]
fn a_value_that_cannot_be_read_freezes_its_project_and_no_other() {
    let (world, old) = due();
    world.add_secret("acme/checkout", "checkout");
    world.run_observing(&old);
    // A new version of another secret of the same project, whose value is denied: it may hold any key.
    let (other, _) = world.add_secret("acme/storefront-2", "storefront");
    world.run_observing(&old);
    let value = world.value(&world.key(&old), "storefront");
    world.stage.store.add_version(&other, AT[1], Some(&value), &["AWSPENDING"]);
    world.stage.store.deny("GetSecretValue");
    spared(&world, &old, "frozen", "cannot be read");
    let reply = world.run();
    let checkout = world.stage.sentry.keys("acme", "checkout").remove(0).id;
    assert_eq!(verdict(&world.row_of(&reply, &checkout)), ["untouchable", "active", "-", "none"]);
    assert_eq!(world.metrics()["KeysFrozen"], 3.0);
    world.stage.store.allow("GetSecretValue");
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "-", "none"]);
    world.stage.store.set_stage(&other, "AWSPENDING", None);
    retired(&world, &old);
}

#[test]
fn a_secret_of_which_nobody_knows_the_project_is_told_of_and_the_run_is_not_complete() {
    let (world, old) = due();
    world.run_observing(&old);
    let (unread, _) = world.add_secret("acme/unread", "checkout");
    world.stage.store.deny("GetSecretValue");
    let reply = world.run();
    let unplaced = |reply: &Value| evidence::named(&world.retirement.bucket, reply, "record")["unplaced"].clone();
    let told = unplaced(&reply);
    assert_eq!((&reply["complete"], &told[0]["secret_arn"], &told[1]), (&json!(false), &json!(unread), &Value::Null));
    assert!(told[0]["why"].as_str().unwrap().contains("secretsmanager:GetSecretValue"), "{told}");
    // It counts among what is frozen, and has no row.
    let frozen = world.retirement.rows(&reply).iter().filter(|row| row["state"] == "frozen").count();
    assert_eq!(world.metrics()["KeysFrozen"], json!(f64::from(u32::try_from(frozen).unwrap() + 1)), "{reply:#}");
    world.stage.store.allow("GetSecretValue");
    let reply = world.run();
    assert_eq!((&reply["complete"], unplaced(&reply)), (&json!(true), json!([])));
}

#[test]
fn a_secret_of_which_nobody_knows_the_project_freezes_every_project() {
    let (world, old) = due();
    world.run_observing(&old);
    world.add_secret("acme/unread", "checkout");
    world.forget_calls();
    // Its value alone: the others are remembered.
    world.stage.store_server.faults().on("GetSecretValue", 0, Fault::access_denied());
    let reply = world.run();
    let row = world.row_of(&reply, &old);
    assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("cannot be read"), "{row:#}");
    assert!(world.writes().is_empty() && world.key(&old).is_active, "{:?}", world.writes());
    world.stage.store_server.faults().clear();
    retired(&world, &old);
}

#[test]
fn a_secret_that_cannot_be_looked_at_right_before_a_key_is_ended_keeps_the_key() {
    for call in ["DescribeSecret", "GetSecretValue"] {
        let (world, old) = due();
        world.run_observing(&old);
        world.forget_calls();
        world.stage.store_server.faults().every(call, Fault::access_denied());
        let row = world.row(&old);
        assert_eq!(verdict(&row)[1..], ["frozen", "-", "none"], "{call}: {row:#}");
        assert!(row["reason"].as_str().unwrap().contains(call), "{call}: {row:#}");
        assert!(world.writes().is_empty() && world.key(&old).is_active, "{call}: {:?}", world.writes());
        world.stage.store_server.faults().clear();
        retired(&world, &old);
    }
}

#[test]
fn a_secret_that_is_not_listed_and_cannot_be_described_is_not_taken_for_gone() {
    let (world, old) = due();
    world.run_observing(&old);
    let current = world.current();
    world.stage.store.set_tags(&world.stage.secret, &[]);
    world.stage.store_server.faults().every("DescribeSecret", Fault::access_denied());
    spared(&world, &old, "frozen", "secretsmanager:DescribeSecret");
    for key in [&old, &current] {
        assert!(!world.kinds(key).contains(&"abandoned".to_owned()), "{:?}", world.kinds(key));
    }
    assert_eq!(world.events("Key Abandoned").len(), 0);
}

#[test]
fn the_keys_of_a_secret_that_was_deleted_after_the_list_was_read_are_left_alone() {
    let (world, old) = due();
    world.run_observing(&old);
    let late = world.listed();
    world.stage.store_server.faults().every("ListSecrets", late);
    world.stage.store.delete_secret(&world.stage.secret);
    world.forget_calls();
    for _ in 0..2 {
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["abandoned", "active", "-", "none"], "{row:#}");
    }
    assert!(world.writes().is_empty() && world.key(&old).is_active, "{:?}", world.writes());
    assert_eq!(world.events("Key Abandoned").len(), 1);
}

#[test]
fn a_value_that_is_not_visible_yet_is_not_taken_for_none() {
    let world = World::new();
    world.rotation();
    world.run();
    world.rotation();
    let current = world.current();
    let not_found = Fault::Answer(
        400,
        vec![("x-amzn-errortype".to_owned(), "ResourceNotFoundException".to_owned())],
        r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value."}"#
            .to_owned(),
    );
    world.forget_calls();
    world.stage.store_server.faults().every("GetSecretValue", not_found);
    world.run();
    assert!(world.key(&current).is_active);
    assert_eq!(world.kinds(&current), [""; 0], "it is no orphan");
    world.stage.store_server.faults().clear();
    assert_eq!(verdict(&world.row(&current)), ["untouchable", "active", "-", "none"]);
    assert_eq!(world.kinds(&current), ["current"]);
    assert!(world.key(&current).is_active);
}

#[test]
fn a_list_of_keys_that_fails_freezes_the_project() {
    let faults = [
        Fault::Status(500),
        Fault::Status(403),
        Fault::Status(404),
        Fault::DropBefore,
        Fault::Body("{}".to_owned()),
        Fault::TruncatedBody,
        Fault::Body("[{\"id\":1}]".to_owned()),
    ];
    for fault in faults {
        let (world, old) = due();
        world.run_observing(&old);
        world.stage.sentry_server.faults().every("GET keys", fault.clone());
        spared(&world, &old, "frozen", "");
        world.stage.sentry_server.faults().clear();
        retired(&world, &old);
    }
    // A part of the list is not the list, and an empty one is none.
    let (world, old) = due();
    world.run_observing(&old);
    world.stage.sentry_server.faults().every("GET keys", Fault::Body("[]".to_owned()));
    world.run();
    assert!(world.key(&old).is_active);
}

#[test]
fn a_slug_that_another_project_took_over_never_means_deleted() {
    for is_empty in [false, true] {
        let (world, old) = due();
        world.run_observing(&old);
        let kinds = world.kinds(&old);
        world.stage.sentry.rename_project("acme", "storefront", "shop");
        world.stage.sentry.add_project("acme", "storefront");
        if is_empty {
            let key = world.stage.sentry.keys("acme", "storefront").remove(0);
            world.stage.sentry.delete_key(&key.id);
        }
        for _ in 0..2 {
            let invocation = world.retire.invoke(&serde_json::json!({}), integration_tests::TIMEOUT);
            let reply = invocation.reply().unwrap();
            let rows = world.retirement.rows(&reply);
            assert!(rows.iter().all(|row| row["state"] != "deleted"), "{rows:#?}");
        }
        assert_eq!(world.kinds(&old)[..kinds.len()], kinds[..]);
        assert!(!world.kinds(&old).contains(&"deleted".to_owned()));
        assert!(world.stage.sentry.keys("acme", "storefront").iter().all(|key| key.is_active));
    }
}

#[test]
fn a_renamed_project_is_found_again() {
    let (world, old) = due();
    world.run_observing(&old);
    world.stage.sentry.rename_project("acme", "storefront", "shop");
    let _runs = [world.run(), world.run()];
    let key = world.stage.sentry.keys("acme", "shop").into_iter().find(|key| key.id == old).unwrap();
    assert!(!key.is_active);
}

#[test]
fn a_secret_that_has_no_key_yet_is_seen_together_with_the_others_of_its_project() {
    let world = World::new();
    world.rotation();
    let old = world.rotation();
    let value = r#"{"organization":"acme","project":"storefront"}"#;
    world.stage.store.create_secret("acme/newcomer", Some(value), &[("sentry:kind", "client-key")]);
    let reply = world.run();
    let rows = world.retirement.rows(&reply);
    let mut ids: Vec<_> = rows.iter().map(|row| row["key_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "one row for each key: {rows:#?}");
    assert_eq!(world.row_of(&reply, &old)["ownership"], "ours");
}
