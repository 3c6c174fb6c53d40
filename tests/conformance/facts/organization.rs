//! Organizations, projects, statistics.

use serde_json::{Value, json};

use crate::fact::{Fact, Holds, fact};
use crate::place::text;
use crate::servers::Counts;

fn has_feature(project: &Value) -> bool {
    project["features"].as_array().unwrap().contains(&json!("rate-limits"))
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "an-organization-has-id-and-slug",
        "An organization is shown with its id as a text and its slug.",
        "sentry-api section 5.5; tried on 23.7.1",
        "`organization`",
        |at| {
            let shown = at.get(&at.token(&["org:read"]), &at.organization_path("")).is(200).json();
            assert_eq!(text(&shown, "slug"), at.organization);
            assert!(text(&shown, "id").parse::<u64>().is_ok(), "{shown}");
        },
    ),
    fact(
        "a-project-has-id-and-slug",
        "A project is shown with its id as a text, though a key shows it as a number.",
        "observed 19",
        "`Project`",
        |at| {
            let token = at.admin();
            for project in [
                at.get(&token, &at.project_path("")).is(200).json(),
                at.get(&token, &at.organization_path("projects/")).is(200).list().remove(0),
                at.get(&token, "/api/0/projects/").is(200).list().remove(0),
            ] {
                assert_eq!(
                    (text(&project, "id"), text(&project, "slug")),
                    (at.project_id.to_string(), "storefront".to_owned())
                );
            }
        },
    ),
    fact(
        "an-integration-sees-its-projects",
        "An integration with project:read alone lists the projects of its organization, each with the organization's slug.",
        "observed 18 and 39",
        "rotation finds its project without org:read",
        |at| {
            let other = at.elsewhere();
            let projects = at.get(&at.token(&["project:read"]), "/api/0/projects/").is(200).list();
            assert_eq!(projects.len(), 1);
            assert_eq!(text(&projects[0]["organization"], "slug"), at.organization);
            assert_ne!(at.organization, other.organization);
        },
    ),
    fact(
        "the-project-of-a-project-names-its-organization",
        "A project that is asked for alone names its organization.",
        "tried on 23.7.1",
        "`project`: both names are compared",
        |at| {
            let project = at.get(&at.admin(), &at.project_path("")).is(200).json();
            assert_eq!(text(&project["organization"], "slug"), at.organization);
        },
    ),
    fact(
        "a-person-outside-the-teams-lists-no-own-projects",
        "A person who is in no team lists no projects of the own.",
        "observed; tried on 23.7.1",
        "a falsely empty list does not make projects gone",
        |at| {
            let token = at.token_of(&["project:read", "org:read"], crate::servers::Holder::Owner);
            assert_eq!(at.get(&token, "/api/0/projects/").is(200).list().len(), 0);
            at.get(&token, &at.project_path("")).is(200);
        },
    ),
    fact(
        "features-say-whether-limits-are-offered",
        "A project's `features` have `rate-limits` where the plan has them, and only there.",
        "observed 53",
        "`offers_rate_limits`",
        |at| {
            let project = at.get(&at.admin(), &at.project_path("")).is(200).json();
            assert!(has_feature(&project), "{}", project["features"]);
            let free = at.without_rate_limits();
            let project = free.get(&free.admin(), &free.project_path("")).is(200).json();
            assert!(!has_feature(&project), "{}", project["features"]);
        },
    ),
    fact(
        "own-projects-say-whether-limits-are-offered",
        "The list of the caller's projects has the same `features`.",
        "observed 53",
        "rotation reads them there",
        |at| {
            let token = at.token(&["project:read"]);
            assert!(has_feature(&at.get(&token, "/api/0/projects/").is(200).list()[0]));
            let free = at.without_rate_limits();
            assert!(!has_feature(&free.get(&free.token(&["project:read"]), "/api/0/projects/").is(200).list()[0]));
        },
    ),
    fact(
        "all-domains-are-allowed-at-first",
        "A project's `allowedDomains` are `[\"*\"]` at first, and are shown with project:read.",
        "observed 55",
        "the audit's `OPEN_DOMAINS`",
        |at| {
            let project = at.get(&at.token(&["project:read"]), &at.project_path("")).is(200).json();
            assert_eq!(project["allowedDomains"], json!(["*"]));
        },
    ),
    fact(
        "lists-do-not-show-domains",
        "`allowedDomains` are not in the lists of projects.",
        "tried on 23.7.1",
        "the audit asks for each project",
        |at| {
            let token = at.admin();
            assert_eq!(
                at.get(&token, &at.organization_path("projects/")).is(200).list()[0].get("allowedDomains"),
                None
            );
        },
    ),
    fact(
        "statistics-without-a-store-are-400",
        "Without its event store a server answers a key's statistics 400, `Invalid request data`.",
        "observed 33",
        "statistics that cannot be had are unknown, not zero",
        |at| {
            let token = at.admin();
            let key = text(&at.keys(&token)[0], "id");
            for query in ["", "?since=1795402800&until=1795489200&resolution=1d"] {
                at.get(&token, &format!("{}stats/{query}", at.key_path(&key))).refuses(400, "Invalid request data");
            }
        },
    )
    .only(Holds::Observed),
    fact(
        "statistics-of-an-unknown-key-are-404",
        "The statistics of a key that does not exist are answered 404.",
        "sentry-api section 1.7; tried on 23.7.1",
        "a key that went meanwhile",
        |at| {
            at.get(&at.admin(), &format!("{}stats/", at.key_path(&"0".repeat(32)))).is(404);
        },
    ),
    fact(
        "lists-hold-what-the-database-holds",
        "The lists of projects, keys and integrations hold as many as the database counts, on any page.",
        "tried on 23.7.1, with the server's own database",
        "the counts of an audit",
        |at| {
            let token = at.admin();
            for slug in ["apple", "berry"] {
                at.add_project(slug);
            }
            let off = text(&at.create(&token, &json!({"name": "off"})), "id");
            at.put(&token, &at.key_path(&off), &json!({"isActive": false})).is(200);
            at.server.control.integration(&at.organization, "watcher", &["event:read"]);
            at.token_of(&[], crate::servers::Holder::Organization);
            let projects = at.get(&token, &at.organization_path("projects/")).is(200).list();
            let keys: Vec<Value> = projects
                .iter()
                .flat_map(|project| {
                    at.get(&token, &at.keys_path().replace("storefront", &text(project, "slug"))).is(200).list()
                })
                .collect();
            let listed = Counts {
                projects: projects.len(),
                keys: keys.len(),
                active_keys: keys.iter().filter(|key| key["isActive"] == true).count(),
                integrations: at.get(&token, &at.organization_path("sentry-apps/")).is(200).list().len(),
                organization_tokens: 1,
            };
            let known = Counts { projects: 3, keys: 4, active_keys: 3, integrations: 2, organization_tokens: 1 };
            assert_eq!((listed, at.server.control.counts(&at.organization).unwrap_or(known)), (known, known));
        },
    ),
];
