//! Which organization and project a secret may name: whoever writes a secret must not steer the management token.

use integration_tests::Stage;
use testkit::sentry::Flavor;

use crate::support::{World, env, first_dsn, set_current};

type Prepare = fn(&mut Stage);

fn document(stage: &Stage, organization: &str, project: &str) -> String {
    let dsn = first_dsn(stage);
    format!(r#"{{"dsn":"{dsn}","organization":"{organization}","project":"{project}"}}"#)
}

fn foreign_dsn(stage: &Stage) -> String {
    stage.sentry.add_project("acme", "checkout");
    stage.sentry.public_dsn(&stage.sentry.keys("acme", "checkout")[0])
}

fn tag(stage: &Stage, name: &str, value: &str) {
    stage.store.set_tags(&stage.secret, &[(name, value)]);
}

#[test]
fn names_that_contradict_each_other_are_refused_and_both_are_said() {
    let cases: [(&str, Prepare, &[&str]); 10] = [
        (
            "the tag's organization is not the document's",
            |stage| tag(stage, "sentry:organization", "umbrella"),
            &["tag", "umbrella", "acme"],
        ),
        (
            "the document's organization is not SENTRY_ORG",
            |stage| set_current(stage, &document(stage, "umbrella", "storefront")),
            &["current value", "umbrella", "acme"],
        ),
        (
            "the document's organization is another by its number",
            |stage| set_current(stage, &document(stage, "999", "storefront")),
            &["current value", "999", "acme"],
        ),
        (
            "the tag's project is not the document's",
            |stage| {
                stage.sentry.add_project("acme", "checkout");
                tag(stage, "sentry:project", "checkout");
            },
            &["current value", "storefront", "checkout"],
        ),
        (
            "the document's project is not the DSN's",
            |stage| {
                stage.sentry.add_project("acme", "checkout");
                set_current(stage, &document(stage, "acme", "checkout"));
            },
            &["DSN", "checkout"],
        ),
        (
            "the tag's project is not the DSN's, and the document names none",
            |stage| {
                let dsn = foreign_dsn(stage);
                tag(stage, "sentry:project", "storefront");
                set_current(stage, &format!(r#"{{"dsn":"{dsn}"}}"#));
            },
            &["DSN", "storefront"],
        ),
        (
            "the project's former name was given to another",
            |stage| {
                stage.sentry.rename_project("acme", "storefront", "shop");
                stage.sentry.add_project("acme", "storefront");
            },
            &["DSN", "storefront"],
        ),
        (
            "a bare DSN of another project than the tag's",
            |stage| {
                let dsn = foreign_dsn(stage);
                tag(stage, "sentry:project", "storefront");
                set_current(stage, &dsn);
            },
            &["DSN", "storefront"],
        ),
        (
            "another kind of key",
            |stage| tag(stage, "sentry:kind", "oauth-token"),
            &["sentry:kind", "oauth-token", "correct the tag"],
        ),
        ("a use case that the policy lacks", |stage| tag(stage, "sentry:use-case", "nosuch"), &["nosuch"]),
    ];
    for (about, prepare, words) in cases {
        let world = World::with(about, prepare);
        let token = world.begin();
        let message = world.refused("createSecret", &token, "Rotation.BindingMismatch", words);
        assert!(message.contains("acme/storefront is refused because"), "{about}: {message}");
        assert_eq!(world.events("Rotation Refused")[0]["code"], "Rotation.BindingMismatch", "{about}");
    }
}

#[test]
fn the_later_steps_refuse_a_contradiction_as_well() {
    let world = World::new();
    let token = world.created();
    tag(&world.stage, "sentry:organization", "umbrella");
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.refused(step, &token, "Rotation.BindingMismatch", &["acme/storefront", "umbrella"]);
    }
}

#[test]
fn slugs_and_numbers_of_the_same_things_do_not_contradict_each_other() {
    let cases: [(&str, Prepare); 5] = [
        ("SENTRY_ORG is a number", |stage| {
            let id = stage.sentry.add_organization("acme").to_string();
            env(stage, "SENTRY_ORG", &id);
        }),
        ("the document's organization is a number", |stage| {
            let id = stage.sentry.add_organization("acme").to_string();
            set_current(stage, &document(stage, &id, "storefront"));
        }),
        ("the document's project is a number", |stage| {
            set_current(stage, &document(stage, "acme", &stage.project_id.to_string()));
        }),
        ("everything is a number, and the tags are slugs", |stage| {
            let id = stage.sentry.add_organization("acme").to_string();
            env(stage, "SENTRY_ORG", &id);
            set_current(stage, &document(stage, &id, &stage.project_id.to_string()));
            let tags = [("sentry:organization", "acme"), ("sentry:project", "storefront")];
            stage.store.set_tags(&stage.secret, &tags);
        }),
        ("nothing is said but the DSN", |stage| {
            let dsn = first_dsn(stage);
            set_current(stage, &format!(r#"{{"dsn":"{dsn}"}}"#));
        }),
    ];
    for (about, prepare) in cases {
        for flavor in [Flavor::V23_7_1, Flavor::V2026] {
            let world = World::with(about, |stage| {
                stage.sentry.set_flavor(flavor);
                prepare(stage);
            });
            world.rotate();
            assert_eq!(world.keys().len(), 2, "{about}");
        }
    }
}

const ONLY_STOREFRONT: &str = r#"
[[binding]]
secret_prefix = "acme/"
organization = "acme"
projects = ["storefront"]
"#;

const ONLY_CHECKOUT: &str = r#"
[[binding]]
secret_prefix = "acme/"
organization = "acme"
projects = ["checkout"]
"#;

#[test]
fn a_binding_of_the_policy_says_which_organization_and_projects_a_secret_may_name() {
    let allowed: [(&str, String, Prepare); 6] = [
        ("the project is listed", ONLY_STOREFRONT.to_owned(), |_| {}),
        ("listed by its number", ONLY_STOREFRONT.replace("storefront", "PROJECT_ID"), |_| {}),
        ("any project", ONLY_STOREFRONT.replace("projects = [\"storefront\"]", ""), |_| {}),
        (
            "the longest prefix wins",
            format!("{ONLY_CHECKOUT}{}", ONLY_STOREFRONT.replace("acme/\"", "acme/store\"")),
            |_| {},
        ),
        ("a binding wins over SENTRY_ORG", ONLY_STOREFRONT.to_owned(), |stage| env(stage, "SENTRY_ORG", "umbrella")),
        ("a binding needs no SENTRY_ORG", ONLY_STOREFRONT.to_owned(), |stage| env(stage, "SENTRY_ORG", "")),
    ];
    for (about, policy, prepare) in allowed {
        // The project's number is the same in every world: ids are given in order.
        let policy = policy.replace("PROJECT_ID", "2");
        let world = World::with_policy(about, &policy, |stage| {
            assert_eq!(stage.project_id, 2);
            prepare(stage);
        });
        world.rotate();
    }
    let refused: [(&str, String, Prepare, &[&str]); 5] = [
        ("another project is listed", ONLY_CHECKOUT.to_owned(), |_| {}, &["storefront", "allows only checkout"]),
        (
            "the longest prefix does not list it",
            format!("{ONLY_STOREFRONT}{}", ONLY_CHECKOUT.replace("acme/\"", "acme/store\"")),
            |_| {},
            &["storefront", "allows only checkout"],
        ),
        (
            "another organization",
            ONLY_STOREFRONT.replace("organization = \"acme\"", "organization = \"umbrella\""),
            |_| {},
            &["current value", "acme", "umbrella"],
        ),
        (
            "no binding, and no SENTRY_ORG",
            ONLY_STOREFRONT.replace("acme/\"", "other/\""),
            |stage| env(stage, "SENTRY_ORG", ""),
            &["no binding", "SENTRY_ORG"],
        ),
        (
            "a bare DSN of a project that is not listed",
            ONLY_STOREFRONT.to_owned(),
            |stage| {
                let dsn = foreign_dsn(stage);
                set_current(stage, &dsn);
            },
            &["checkout", "allows only storefront"],
        ),
    ];
    for (about, policy, prepare, words) in refused {
        let world = World::with_policy(about, &policy, prepare);
        let token = world.begin();
        world.refused("createSecret", &token, "Rotation.BindingMismatch", words);
    }
}

#[test]
fn an_allowed_former_name_leads_nobody_to_the_project_of_a_foreign_dsn() {
    let cases: [(&str, &str, Prepare, &str, &str); 4] = [
        ("the binding's name leads nowhere", "legacy", |_| {}, "Rotation.ProjectNotFound", "no project legacy"),
        (
            "the tag's name leads nowhere",
            "",
            |stage| tag(stage, "sentry:project", "legacy"),
            "Rotation.ProjectNotFound",
            "no project legacy",
        ),
        (
            "the binding's name is a former one of another project",
            "legacy",
            |stage| {
                stage.sentry.add_project("acme", "legacy");
                stage.sentry.rename_project("acme", "legacy", "renamed");
            },
            "Rotation.BindingMismatch",
            "DSN belongs to the project",
        ),
        (
            "the tag's name is a former one of another project",
            "",
            |stage| {
                stage.sentry.add_project("acme", "legacy");
                stage.sentry.rename_project("acme", "legacy", "renamed");
                tag(stage, "sentry:project", "legacy");
            },
            "Rotation.BindingMismatch",
            "DSN belongs to the project",
        ),
    ];
    for (about, bound, prepare, code, why) in cases {
        let policy = if bound.is_empty() { String::new() } else { ONLY_STOREFRONT.replace("storefront", bound) };
        let world = World::with_policy(about, &policy, |stage| {
            let dsn = foreign_dsn(stage);
            set_current(stage, &format!(r#"{{"dsn":"{dsn}","project":"legacy"}}"#));
            prepare(stage);
        });
        let token = world.begin();
        world.refused("createSecret", &token, code, &["acme", why]);
        assert_eq!(world.stage.sentry.keys("acme", "checkout").len(), 1, "{about}");
    }
}

#[test]
fn a_token_pasted_as_a_name_is_refused_and_not_repeated() {
    let token = "0123456789abcdef".repeat(4);
    for document in [
        format!(r#"{{"organization":"{token}","project":"storefront"}}"#),
        format!(r#"{{"organization":"acme","project":"{token}"}}"#),
        r#"{"organization":"acme","project":"storefront/keys"}"#.to_owned(),
        r#"{"organization":"acme","project":"store\u0000front"}"#.to_owned(),
        r#"{"organization":"..","project":"storefront"}"#.to_owned(),
    ] {
        let world = World::with("a token as a name", |stage| {
            let version = stage.store.version_at(&stage.secret, "AWSCURRENT").unwrap();
            stage.store.add_version(&stage.secret, &version, Some(&document), &["AWSCURRENT"]);
        });
        let message = world.refused("createSecret", &world.begin(), "Rotation.DocumentInvalid", &["slug"]);
        assert!(!message.contains(&token), "{message}");
    }
}

#[test]
fn a_warm_sandbox_makes_no_key_in_the_project_that_took_over_a_slug() {
    for has_keys in [true, false] {
        let world = World::new();
        let stage = &world.stage;
        world.rotate();
        stage.sentry.add_project("acme", "spare");
        if !has_keys {
            let default = stage.sentry.keys("acme", "spare").remove(0);
            stage.sentry.delete_key(&default.id);
        }
        stage.sentry.rename_project("acme", "storefront", "shop");
        stage.sentry.rename_project("acme", "spare", "storefront");
        let keys = stage.sentry.keys("acme", "storefront");
        let made = || stage.sentry_server.call_names().into_iter().filter(|name| name == "POST keys").count();
        let before = made();
        world.failed("createSecret", &world.begin(), "Rotation.BindingMismatch", &["storefront"]);
        assert_eq!(stage.sentry.keys("acme", "storefront"), keys, "nothing was made in a foreign project");
        assert_eq!(stage.sentry.keys("acme", "shop").len(), 2);
        assert_eq!(made(), before, "nor asked for");
    }
}
