//! The end: only where the policy asks for it, only by the identity that may, only of keys of ours.

use testkit::fault::Fault;

use super::stage::{DUE, TABLES, World, policy, verdict};

fn terms() -> String {
    policy("act", &format!("{DUE}delete = true\n"), TABLES)
}

/// A world with a token of these scopes for deletions, and a key of ours that is disabled and proven dead in every way.
fn proven(scopes: &[&str]) -> (World, String) {
    let world = World::with(&terms(), |stage, retirement| {
        let token = stage.sentry.add_token("acme", scopes);
        stage.store.create_secret("sentry/deletion", Some(&format!(r#"{{"token":"{token}"}}"#)), &[]);
        retirement.retire = retirement.retire.clone().env("SENTRY_DELETE_AUTH_SECRET_ID", "sentry/deletion");
    });
    let old = world.supersede();
    let _proofs = [world.run(), world.run()];
    assert_eq!(world.kinds(&old).last().unwrap(), "proven");
    (world, old)
}

fn is_gone(world: &World, key: &str) -> bool {
    world.keys().iter().all(|other| other.id != key)
}

#[test]
fn a_key_of_ours_is_deleted_after_its_quarantine_with_the_token_that_may() {
    let (world, old) = proven(&["project:admin"]);
    let mut before = world.outside();
    world.forget_calls();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "deleted", "delete", "done"], "{row:#}");
    assert!(is_gone(&world, &old));
    assert_eq!(world.writes(), ["DELETE key"]);
    before.keys.retain(|key| key.id != old);
    assert_eq!(world.outside(), before, "nothing else changed");
    assert_eq!(world.kinds(&old)[7..], ["proven", "deleting", "deleted"]);
    assert_eq!(world.metrics()["KeysDeleted"], 1.0);
    assert_eq!(world.events("Key Deleted").len(), 1);
    let reply = world.run();
    assert!(
        world.retirement.rows(&reply).iter().all(|row| row["key_id"] != old.as_str()),
        "it is not watched any more"
    );
    assert_eq!(world.kinds(&old).last().unwrap(), "deleted");
    world.check_chains().unwrap();
}

#[test]
fn a_key_that_is_gone_already_is_deleted() {
    let (world, old) = proven(&["project:admin"]);
    world.forget_calls();
    let missing = Fault::Answer(404, vec![], r#"{"detail":"The requested resource does not exist"}"#.to_owned());
    world.stage.sentry_server.faults().on("DELETE key", 0, missing);
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "deleted", "delete", "done"], "{row:#}");
}

#[test]
fn a_deletion_that_fails_is_on_record_once_for_each_status_and_tried_again() {
    let faults = [Fault::Status(403), Fault::Status(500), Fault::Status(503), Fault::DropBefore, Fault::Status(401)];
    for fault in faults {
        let (world, old) = proven(&["project:admin"]);
        world.stage.sentry_server.faults().every("DELETE key", fault.clone());
        for _ in 0..3 {
            let row = world.row(&old);
            assert_eq!(verdict(&row), ["ours", "disabled", "delete", "failed"], "{fault:?}: {row:#}");
            assert_eq!(world.metrics()["ActionsFailed"], 1.0);
        }
        assert!(!world.key(&old).is_active);
        assert_eq!(world.kinds(&old)[7..], ["proven", "deleting", "deleting"], "{fault:?}: begun, and refused once");
        assert_eq!(world.events("Key Deleted").len(), 0);
        world.stage.sentry_server.faults().clear();
        assert_eq!(verdict(&world.row(&old)), ["ours", "deleted", "delete", "done"], "{fault:?}");
        assert!(is_gone(&world, &old));
        world.check_chains().unwrap();
    }
}

#[test]
fn an_unclear_answer_is_looked_into() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(502), Fault::StatusAfter(500)] {
        let (world, old) = proven(&["project:admin"]);
        world.stage.sentry_server.faults().every("DELETE key", fault.clone());
        let row = world.row(&old);
        assert_eq!(verdict(&row), ["ours", "deleted", "delete", "done"], "{fault:?}: {row:#}");
        assert_eq!(world.kinds(&old).last().unwrap(), "deleted");
    }
}

#[test]
fn a_token_that_may_not_delete_is_named_and_the_key_stays_disabled() {
    let (world, old) = proven(&["project:write"]);
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "delete", "failed"], "{row:#}");
    let reason = row["reason"].as_str().unwrap();
    assert!(reason.contains("project:admin") && reason.contains("sentry/deletion"), "{reason}");
    assert!(!is_gone(&world, &old));
}

#[test]
fn a_token_that_cannot_be_read_stops_the_deletion_alone() {
    let (world, old) = proven(&["project:admin"]);
    world.stage.store.delete_secret("sentry/deletion");
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "delete", "failed"], "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains("sentry/deletion"), "{row:#}");
    assert!(!is_gone(&world, &old));
    assert_eq!(world.kinds(&old).last().unwrap(), "proven", "nothing was begun");
}

#[test]
fn without_an_identity_or_a_wish_nothing_is_deleted() {
    for (policy, reason) in [
        (terms(), "SENTRY_DELETE_AUTH_SECRET_ID names no identity"),
        (policy("act", DUE, TABLES), "it is disabled and proven dead"),
    ] {
        let (world, old) = World::superseded(&policy);
        let _proofs = [world.run(), world.run()];
        for _ in 0..2 {
            let row = world.row(&old);
            assert_eq!(verdict(&row), ["ours", "disabled", "-", "none"], "{row:#}");
            assert!(row["reason"].as_str().unwrap().contains(reason), "{row:#}");
        }
        assert!(!is_gone(&world, &old));
    }
}

#[test]
fn a_key_that_became_current_again_in_quarantine_is_never_deleted() {
    let (world, old) = proven(&["project:admin"]);
    world.roll_back();
    assert_eq!(verdict(&world.row(&old)), ["untouchable", "active", "enable", "done"]);
    let (world, old) = proven(&["project:admin"]);
    let late = world.listed();
    world.roll_back();
    world.stage.store_server.faults().every("ListSecrets", late);
    world.forget_calls();
    world.run();
    assert!(!is_gone(&world, &old), "the list is late, and the last look is not");
    world.stage.store_server.faults().clear();
    world.run();
    assert!(world.key(&old).is_active);
}

#[test]
fn a_hold_keeps_a_disabled_key() {
    let (world, old) = proven(&["project:admin"]);
    world.stage.store.set_tags(&world.stage.secret, &[("sentry:kind", "client-key"), ("sentry:hold", "")]);
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "-", "none"], "{row:#}");
    assert!(!is_gone(&world, &old));
}
