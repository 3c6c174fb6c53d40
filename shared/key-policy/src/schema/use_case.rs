//! Use cases and their defaults.

use serde_json::{Value, json};

use super::parts::{closed, duration, switch, text, whole_number, word_of};
use super::{count, described};
use crate::preset::Preset;
use crate::scope::SCOPES;
use crate::use_case::{AtGraceMax, Exposure, Kind, Signal};

/// `[defaults]`: the members of a use case, and which one a secret without a tag has.
pub(super) fn defaults() -> Value {
    let mut members =
        vec![("use_case", text("The use case of a secret without the tag sentry:use-case; sdk by default."))];
    members.extend(self::members());
    closed(&members, &[], "What every use case has unless it says otherwise.")
}

/// `[use_case.NAME]`, complete by itself or by `[defaults]`.
pub(super) fn all() -> Value {
    let mut use_case = closed(&members(), &[], "What a key is for, and the life that it leads.");
    if let Some(use_case) = use_case.as_object_mut() {
        use_case.insert("allOf".to_owned(), json!([client_keys(), tokens()]));
    }
    described(named(&use_case), "One table for each use case; a secret names its own with the tag sentry:use-case.")
}

/// What a use case must say where there is no `[defaults]`.
pub(super) fn without_defaults() -> Value {
    named(&json!({
        "required": ["kind"],
        "dependentRequired": { "grace_max": ["at_grace_max"] },
        "allOf": [
            { "if": is_client_key(), "then": { "required": ["preset"] } },
            { "if": is_true("delete"), "then": { "required": ["quarantine"] } },
            { "if": is_true("rate_limit_required"), "then": { "required": ["rate_limit"] } },
        ],
    }))
}

fn named(use_case: &Value) -> Value {
    json!({ "type": "object", "propertyNames": { "pattern": "\\S" }, "additionalProperties": use_case })
}

fn is_true(member: &str) -> Value {
    json!({ "required": [member], "properties": { member: { "const": true } } })
}

fn is_client_key() -> Value {
    json!({ "required": ["kind"], "properties": { "kind": { "const": Kind::ClientKey.word() } } })
}

/// The presets that suit client keys, or those that do not.
fn presets(for_client_keys: bool) -> Value {
    let suits = |preset: &&Preset| preset.suits(Kind::ClientKey) == for_client_keys;
    json!({ "enum": Preset::ALL.iter().filter(suits).map(|preset| preset.word()).collect::<Vec<_>>() })
}

fn client_keys() -> Value {
    json!({ "if": is_client_key(), "then": { "properties": { "preset": presets(true), "scopes": { "maxItems": 0 } } } })
}

fn tokens() -> Value {
    let is_token =
        json!({ "required": ["kind"], "properties": { "kind": { "not": { "const": Kind::ClientKey.word() } } } });
    let then = json!({ "preset": presets(false), "rate_limit": false, "rate_limit_required": { "const": false } });
    json!({ "if": is_token, "then": { "properties": then } })
}

fn rate_limit() -> Value {
    let window = json!({ "anyOf": [whole_number(86_400), duration("The window.")] });
    let members = [
        ("count", count(u32::MAX, "Events in each window.")),
        ("window", described(window, "1s to 1d: a duration such as 60s, or seconds as an integer.")),
    ];
    closed(&members, &["count", "window"], "What a first client key is born with, in place of the preset's limit.")
}

fn members() -> Vec<(&'static str, Value)> {
    let scopes = json!({ "type": "array", "uniqueItems": true, "items": { "enum": SCOPES } });
    let signals = json!({ "type": "array", "uniqueItems": true, "minItems": 1, "items": word_of::<Signal>() });
    vec![
        ("kind", described(word_of::<Kind>(), "What sort of key it is, in Sentry's words.")),
        (
            "preset",
            described(word_of::<Preset>(), "What it is for; sdk-store-only or sdk-client-side for a client key."),
        ),
        ("scopes", described(scopes, "What a token may carry, in place of the preset's scopes.")),
        ("owner", text("The team that answers for it.")),
        ("contact", text("How to reach that team.")),
        ("interval", duration("A key that is older is overdue.")),
        ("rationale", text("Why that interval.")),
        ("warn", duration("How long before it is due that is announced.")),
        ("grace", duration("How long a superseded key stays enabled at least; without it, for ever.")),
        ("grace_max", duration("How long at most while it is not known to be quiet; not shorter than grace.")),
        ("at_grace_max", described(word_of::<AtGraceMax>(), "What happens then; given whenever grace_max is.")),
        ("quiet_for", duration("How long the old key must have been silent to count as unused.")),
        ("signals", described(signals, "What the applications send. Sentry counts errors only for each key.")),
        ("quarantine", duration("How long a disabled key is kept; given whenever delete is true.")),
        ("delete", switch("Whether a key is deleted after quarantine; false by default.")),
        ("rate_limit", rate_limit()),
        ("rate_limit_required", switch("Whether a rotation fails if Sentry drops the limit; false by default.")),
        ("exposure", described(word_of::<Exposure>(), "Where the key is held.")),
        ("review_every", duration("How often its keys are reviewed; as [review] every by default.")),
    ]
}
