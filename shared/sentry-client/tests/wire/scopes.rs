//! Which token may ask what: the client against a Sentry that judges tokens, in both versions.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sentry_client::{Api, AuthToken, Error, Kind, Organization, Project};
use testkit::http::Server;
use testkit::sentry::{Flavor, Sentry, TokenKind};
use tokio::time::Instant;

use crate::script::client;

const MARK: &str = "QzLeak7x";

/// The questions of an audit, in the order of the columns below.
const QUESTIONS: [&str; 7] = ["organization", "domains", "keys", "integrations", "installations", "tokens", "log"];

/// What each question is answered, and that no answer holds a secret.
async fn answers(api: &Api<'_>, project: &Project) -> Vec<&'static str> {
    fn told<T: Debug>(result: Result<T, Error>) -> &'static str {
        assert!(!format!("{result:?}").contains(MARK), "an answer holds a secret");
        match result {
            Ok(_) => "yes",
            Err(error) if *error.kind() == Kind::Forbidden => "403",
            Err(error) if *error.kind() == Kind::NotFound => "404",
            Err(error) => panic!("{error}"),
        }
    }
    let acme = &project.organization;
    vec![
        told(api.organization("acme").await),
        told(api.allowed_domains(project).await),
        match api.organization_keys(acme, &[project.id]).await {
            Ok(None) => "none",
            keys => told(keys),
        },
        told(api.integrations(acme).await),
        told(api.installations(acme).await),
        told(api.organization_tokens(acme).await),
        told(api.audit_log(acme, "projectkey.create", Timestamp::UNIX_EPOCH, 9).await),
    ]
}

#[tokio::test]
async fn every_question_needs_what_sentry_says_it_needs() {
    use TokenKind::{Integration, Organization as Org, Person};
    type Row = (Flavor, TokenKind, &'static [&'static str], [&'static str; 7]);
    #[rustfmt::skip]
    let table: [Row; 14] = [
        (Flavor::V23_7_1, Integration, &["org:read"],     ["yes", "403", "none", "yes", "404", "yes", "403"]),
        (Flavor::V23_7_1, Integration, &["project:read"], ["403", "yes", "none", "403", "403", "403", "403"]),
        (Flavor::V23_7_1, Integration, &["org:write"],    ["yes", "403", "none", "yes", "404", "yes", "yes"]),
        (Flavor::V23_7_1, Integration, &["org:admin"],    ["yes", "403", "none", "yes", "404", "yes", "403"]),
        (Flavor::V23_7_1, Person, &["org:read"],          ["yes", "403", "none", "yes", "yes", "yes", "403"]),
        (Flavor::V23_7_1, Person, &["org:integrations"],  ["403", "403", "none", "403", "yes", "403", "403"]),
        (Flavor::V23_7_1, Org, &["org:ci"],               ["403", "403", "none", "403", "403", "403", "403"]),
        (Flavor::V2026, Integration, &["org:read"],       ["yes", "403", "yes", "yes", "404", "403", "403"]),
        (Flavor::V2026, Integration, &["project:admin"],  ["403", "yes", "403", "403", "403", "403", "403"]),
        (Flavor::V2026, Integration, &["org:write"],      ["yes", "403", "yes", "yes", "404", "403", "yes"]),
        (Flavor::V2026, Integration, &["org:admin"],      ["yes", "403", "yes", "yes", "404", "403", "yes"]),
        (Flavor::V2026, Person, &["org:read"],            ["yes", "403", "yes", "yes", "yes", "403", "403"]),
        (Flavor::V2026, Person, &["org:integrations"],    ["403", "403", "403", "403", "yes", "403", "403"]),
        (Flavor::V2026, Org, &["org:ci"],                 ["403", "403", "403", "403", "403", "403", "403"]),
    ];
    let sentry = Sentry::new();
    let id = sentry.add_organization("acme");
    let project = sentry.add_project("acme", "shop");
    sentry.add_key("acme", "shop", "second");
    sentry.plant_secret(MARK);
    let server = Server::start(Arc::clone(&sentry)).unwrap();
    let client = client(&server.url());
    let project = Project::remembered(project, "shop", Organization { id, slug: "acme".to_owned() }).unwrap();
    for (flavor, kind, scopes, expected) in table {
        sentry.set_flavor(flavor);
        let token = AuthToken::new(sentry.add_token_of("acme", scopes, kind).into());
        let api = client.api(&token, Instant::now() + Duration::from_secs(60));
        assert_eq!(answers(&api, &project).await, expected, "{flavor:?} {kind:?} {scopes:?}: {QUESTIONS:?}");
    }
}

#[tokio::test]
async fn what_the_stand_in_tells_is_read_whole() {
    let sentry = Sentry::new();
    let id = sentry.add_organization("acme");
    let acme = Organization { id, slug: "acme".to_owned() };
    sentry.add_integration("acme", "deployer", &["project:write"]);
    sentry.add_organization_token("acme", "ci");
    let shop = sentry.add_project("acme", "shop");
    let blog = sentry.add_project("acme", "blog");
    for number in 0..150 {
        sentry.add_key("acme", if number % 3 == 0 { "blog" } else { "shop" }, &format!("key {number}"));
    }
    sentry.plant_secret(MARK);
    let server = Server::start(Arc::clone(&sentry)).unwrap();
    let client = client(&server.url());
    let token = AuthToken::new(sentry.add_token_of("acme", &["org:write"], TokenKind::Person).into());
    let api = client.api(&token, Instant::now() + Duration::from_secs(60));

    let user = api.identity().await.unwrap().user.unwrap();
    assert!(user.is_person && user.name.ends_with("@example.com"));
    let log = api.audit_log(&acme, "projectkey.create", Timestamp::UNIX_EPOCH, 9).await.unwrap();
    assert_eq!((log.entries.len(), log.complete), (150, true));
    assert!(log.entries.iter().all(|entry| entry.key_id.is_some() && entry.actor.as_deref() == Some("Olive Operator")));
    assert_eq!(api.integrations(&acme).await.unwrap()[0].slug, "deployer");
    assert_eq!(api.installations(&acme).await.unwrap()[0].app, "deployer");
    let tokens = api.organization_tokens(&acme).await.unwrap();
    assert_eq!((tokens.len(), tokens[0].name.as_str(), tokens[0].date_last_used.as_deref()), (1, "ci", None));
    assert_eq!(api.organization_keys(&acme, &[shop, blog]).await.unwrap(), None);
    sentry.set_flavor(Flavor::V2026);
    let keys = |found: Option<Vec<sentry_client::ClientKey>>| found.unwrap().len();
    assert_eq!(keys(api.organization_keys(&acme, &[shop, blog]).await.unwrap()), 152);
    assert_eq!(keys(api.organization_keys(&acme, &[blog]).await.unwrap()), 51);
    assert!(!crate::log::written().contains(MARK));
}
