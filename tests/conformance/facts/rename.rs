//! Projects that are renamed or deleted.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::place::{PROJECT, text};
use crate::servers::Holder;

pub(super) const FACTS: &[Fact] = &[
    fact(
        "an-old-slug-is-302-for-every-method",
        "The old slug of a renamed project is answered 302 with the new path, for every method, and nothing is done.",
        "observed 31",
        "writes follow no redirect; the new slug is looked up",
        |at| {
            let token = at.admin();
            let key = text(&at.keys(&token)[0], "id");
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            let (old, new) = (at.keys_path(), at.keys_path().replace(PROJECT, "shop"));
            for (method, rest) in [
                ("GET", String::new()),
                ("POST", String::new()),
                ("GET", format!("{key}/")),
                ("PUT", format!("{key}/")),
                ("DELETE", format!("{key}/")),
            ] {
                let answer = at
                    .send(method, &format!("{old}{rest}"), |request| {
                        request.bearer_auth(&token).json(&json!({"name": "lost"}))
                    })
                    .is(302);
                assert_eq!(answer.header("location"), Some(format!("{new}{rest}").as_str()), "{method}");
            }
            let keys = at.get(&token, &new).is(200).list();
            assert_eq!((keys.len(), &keys[0]["label"]), (1, &json!("Default")));
        },
    ),
    fact(
        "a-redirect-names-the-new-slug",
        "The body of the 302 names the new slug, in a `detail` that is an object.",
        "observed 31",
        "`Kind::Moved` carries the slug",
        |at| {
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            let path = at.keys_path();
            at.get(&at.admin(), &path).says(
                302,
                &json!({
                    "slug": "shop",
                    "detail": {
                        "code": "resource-moved",
                        "message": "Resource has been moved",
                        "extra": {"url": path.replace(PROJECT, "shop"), "slug": "shop"},
                    },
                }),
            );
        },
    ),
    fact(
        "a-redirect-keeps-the-query",
        "The `Location` of the 302 keeps the query.",
        "tried on 23.7.1",
        "none: the client looks the project up again",
        |at| {
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            let path = format!("{}?per_page=5", at.keys_path());
            let answer = at.get(&at.admin(), &path).is(302);
            assert_eq!(answer.header("location"), Some(path.replace(PROJECT, "shop").as_str()));
        },
    ),
    fact(
        "an-old-slug-of-a-foreigner-is-refused",
        "The old slug tells a foreigner nothing: 403 before any redirect.",
        "sentry-api section 7; tried on 23.7.1",
        "`Rotation.ProjectForbidden` is named, not a new slug",
        |at| {
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            at.get(&at.elsewhere().admin(), &at.keys_path()).is(403);
        },
    ),
    fact(
        "an-old-slug-needs-a-scope",
        "The old slug is answered 403 where the scope is missing.",
        "observed 31; tried on 23.7.1",
        "`Rotation.ScopeMissing` comes first",
        |at| {
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            at.get(&at.token(&["event:read"]), &at.keys_path()).is(403);
        },
    ),
    fact(
        "a-renamed-project-keeps-its-id-and-keys",
        "A rename changes neither the project's id nor its keys nor their DSNs.",
        "observed 31; tried on 23.7.1",
        "the DSN's project id is what a secret is bound by",
        |at| {
            let token = at.admin();
            let before = at.keys(&token);
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            let after = at.get(&token, &at.keys_path().replace(PROJECT, "shop")).is(200).list();
            assert_eq!(after, before);
            let project = at.get(&token, &at.project_path("").replace(PROJECT, "shop")).is(200).json();
            assert_eq!(text(&project, "id"), at.project_id.to_string());
        },
    ),
    fact(
        "the-question-at-an-old-slug-is-302",
        "The DSN question about the old slug is answered 302 as well: unknown, not dead.",
        "observed 31; tried on 23.7.1",
        "`ask_dsn` asks again at the new slug",
        |at| {
            let dsn = text(&at.keys(&at.admin())[0]["dsn"], "public");
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            at.ask(&dsn).is(302);
            at.ask_at(&dsn, &at.project_path("user-feedback/").replace(PROJECT, "shop")).is(400);
        },
    ),
    fact(
        "a-new-project-takes-an-old-slug-over",
        "A new project with the old slug of another takes it over: no redirect any more.",
        "tried on 23.7.1",
        "the project's id is compared, never the slug alone",
        |at| {
            let token = at.admin();
            let before = text(&at.keys(&token)[0], "id");
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            at.add_project(PROJECT);
            let now = at.keys(&token);
            assert_eq!(now.len(), 1);
            assert_ne!(text(&now[0], "id"), before);
        },
    ),
    fact(
        "a-deleted-project-is-gone",
        "A deleted project is answered 404 under its slug, and is listed no more.",
        "observed A8; tried on 23.7.1",
        "the audit's `PROJECT_NOT_FOUND`",
        |at| {
            let token = at.admin();
            at.add_project("other");
            at.server.control.delete_project(&at.organization, PROJECT);
            at.get(&token, &at.keys_path()).is(404);
            at.get(&token, &at.project_path("")).is(404);
            let slugs: Vec<String> = at
                .get(&token, &at.organization_path("projects/"))
                .is(200)
                .list()
                .iter()
                .map(|project| text(project, "slug"))
                .collect();
            assert_eq!(slugs, ["other"]);
        },
    ),
    fact(
        "a-project-in-deletion-is-listed-under-another-slug",
        "The caller's own list still shows an integration a deleted project, until the deletion is done: `deleted` by its status, and under a slug of 32 digits that leads nowhere.",
        "tried on 23.7.1",
        "`projects` leaves it out: the audit would call it a project without a managed key",
        |at| {
            at.add_project("other");
            at.server.control.delete_project(&at.organization, PROJECT);
            let token = at.admin();
            let listed = at.get(&token, "/api/0/projects/").is(200).list();
            let seen: Vec<(String, String)> =
                listed.iter().map(|project| (text(project, "id"), text(project, "status"))).collect();
            assert!(seen.contains(&(at.project_id.to_string(), "deleted".to_owned())), "{seen:?}");
            let deleted = listed.iter().find(|project| project["status"] == "deleted").unwrap();
            let slug = text(deleted, "slug");
            assert!(slug.len() == 32 && slug.bytes().all(|byte| byte.is_ascii_hexdigit()), "{slug}");
            at.get(&token, &format!("/api/0/projects/{}/{slug}/", at.organization)).is(404);
            assert!(at.get(&at.token_of(&["project:read"], Holder::Owner), "/api/0/projects/").list().is_empty());
        },
    ),
    fact(
        "the-old-slug-of-a-deleted-project-is-403",
        "The old slug of a project that was renamed and then deleted is answered 403.",
        "observed 31",
        "a 403 is not taken for a missing right alone",
        |at| {
            let token = at.admin();
            at.server.control.rename_project(&at.organization, PROJECT, "shop");
            at.server.control.delete_project(&at.organization, "shop");
            at.get(&token, &at.keys_path()).is(403);
            at.get(&token, &at.keys_path().replace(PROJECT, "shop")).is(404);
        },
    ),
    fact(
        "the-keys-of-a-project-in-deletion-are-known",
        "The keys of a deleted project are still known to the DSN question until the deletion is done: asked about another project it does not call them dead; asked about their own, which is gone, it answers 404.",
        "tried on 23.7.1",
        "`Answer::Unknown`: such a key is not proven dead",
        |at| {
            let dsn = text(&at.keys(&at.admin())[0]["dsn"], "public");
            at.add_project("other");
            at.server.control.delete_project(&at.organization, PROJECT);
            let answer = at.ask_at(&dsn, &at.project_path("user-feedback/").replace(PROJECT, "other"));
            answer.says_nothing(if at.server.is_newer() { 401 } else { 400 });
            at.ask(&dsn).is(404);
        },
    ),
];
