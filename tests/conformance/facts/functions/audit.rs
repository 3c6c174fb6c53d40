//! `audit-keys` at work.

use std::collections::BTreeSet;

use integration_tests::{REVIEWED, evidence};
use serde_json::{Value, json};

use super::world::{Deployed, World};
use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};
use crate::servers::Holder;

const SOURCE: &str = "the shipped binary";

/// What the audit's guide asks for.
const READS: [&str; 2] = ["org:read", "project:read"];

/// What Sentry shows to a person in the browser alone, and is unknown in every review.
const ALWAYS_UNKNOWN: [&str; 4] = [
    "personal tokens that are in no managed secret",
    "how many tokens each integration has",
    "legacy API keys",
    "keys and tokens in secrets without the tag sentry:kind",
];

/// A whole review; its report.
#[track_caller]
fn review(world: &World<'_>, audit: &Deployed) -> Value {
    let reply = audit.replies(&json!({}));
    assert_eq!(reply["complete"], true, "{reply}");
    let report = evidence::named(&world.bucket, &reply, "report");
    assert_eq!(report["version"], 1, "{reply}");
    report
}

fn list<'a>(report: &'a Value, member: &str) -> &'a [Value] {
    report[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The finding of this code on the subject of this name or id.
fn finding<'a>(report: &'a Value, code: &str, named: &str) -> Option<&'a Value> {
    list(report, "findings").iter().find(|finding| {
        let subject = &finding["subject"];
        finding["code"] == code && (subject["name"] == named || subject["id"] == named)
    })
}

/// What is found, as code, name and status.
fn lines(report: &Value) -> Vec<String> {
    let line = |finding: &Value| format!("{} {} {}", finding["code"], finding["subject"]["name"], finding["status"]);
    list(report, "findings").iter().map(line).collect()
}

/// What is unknown for a reason of this server or token, each with what would show it.
fn unknown(report: &Value) -> Vec<(String, String)> {
    let unknown = list(report, "unknown").iter();
    let unknown = unknown.map(|one| (text(one, "subject"), one["shown_by"].as_str().unwrap_or("nothing").to_owned()));
    unknown.filter(|(subject, _)| !ALWAYS_UNKNOWN.contains(&subject.as_str())).collect()
}

fn ids(report: &Value) -> BTreeSet<String> {
    list(&report["inventory"], "client_keys").iter().map(|key| text(key, "key_id")).collect()
}

/// The `Default` key of a further project.
fn add_project(world: &World<'_>, slug: &str) -> Value {
    world.at.add_project(slug);
    let path = format!("/api/0/projects/{}/{slug}/keys/", world.at.organization);
    world.at.get(&world.admin, &path).is(200).list().remove(0)
}

/// The variables that name the other functions' tokens.
const OTHERS: [(&str, &str); 3] = [
    ("SENTRY_ROTATION_AUTH_SECRET_ID", "sentry/rotate-client-key"),
    ("SENTRY_RETIREMENT_AUTH_SECRET_ID", "sentry/retire-keys"),
    ("SENTRY_REVOCATION_AUTH_SECRET_ID", "sentry/revoke-key"),
];

/// An audit that is told of the other functions' tokens, which have the scopes that their guide asks for.
fn deployed(at: &Place) -> (World<'_>, Deployed) {
    let world = World::with_policy(at, REVIEWED);
    for (_, secret) in OTHERS {
        world.store_token(secret, &at.token(&["project:write"]));
    }
    let audit = world.deploy_with("audit-keys", &at.token(&READS), &OTHERS);
    (world, audit)
}

pub(in crate::facts) const FACTS: &[Fact] = &[
    fact(
        "every-key-is-in-the-report",
        "With org:read and project:read every key of every project is in the report, of no other organization any; counted in the database, too.",
        SOURCE,
        "`docs/audit.md`: what it reads",
        |at| {
            let (world, audit) = deployed(at);
            for number in 0..12 {
                at.create(&world.admin, &json!({"name": format!("key {number}")}));
            }
            let mut there: BTreeSet<String> = world.keys().into_keys().collect();
            there.extend(["web", "billing"].map(|slug| text(&add_project(&world, slug), "id")));
            let other = at.elsewhere();
            let report = review(&world, &audit);
            assert_eq!(ids(&report), there);
            assert!(!ids(&report).contains(&text(&other.keys(&other.admin())[0], "id")));
            assert_eq!(report["metrics"]["coverage"]["projects"]["all"], 3);
            if let Some(counts) = at.server.control.counts(&at.organization) {
                let seen = (ids(&report).len(), list(&report["inventory"], "integrations").len());
                assert_eq!(seen, (counts.keys, counts.integrations));
            }
        },
    ),
    fact(
        "an-audit-changes-nothing",
        "An audit changes no row of the database.",
        SOURCE,
        "the audit changes nothing",
        |at| {
            let (world, audit) = deployed(at);
            add_project(&world, "web");
            let before = (world.keys(), at.server.control.fingerprint(&at.organization));
            review(&world, &audit);
            review(&world, &audit);
            assert_eq!((world.keys(), at.server.control.fingerprint(&at.organization)), before);
        },
    ),
    fact(
        "planted-violations-are-found",
        "Found are an unmanaged key, a project without a managed one, a DSN with its secret part, a token with too many scopes, a person's token, a dead one and a key without a limit.",
        SOURCE,
        "`docs/findings.md`",
        |at| {
            let (world, audit) = deployed(at);
            let store = &world.store;
            let forgotten = text(&add_project(&world, "forgotten"), "id");
            let billing = add_project(&world, "billing");
            store.create_secret("acme/billing", Some(&text(&billing["dsn"], "secret")), &[("sentry:kind", "client-key")]);
            let (slug, monitor) =
                at.server.control.integration(&at.organization, "monitor", &["event:admin", "org:admin"]);
            let kind = [("sentry:kind", "integration-token"), ("sentry:use-case", "monitoring")];
            store.create_secret("acme/monitor", Some(&json!({"token": monitor}).to_string()), &kind);
            let person = at.token_of(&["event:read"], Holder::Owner);
            store.create_secret("acme/person", Some(&person), &[("sentry:kind", "personal-token")]);
            let kind = [("sentry:kind", "organization-token"), ("sentry:use-case", "ci")];
            store.create_secret("acme/dead", Some("sntrys_no_longer"), &kind);
            store.create_secret("acme/ci", Some(&at.token_of(&[], Holder::Organization)), &kind);
            let report = review(&world, &audit);
            for (code, named) in [
                ("UNMANAGED_KEY", forgotten.as_str()),
                ("PROJECT_WITHOUT_MANAGED_KEY", "forgotten"),
                ("SDK_SECRET_NOT_STORE_ONLY", "acme/billing"),
                ("NO_RATE_LIMIT", &text(&billing, "id")),
                ("OVER_SCOPED", "acme/monitor"),
                ("ADMIN_KEY_IN_APP", "acme/monitor"),
                ("PERSONAL_TOKEN_IN_AUTOMATION", "acme/person"),
                ("TOKEN_REFUSED", "acme/dead"),
            ] {
                assert!(finding(&report, code, named).is_some(), "{code} {named}: {:#?}", lines(&report));
            }
            assert!(finding(&report, "TOKEN_REFUSED", "acme/ci").is_none(), "{:#?}", lines(&report));
            assert!(finding(&report, "OVER_SCOPED", "acme/ci").is_none(), "{:#?}", lines(&report));
            let of = |member: &str, name: &str| {
                let rows = list(&report["inventory"], member).to_vec();
                rows.into_iter().find(|row| row["secret_name"] == name || row["slug"] == name).unwrap()
            };
            assert_eq!(of("tokens", "acme/monitor")["acts_as"]["kind"], "integration");
            assert_eq!(of("tokens", "acme/person")["acts_as"]["kind"], "person");
            assert_eq!(of("tokens", "acme/dead")["state"], "refused");
            assert_eq!(of("integrations", &slug)["status"], "internal");
        },
    ),
    fact(
        "the-least-scopes-are-no-finding",
        "The tokens of all functions, with the scopes that their guides ask for, are alive, have no excess, and nothing is found about them.",
        SOURCE,
        "`docs/permissions.md`: what this system itself calls",
        |at| {
            let (world, audit) = deployed(at);
            let report = review(&world, &audit);
            let own = list(&report, "self");
            let functions: Vec<&Value> = own.iter().map(|row| &row["function"]).collect();
            assert_eq!(functions, ["audit-keys", "rotate-client-key", "retire-keys", "revoke-key"]);
            for row in own {
                assert_eq!((&row["state"], &row["excess"]), (&json!("alive"), &json!([])), "{row}");
                let name = text(row, "secret_name");
                let about = |line: &&String| line.contains(&name);
                assert_eq!(lines(&report).iter().filter(about).count(), 0, "{:#?}", lines(&report));
            }
            assert_eq!(own[0]["scopes"], json!(READS));
        },
    ),
    fact(
        "what-an-integration-may-not-see-is-unknown",
        "With exactly its scopes an integration's audit does not know, beside what no call shows, which integrations are installed; a person's knows that too.",
        SOURCE,
        "`docs/audit.md`: what cannot be read is listed as unknown",
        |at| {
            let (world, audit) = deployed(at);
            let subjects = |report: &Value| -> BTreeSet<String> {
                unknown(report).into_iter().map(|(subject, _)| subject).filter(|name| !name.starts_with("the token of")).collect()
            };
            assert_eq!(subjects(&review(&world, &audit)), BTreeSet::from([RECORD, "which integrations are installed"].map(str::to_owned)));
            let person = at.token_of(&READS, Holder::Owner);
            let audit = world.deploy_with("audit-keys", &person, &OTHERS);
            assert_eq!(subjects(&review(&world, &audit)), BTreeSet::from([RECORD, LOG].map(str::to_owned)));
        },
    )
    .only(Holds::Observed),
    fact(
        "without-org-read-the-scope-is-named",
        "Without org:read the review has every key of the projects that the token sees; of each thing that it does not see it says that org:read would show it, and none of it counts as fine.",
        SOURCE,
        "`docs/audit.md`: what cannot be read is listed as unknown, with the scope that would show it",
        |at| {
            let (world, _) = deployed(at);
            add_project(&world, "web");
            let audit = world.deploy_with("audit-keys", &at.token(&["project:read"]), &OTHERS);
            let report = review(&world, &audit);
            assert_eq!(ids(&report).len(), 2);
            let unknown = unknown(&report);
            for subject in ["the organization's own settings", "the custom integrations and their scopes"] {
                let shown_by = unknown.iter().find(|(known, _)| known == subject).map(|(_, by)| by.as_str());
                assert_eq!(shown_by, Some("org:read"), "{unknown:#?}");
            }
            for subject in ["which integrations are installed", "the organization tokens"] {
                let shown_by = unknown.iter().find(|(known, _)| known == subject).map(|(_, by)| by.as_str());
                assert!(shown_by.is_some_and(|by| by.contains("org:read")), "{subject}: {unknown:#?}");
            }
            let rules = list(&report, "rules").iter();
            let over_scoped = rules.filter(|rule| rule["code"] == "OVER_SCOPED").map(|rule| &rule["state"]);
            assert_eq!(over_scoped.collect::<Vec<_>>(), ["unknown"]);
        },
    ),
    fact(
        "without-project-read-the-scope-is-named",
        "Without project:read there is nothing to review: the audit fails and names the scope, whatever else the token has.",
        SOURCE,
        "`Rotation.ScopeMissing`: project:read is what the audit needs",
        |at| {
            let (world, _) = deployed(at);
            for scopes in [&["org:read"][..], &["event:read", "org:admin"], &[]] {
                let audit = world.deploy("audit-keys", scopes);
                let words = ["sentry/audit-keys", "lacks the scope project:read", "Project: Read"];
                audit.fails(&json!({}), "Rotation.ScopeMissing", &words);
            }
            assert!(world.bucket.keys().iter().all(|name| !name.starts_with("reviews/")), "{:?}", world.bucket.keys());
        },
    ),
    fact(
        "a-token-of-another-organization-is-told-so",
        "The token of another organization reviews nothing, and is told that it does not see this one; one that never was is told that it is invalid.",
        SOURCE,
        "`Rotation.OrganizationNotVisible`, `Rotation.TokenInvalid`",
        |at| {
            let (world, _) = deployed(at);
            let audit = world.deploy_with("audit-keys", &at.elsewhere().token(&READS), &[]);
            audit.fails(&json!({}), "Rotation.OrganizationNotVisible", &[&at.organization]);
            let audit = world.deploy_with("audit-keys", &at.server.unique().repeat(2), &[]);
            audit.fails(&json!({}), "Rotation.TokenInvalid", &["SENTRY_AUTH_SECRET_ID"]);
        },
    ),
    fact(
        "what-changed-is-told-with-who-did-it",
        "The next review says which keys were added, changed and removed; with org:write, from Sentry's audit log, by whom and when.",
        SOURCE,
        "`docs/audit.md`: from the audit log",
        |at| {
            let (world, _) = deployed(at);
            let audit = world.deploy_with("audit-keys", &at.token(&["org:write", "project:read"]), &OTHERS);
            let removed = text(&at.create(&world.admin, &json!({"name": "to go"})), "id");
            let limited = world.key_id("AWSCURRENT");
            let first = review(&world, &audit);
            assert!(finding(&first, "FOREIGN_KEY", &removed).is_some(), "{:#?}", lines(&first));
            let added = text(&at.create(&world.admin, &json!({"name": "made by hand"})), "id");
            world.change(&limited, &json!({"rateLimit": {"count": 7, "window": 60}}));
            world.delete(&removed);
            let report = review(&world, &audit);
            let changes = list(&report, "changes");
            for (change, key) in [("added", &added), ("changed", &limited), ("removed", &removed)] {
                let found = changes.iter().find(|row| row["change"] == change && row["id"] == key.as_str());
                let found = found.unwrap_or_else(|| panic!("{change} {key}: {changes:#?}"));
                assert!(found["actor"].is_string() && found["at"].is_string(), "{found:#}");
            }
            let closed = |row: &&Value| row["change"] == "finding-closed" && row["code"] == "FOREIGN_KEY";
            assert_eq!(changes.iter().filter(closed).count(), 1, "{changes:#?}");
        },
    ),
    fact(
        "a-deleted-project-closes-its-findings",
        "The findings of a project that was deleted are closed at once, and nothing is found about it under the slug that it has until the deletion is done.",
        SOURCE,
        "only what Sentry calls gone is gone",
        |at| {
            let (world, audit) = deployed(at);
            let key = text(&add_project(&world, "forgotten"), "id");
            let report = review(&world, &audit);
            assert_eq!(finding(&report, "UNMANAGED_KEY", &key).unwrap()["status"], "opened");
            at.server.control.delete_project(&at.organization, "forgotten");
            let report = review(&world, &audit);
            assert!(finding(&report, "UNMANAGED_KEY", &key).is_none(), "{:#?}", lines(&report));
            assert_eq!(report["metrics"]["coverage"]["projects"]["all"], 1);
            let closed = |row: &&Value| row["change"] == "finding-closed" && row["id"] == key.as_str();
            let changes = list(&report, "changes");
            assert!(changes.iter().any(|row| closed(&row)), "{changes:#?}");
        },
    ),
    fact(
        "a-rotation-and-a-retirement-are-seen",
        "After a rotation and a retirement the report calls the new key current, and the old one previous and not active.",
        SOURCE,
        "`docs/audit.md`: whose a superseded key is",
        |at| {
            let world = World::new(at);
            let (rotator, retire) = (world.rotator(), world.deploy("retire-keys", &["project:write"]));
            world.rotate(&rotator);
            retire.replies(&json!({}));
            let old = world.key_id("AWSCURRENT");
            world.rotate(&rotator);
            retire.replies(&json!({}));
            world.set_policy(REVIEWED);
            let report = review(&world, &world.deploy("audit-keys", &READS));
            let keys = list(&report["inventory"], "client_keys");
            let of = |id: &str| keys.iter().find(|key| key["key_id"] == id).unwrap().clone();
            let (old, new) = (of(&old), of(&world.key_id("AWSCURRENT")));
            assert_eq!((&old["ownership"], &old["active"]), (&json!("previous"), &json!(false)), "{old:#}");
            assert_eq!((&new["ownership"], &new["active"]), (&json!("current"), &json!(true)), "{new:#}");
            assert!(finding(&report, "UNMANAGED_KEY", &text(&new, "key_id")).is_none(), "{:#?}", lines(&report));
        },
    ),
];

/// What is unknown without org:write, once there is a review before.
const LOG: &str = "who changed keys since the previous review";

/// What is unknown without a run of `retire-keys`.
const RECORD: &str = "which keys retirement takes for superseded, orphans or adopted";
