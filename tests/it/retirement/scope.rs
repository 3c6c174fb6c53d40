//! What starts a run, and which secrets it is about.

use serde_json::json;

use super::stage::{DUE, TABLES, World, policy, verdict};

/// Two projects, each with a key of ours that is due.
fn two() -> (World, String, String, String) {
    let mut world = World::with_policy(&policy("observe", DUE, TABLES));
    let (other, _) = world.add_secret("acme/checkout", "checkout");
    let rotate_other = |world: &World| {
        testkit::secrets_manager::rotation::rotate(&world.stage.store, &other, 1, &mut |event| {
            world.rotate.invoke(&event, integration_tests::TIMEOUT).into_step_result()
        })
        .unwrap();
    };
    rotate_other(&world);
    let old = world.supersede();
    let theirs = world.stage.sentry.keys("acme", "checkout").pop().unwrap().id;
    rotate_other(&world);
    world.run();
    world.set_policy(&policy("act", DUE, TABLES));
    (world, old, other, theirs)
}

fn is_active(world: &World, project: &str, key: &str) -> bool {
    world.stage.sentry.keys("acme", project).into_iter().find(|other| other.id == key).unwrap().is_active
}

#[test]
fn a_run_is_narrowed_to_a_secret_by_arn_or_name() {
    for by_name in [false, true] {
        let (world, old, other, theirs) = two();
        let id = if by_name { "acme/checkout" } else { &*other };
        let reply = world.run_with(&json!({ "secret_id": id }));
        assert_eq!(reply["complete"], true);
        assert!(world.retirement.rows(&reply).iter().all(|row| row["project"] == "checkout"), "{reply:#}");
        assert!(!is_active(&world, "checkout", &theirs));
        assert!(is_active(&world, "storefront", &old));
        world.run();
        assert!(!is_active(&world, "storefront", &old));
    }
}

#[test]
fn an_event_of_event_bridge_is_a_reason_to_look_and_its_contents_decide_nothing() {
    let (world, old, other, theirs) = two();
    let label_updated = json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "Secret Label Updated",
        "source": "aws.secretsmanager", "account": "123456789012", "region": "us-east-1", "resources": [other],
        "detail": {"secret_id": other, "key_id": old, "mode": "act", "labels": ["AWSCURRENT"]}
    });
    let reply = world.run_with(&label_updated);
    assert_eq!(reply["complete"], true);
    assert!(!is_active(&world, "checkout", &theirs) && !is_active(&world, "storefront", &old));
    let scheduled = json!({"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}});
    assert_eq!(verdict(&world.row_of(&world.run_with(&scheduled), &old))[..2], ["ours", "disabled"]);
}

#[test]
fn anything_else_is_no_event() {
    let (world, old, _, _) = two();
    world.forget_calls();
    let events = [
        json!(null),
        json!([]),
        json!("x"),
        json!(7),
        json!({"secret_id": null}),
        json!({"secret_id": ""}),
        json!({"secret_id": ["acme/storefront"]}),
        json!({"secret_id": "acme/storefront", "key_id": old}),
        json!({"Step": "createSecret", "SecretId": "acme/storefront", "ClientRequestToken": "marker"}),
        json!({"marker": "marker"}),
        json!({"detail": {}, "source": "x"}),
    ];
    for event in events {
        let message = world.fails_with(&event, "Event.Invalid");
        assert!(!message.contains("marker"), "{message}");
    }
    assert!(world.stage.sentry_server.calls().is_empty() && world.stage.store_server.calls().is_empty());
    assert!(world.retirement.bucket_server.calls().is_empty());
    world.run();
}

#[test]
fn a_secret_that_is_not_managed_is_said_to_be_so() {
    let (world, old, _, _) = two();
    world.stage.store.create_secret("acme/database", Some("{}"), &[("sentry:kind", "installation-token")]);
    world.forget_calls();
    for id in ["nowhere", "acme/database", "sentry/management"] {
        let message = world.fails_with(&json!({ "secret_id": id }), "Event.Invalid");
        assert!(message.contains(id) && message.contains("sentry:kind = client-key"), "{message}");
    }
    assert!(world.writes().is_empty() && is_active(&world, "storefront", &old));
}

#[test]
fn the_reply_is_the_head_of_the_record() {
    let (world, _, _, _) = two();
    let reply = world.run();
    assert_eq!(reply["version"], 1);
    let name = reply["record"].as_str().unwrap();
    assert_eq!(name, format!("runs/retire-keys/{}.json", reply["run_id"].as_str().unwrap()));
    let record: serde_json::Value = serde_json::from_slice(&world.retirement.bucket.object(name).unwrap()).unwrap();
    for (member, value) in reply.as_object().unwrap() {
        assert_eq!(&record[member], value, "{member}");
    }
    assert_eq!(record["secret_id"], serde_json::Value::Null, "of all secrets");
    let reply_of_one = world.run_with(&json!({"secret_id": "acme/storefront"}));
    let name = reply_of_one["record"].as_str().unwrap();
    let of_one: serde_json::Value = serde_json::from_slice(&world.retirement.bucket.object(name).unwrap()).unwrap();
    assert_eq!(of_one["secret_id"], "acme/storefront");
    let rows = record["rows"].as_array().unwrap();
    for count in ["ownership", "state", "action"] {
        let sum: u64 = reply["counts"][count].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(sum, rows.len() as u64, "{count}");
    }
    for row in rows {
        for member in ["key_id", "secret_arn", "ownership", "state", "action", "result", "reason", "proof"] {
            assert!(row.get(member).is_some(), "{member}: {row:#}");
        }
    }
}
