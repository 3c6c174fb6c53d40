//! Finding the project: renamed, deleted, invisible, on another version of Sentry or under a path.

use integration_tests::Stage;
use testkit::sentry::Flavor;

use crate::support::{STEPS, World, env, first_dsn, set_current, set_token};

const FLAVORS: [Flavor; 2] = [Flavor::V23_7_1, Flavor::V2026];

#[test]
fn both_flavors_of_sentry_are_rotated_whole() {
    for flavor in FLAVORS {
        let world = World::with("", |stage| {
            stage.sentry.set_flavor(flavor);
            // More than one page of keys, of which the current one is the last.
            for number in 0..130 {
                stage.sentry.add_key("acme", "storefront", &format!("key {number}"));
            }
        });
        world.rotate();
        world.rotate();
        assert_eq!(world.keys().len(), 133);
        assert_eq!(world.key_id("AWSCURRENT"), world.keys()[132].id);
    }
}

#[test]
fn a_renamed_project_heals_by_sentrys_redirect() {
    for flavor in FLAVORS {
        for cold in [false, true] {
            let mut world = World::with("", |stage| {
                stage.sentry.set_flavor(flavor);
                stage.sentry.rename_project("acme", "storefront", "shop");
            });
            let token = world.begin();
            for step in STEPS {
                if cold {
                    world.cool_down();
                }
                world.done(step, &token);
            }
            assert_renamed(&world, "storefront", "shop");
        }
    }
}

/// The new slug is written, all else is kept, and the news is told once.
fn assert_renamed(world: &World, former: &str, slug: &str) {
    let keys = world.stage.sentry.keys("acme", slug);
    assert_eq!(keys.len(), 2);
    let dsn = world.stage.sentry.public_dsn(&keys[1]);
    let document = world.stage.document("AWSCURRENT").unwrap();
    assert_eq!((&document["dsn"], &document["project"]), (&dsn.into(), &slug.into()));
    assert_eq!(document["organization"], "acme");
    assert_eq!(world.stage.document("AWSPREVIOUS").unwrap()["project"], former);
    let events = world.events("Project Renamed");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["project"], &events[0]["organization"]), (&slug.into(), &"acme".into()));
    for word in [former, slug] {
        assert!(events[0]["message"].as_str().unwrap().contains(word), "{events:?}");
    }
    // The next rotation finds a document that is up to date.
    world.rotate();
    assert_eq!(world.events("Project Renamed").len(), 1);
}

#[test]
fn a_project_that_was_renamed_without_a_redirect_heals_by_the_dsns_project_id() {
    for flavor in FLAVORS {
        let world = World::with("", |stage| {
            stage.sentry.set_flavor(flavor);
            let dsn = first_dsn(stage);
            set_current(stage, &format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"bygone"}}"#));
        });
        world.rotate();
        assert_renamed(&world, "bygone", "storefront");
    }
}

#[test]
fn a_former_slug_in_a_tag_is_a_name_of_the_project_as_well() {
    let world = World::with("", |stage| {
        stage.store.set_tags(&stage.secret, &[("sentry:project", "storefront")]);
        stage.sentry.rename_project("acme", "storefront", "shop");
        let dsn = stage.sentry.public_dsn(&stage.sentry.keys("acme", "shop")[0]);
        set_current(stage, &format!(r#"{{"dsn":"{dsn}","organization":"acme","project":"shop"}}"#));
    });
    world.rotate();
    assert_eq!(world.stage.document("AWSCURRENT").unwrap()["project"], "shop");
    assert_eq!(world.events("Project Renamed").len(), 0, "the document was right");
}

#[test]
fn a_rename_between_two_steps_stops_nothing() {
    for step in ["setSecret", "testSecret", "finishSecret"] {
        let mut world = World::with(step, |_| {});
        let token = world.begin();
        for each in STEPS {
            if each == step {
                world.stage.sentry.rename_project("acme", "storefront", "shop");
                world.cool_down();
            }
            world.done(each, &token);
        }
        assert_eq!(world.stage.sentry.keys("acme", "shop").len(), 2);
    }
}

#[test]
fn a_deleted_project_is_not_found() {
    type Prepare = fn(&Stage);
    let cases: [(&str, Prepare); 3] = [
        ("deleted", |_| {}),
        ("deleted, and a bare DSN", |stage| set_current(stage, &first_dsn(stage))),
        ("renamed, then deleted", |stage| {
            stage.sentry.rename_project("acme", "storefront", "shop");
            stage.sentry.delete_project("acme", "shop");
        }),
    ];
    for flavor in FLAVORS {
        for (about, prepare) in cases {
            let world = World::with(about, |stage| {
                stage.sentry.set_flavor(flavor);
                stage.sentry.add_project("acme", "checkout");
                prepare(stage);
                stage.sentry.delete_project("acme", "storefront");
            });
            let token = world.begin();
            let words = ["organization acme has no project", "sentry/management", "deleted", "correct `project`"];
            world.refused("createSecret", &token, "Rotation.ProjectNotFound", &words);
        }
    }
}

/// A token with project scopes alone cannot tell the two apart: both are a 404, and a list without a project.
#[test]
fn the_only_project_of_an_organization_that_was_deleted_looks_like_an_invisible_organization() {
    for flavor in FLAVORS {
        let world = World::with("", |stage| {
            stage.sentry.set_flavor(flavor);
            stage.sentry.delete_project("acme", "storefront");
        });
        let token = world.begin();
        let words = ["organization acme", "that the project was not deleted"];
        world.refused("createSecret", &token, "Rotation.OrganizationNotVisible", &words);
    }
}

#[test]
fn a_project_that_is_deleted_between_two_steps_is_not_found_by_a_warm_sandbox_either() {
    let world = World::with("", |stage| {
        stage.sentry.add_project("acme", "checkout");
    });
    let token = world.created();
    world.stage.sentry.delete_project("acme", "storefront");
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.refused(step, &token, "Rotation.ProjectNotFound", &["storefront"]);
    }
}

#[test]
fn an_organization_that_the_token_does_not_see_is_told_from_a_project_that_it_does_not_see() {
    type Prepare = fn(&mut Stage);
    let cases: [(&str, Prepare, &str); 3] = [
        (
            "403: it is somebody else's",
            |stage| set_token(stage, &stage.sentry.add_token("umbrella", &["project:write", "org:read"])),
            "acme",
        ),
        (
            "404: there is none",
            |stage| {
                env(stage, "SENTRY_ORG", "nowhere");
                let dsn = first_dsn(stage);
                set_current(stage, &format!(r#"{{"dsn":"{dsn}","project":"storefront"}}"#));
            },
            "nowhere",
        ),
        ("its number is another's", |stage| env(stage, "SENTRY_ORG", "999"), "999"),
    ];
    for flavor in FLAVORS {
        for (about, prepare, organization) in cases {
            let world = World::with(about, |stage| {
                stage.sentry.set_flavor(flavor);
                prepare(stage);
            });
            let token = world.begin();
            let words = [&format!("organization {organization}"), "sentry/management", "slug", "SENTRY_URL"];
            world.refused("createSecret", &token, "Rotation.OrganizationNotVisible", &words);
        }
    }
}

#[test]
fn a_self_hosted_sentry_under_a_path_is_reached_there_and_nowhere_else() {
    for slash in ["", "/"] {
        for flavor in FLAVORS {
            let world = World::with("", |stage| {
                stage.sentry.set_flavor(flavor);
                stage.sentry.set_path_prefix("/tools/sentry");
                env(stage, "SENTRY_URL", &format!("{}/tools/sentry{slash}", stage.sentry_server.url()));
                let dsn = first_dsn(stage);
                assert!(dsn.contains("/tools/sentry/"));
                set_current(stage, &dsn);
            });
            world.rotate();
            for call in world.stage.sentry_server.calls() {
                assert!(call.request.path.starts_with("/tools/sentry/api/"), "{}", call.request.path);
            }
            assert_eq!(world.value("AWSCURRENT"), world.stage.sentry.public_dsn(&world.keys()[1]));
        }
    }
}
