//! `retire-keys` at work.

use integration_tests::evidence::verdict;
use integration_tests::{AT_ONCE, evidence};
use serde_json::{Value, json};

use super::world::{Deployed, World};
use crate::fact::{Fact, Holds, fact};
use crate::place::text;

const SOURCE: &str = "the shipped binary";
const DAY: i64 = 24 * 3_600;

/// A world in which a key of this system's is superseded and on record, and the function that retires it.
struct Superseded<'a> {
    world: World<'a>,
    rotator: Deployed,
    retire: Deployed,
    old: String,
}

impl<'a> Superseded<'a> {
    fn new(world: World<'a>) -> Self {
        let retire = world.deploy("retire-keys", &["project:write"]);
        Self::with(world, retire)
    }

    /// The key is superseded under the eyes of this function.
    fn with(world: World<'a>, retire: Deployed) -> Self {
        let rotator = world.rotator();
        world.rotate(&rotator);
        retire.replies(&json!({}));
        let old = world.key_id("AWSCURRENT");
        world.rotate(&rotator);
        Self { world, rotator, retire, old }
    }

    fn run(&self) -> Value {
        self.retire.replies(&json!({}))
    }

    /// A run, and the row of the superseded key.
    #[track_caller]
    fn row(&self) -> Value {
        let reply = self.run();
        assert_eq!(reply["complete"], true, "{reply}");
        self.world.row(&reply, &self.old)
    }

    /// A run in which this becomes of the superseded key.
    #[track_caller]
    fn becomes(&self, expected: [&str; 4]) -> Value {
        let row = self.row();
        assert_eq!(verdict(&row), expected, "{row:#}\n{}", self.retire.logs());
        row
    }
}

const DISABLED: [&str; 4] = ["ours", "disabled", "disable", "done"];

/// A policy with real durations.
fn slow() -> String {
    AT_ONCE
        .replace("grace_max = \"0s\"", "grace_max = \"30d\"")
        .replace("grace = \"0s\"", "grace = \"7d\"")
        .replace("quarantine = \"0s\"", "quarantine = \"14d\"")
}

/// A policy under which a key that is proven dead is deleted.
fn deleting() -> String {
    AT_ONCE.replace("quarantine = \"0s\"", "quarantine = \"0s\"\ndelete = true")
}

/// A world with a token of these scopes for deletions, and a key that is disabled and proven dead in every way.
fn proven<'a>(at: &'a crate::place::Place, scopes: &[&str]) -> Superseded<'a> {
    let world = World::with_policy(at, &deleting());
    world.store_token("sentry/deletion", &at.token(scopes));
    let token = at.token(&["project:write"]);
    let retire = world.deploy_with("retire-keys", &token, &[("SENTRY_DELETE_AUTH_SECRET_ID", "sentry/deletion")]);
    let superseded = Superseded::with(world, retire);
    superseded.becomes(DISABLED);
    superseded.becomes(["ours", "disabled", "prove", "done"]);
    superseded
}

pub(in crate::facts) const FACTS: &[Fact] = &[
    fact(
        "a-superseded-key-dies-with-proof",
        "With project:write and nothing else a superseded key is disabled, keeps its settings, is proven dead by Sentry and by ingestion, and all of it is on record.",
        SOURCE,
        "`docs/retirement.md`",
        |at| {
            let it = Superseded::new(World::new(at));
            let world = &it.world;
            world.change(&it.old, &json!({"rateLimit": {"count": 9, "window": 60}, "browserSdkVersion": "latest"}));
            let before = world.keys();
            let row = it.becomes(DISABLED);
            assert_eq!(row["proof"]["grade"], "question", "{row:#}");
            let mut after = world.keys();
            let key = after.get_mut(&it.old).unwrap();
            assert_eq!(key["isActive"], false);
            key["isActive"] = true.into();
            assert_eq!(after, before, "nothing else changed");
            let row = it.becomes(["ours", "disabled", "prove", "done"]);
            assert_eq!(row["proof"]["grade"], "ingestion", "{row:#}");
            it.becomes(["ours", "disabled", "-", "none"]);
            let kinds = world.kinds(&it.old);
            assert_eq!(
                kinds,
                ["current", "superseded", "disabling", "disabled", "proven", "refused", "refused", "proven"]
            );
            evidence::check_chains(&world.bucket).unwrap();
        },
    ),
    fact(
        "nothing-happens-in-the-grace",
        "A superseded key is left alone until its grace and its longest grace are over.",
        SOURCE,
        "`grace`, `grace_max`",
        |at| {
            let it = Superseded::new(World::with_policy(at, &slow()));
            it.becomes(["ours", "superseded", "-", "none"]);
            evidence::pass(&it.world.bucket, 8 * DAY).unwrap();
            it.becomes(["ours", "draining", "-", "none"]);
            assert!(it.world.is_active(&it.old));
            evidence::pass(&it.world.bucket, 23 * DAY).unwrap();
            it.becomes(DISABLED);
            assert!(!it.world.is_active(&it.old));
        },
    ),
    fact(
        "statistics-that-fail-are-not-quiet",
        "A server without its event store answers statistics with an error: a key is not called quiet for that.",
        SOURCE,
        "unknown is not quiet",
        |at| {
            let policy = slow().replace("quarantine", "signals = [\"errors\"]\nquiet_for = \"2d\"\nquarantine");
            let it = Superseded::new(World::with_policy(at, &policy));
            it.run();
            evidence::pass(&it.world.bucket, 8 * DAY).unwrap();
            it.becomes(["ours", "draining", "-", "none"]);
            assert!(it.world.is_active(&it.old));
        },
    )
    .only(Holds::Observed),
    fact(
        "observing-touches-nothing",
        "Under `mode = \"observe\"` a key that is due is told of, and nothing in Sentry changes.",
        SOURCE,
        "`mode`",
        |at| {
            let it = Superseded::new(World::with_policy(at, &AT_ONCE.replace("\"act\"", "\"observe\"")));
            it.run();
            let (keys, fingerprint) = (it.world.keys(), at.server.control.fingerprint(&at.organization));
            assert_eq!(it.row()["state"], "draining");
            assert_eq!((it.world.keys(), at.server.control.fingerprint(&at.organization)), (keys, fingerprint));
        },
    ),
    fact(
        "what-is-not-ours-is-never-touched",
        "Keys that people made stay as they are, whatever their labels say; the first key waits for consent, and dies with it.",
        SOURCE,
        "`docs/retirement.md`: whose key it is",
        |at| {
            let world = World::new(at);
            let default = world.key_id("AWSCURRENT");
            let it = Superseded::new(world);
            let world = &it.world;
            let ours = text(&world.keys()[&it.old], "name");
            let names = ["acme/storefront", "Default", "[0000000/00000000]", &format!("{ours} copy"), &ours];
            let foreign: Vec<String> =
                names.iter().map(|name| text(&at.create(&world.admin, &json!({ "name": name })), "id")).collect();
            for _ in 0..2 {
                let reply = it.run();
                for id in &foreign {
                    assert_eq!(verdict(&world.row(&reply, id)), ["foreign", "active", "-", "none"]);
                    assert!(world.is_active(id) && world.kinds(id).is_empty());
                }
            }
            assert!(!world.is_active(&it.old) && world.is_active(&default));
        },
    ),
    fact(
        "a-key-that-a-person-made-dies-with-consent-only",
        "The first key, which no rotation made, waits for consent; with it, it is disabled and proven dead.",
        SOURCE,
        "`Retirement.ConsentNeeded`",
        |at| {
            let world = World::new(at);
            let first = world.key_id("AWSCURRENT");
            let (rotator, retire) = (world.rotator(), world.deploy("retire-keys", &["project:write"]));
            retire.replies(&json!({}));
            world.rotate(&rotator);
            let reply = retire.replies(&json!({}));
            let row = world.row(&reply, &first);
            assert_eq!(verdict(&row), ["adopted", "superseded", "-", "none"], "{row:#}");
            assert!(text(&row, "reason").contains("consent"), "{row:#}");
            let consent =
                "[[consent]]\nkey_id = \"KEY\"\nby = \"robin\"\nticket = \"OPS-17\"\nuntil = \"2099-12-31\"\n";
            world.set_policy(&format!("{AT_ONCE}{}", consent.replace("KEY", &first)));
            let retire = world.deploy("retire-keys", &["project:write"]);
            let row = world.row(&retire.replies(&json!({})), &first);
            assert_eq!(verdict(&row), ["adopted", "disabled", "disable", "done"], "{row:#}");
            assert_eq!(row["proof"]["grade"], "question");
            assert!(!world.is_active(&first));
        },
    ),
    fact(
        "a-key-that-a-person-enables-again-is-left-alone",
        "A key that somebody enables after it was disabled is reinstated, and not disabled a second time.",
        SOURCE,
        "`Key Reinstated`",
        |at| {
            let it = Superseded::new(World::new(at));
            it.becomes(DISABLED);
            it.world.change(&it.old, &json!({"isActive": true}));
            for _ in 0..2 {
                let row = it.row();
                assert_eq!((&row["ownership"], &row["state"]), (&json!("ours"), &json!("reinstated")), "{row:#}");
            }
            assert!(it.world.is_active(&it.old));
            assert_eq!(it.world.events("Key Reinstated").len(), 1);
        },
    ),
    fact(
        "a-rollback-gets-its-key-back",
        "A disabled key that is AWSCURRENT again is enabled by the next run, and taken by ingestion.",
        SOURCE,
        "`README.md`: roll back a consumer",
        |at| {
            let it = Superseded::new(World::new(at));
            it.becomes(DISABLED);
            it.world.roll_back();
            it.becomes(["untouchable", "active", "enable", "done"]);
            assert!(it.world.is_active(&it.old));
            let dsn = text(&it.world.keys()[&it.old]["dsn"], "public");
            assert!(at.ask(&dsn).is(400).json().get("event_id").is_some());
        },
    ),
    fact(
        "the-key-of-an-abandoned-rotation-dies",
        "The key of a rotation that was ended before its promotion is disabled and proven dead.",
        SOURCE,
        "`docs/retirement.md`: whose key it is",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let unpromoted = world.key_id("AWSPENDING");
            world.abandon();
            let row = world.row(&world.deploy("retire-keys", &["project:write"]).replies(&json!({})), &unpromoted);
            assert_eq!((verdict(&row), &row["proof"]["grade"]), (DISABLED, &json!("question")), "{row:#}");
            assert!(!world.is_active(&unpromoted) && world.is_active(&world.key_id("AWSCURRENT")));
        },
    ),
    fact(
        "an-orphan-dies",
        "A key that no version holds, of an attempt that died before it stored it, is known by its label, disabled and proven dead.",
        SOURCE,
        "`docs/retirement.md`: orphan",
        |at| {
            let world = World::new(at);
            let (rotator, token) = (world.rotator(), world.begin());
            world.done(&rotator, "createSecret", &token);
            let orphan = world.key_id("AWSPENDING");
            world.lose_value(&token, &[]);
            let retire = world.deploy("retire-keys", &["project:write"]);
            let rows: Vec<Value> = (0..2).map(|_| world.row(&retire.replies(&json!({})), &orphan)).collect();
            assert!(rows.iter().any(|row| verdict(row) == ["orphan", "disabled", "disable", "done"]), "{rows:#?}");
            assert!(!world.is_active(&orphan) && world.is_active(&world.key_id("AWSCURRENT")));
        },
    ),
    fact(
        "a-key-that-is-proven-dead-is-deleted",
        "Where the policy asks for it a key that is proven dead is deleted with project:admin, of a token of its own; nothing else is.",
        SOURCE,
        "`docs/deploy.md`: delete keys",
        |at| {
            let it = proven(at, &["project:admin"]);
            let mut before = it.world.keys();
            it.becomes(["ours", "deleted", "delete", "done"]);
            before.remove(&it.old);
            assert_eq!(it.world.keys(), before);
            at.get(&it.world.admin, &at.key_path(&it.old)).is(404);
            let kinds = it.world.kinds(&it.old);
            assert_eq!(kinds.get(kinds.len() - 2..).unwrap(), ["deleting", "deleted"]);
            evidence::check_chains(&it.world.bucket).unwrap();
            let reply = it.run();
            assert!(evidence::rows(&it.world.bucket, &reply).iter().all(|row| row["key_id"] != it.old.as_str()));
        },
    ),
    fact(
        "a-deletion-without-project-admin-names-it",
        "A token for deletions with project:write is refused, told that project:admin is lacking, and the key stays disabled; no refused delete is called a deletion.",
        SOURCE,
        "a refused delete is no deletion",
        |at| {
            let it = proven(at, &["project:write"]);
            for _ in 0..2 {
                let row = it.becomes(["ours", "disabled", "delete", "failed"]);
                let reason = text(&row, "reason");
                for word in ["lacks the scope project:admin", "sentry/deletion", "Project: Admin"] {
                    assert!(reason.contains(word), "{reason}");
                }
            }
            assert!(!it.world.is_active(&it.old));
            it.world.store_token("sentry/deletion", &at.token(&["project:admin"]));
            it.becomes(["ours", "deleted", "delete", "done"]);
        },
    ),
    fact(
        "without-project-write-the-scope-is-named",
        "A token with project:read sees the key and cannot disable it; with no scope it sees nothing, and all is frozen. Either way project:write is named, and no key is touched.",
        SOURCE,
        "`Rotation.ScopeMissing`: project:write is what retirement needs",
        |at| {
            let it = Superseded::new(World::new(at));
            let world = &it.world;
            let before = world.keys();
            for (scopes, expected) in [
                (&["project:read"][..], ["ours", "draining", "disable", "failed"]),
                (&["org:read", "event:read"], ["ours", "frozen", "-", "none"]),
            ] {
                let retire = world.deploy("retire-keys", scopes);
                let row = world.row(&retire.replies(&json!({})), &it.old);
                let reason = text(&row, "reason");
                assert_eq!(verdict(&row), expected, "{row:#}");
                for word in ["sentry/retire-keys", "lacks the scope project:write", scopes[0], "Project: Read & Write"]
                {
                    assert!(reason.contains(word), "{reason:?} lacks {word:?}");
                }
                assert_eq!(world.keys(), before);
            }
            let retire = world.deploy("retire-keys", &["project:write"]);
            assert_eq!(verdict(&world.row(&retire.replies(&json!({})), &it.old)), DISABLED);
        },
    ),
    fact(
        "a-token-that-is-none-fails-the-run",
        "A token that never was, or that was revoked, fails the run and touches nothing.",
        SOURCE,
        "`Rotation.TokenInvalid`",
        |at| {
            let it = Superseded::new(World::new(at));
            let before = it.world.keys();
            let revoked = at.token(&["project:write"]);
            at.server.control.revoke(&revoked);
            for token in [at.server.unique().repeat(2), revoked] {
                let retire = it.world.deploy_with("retire-keys", &token, &[]);
                retire.fails(&json!({}), "Rotation.TokenInvalid", &["SENTRY_AUTH_SECRET_ID"]);
            }
            assert_eq!(it.world.keys(), before);
        },
    ),
    fact(
        "a-deleted-key-is-told-of-once",
        "A superseded key that a person deletes is on record as deleted, and not watched any more.",
        SOURCE,
        "`docs/retirement.md`: the states",
        |at| {
            let it = Superseded::new(World::with_policy(at, &slow()));
            it.run();
            it.world.delete(&it.old);
            it.becomes(["ours", "deleted", "-", "none"]);
            let reply = it.run();
            assert!(evidence::rows(&it.world.bucket, &reply).iter().all(|row| row["key_id"] != it.old.as_str()));
        },
    ),
    fact(
        "a-renamed-project-is-followed",
        "A project that is renamed between two runs is followed to its keys.",
        SOURCE,
        "a key that is not found under an old name is no deleted key",
        |at| {
            let it = Superseded::new(World::with_policy(at, &slow()));
            it.run();
            at.server.control.rename_project(&at.organization, "storefront", "shop");
            let rows: Vec<Value> = (0..2).map(|_| it.row()).collect();
            assert_eq!(verdict(&rows[1]), ["ours", "superseded", "-", "none"], "{rows:#?}");
            assert!(rows.iter().all(|row| row["state"] != "deleted"), "{rows:#?}");
        },
    ),
    fact(
        "the-next-rotation-goes-on",
        "After a retirement the secret is rotated as before, and the key that it supersedes dies in its turn.",
        SOURCE,
        "`README.md`: operate",
        |at| {
            let it = Superseded::new(World::new(at));
            it.becomes(DISABLED);
            let second = it.world.key_id("AWSCURRENT");
            it.world.rotate(&it.rotator);
            let row = it.world.row(&it.run(), &second);
            assert_eq!(verdict(&row), DISABLED, "{row:#}");
            let active = it.world.keys().into_values().filter(|key| key["isActive"] == true).count();
            assert_eq!(active, 2, "the current one, and the one that waits for consent");
        },
    ),
];
