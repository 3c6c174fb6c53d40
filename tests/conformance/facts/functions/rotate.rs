//! `rotate-client-key` at work.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::world::{Deployed, STEPS, World};
use crate::fact::{Fact, Holds, fact};
use crate::place::{PROJECT, Place, text};
use crate::servers::{Holder, Validity};

const SOURCE: &str = "the shipped binary";

/// Settings that no new key has by itself.
fn unusual() -> Value {
    json!({
        "rateLimit": {"count": 100, "window": 60},
        "browserSdkVersion": "latest",
        "dynamicSdkLoaderOptions": {"hasReplay": false, "hasPerformance": true, "hasDebug": true},
    })
}

fn settings(key: &Value) -> [Value; 3] {
    ["rateLimit", "browserSdkVersion", "dynamicSdkLoaderOptions"].map(|member| key[member].clone())
}

/// The end of the label of a key that was made for a version.
fn mark(secret: &str, version: &str) -> String {
    let digits = |text: String, count| hex::encode(Sha256::digest(text)).chars().take(count).collect::<String>();
    format!("[{}/{}]", digits(secret.to_owned(), 7), digits(format!("{secret}\n{version}"), 8))
}

/// The secret was rotated from one key to another that Sentry and ingestion take, and the old one is as it was.
#[track_caller]
fn is_rotated(world: &World<'_>, old: &Value) {
    let (at, keys) = (world.at, world.keys());
    let new = &keys[&world.key_id("AWSCURRENT")];
    assert_eq!(keys.len(), 2, "{keys:#?}");
    assert_eq!(&keys[&text(old, "id")], old);
    assert_eq!((&new["isActive"], world.key_id("AWSPREVIOUS")), (&json!(true), text(old, "id")));
    let dsn = text(&new["dsn"], "public");
    assert_eq!(world.document("AWSCURRENT")["dsn"], dsn.as_str());
    assert!(at.ask(&dsn).is(400).json().get("event_id").is_some());
    at.probe(at.project_id, &text(new, "id")).says(200, &json!({}));
}

/// A secret whose createSecret is refused with this code and these words; no key is made.
#[track_caller]
fn is_refused(world: &World<'_>, rotator: &Deployed, code: &str, words: &[&str]) {
    let (before, token) = (world.keys(), world.begin());
    rotator.fails(&world.event("createSecret", &token), code, words);
    assert_eq!(world.keys(), before);
    assert_eq!(world.store.value_of(&world.secret, &token), None);
    let told = world.events("Rotation Refused");
    assert_eq!(told.last().unwrap()["code"], code);
}

/// What a token with these scopes is refused with.
#[track_caller]
fn lacks_write(at: &Place, scopes: &[&str]) {
    let world = World::new(at);
    let mut has = scopes.to_vec();
    has.sort_unstable();
    let has = if has.is_empty() { "it has no scope".to_owned() } else { format!("it has {}", has.join(", ")) };
    let words = ["sentry/rotate-client-key", "lacks the scope project:write", has.as_str(), "Project: Read & Write"];
    is_refused(&world, &world.deploy("rotate-client-key", scopes), "Rotation.ScopeMissing", &words);
}

pub(in crate::facts) const FACTS: &[Fact] = &[
    fact(
        "a-document-is-rotated",
        "With project:write and nothing else a document's key is replaced by one that Sentry and ingestion take; the old one stays as it was.",
        SOURCE,
        "`README.md`: what rotation is",
        |at| {
            let world = World::new(at);
            let old = world.keys().remove(&world.key_id("AWSCURRENT")).unwrap();
            let dsn = text(&old["dsn"], "public");
            let document = |dsn: &str| {
                format!(
                    r#"{{"release":"r-1","dsn":"{dsn}","organization":"{}","project":"{PROJECT}","sample_rate":0.250}}"#,
                    at.organization
                )
            };
            world.set_current(&document(&dsn));
            world.rotate(&world.rotator());
            is_rotated(&world, &old);
            let new = text(&world.keys()[&world.key_id("AWSCURRENT")]["dsn"], "public");
            assert_eq!(world.value("AWSCURRENT"), document(&new));
            let told: Vec<_> = world.bus.entries().into_iter().map(|entry| entry.detail_type).collect();
            assert_eq!(told, ["Key Created", "Key Promoted"]);
        },
    ),
    fact(
        "a-bare-dsn-is-rotated",
        "A value that is a DSN and nothing else is rotated: its project's id leads to the project, and it stays a DSN.",
        SOURCE,
        "`README.md`: what a secret may hold",
        |at| {
            let world = World::new(at);
            let old = world.document("AWSCURRENT")["dsn"].as_str().unwrap().to_owned();
            world.set_current(&old);
            world.rotate(&world.rotator());
            let dsns: Vec<String> = world.keys().values().map(|key| text(&key["dsn"], "public")).collect();
            let new = world.value("AWSCURRENT");
            assert_eq!((dsns.len(), dsns.contains(&new), new == old), (2, true, false), "{new} {dsns:?}");
        },
    ),
    fact(
        "a-first-key-is-made",
        "A document without a DSN gets a key with the rate limit of its use case's preset.",
        SOURCE,
        "`README.md`: infrastructure as code makes keys",
        |at| {
            let world = World::new(at);
            world.set_current(&json!({"dsn": null, "organization": at.organization, "project": PROJECT}).to_string());
            world.rotate(&world.rotator());
            let key = &world.keys()[&world.key_id("AWSCURRENT")];
            assert_eq!(key["rateLimit"], json!({"count": 1000, "window": 60}));
        },
    ),
    fact(
        "each-step-may-be-asked-twice",
        "Each step asked twice does no more than once: one key is made.",
        SOURCE,
        "Secrets Manager repeats steps",
        |at| {
            let world = World::new(at);
            let old = world.keys().remove(&world.key_id("AWSCURRENT")).unwrap();
            let (rotator, token) = (world.rotator(), world.begin());
            for step in STEPS {
                for _ in 0..2 {
                    rotator.replies(&world.event(step, &token));
                }
            }
            is_rotated(&world, &old);
        },
    ),
    fact(
        "an-earlier-attempts-key-is-adopted",
        "A key whose label has the version's mark is taken up where the attempt that made it was lost; none is made beside it.",
        SOURCE,
        "a retry finds the earlier attempt",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let made = world.key_id("AWSPENDING");
            world.lose_value(&token, &["AWSPENDING"]);
            for step in STEPS {
                world.done(&rotator, step, &token);
            }
            assert_eq!((world.key_id("AWSCURRENT"), world.keys().len()), (made, 2));
        },
    ),
    fact(
        "the-new-key-has-the-old-ones-settings",
        "The new key has the rate limit, the SDK version and the loader options of the old one; one PUT sets them.",
        SOURCE,
        "`createSecret`, `setSecret`",
        |at| {
            let world = World::new(at);
            let old = world.key_id("AWSCURRENT");
            world.change(&old, &unusual());
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            assert_eq!(world.keys()[&world.key_id("AWSPENDING")]["rateLimit"], unusual()["rateLimit"]);
            assert_eq!(world.done(&rotator, "setSecret", &token)["effects"], json!(["update-key"]));
            let keys = world.keys();
            let (old, new) = (&keys[&old], &keys[&world.key_id("AWSPENDING")]);
            assert_eq!(settings(new), settings(old));
            assert_eq!(old["rateLimit"], unusual()["rateLimit"]);
            for step in ["setSecret", "testSecret", "finishSecret"] {
                assert_eq!(world.done(&rotator, step, &token)["notices"], json!([]));
            }
        },
    ),
    fact(
        "a-limit-that-the-plan-drops-is-a-notice",
        "Where the plan has no rate limits for keys, a first key has none; that is a notice, and a refusal where the policy requires the limit.",
        SOURCE,
        "`Rotation.SettingsDiffer`",
        |at| {
            let free = at.without_rate_limits();
            let first = json!({"dsn": null, "organization": free.organization, "project": PROJECT}).to_string();
            let world = World::new(&free);
            world.set_current(&first);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            assert_eq!(world.done(&rotator, "setSecret", &token)["notices"], json!(["rate-limit-dropped-by-plan"]));
            let required = "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n\
                            rate_limit = { count = 7, window = \"60s\" }\nrate_limit_required = true\n";
            let world = World::with_policy(&free, required);
            world.set_current(&first);
            is_refused(&world, &world.rotator(), "Rotation.SettingsDiffer", &["plan", "rate_limit_required"]);
        },
    ),
    fact(
        "the-label-says-which-version",
        "The new key's label is the secret's name and the mark of the version; of a name of any length Sentry takes it whole.",
        SOURCE,
        "the mark by which a retry finds its key",
        |at| {
            let world = World::new(at);
            let token = world.rotate(&world.rotator());
            let key = &world.keys()[&world.key_id("AWSCURRENT")];
            assert_eq!(text(key, "name"), format!("acme/storefront {}", mark(&world.secret, &token)));
            let name = format!("acme/{}", "a-secret-with-a-long-name/".repeat(9));
            let mut long = World::new(at);
            long.secret = long.store.create_secret(&name, Some(&world.value("AWSCURRENT")), &[]);
            long.store.enable_rotation(&long.secret, true);
            let token = long.rotate(&long.rotator());
            let label = text(&long.keys()[&long.key_id("AWSCURRENT")], "name");
            assert!(label.starts_with("acme/a-secret-with") && label.len() == 64, "{label}");
            assert!(label.ends_with(&mark(&long.secret, &token)), "{label}");
        },
    ),
    fact(
        "an-abandoned-rotation-stands-in-no-ones-way",
        "A rotation that was ended before its promotion leaves a key, is refused from then on, and the next one makes its own.",
        SOURCE,
        "`docs/troubleshooting.md`: to abandon a rotation",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let orphan = world.key_id("AWSPENDING");
            world.abandon();
            rotator.fails(&world.event("finishSecret", &token), "Rotation.NotPending", &["abandoned"]);
            world.rotate(&rotator);
            let keys = world.keys();
            assert_eq!((keys.len(), world.key_id("AWSCURRENT") == orphan), (3, false));
            assert!(keys.values().all(|key| key["isActive"] == true));
        },
    ),
    fact(
        "a-disabled-pending-key-is-not-promoted",
        "A new key that a person disables is refused by testSecret and finishSecret; setSecret enables it again.",
        SOURCE,
        "`Rotation.KeyInactive`",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            world.done(&rotator, "setSecret", &token);
            let (old, new) = (world.key_id("AWSCURRENT"), world.key_id("AWSPENDING"));
            world.change(&new, &json!({"isActive": false}));
            for step in ["testSecret", "finishSecret"] {
                rotator.fails(&world.event(step, &token), "Rotation.KeyInactive", &["disabled in Sentry"]);
            }
            assert_eq!((world.key_id("AWSCURRENT"), world.is_active(&new)), (old, false));
            assert_eq!(world.done(&rotator, "setSecret", &token)["effects"], json!(["update-key"]));
            for step in ["testSecret", "finishSecret"] {
                world.done(&rotator, step, &token);
            }
            assert_eq!((world.key_id("AWSCURRENT"), world.is_active(&new)), (new.clone(), true));
        },
    ),
    fact(
        "a-deleted-pending-key-is-not-promoted",
        "A new key that a person deletes is refused by every step after createSecret.",
        SOURCE,
        "`Rotation.PendingKeyGone`",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let old = world.key_id("AWSCURRENT");
            world.delete(&world.key_id("AWSPENDING"));
            for step in STEPS.into_iter().skip(1) {
                rotator.fails(&world.event(step, &token), "Rotation.PendingKeyGone", &["deleted in Sentry"]);
            }
            assert_eq!(world.key_id("AWSCURRENT"), old);
        },
    ),
    fact(
        "a-dead-current-key-is-replaced",
        "A current key that a person disabled or deleted stops no rotation.",
        SOURCE,
        "`Rotation.KeyInactive`: a dead current key is replaced",
        |at| {
            let world = World::new(at);
            let rotator = world.rotator();
            let first = world.key_id("AWSCURRENT");
            world.change(&first, &json!({"isActive": false}));
            world.rotate(&rotator);
            let second = world.key_id("AWSCURRENT");
            world.delete(&second);
            world.rotate(&rotator);
            let third = world.key_id("AWSCURRENT");
            assert_eq!((world.keys().len(), world.is_active(&third), world.is_active(&first)), (2, true, false));
        },
    ),
    fact(
        "the-settings-are-tested-without-a-rotation",
        "With an empty pending version testSecret tries the current key and changes nothing; it names what the token lacks, and a dead current key.",
        SOURCE,
        "`README.md`: `--no-rotate-immediately`",
        |at| {
            let world = World::new(at);
            let before = world.keys();
            let test = |rotator: &Deployed| {
                let token = world.begin();
                let invocation = rotator.invoke(&world.event("testSecret", &token));
                world.abandon();
                world.store.purge_version(&world.secret, &token);
                (invocation.error_type().map(str::to_owned), invocation.reply())
            };
            let (_, reply) = test(&world.rotator());
            let reply = reply.unwrap();
            assert_eq!((&reply["outcome"], &reply["notices"]), (&json!("done"), &json!([])));
            let (code, _) = test(&world.deploy("rotate-client-key", &["project:read"]));
            assert_eq!(code.as_deref(), Some("Rotation.ScopeMissing"));
            assert_eq!(world.keys(), before);
            world.change(&world.key_id("AWSCURRENT"), &json!({"isActive": false}));
            let (code, _) = test(&world.rotator());
            assert_eq!(code.as_deref(), Some("Rotation.KeyInactive"));
        },
    ),
    fact(
        "ingestion-is-asked-about-the-new-key",
        "testSecret asks Sentry and ingestion about the new key, and has no doubt left.",
        SOURCE,
        "`testSecret`",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            for step in ["createSecret", "setSecret"] {
                world.done(&rotator, step, &token);
            }
            let reply = world.done(&rotator, "testSecret", &token);
            assert_eq!((&reply["effects"], &reply["notices"]), (&json!(["try-key"]), &json!([])));
        },
    ),
    fact(
        "a-renamed-project-heals",
        "A project that was renamed is followed, by Sentry's redirect with its old slug; the new value has the new slug.",
        SOURCE,
        "`Project Renamed`",
        |at| {
            let world = World::new(at);
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            let rotator = world.rotator();
            world.rotate(&rotator);
            assert_eq!(world.document("AWSCURRENT")["project"], "shop");
            let told = world.events("Project Renamed");
            assert_eq!((told.len(), &told[0]["project"]), (1, &json!("shop")));
            world.rotate(&rotator);
            assert_eq!(world.events("Project Renamed").len(), 1);
        },
    ),
    fact(
        "a-deleted-project-is-named",
        "A project that was deleted, or never was, is refused as not found.",
        SOURCE,
        "`Rotation.ProjectNotFound`",
        |at| {
            let world = World::new(at);
            at.add_project("another");
            let rotator = world.rotator();
            for project in ["nowhere", "given-up"] {
                if project == "given-up" {
                    at.add_project(project);
                    at.server.control.delete_project(&at.organization, project);
                }
                world.set_current(&json!({"organization": at.organization, "project": project}).to_string());
                is_refused(&world, &rotator, "Rotation.ProjectNotFound", &[project, &at.organization]);
                world.abandon();
            }
        },
    ),
    fact(
        "without-project-write-the-scope-is-named",
        "A token with project:read alone, with every reading scope, or with no scope is refused, and told that project:write is lacking and what it has instead; no key is made.",
        SOURCE,
        "`Rotation.ScopeMissing`: project:write is what rotation needs",
        |at| {
            for scopes in [
                &["project:read"][..],
                &["project:read", "org:read", "event:read", "team:read", "member:read"],
                &["org:read"],
                &["event:admin", "event:read", "event:write"],
                &[],
            ] {
                lacks_write(at, scopes);
            }
        },
    ),
    fact(
        "more-than-project-write-is-not-needed-and-less-is-enough-for-no-step",
        "A token that loses project:write after createSecret is refused by setSecret where there is something to set; testSecret and finishSecret do with project:read.",
        SOURCE,
        "`Rotation.ScopeMissing`",
        |at| {
            let world = World::new(at);
            world.change(&world.key_id("AWSCURRENT"), &unusual());
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let reader = world.deploy("rotate-client-key", &["project:read"]);
            let words = ["lacks the scope project:write", "it has project:read"];
            reader.fails(&world.event("setSecret", &token), "Rotation.ScopeMissing", &words);
            world.store_token("sentry/rotate-client-key", &at.token(&["project:write"]));
            world.done(&world.rotator(), "setSecret", &token);
            let reader = world.deploy("rotate-client-key", &["project:read"]);
            for step in ["testSecret", "finishSecret"] {
                world.done(&reader, step, &token);
            }
        },
    ),
    fact(
        "a-persons-role-that-is-too-small-is-told-from-a-missing-scope",
        "A member's token that carries project:read and project:write makes no key: it is told that it carries the scope, and that the role is the matter.",
        SOURCE,
        "`Rotation.ScopeMissing`: a person's role",
        |at| {
            let world = World::new(at);
            let token = at.token_of(&["project:read", "project:write"], Holder::Member);
            let words = ["carries project:write", "role", "custom integration"];
            is_refused(&world, &world.deploy_with("rotate-client-key", &token, &[]), "Rotation.ScopeMissing", &words);
        },
    ),
    fact(
        "a-persons-role-may-hide-the-project",
        "A member's token with project:write alone sees nothing, as another organization's would: it is told so, and that the role may be the matter.",
        SOURCE,
        "`Rotation.OrganizationNotVisible`: a person's role",
        |at| {
            let world = World::new(at);
            let token = at.token_of(&["project:write"], Holder::Member);
            let rotator = world.deploy_with("rotate-client-key", &token, &[]);
            let words = [at.organization.as_str(), "role", "custom integration"];
            is_refused(&world, &rotator, "Rotation.OrganizationNotVisible", &words);
        },
    )
    .only(Holds::Observed),
    fact(
        "an-owners-token-rotates",
        "The token of a person with the role owner, in no team, rotates.",
        SOURCE,
        "none: an integration's token is advised",
        |at| {
            let world = World::new(at);
            let old = world.keys().remove(&world.key_id("AWSCURRENT")).unwrap();
            let token = at.token_of(&["project:write"], Holder::Owner);
            world.rotate(&world.deploy_with("rotate-client-key", &token, &[]));
            is_rotated(&world, &old);
        },
    ),
    fact(
        "an-organization-token-is-refused",
        "An organization token carries org:ci alone and makes no key.",
        SOURCE,
        "`Rotation.ScopeMissing`",
        |at| {
            let world = World::new(at);
            let rotator = world.deploy_with("rotate-client-key", &at.token_of(&[], Holder::Organization), &[]);
            is_refused(&world, &rotator, "Rotation.ScopeMissing", &["lacks the scope project:write", "org:ci"]);
        },
    ),
    fact(
        "a-token-of-another-organization-is-told-so",
        "A token of another organization is told that it does not see this one.",
        SOURCE,
        "`Rotation.OrganizationNotVisible`",
        |at| {
            let world = World::new(at);
            let other = at.elsewhere();
            let rotator = world.deploy_with("rotate-client-key", &other.token(&["project:write"]), &[]);
            is_refused(&world, &rotator, "Rotation.OrganizationNotVisible", &[&at.organization]);
        },
    ),
    fact(
        "a-token-that-is-none-is-told-so",
        "A token that never was, one that expired and one that was revoked are refused as invalid; a valid one in the same secret mends it.",
        SOURCE,
        "`Rotation.TokenInvalid`",
        |at| {
            let world = World::new(at);
            let expired =
                at.server.control.token(&at.organization, &["project:write"], Holder::Integration, Validity::Expired);
            let revoked = at.token(&["project:write"]);
            at.server.control.revoke(&revoked);
            let words = ["does not accept the management token", "SENTRY_AUTH_SECRET_ID"];
            for token in [at.server.unique().repeat(2), format!("sntrys_{}", at.server.unique()), expired, revoked] {
                let rotator = world.deploy_with("rotate-client-key", &token, &[]);
                is_refused(&world, &rotator, "Rotation.TokenInvalid", &words);
                world.abandon();
            }
            world.rotate(&world.rotator());
        },
    ),
    fact(
        "a-hundred-keys-are-in-nobodys-way",
        "A project with more keys than a page has is rotated, and the key of an earlier attempt is found among them.",
        SOURCE,
        "lists are read to their end",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let made = world.key_id("AWSPENDING");
            for number in 0..101 {
                at.create(&world.admin, &json!({"name": format!("key {number}")}));
            }
            world.lose_value(&token, &["AWSPENDING"]);
            for step in STEPS {
                world.done(&rotator, step, &token);
            }
            assert_eq!(world.key_id("AWSCURRENT"), made);
        },
    ),
    fact(
        "an-id-in-the-place-of-a-slug-rotates",
        "A project and an organization that are named by their numeric ids are found, although 23.7.1 answers 404 to ids in paths.",
        SOURCE,
        "`README.md`: `SENTRY_ORG`",
        |at| {
            let world = World::new(at);
            let dsn = world.document("AWSCURRENT")["dsn"].clone();
            let id = at.project_id.to_string();
            world.set_current(&json!({"dsn": dsn, "organization": at.organization, "project": id}).to_string());
            world.rotate(&world.rotator());
            assert_eq!((world.keys().len(), world.document("AWSCURRENT")["project"].clone()), (2, json!(id)));
        },
    ),
];
