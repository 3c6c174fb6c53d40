//! The schema of the policy file beside the parser: it knows the same members, takes what the parser takes, and refuses what
//! it can.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use toml_span::value::ValueInner;

use super::built_in::with_examples;
use crate::{BUILT_IN, Policy, json_schema};

fn to_json(value: &toml_span::Value<'_>) -> Value {
    match value.as_ref() {
        ValueInner::String(text) => json!(text),
        ValueInner::Integer(number) => json!(number),
        ValueInner::Float(number) => json!(number),
        ValueInner::Boolean(truth) => json!(truth),
        ValueInner::Array(items) => items.iter().map(to_json).collect(),
        ValueInner::Table(table) => {
            Value::Object(table.iter().map(|(key, value)| (key.name.to_string(), to_json(value))).collect())
        }
    }
}

fn document(text: &str) -> Value {
    to_json(&toml_span::parse(text).unwrap())
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&json_schema()).unwrap()
}

#[test]
fn the_schema_is_one_and_closed_everywhere() {
    jsonschema::draft202012::meta::validate(&json_schema()).unwrap();
    let mut open = vec![("".to_owned(), json_schema())];
    let mut tables = 0;
    while let Some((path, schema)) = open.pop() {
        if let Some(members) = schema.get("properties").filter(|_| schema.get("type") == Some(&json!("object"))) {
            tables += 1;
            assert_eq!(schema.get("additionalProperties"), Some(&json!(false)), "{path}");
            for (name, member) in members.as_object().unwrap() {
                let description = member.get("description").and_then(Value::as_str).unwrap_or_default();
                assert!(description.ends_with('.'), "{path}.{name} has no description");
            }
        }
        if let Some(members) = schema.as_object() {
            open.extend(members.iter().map(|(name, member)| (format!("{path}.{name}"), member.clone())));
        }
    }
    // the root, defaults, use cases, rate limits in both, and the six small tables
    assert_eq!(tables, 11);
}

/// What the parser knows in each table, by asking it.
fn known_to_the_parser() -> BTreeMap<&'static str, BTreeSet<String>> {
    let use_case = "[use_case.x]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n";
    let tables = [
        ("", String::new()),
        ("defaults", "[defaults]\n".to_owned()),
        ("use_case", use_case.to_owned()),
        ("rate_limit", format!("{use_case}[use_case.x.rate_limit]\ncount = 1\nwindow = 1\n")),
        ("orphan", "[orphan]\n".to_owned()),
        ("proof", "[proof]\n".to_owned()),
        ("review", "[review]\n".to_owned()),
        ("binding", "[[binding]]\n".to_owned()),
        ("consent", "[[consent]]\n".to_owned()),
        ("exception", "[[exception]]\n".to_owned()),
    ];
    let known = |table: &str| {
        let errors = Policy::parse(&format!("version = 1\n{table}zzzzzzzzzz = 1\n"), "p.toml").unwrap_err();
        let known =
            errors.errors().iter().find_map(|error| error.message.split_once("known here: ")).unwrap().1.to_owned();
        known.split(", ").map(str::to_owned).collect()
    };
    tables.iter().map(|(name, table)| (*name, known(table))).collect()
}

#[test]
fn the_schema_knows_the_members_that_the_parser_knows_and_no_others() {
    let schema = json_schema();
    for (table, known) in known_to_the_parser() {
        let place = match table {
            "" => "/properties".to_owned(),
            "use_case" => "/properties/use_case/additionalProperties/properties".to_owned(),
            "rate_limit" => "/properties/use_case/additionalProperties/properties/rate_limit/properties".to_owned(),
            "binding" | "consent" | "exception" => format!("/properties/{table}/items/properties"),
            _ => format!("/properties/{table}/properties"),
        };
        let members = schema.pointer(&place).unwrap_or_else(|| panic!("{place}")).as_object().unwrap();
        assert_eq!(members.keys().cloned().collect::<BTreeSet<_>>(), known, "{table}");
    }
}

const CLIENT_KEY: &str = "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n";
const TOKEN: &str = "version = 1\n[use_case.t]\nkind = \"oauth-token\"\n";

#[test]
fn what_the_parser_takes_is_valid() {
    let validator = validator();
    let rows = [
        ("the built-in policy", BUILT_IN.to_owned()),
        ("with its examples", with_examples()),
        ("the least", "version = 1".to_owned()),
        ("empty tables", "version = 1\n[defaults]\n[use_case]\n[orphan]\n[proof]\n[review]".to_owned()),
        ("no scopes, in words", format!("{CLIENT_KEY}scopes = []")),
        ("the other preset of client keys", CLIENT_KEY.replace("store-only", "client-side")),
        ("a duration of every unit", format!("{CLIENT_KEY}grace = \"1d2h3m4s\"\nwarn = \"0s\"")),
        ("a window in seconds", format!("{CLIENT_KEY}rate_limit = {{ count = 4294967295, window = 86400 }}")),
        ("a window as a string", format!("{CLIENT_KEY}rate_limit = {{ count = 1, window = \"1d\" }}")),
        ("a token with a preset", format!("{TOKEN}preset = \"key-deleter\"\nrate_limit_required = false")),
        ("a kind from the defaults", "version = 1\n[defaults]\nkind = \"oauth-token\"\n[use_case.t]".to_owned()),
        (
            "a preset that does not suit a kind is not inherited",
            format!("{TOKEN}[defaults]\npreset = \"sdk-store-only\"\nrate_limit = {{ count = 1, window = 1 }}"),
        ),
        (
            "a consequence from the defaults",
            format!("{CLIENT_KEY}grace_max = \"1d\"\n[defaults]\nat_grace_max = \"keep\""),
        ),
    ];
    for (sentence, text) in rows {
        assert!(Policy::parse(&text, "p.toml").is_ok(), "{sentence}: the parser refuses it");
        let document = document(&text);
        let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{sentence}: {errors:?}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_both() {
    let validator = validator();
    let consent = "version = 1\n[[consent]]\nkey_id = \"0123456789abcdef0123456789abcdef\"\nby = \"b\"\nticket = \"t\"\nuntil = \"2027-12-31\"\n";
    let rows = [
        ("no version", String::new()),
        ("another version", "version = 2".to_owned()),
        ("a version as a string", "version = \"1\"".to_owned()),
        ("another mode", "version = 1\nmode = \"Act\"".to_owned()),
        ("an unknown member", "version = 1\norganisation = \"acme\"".to_owned()),
        ("an empty string", "version = 1\norganization = \" \"".to_owned()),
        ("an unknown member of a small table", "version = 1\n[orphan]\ncolour = 1".to_owned()),
        ("an unknown default", "version = 1\n[defaults]\nname = \"x\"".to_owned()),
        ("a table for a list", "version = 1\n[binding]".to_owned()),
        ("a binding without organization", "version = 1\n[[binding]]\nsecret_prefix = \"a/\"".to_owned()),
        ("an empty prefix", "version = 1\n[[binding]]\nsecret_prefix = \"\"\norganization = \"o\"".to_owned()),
        ("no kind", "version = 1\n[use_case.sdk]".to_owned()),
        ("an unknown kind", "version = 1\n[use_case.sdk]\nkind = \"dsn\"".to_owned()),
        ("a use case without a name", "version = 1\n[use_case.\"\"]\nkind = \"oauth-token\"".to_owned()),
        ("a client key without preset", "version = 1\n[use_case.sdk]\nkind = \"client-key\"".to_owned()),
        ("a client key with a preset of tokens", CLIENT_KEY.replace("sdk-store-only", "ci-release")),
        ("a client key with scopes", format!("{CLIENT_KEY}scopes = [\"event:read\"]")),
        ("a required limit that is not stated", format!("{CLIENT_KEY}rate_limit_required = true")),
        ("a limit of nothing", format!("{CLIENT_KEY}rate_limit = {{ count = 0, window = 1 }}")),
        ("a limit without window", format!("{CLIENT_KEY}rate_limit = {{ count = 1 }}")),
        ("a window that is too long", format!("{CLIENT_KEY}rate_limit = {{ count = 1, window = 86401 }}")),
        ("a third member of a limit", format!("{CLIENT_KEY}rate_limit = {{ count = 1, window = 1, burst = 1 }}")),
        ("a number for a duration", format!("{CLIENT_KEY}grace = 14")),
        ("a duration in words", format!("{CLIENT_KEY}grace = \"14 days\"")),
        ("an empty duration", format!("{CLIENT_KEY}grace = \"\"")),
        ("a negative duration", format!("{CLIENT_KEY}grace = \"-1d\"")),
        ("units in another order", format!("{CLIENT_KEY}grace = \"1h2d\"")),
        ("a grace_max without consequence", format!("{CLIENT_KEY}grace_max = \"2d\"")),
        ("another consequence", format!("{CLIENT_KEY}at_grace_max = \"delete\"")),
        ("delete without quarantine", format!("{CLIENT_KEY}delete = true")),
        ("delete as a string", format!("{CLIENT_KEY}delete = \"true\"")),
        ("an unknown signal", format!("{CLIENT_KEY}signals = [\"crashes\"]")),
        ("no signal", format!("{CLIENT_KEY}signals = []")),
        ("a signal twice", format!("{CLIENT_KEY}signals = [\"errors\", \"errors\"]")),
        ("another exposure", format!("{CLIENT_KEY}exposure = \"desktop\"")),
        ("a token with a preset of client keys", format!("{TOKEN}preset = \"sdk-client-side\"")),
        ("a token with a limit", format!("{TOKEN}rate_limit = {{ count = 1, window = 1 }}")),
        ("a token with a required limit", format!("{TOKEN}rate_limit_required = true")),
        ("a scope that Sentry has not", format!("{TOKEN}scopes = [\"event:reed\"]")),
        ("a consent without date", consent.replace("until = \"2027-12-31\"\n", "")),
        ("a date of another form", consent.replace("2027-12-31", "31.12.2027")),
        ("a key id in upper case", consent.replace("abcdef", "ABCDEF")),
        ("a key id that is too short", consent.replace("abcdef", "abcde")),
        ("no refusal", "version = 1\n[proof]\nrefusals = 0".to_owned()),
        ("a reviewer twice", "version = 1\n[review]\nreviewers = [\"kim\", \"kim\"]".to_owned()),
    ];
    for (sentence, text) in rows {
        assert!(Policy::parse(&text, "p.toml").is_err(), "{sentence}: the parser takes it");
        assert!(!validator.is_valid(&document(&text)), "{sentence}: the schema takes it");
    }
}
