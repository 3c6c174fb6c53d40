//! A client key as the API shows it.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::place::{Place, text};

fn default_key(at: &Place) -> Value {
    at.keys(&at.token(&["project:read"])).remove(0)
}

fn is_hex(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "a-project-has-a-key",
        "A new project has one active key, `Default`, without a limit.",
        "observed 21",
        "the audit's `DEFAULT_SETTINGS`",
        |at| {
            let keys = at.keys(&at.token(&["project:read"]));
            assert_eq!(keys.len(), 1);
            let key = &keys[0];
            assert_eq!(
                (&key["label"], &key["isActive"], &key["rateLimit"]),
                (&json!("Default"), &json!(true), &Value::Null)
            );
        },
    ),
    fact(
        "the-id-is-the-public-half",
        "A key's id is its public half: 32 hexadecimal digits in lower case.",
        "observed 19",
        "the id is read from the DSN",
        |at| {
            let key = default_key(at);
            assert_eq!(key["id"], key["public"]);
            assert!(is_hex(&text(&key, "id")), "{key}");
        },
    ),
    fact(
        "name-and-label-are-one",
        "`name` and `label` say the same.",
        "observed 19",
        "the mark is looked for in `label`",
        |at| {
            let key = at.create(&at.admin(), &json!({"name": "acme/storefront [1d81365/bbeffb7f]"}));
            assert_eq!(
                (&key["name"], &key["label"]),
                (&json!("acme/storefront [1d81365/bbeffb7f]"), &json!("acme/storefront [1d81365/bbeffb7f]"))
            );
        },
    ),
    fact(
        "the-project-id-is-a-number",
        "`projectId` is a JSON number, that of the project.",
        "observed 19",
        "the project of a new key is compared",
        |at| {
            assert_eq!(default_key(at)["projectId"], json!(at.project_id));
        },
    ),
    fact(
        "the-public-dsn",
        "`dsn.public` is the ingestion endpoint with the id before it and the project after it.",
        "observed 19",
        "what is stored in the secret",
        |at| {
            let key = default_key(at);
            let (scheme, host) = at.server.ingestion.split_once("://").unwrap();
            assert_eq!(
                text(&key["dsn"], "public"),
                format!("{scheme}://{}@{host}/{}", text(&key, "id"), at.project_id)
            );
        },
    ),
    fact(
        "the-secret-dsn",
        "`dsn.secret` has the secret half after the id, and a token that may only read sees both.",
        "observed 20",
        "secrets never leave the client's redacting type",
        |at| {
            let key = default_key(at);
            let (scheme, host) = at.server.ingestion.split_once("://").unwrap();
            let (id, secret) = (text(&key, "id"), text(&key, "secret"));
            assert!(is_hex(&secret), "{}", secret.len());
            assert_eq!(text(&key["dsn"], "secret"), format!("{scheme}://{id}:{secret}@{host}/{}", at.project_id));
        },
    ),
    fact(
        "the-other-urls",
        "The other members of `dsn` carry the id as a parameter or a segment.",
        "observed 19",
        "none is stored",
        |at| {
            let key = default_key(at);
            let id = text(&key, "id");
            for (member, end) in [
                ("csp", format!("/csp-report/?sentry_key={id}")),
                ("security", format!("/security/?sentry_key={id}")),
                ("minidump", format!("/minidump/?sentry_key={id}")),
                ("unreal", format!("/unreal/{id}/")),
                ("cdn", format!("/js-sdk-loader/{id}.min.js")),
            ] {
                assert!(text(&key["dsn"], member).ends_with(&end), "{member}: {key}");
            }
        },
    ),
    fact(
        "the-members-of-a-key",
        "Every member that the client reads is there, in a list, alone, and in the answer to a POST.",
        "observed 19",
        "`ClientKey`",
        |at| {
            let token = at.admin();
            let made = at.create(&token, &json!({"name": "x"}));
            let alone = at.key(&token, &text(&made, "id"));
            let listed = at.keys(&token).into_iter().find(|key| key["id"] == made["id"]).unwrap();
            assert_eq!((&made, &alone), (&alone, &listed));
            let mut members: Vec<&str> =
                made.as_object().unwrap().keys().map(String::as_str).filter(|&name| name != "useCase").collect();
            members.sort_unstable();
            assert_eq!(
                members,
                [
                    "browserSdk",
                    "browserSdkVersion",
                    "dateCreated",
                    "dsn",
                    "dynamicSdkLoaderOptions",
                    "id",
                    "isActive",
                    "label",
                    "name",
                    "projectId",
                    "public",
                    "rateLimit",
                    "secret"
                ]
            );
        },
    ),
    fact(
        "the-settings-of-a-new-key",
        "A new key has the version 7.x and the loader options replay and performance.",
        "observed 26; tried on 23.7.1",
        "settings are carried over from the old key",
        |at| {
            let key = at.create(&at.admin(), &json!({"name": "x"}));
            assert_eq!(key["browserSdkVersion"], "7.x");
            let options = &key["dynamicSdkLoaderOptions"];
            assert_eq!(
                (&options["hasReplay"], &options["hasPerformance"], &options["hasDebug"]),
                (&json!(true), &json!(true), &json!(false))
            );
        },
    ),
    fact("the-date-of-a-key", "`dateCreated` is an RFC 3339 time in UTC.", "observed 19", "the age of a key", |at| {
        let date = text(&default_key(at), "dateCreated");
        assert!(date.parse::<jiff::Timestamp>().is_ok() && date.ends_with('Z'), "{date}");
    }),
    fact(
        "later-keys-have-later-dates",
        "A key that was made later has a later `dateCreated`.",
        "tried on 23.7.1",
        "the oldest of several attempts is adopted",
        |at| {
            let token = at.admin();
            let mut dates = Vec::new();
            for number in 0..3 {
                dates.push(
                    text(&at.create(&token, &json!({"name": number})), "dateCreated")
                        .parse::<jiff::Timestamp>()
                        .unwrap(),
                );
            }
            assert!(dates.is_sorted_by(|one, next| one < next), "{dates:?}");
        },
    ),
    fact(
        "nobody-sees-when-a-key-was-used",
        "A key says neither when it was last used nor who made it.",
        "observed 19",
        "use is observed by statistics and refusals alone",
        |at| {
            let key = default_key(at);
            for member in ["lastUsed", "dateLastUsed", "createdBy", "creator"] {
                assert_eq!(key.get(member), None, "{key}");
            }
        },
    ),
];
