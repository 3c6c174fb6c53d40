//! What stands in AWSCURRENT, and what a rotation keeps of it.

use testkit::sentry::Flavor;

use crate::support::{World, first_dsn, set_current};

#[test]
fn a_current_value_that_is_no_sentry_document_stops_the_rotation_and_is_not_repeated() {
    let marker = "sntryu_marker";
    let cases = [
        ("a token", "sntryu_marker", "neither a JSON object with a `dsn` nor a bare DSN"),
        ("a list", r#"["sntryu_marker"]"#, "neither a JSON object"),
        ("a text", r#""sntryu_marker""#, "neither a JSON object"),
        ("a broken object", r#"{"dsn":"sntryu_marker"#, "not well-formed JSON (line 1"),
        ("a number for a DSN", r#"{"dsn":42,"token":"sntryu_marker"}"#, "`dsn` that is not a text"),
        ("an object for a DSN", r#"{"dsn":{"public":"sntryu_marker"}}"#, "`dsn` that is not a text"),
        ("a number for a project", r#"{"project":42,"token":"sntryu_marker"}"#, "`project` that is not a text"),
        ("two DSNs", r#"{"dsn":"sntryu_marker","dsn":null}"#, "`dsn` twice"),
        ("an invalid DSN", r#"{"dsn":"https://sntryu_marker@sentry.io/1"}"#, "is not a Sentry DSN"),
        ("a DSN without a project", r#"{"dsn":"https://sntryu_marker@sentry.io/"}"#, "is not a Sentry DSN"),
        ("a bare URL", "https://sntryu_marker@sentry.io/1", "is not a Sentry DSN"),
    ];
    for (about, value, why) in cases {
        let world = World::with(about, |stage| set_current(stage, value));
        let token = world.begin();
        let message =
            world.refused("createSecret", &token, "Rotation.DocumentInvalid", &["acme/storefront", why, "store"]);
        assert!(!message.contains(marker), "{about}: {message}");
        assert_eq!(world.sentry_calls(), [""; 0], "{about}");
        assert!(!world.lambda.all_logs().contains(marker), "{about}");
        assert!(!world.events("Rotation Refused")[0].to_string().contains(marker), "{about}");
    }
}

#[test]
fn a_current_value_that_is_replaced_by_something_else_meanwhile_stops_the_later_steps() {
    let world = World::new();
    let token = world.created();
    set_current(&world.stage, "sntryu_marker");
    for step in ["setSecret", "testSecret", "finishSecret"] {
        let message = world.refused(step, &token, "Rotation.DocumentInvalid", &["acme/storefront", "store"]);
        assert!(!message.contains("marker"), "{message}");
    }
}

#[test]
fn members_that_this_system_does_not_know_are_kept_byte_for_byte() {
    let members =
        r#""z": 1.10e+400,"nested":{ "a" : [1,  2.0, null] },"\u043a":"\u00e9\/","dsn":OLD,"empty":{},"a":-0"#;
    let kept = r#""z":1.10e+400,"nested":{ "a" : [1,  2.0, null] },"к":"\u00e9\/","dsn":NEW,"empty":{},"a":-0"#;
    let world = World::with("", |stage| {
        let dsn = first_dsn(stage);
        let members = members.replace("OLD", &format!("{dsn:?}"));
        set_current(stage, &format!("\n {{ {members},\"organization\":\"acme\",\"project\":\"storefront\" }}\n"));
    });
    world.rotate();
    let kept = kept.replace("NEW", &format!("{:?}", world.stage.sentry.public_dsn(&world.keys()[1])));
    assert_eq!(world.value("AWSCURRENT"), format!("{{{kept},\"organization\":\"acme\",\"project\":\"storefront\"}}"));
}

#[test]
fn a_dsn_with_a_secret_part_is_accepted_and_its_successor_has_none() {
    for bare in [false, true] {
        let world = World::with("", |stage| {
            stage.sentry.plant_secret("5ec2e7");
            let dsn = first_dsn(stage).replacen('@', ":5ec2e70001@", 1);
            let document = format!(r#"{{"dsn":"{dsn}"}}"#);
            set_current(stage, if bare { &dsn } else { &document });
        });
        world.rotate();
        let new = world.keys()[1].clone();
        let dsn = world.stage.sentry.public_dsn(&new);
        let document = format!(r#"{{"dsn":"{dsn}"}}"#);
        assert_eq!(world.value("AWSCURRENT"), if bare { dsn } else { document });
        assert!(!world.lambda.all_logs().contains("5ec2e7"));
    }
}

#[test]
fn a_bare_dsn_stays_bare_and_its_project_is_found_by_its_number() {
    for flavor in [Flavor::V23_7_1, Flavor::V2026] {
        for cold in [false, true] {
            let mut world = World::with("", |stage| {
                stage.sentry.set_flavor(flavor);
                stage.sentry.add_project("acme", "checkout");
                let dsn = first_dsn(stage);
                set_current(stage, &dsn);
            });
            let token = world.begin();
            for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
                if cold {
                    world.cool_down();
                }
                world.done(step, &token);
            }
            let keys = world.keys();
            assert_eq!(keys.len(), 2);
            assert_eq!(world.value("AWSCURRENT"), world.stage.sentry.public_dsn(&keys[1]));
        }
    }
}

#[test]
fn a_bare_dsn_may_be_narrowed_by_tags() {
    let world = World::with("", |stage| {
        let dsn = first_dsn(stage);
        set_current(stage, &dsn);
        let tags = [("sentry:organization", "acme"), ("sentry:project", "storefront")];
        stage.store.set_tags(&stage.secret, &tags);
    });
    world.rotate();
    assert_eq!(world.value("AWSCURRENT"), world.stage.sentry.public_dsn(&world.keys()[1]));
    assert_eq!(world.sentry_calls()[..2], ["GET project", "GET keys"], "the tag's slug is asked for, no list");
}

#[test]
fn an_older_ingestion_host_in_the_stored_dsn_is_no_obstacle_and_the_new_one_is_stored() {
    let world = World::with("", |stage| {
        let id = stage.sentry.keys("acme", "storefront")[0].id.clone();
        let dsn = format!("https://{id}@o1.ingest.sentry.io/{}", stage.project_id);
        set_current(stage, &format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"storefront"}}"#));
    });
    world.rotate();
    let new = world.keys()[1].clone();
    let dsn = world.stage.sentry.public_dsn(&new);
    assert!(dsn.contains(&world.stage.sentry_server.address().to_string()));
    assert_eq!(world.value("AWSCURRENT"), format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"storefront"}}"#));
    assert_eq!(new.rate_limit, None, "it is known as the successor of the key that it replaces");
}
