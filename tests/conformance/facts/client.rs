//! The functions' own client: what it makes of each server's answers.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use sentry_client::{
    Answer, Api, AuthToken, BaseUrl, Client, Error, KeySettings, KeyUpdate, Kind, NewKey, Probe, Project, RateLimit,
    Resolution,
};
use serde_json::json;
use tokio::time::Instant;

use crate::fact::{Fact, Holds, fact};
use crate::place::{PROJECT, Place, text};
use crate::servers::{Holder, Validity};

const SOURCE: &str = "the functions' own client";

/// Asks with this token.
fn ask<T>(at: &Place, token: &str, question: impl AsyncFnOnce(&Api<'_>) -> T) -> T {
    let base = BaseUrl::parse(&at.server.url).unwrap();
    let client = Client::new(base, "suite/1.0", || Timestamp::UNIX_EPOCH, &[]).unwrap();
    let token = AuthToken::new(token.to_owned().into());
    at.http.wait(async { question(&client.api(&token, Instant::now() + Duration::from_secs(60))).await })
}

/// Asks about the place's project with a token that may do everything.
fn with_project<T>(at: &Place, question: impl AsyncFnOnce(&Api<'_>, &Project) -> T) -> T {
    ask(at, &at.admin(), async |api| {
        let project = api.project(&at.organization, PROJECT).await.unwrap();
        question(api, &project).await
    })
}

#[track_caller]
fn fails<T>(result: Result<T, Error>, kind: &Kind) {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => assert_eq!(error.kind(), kind, "{error}"),
    }
}

fn new_key(label: &str) -> NewKey {
    NewKey { label: label.to_owned(), rate_limit: None }
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "all-pages-of-keys",
        "`keys` gives every key of a project with more than one page of them, newest first; `newest_keys` the first hundred.",
        SOURCE,
        "all functions",
        |at| {
            let admin = at.admin();
            let mut made: Vec<String> = at.keys(&admin).iter().map(|key| text(key, "id")).collect();
            made.extend((0..104).map(|n| text(&at.create(&admin, &json!({"name": format!("key {n}")})), "id")));
            made.reverse();
            let (all, newest) = with_project(at, async |api, project| {
                (api.keys(project).await.unwrap(), api.newest_keys(project).await.unwrap())
            });
            assert_eq!(all.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), made);
            assert_eq!(newest, all[..100]);
            assert!(all.iter().all(|key| key.project_id == at.project_id && key.dsn.is_some()));
            let (first, last) = (made[0].as_str(), made[104].as_str());
            let absent = at.server.unique();
            let found = with_project(at, async |api, project| api.keys_by_id(project, &[first, last, &absent]).await);
            let found: BTreeSet<String> = found.unwrap().into_iter().map(|key| key.id).collect();
            assert_eq!(found, BTreeSet::from([first.to_owned(), last.to_owned()]));
        },
    ),
    fact(
        "one-key-there-and-not-there",
        "`key` gives the key as it is shown, and nothing for one that never was or is another project's.",
        SOURCE,
        "`rotate-client-key`, `retire-keys`",
        |at| {
            let shown = at.keys(&at.admin()).remove(0);
            let other = at.add_project("checkout");
            let theirs = text(
                &at.get(&at.admin(), &format!("/api/0/projects/{}/checkout/keys/", at.organization)).list()[0],
                "id",
            );
            with_project(at, async |api, project| {
                let key = api.key(project, &text(&shown, "id")).await.unwrap().unwrap();
                assert_eq!((key.label.as_str(), key.is_active, key.project_id), ("Default", true, at.project_id));
                assert_eq!(key.dsn.unwrap().to_string(), text(&shown["dsn"], "public"));
                assert_eq!(api.key(project, &at.server.unique()).await.unwrap(), None);
                assert_eq!(api.key(project, &theirs).await.unwrap(), None);
                assert_ne!(project.id, other);
            });
        },
    ),
    fact(
        "a-key-is-made-as-asked",
        "`create_key` makes a key with this label, of the longest that there is, and this limit, and reads it out of the answer.",
        SOURCE,
        "`createSecret`",
        |at| {
            let limit = RateLimit { count: 100, window: 3_600 };
            let label = "ä".repeat(64);
            let made = with_project(at, async |api, project| {
                api.create_key(project, &NewKey { label: label.clone(), rate_limit: Some(limit) }).await.unwrap()
            });
            assert_eq!((&made.label, made.settings.rate_limit, made.is_active), (&label, Some(limit), true));
            assert_eq!(at.keys(&at.admin()).len(), 2);
        },
    ),
    fact(
        "a-limit-that-is-none-is-rejected",
        "A limit with a window that Sentry does not take is rejected, and no key is made.",
        SOURCE,
        "`createSecret`",
        |at| {
            let limit = Some(RateLimit { count: 1, window: 1_000_000 });
            let made = with_project(at, async |api, project| {
                api.create_key(project, &NewKey { label: "x".to_owned(), rate_limit: limit }).await
            });
            fails(made, &Kind::Rejected);
            assert_eq!(at.keys(&at.admin()).len(), 1);
        },
    ),
    fact(
        "a-key-is-changed-and-nothing-else-of-it",
        "`update_key` with what a key is and one member changed changes that member; a limit is set and cleared.",
        SOURCE,
        "`setSecret`, `retire-keys`, `revoke-key`",
        |at| {
            let wanted = KeySettings {
                rate_limit: Some(RateLimit { count: 7, window: 60 }),
                browser_sdk_version: Some("latest".to_owned()),
                loader_options: [("hasReplay", false), ("hasPerformance", true), ("hasDebug", true)]
                    .map(|(name, on)| (name.to_owned(), on))
                    .into(),
            };
            with_project(at, async |api, project| {
                let key = api.create_key(project, &new_key("x")).await.unwrap();
                let settings = KeySettings { loader_options: key.settings.loader_options.clone(), ..wanted.clone() };
                let settings = KeySettings {
                    loader_options: settings.loader_options.into_iter().chain(wanted.loader_options.clone()).collect(),
                    ..settings
                };
                let update = KeyUpdate { settings: settings.clone(), ..KeyUpdate::of(&key) };
                let changed = api.update_key(project, &key.id, &update).await.unwrap();
                assert_eq!((&changed.settings, changed.is_active), (&settings, true));
                let off = KeyUpdate { is_active: false, ..KeyUpdate::of(&changed) };
                for _ in 0..2 {
                    let off = api.update_key(project, &key.id, &off).await.unwrap();
                    assert_eq!((&off.settings, off.is_active, off.label.as_str()), (&settings, false, "x"));
                }
                let mut unlimited = KeyUpdate::of(&changed);
                unlimited.settings.rate_limit = None;
                let unlimited = api.update_key(project, &key.id, &unlimited).await.unwrap();
                assert_eq!((unlimited.settings.rate_limit, unlimited.is_active), (None, true));
                fails(api.update_key(project, &at.server.unique(), &off).await, &Kind::NotFound);
            });
        },
    ),
    fact(
        "a-key-is-deleted-once",
        "`delete_key` says that the key was there, and the second time that it was not.",
        SOURCE,
        "`retire-keys`",
        |at| {
            with_project(at, async |api, project| {
                let key = api.create_key(project, &new_key("x")).await.unwrap();
                assert!(api.delete_key(project, &key.id).await.unwrap());
                assert!(!api.delete_key(project, &key.id).await.unwrap());
            });
        },
    ),
    fact(
        "ten-keys-on-one-client",
        "One client makes, changes and deletes keys in quick succession, and loses none on a connection that the server has closed.",
        "tried on 23.7.1: the server closes connections in silence",
        "`Repeat`",
        |at| {
            with_project(at, async |api, project| {
                for number in 0..10 {
                    let key = api.create_key(project, &new_key(&format!("key {number}"))).await.unwrap();
                    let off = KeyUpdate { is_active: false, ..KeyUpdate::of(&key) };
                    assert!(!api.update_key(project, &key.id, &off).await.unwrap().is_active);
                    assert!(api.delete_key(project, &key.id).await.is_ok());
                }
            });
            assert_eq!(at.keys(&at.admin()).len(), 1);
        },
    ),
    fact(
        "a-project-by-any-of-its-names",
        "`project` finds a project by slug, by numeric id and by the slug that it had before.",
        SOURCE,
        "`sentry-binding`",
        |at| {
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            ask(at, &at.token(&["project:read"]), async |api| {
                for name in [PROJECT, "shop", &at.project_id.to_string()] {
                    let found = api.project(&at.organization, name).await.unwrap();
                    assert_eq!((found.id, found.slug.as_str()), (at.project_id, "shop"), "{name}");
                    assert_eq!(found.organization.slug, at.organization);
                }
            });
        },
    ),
    fact(
        "why-a-project-is-not-shown",
        "`project` tells a project that never was from one of another organization, a lacking scope and a token that is none.",
        SOURCE,
        "`diagnose`",
        |at| {
            let other = at.elsewhere();
            let expired =
                at.server.control.token(&at.organization, &["project:read"], Holder::Owner, Validity::Expired);
            let good = at.token(&["project:read"]);
            let cases = [
                (&good, at.organization.as_str(), "nowhere", Kind::NotFound),
                (&good, &other.organization, PROJECT, Kind::Forbidden),
                (&at.token(&["org:read"]), &at.organization, PROJECT, Kind::Forbidden),
                (&expired, &at.organization, PROJECT, Kind::Unauthorized),
                (&at.server.unique(), &at.organization, PROJECT, Kind::Unauthorized),
            ];
            for (token, organization, project, kind) in cases {
                fails(ask(at, token, async |api| api.project(organization, project).await), &kind);
            }
        },
    ),
    fact(
        "lists-of-projects",
        "`projects` lists by project:read, and by org:read where that is all there is; `organization_projects` needs org:read, and shows a person every team's.",
        SOURCE,
        "`sentry-binding`, `audit-keys`",
        |at| {
            at.add_project("checkout");
            let slugs = |projects: Result<Vec<Project>, Error>| -> BTreeSet<String> {
                projects.unwrap().into_iter().map(|project| project.slug).collect()
            };
            let both = BTreeSet::from([PROJECT, "checkout"].map(str::to_owned));
            for scope in ["project:read", "org:read"] {
                let listed = ask(at, &at.token(&[scope]), async |api| api.projects(&at.organization).await);
                assert_eq!(slugs(listed), both, "{scope}");
            }
            let person = at.token_of(&["org:read", "project:read"], Holder::Owner);
            let (own, all) = ask(at, &person, async |api| {
                (api.projects(&at.organization).await, api.organization_projects(&at.organization).await)
            });
            assert_eq!((slugs(own), slugs(all)), (BTreeSet::new(), both));
            let refused =
                ask(at, &at.token(&["project:read"]), async |api| api.organization_projects(&at.organization).await);
            fails(refused, &Kind::Forbidden);
        },
    ),
    fact(
        "who-a-token-is",
        "`identity` shows the scopes, tells a person from an integration, and knows nobody behind an organization token.",
        SOURCE,
        "all functions",
        |at| {
            let of =
                |holder| ask(at, &at.token_of(&["project:write"], holder), async |api| api.identity().await.unwrap());
            let scopes = |expected: &[&str]| expected.iter().map(|&scope| scope.to_owned()).collect::<BTreeSet<_>>();
            for (holder, is_person) in [(Holder::Integration, false), (Holder::Owner, true), (Holder::Member, true)] {
                let identity = of(holder);
                let granted =
                    if at.server.is_newer() { &["project:read", "project:write"][..] } else { &["project:write"] };
                assert_eq!(identity.scopes, scopes(granted), "{holder:?}");
                assert_eq!(identity.user.map(|user| user.is_person), Some(is_person), "{holder:?}");
            }
            let organization = of(Holder::Organization);
            assert_eq!((organization.scopes, organization.user), (scopes(&["org:ci"]), None));
            fails(ask(at, &at.server.unique(), async |api| api.identity().await), &Kind::Unauthorized);
        },
    ),
    fact(
        "the-dsn-question-by-the-client",
        "`ask_dsn` says alive of an active key, dead of a disabled, a deleted and an unknown one, and knows nothing of another project's.",
        SOURCE,
        "the proof of a death",
        |at| {
            let other = at.elsewhere();
            let theirs = text(&other.keys(&other.admin())[0]["dsn"], "public").parse().unwrap();
            with_project(at, async |api, project| {
                let key = api.create_key(project, &new_key("x")).await.unwrap();
                let dsn = key.dsn.clone().unwrap();
                assert_eq!(api.ask_dsn(project, &dsn).await.unwrap(), Answer::Alive);
                assert_eq!(api.ask_dsn(project, &theirs).await.unwrap(), Answer::Unknown);
                let off = KeyUpdate { is_active: false, ..KeyUpdate::of(&key) };
                api.update_key(project, &key.id, &off).await.unwrap();
                assert_eq!(api.ask_dsn(project, &dsn).await.unwrap(), Answer::Dead);
                api.delete_key(project, &key.id).await.unwrap();
                assert_eq!(api.ask_dsn(project, &dsn).await.unwrap(), Answer::Dead);
            });
        },
    ),
    fact(
        "the-probe-by-the-client",
        "`probe` is accepted for an active key, and refused for now for a disabled one once ingestion has learned of it.",
        SOURCE,
        "`testSecret`, the proof by refusals",
        |at| {
            with_project(at, async |api, project| {
                let key = api.create_key(project, &new_key("x")).await.unwrap();
                let dsn = key.dsn.clone().unwrap();
                assert_eq!(api.probe(&dsn).await.unwrap(), Probe::Accepted);
                let off = KeyUpdate { is_active: false, ..KeyUpdate::of(&key) };
                api.update_key(project, &key.id, &off).await.unwrap();
                let mut last = Probe::Inconclusive;
                for _ in 0..3 {
                    last = api.probe(&dsn).await.unwrap();
                }
                assert_eq!(last, Probe::RefusedForNow);
            });
        },
    ),
    fact(
        "statistics-without-an-event-store",
        "`key_stats` is rejected where the server has no event store, and finds no key that never was.",
        SOURCE,
        "`retire-keys`: unknown is not quiet",
        |at| {
            let until = Timestamp::from_second(1_700_000_000).unwrap();
            let since = Timestamp::from_second(1_699_900_000).unwrap();
            with_project(at, async |api, project| {
                let key = api.newest_keys(project).await.unwrap().remove(0).id;
                let stats = api.key_stats(project, &key, since, until, Resolution::Day).await;
                fails(stats, &Kind::Rejected);
                let absent = at.server.unique();
                fails(api.key_stats(project, &absent, since, until, Resolution::Day).await, &Kind::NotFound);
            });
        },
    )
    .only(Holds::Observed),
    fact(
        "the-organizations-list-of-keys",
        "`organization_keys` gives every key of the projects that are asked for where the server has such a list, and nothing where it has none.",
        SOURCE,
        "`audit-keys`",
        |at| {
            let checkout = at.add_project("checkout");
            let listed = with_project(at, async |api, project| {
                api.organization_keys(&project.organization, &[at.project_id, checkout]).await.unwrap()
            });
            let projects = listed.map(|keys| keys.iter().map(|key| key.project_id).collect::<BTreeSet<_>>());
            let expected = at.server.is_newer().then(|| BTreeSet::from([at.project_id, checkout]));
            assert_eq!(projects, expected);
        },
    ),
    fact(
        "integrations-and-tokens-by-the-client",
        "`integrations`, `installations` and `organization_tokens` read what a person with org:read is shown.",
        SOURCE,
        "`audit-keys`",
        |at| {
            let (slug, _) = at.server.control.integration(&at.organization, "watcher", &["event:read", "team:read"]);
            let token = at.token_of(&[], Holder::Organization);
            ask(at, &at.token_of(&["org:read"], Holder::Owner), async |api| {
                let organization = api.organization(&at.organization).await.unwrap();
                let integrations = api.integrations(&organization).await.unwrap();
                let watcher = integrations.iter().find(|one| one.slug == slug).unwrap();
                assert_eq!(watcher.scopes, ["event:read", "team:read"].map(str::to_owned).into());
                assert_eq!(watcher.status, "internal");
                let installed = api.installations(&organization).await.unwrap();
                assert!(installed.iter().any(|one| one.app == slug && one.status == "installed"), "{installed:?}");
                let tokens = api.organization_tokens(&organization).await.unwrap();
                assert_eq!(
                    tokens.iter().map(|one| one.scopes.clone()).collect::<Vec<_>>(),
                    [["org:ci".to_owned()].into()]
                );
                assert!(!format!("{tokens:?}").contains(&token));
            });
        },
    )
    .only(Holds::Observed),
    fact(
        "the-audit-log-by-the-client",
        "`audit_log` tells who made, changed and removed which key.",
        SOURCE,
        "`audit-keys`",
        |at| {
            let admin = at.admin();
            let key = text(&at.create(&admin, &json!({"name": "x"})), "id");
            at.put(&admin, &at.key_path(&key), &json!({"name": "y"})).is(200);
            at.delete(&admin, &at.key_path(&key)).is(204);
            ask(at, &at.token(&["org:write"]), async |api| {
                let organization = api.organization(&at.organization).await.unwrap();
                for event in ["projectkey.create", "projectkey.edit", "projectkey.remove"] {
                    let log = api.audit_log(&organization, event, Timestamp::UNIX_EPOCH, 5).await.unwrap();
                    let entry = log.entries.iter().find(|entry| entry.key_id.as_ref() == Some(&key));
                    assert!(log.complete && entry.is_some_and(|entry| entry.actor.is_some()), "{event}: {log:?}");
                }
            });
            fails(
                ask(at, &at.token(&["org:read"]), async |api| {
                    let organization = api.organization(&at.organization).await.unwrap();
                    api.audit_log(&organization, "projectkey.edit", Timestamp::UNIX_EPOCH, 1).await
                }),
                &Kind::Forbidden,
            );
        },
    ),
    fact(
        "allowed-domains-by-the-client",
        "`allowed_domains` of a new project is any.",
        SOURCE,
        "`audit-keys`: `OPEN_DOMAINS`",
        |at| {
            let domains = with_project(at, async |api, project| api.allowed_domains(project).await.unwrap());
            assert_eq!(domains, ["*"]);
        },
    ),
];
