//! `revoke-key` at work.

use integration_tests::evidence;
use serde_json::{Value, json};

use super::world::{Deployed, SECRET, World};
use crate::fact::{Fact, fact};
use crate::place::{Place, text};
use crate::servers::Holder;

const SOURCE: &str = "the shipped binary";

fn order(key_id: &str) -> Value {
    json!({"secret_id": SECRET, "key_id": key_id, "reason": "posted in a public repository", "hold_seconds": 0})
}

/// A world whose AWSCURRENT has leaked, with rotation as the service runs it.
struct Leak<'a> {
    world: World<'a>,
    revoke: Deployed,
    leaked: String,
}

impl<'a> Leak<'a> {
    fn new(at: &'a Place) -> Self {
        Self::with(at, &["project:write"])
    }

    fn with(at: &'a Place, scopes: &[&str]) -> Self {
        let world = World::new(at);
        world.connect(world.rotator());
        let revoke = world.deploy("revoke-key", scopes);
        let leaked = world.key_id("AWSCURRENT");
        Self { world, revoke, leaked }
    }

    /// A revocation that is carried out; its reply.
    #[track_caller]
    fn revoked(&self, key_id: &str) -> Value {
        let reply = self.revoke.replies(&order(key_id));
        self.world.store.join_rotations();
        reply
    }

    /// A revocation that is refused with this code and these words, and changes nothing.
    #[track_caller]
    fn refused(&self, revoke: &Deployed, key_id: &str, code: &str, words: &[&str]) {
        let before = (self.world.keys(), self.world.store.versions(&self.world.secret));
        revoke.fails(&order(key_id), code, words);
        self.world.store.join_rotations();
        assert_eq!((self.world.keys(), self.world.store.versions(&self.world.secret)), before);
        assert!(self.world.events("Key Revoked").is_empty());
    }
}

pub(in crate::facts) const FACTS: &[Fact] = &[
    fact(
        "a-leaked-key-is-replaced-and-dies",
        "With project:write and nothing else AWSCURRENT's key is replaced by a whole rotation, then disabled and proven dead; the reply and the ledger say so.",
        SOURCE,
        "`README.md`: our DSN leaked",
        |at| {
            let leak = Leak::new(at);
            let world = &leak.world;
            let reply = leak.revoked(&leak.leaked);
            let current = world.key_id("AWSCURRENT");
            assert_ne!(current, leak.leaked);
            assert_eq!((&reply["state"], &reply["replacement_key_id"]), (&json!("disabled"), &json!(current)));
            assert_eq!(reply["proof"]["grade"], "question", "{reply:#}");
            assert!(world.is_active(&current) && !world.is_active(&leak.leaked));
            at.ask(&text(&world.keys()[&leak.leaked]["dsn"], "public")).refuses(401, "Invalid dsn");
            assert_eq!(world.kinds(&leak.leaked), ["disabled", "proven"]);
            evidence::check_chains(&world.bucket).unwrap();
            assert_eq!(world.events("Key Revoked").len(), 1);
        },
    ),
    fact(
        "an-order-may-be-sent-again",
        "The same order a second time finds what was done, and touches neither the key that took the place nor any other.",
        SOURCE,
        "`README.md`: our DSN leaked",
        |at| {
            let leak = Leak::new(at);
            let first = leak.revoked(&leak.leaked);
            let keys = leak.world.keys();
            let again = leak.revoked(&leak.leaked);
            for member in ["key_id", "state", "replacement_key_id"] {
                assert_eq!(again[member], first[member], "{member}");
            }
            assert_eq!(again["proof"]["grade"], first["proof"]["grade"]);
            assert_eq!(leak.world.keys(), keys);
        },
    ),
    fact(
        "a-superseded-key-is-revoked-without-a-rotation",
        "A key that no application reads any more is disabled at once, and AWSCURRENT stays.",
        SOURCE,
        "`docs/deploy.md`: an emergency",
        |at| {
            let leak = Leak::new(at);
            leak.world.rotate(&leak.world.rotator());
            let current = leak.world.key_id("AWSCURRENT");
            let reply = leak.revoked(&leak.leaked);
            assert_eq!((&reply["state"], &reply["replacement_key_id"]), (&json!("disabled"), &json!(current)));
            assert_eq!(leak.world.key_id("AWSCURRENT"), current);
            assert!(leak.world.is_active(&current) && !leak.world.is_active(&leak.leaked));
        },
    ),
    fact(
        "a-revoked-key-stays-revoked",
        "A rollback to a revoked key is not healed by retirement, which completes the proof by ingestion's refusals meanwhile.",
        SOURCE,
        "`README.md`: a revoked key stays revoked",
        |at| {
            let leak = Leak::new(at);
            leak.revoked(&leak.leaked);
            let retire = leak.world.deploy("retire-keys", &["project:write"]);
            let replies: Vec<Value> = (0..3).map(|_| retire.replies(&json!({}))).collect();
            let row = leak.world.row(&replies[2], &leak.leaked);
            assert_eq!((&row["state"], &row["proof"]["grade"]), (&json!("disabled"), &json!("ingestion")), "{row:#}");
            leak.world.roll_back();
            let row = leak.world.row(&retire.replies(&json!({})), &leak.leaked);
            assert_eq!((&row["state"], &row["action"]), (&json!("disabled"), &Value::Null), "{row:#}");
            assert!(!leak.world.is_active(&leak.leaked));
        },
    ),
    fact(
        "a-key-that-is-not-the-secrets-is-refused",
        "A key that no version holds and whose label has no mark of the secret is refused, and nothing is rotated or disabled.",
        SOURCE,
        "`Revocation.NotOurs`",
        |at| {
            let leak = Leak::new(at);
            let foreign = text(&at.create(&leak.world.admin, &json!({"name": "acme/storefront"})), "id");
            for key in [foreign, at.server.unique()] {
                leak.refused(&leak.revoke, &key, "Revocation.NotOurs", &[]);
            }
        },
    ),
    fact(
        "a-deleted-key-needs-no-disablement",
        "A leaked key that somebody deletes in Sentry first is called deleted once there is another; that the one is gone and the other there is the proof.",
        SOURCE,
        "`README.md`: our DSN leaked",
        |at| {
            let leak = Leak::new(at);
            leak.world.delete(&leak.leaked);
            let reply = leak.revoked(&leak.leaked);
            assert_eq!((&reply["state"], &reply["proof"]["grade"]), (&json!("deleted"), &json!("object")), "{reply:#}");
            assert!(leak.world.is_active(&leak.world.key_id("AWSCURRENT")));
        },
    ),
    fact(
        "without-project-write-the-scope-is-named",
        "A token with reading scopes or none is refused before applications are given another key, and told that project:write is lacking.",
        SOURCE,
        "`Rotation.ScopeMissing`: project:write is what revocation needs",
        |at| {
            let leak = Leak::with(at, &["project:read", "org:read"]);
            let words = ["sentry/revoke-key", "lacks the scope project:write", "Project: Read & Write"];
            leak.refused(&leak.revoke, &leak.leaked, "Rotation.ScopeMissing", &words);
            leak.refused(&leak.revoke, &leak.leaked, "Rotation.ScopeMissing", &["still enabled"]);
            let revoke = leak.world.deploy("revoke-key", &[]);
            leak.refused(&revoke, &leak.leaked, "Rotation.ScopeMissing", &words);
            leak.world.store_token("sentry/revoke-key", &at.token(&["project:write"]));
            assert_eq!(leak.revoked(&leak.leaked)["state"], "disabled");
        },
    ),
    fact(
        "a-persons-role-that-is-too-small-is-told",
        "A member's token that carries project:read and project:write disables nothing: the leaked key is said to be enabled still, and why.",
        SOURCE,
        "`Rotation.ScopeMissing`: a person's role",
        |at| {
            let leak = Leak::new(at);
            let token = at.token_of(&["project:read", "project:write"], Holder::Member);
            let revoke = leak.world.deploy_with("revoke-key", &token, &[]);
            let words = ["carries project:write", "role", "custom integration", "still enabled"];
            revoke.fails(&order(&leak.leaked), "Rotation.ScopeMissing", &words);
            leak.world.store.join_rotations();
            assert!(leak.world.is_active(&leak.leaked));
        },
    ),
    fact(
        "a-token-that-is-none-is-told-so",
        "A token that was revoked is refused as invalid, and the key is said to be enabled still.",
        SOURCE,
        "`Rotation.TokenInvalid`",
        |at| {
            let leak = Leak::new(at);
            let revoked = at.token(&["project:write"]);
            at.server.control.revoke(&revoked);
            let revoke = leak.world.deploy_with("revoke-key", &revoked, &[]);
            leak.refused(&revoke, &leak.leaked, "Rotation.TokenInvalid", &["SENTRY_AUTH_SECRET_ID"]);
        },
    ),
];
