//! Retirement has time and calls enough, or it stops in good order and goes on in the next run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::fault::Fault;

use super::stage::{DUE, TABLES, World, policy, unix_now, verdict};

#[test]
fn when_the_limits_run_low_it_waits_for_their_end() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let started = Instant::now();
    world.stage.sentry.set_rate_limit_headers(40, 12, unix_now() + 3);
    // Low as it is, the number stays; but the window that it is of ends.
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "{row:#}");
    assert!(started.elapsed() > Duration::from_secs(1), "{:?}", started.elapsed());
}

#[test]
fn limits_that_do_not_end_in_time_end_the_run_and_change_nothing() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.stage.sentry.limit_api(0, unix_now() + 3_600);
    world.forget_calls();
    let reply = world.run_with(&json!({}));
    assert_eq!(reply["complete"], false, "{reply:#}");
    assert!(world.writes().is_empty() && world.key(&old).is_active);
    world.stage.sentry.unlimit_api();
    let row = world.row(&old);
    assert_eq!(verdict(&row), ["ours", "disabled", "disable", "done"], "{row:#}");
}

/// A world of so many more projects, of which each takes a while.
fn slow(projects: usize) -> World {
    let world = World::with_policy(&policy("act", DUE, TABLES));
    for number in 0..projects {
        world.add_secret(&format!("acme/p{number}"), &format!("p{number}"));
    }
    world.run();
    world.stage.sentry_server.faults().every("GET keys", Fault::Delay(Duration::from_millis(700)));
    world
}

fn within(world: &World, event: &serde_json::Value, seconds: u64) -> (bool, Vec<String>) {
    let invocation = world.retire.invoke(event, Duration::from_secs(seconds));
    let reply = invocation.clone().reply().unwrap_or_else(|| panic!("{invocation:?}\n{}", world.retire.all_logs()));
    let rows = world.retirement.rows(&reply);
    let mut projects: Vec<_> = rows.iter().map(|row| row["project"].as_str().unwrap().to_owned()).collect();
    projects.dedup();
    (reply["complete"] == true, projects)
}

#[test]
fn a_run_that_has_no_time_left_stops_and_the_next_one_goes_on() {
    let world = slow(5);
    let mut seen = BTreeSet::new();
    let mut in_order = Vec::new();
    for _ in 0..7 {
        // Of eight seconds two are kept for the end, and a project is begun only with five left: about two of them.
        let (complete, projects) = within(&world, &json!({}), 8);
        assert!(!complete && !projects.is_empty(), "a run that has not seen everything says so: {projects:?}");
        in_order.extend(projects.iter().cloned());
        seen.extend(projects);
        if seen.len() == 6 {
            break;
        }
    }
    assert_eq!(seen.len(), 6, "{in_order:?}");
    let first: BTreeSet<_> = in_order.iter().take(6).collect();
    assert_eq!(first.len(), 6, "none comes again before all have come: {in_order:?}");
    world.stage.sentry_server.faults().clear();
    assert!(within(&world, &json!({}), 60).0);
}

#[test]
fn a_narrow_run_in_between_does_not_move_the_place_where_the_next_one_goes_on() {
    let world = slow(5);
    let (complete, first) = within(&world, &json!({}), 8);
    assert!(!complete);
    let (complete, _) = within(&world, &json!({"secret_id": "acme/p4"}), 60);
    assert!(complete);
    let (_, second) = within(&world, &json!({}), 8);
    assert!(first.iter().all(|project| !second.contains(project)), "{first:?} {second:?}");
}

#[test]
fn the_oldest_debt_comes_first() {
    let world = slow(4);
    let old = world.supersede();
    world.run();
    assert!(!world.key(&old).is_active);
    for _ in 0..2 {
        let (complete, projects) = within(&world, &json!({}), 8);
        assert!(!complete);
        assert_eq!(projects[0], "storefront", "{projects:?}");
    }
}

#[test]
fn a_key_that_applications_need_back_is_given_back_with_the_last_calls_of_the_limit() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.run();
    assert!(!world.key(&old).is_active);
    world.roll_back();
    world.stage.sentry.set_rate_limit_headers(40, 12, unix_now() + 3_600);
    world.run();
    assert!(world.key(&old).is_active, "the rest of the limit is kept for exactly that");
}

#[test]
fn a_disablement_is_undone_with_the_last_calls_of_the_limit() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    let (store, secret) = (Arc::clone(&world.stage.store), world.stage.secret.clone());
    let sentry = Arc::clone(&world.stage.sentry);
    let previous = store.version_at(&secret, "AWSPREVIOUS").unwrap();
    let faults = world.stage.sentry_server.faults();
    faults.on_kill(move || {
        store.set_stage(&secret, "AWSCURRENT", Some(&previous));
        sentry.set_rate_limit_headers(40, 12, unix_now() + 3_600);
    });
    world.forget_calls();
    faults.on("PUT key", 0, Fault::KillAfter);
    world.run();
    assert!(world.key(&old).is_active, "the rest of the limit is kept for exactly that");
    assert_eq!(world.events("Key Reinstated").len(), 1);
}

#[test]
fn a_call_to_aws_that_hangs_is_given_up_and_made_again() {
    let (world, old) = World::superseded(&policy("act", DUE, TABLES));
    world.forget_calls();
    world.stage.store_server.faults().on("ListSecrets", 0, Fault::ArriveLate);
    world.retirement.bucket_server.faults().on("PutObject", 0, Fault::ArriveLate);
    let started = Instant::now();
    assert_eq!(verdict(&world.row(&old)), ["ours", "disabled", "disable", "done"]);
    // Five seconds each, and not until the function's own time is over.
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    world.check_chains().unwrap();
}
