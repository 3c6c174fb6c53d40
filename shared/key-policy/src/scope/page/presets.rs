//! The presets, with the proof that each is minimal, and what this system itself calls.

use crate::markdown::{code, table};
use crate::preset::Preset;
use crate::scope::{Endpoint, Power, Role, ScopeSet, called, holder_could, least_role, minimal_sets};

fn calls(preset: Preset) -> Vec<&'static Endpoint> {
    preset.calls().iter().filter_map(|call| called(call)).collect()
}

pub(super) fn presets() -> String {
    let mut text = String::from(
        "## Presets\n\n\
         A preset is a name for a purpose. A test proves for each that its scopes are one of the minimal sets for its calls.\n\n",
    );
    for preset in Preset::ALL {
        text.push_str(&format!("### `{preset}`\n\n{}\n\n", preset.purpose()));
        if preset.calls().is_empty() {
            text.push_str("A client key: no scopes, no calls; whoever holds it could send events to its project; read nothing.\n\n");
        } else {
            text.push_str(&token_preset(*preset));
        }
    }
    text
}

fn token_preset(preset: Preset) -> String {
    let (scopes, calls) = (ScopeSet::of(preset.scopes()), calls(preset));
    let rows: Vec<Vec<String>> = calls
        .iter()
        .map(|call| {
            let any_of = if call.any_of.is_empty() { "no scope".to_owned() } else { code(call.any_of.iter()) };
            vec![format!("`{call}`"), any_of]
        })
        .collect();
    let others: Vec<String> =
        minimal_sets(&calls).iter().filter(|set| **set != scopes).map(|set| code(set.iter())).collect();
    let others = if others.is_empty() {
        "The only minimal set.".to_owned()
    } else {
        format!("Other minimal sets: {}.", others.join("; "))
    };
    let by_team =
        if scopes.closure().is_within(&Role::TeamAdmin.scopes()) { ", or by an admin of the teams" } else { "" };
    let role = match least_role(&scopes) {
        Some(Role::Admin) => format!("by the role admin{by_team}, or higher"),
        Some(role) => format!("by the role {role}, or higher"),
        None => "as an organization token, which has this scope and no other".to_owned(),
    };
    format!(
        "- Scopes: {}. Power: {}. {others}\n- Whoever holds it could {}.\n- Minted {role}.\n\n{}\n",
        code(scopes.iter()),
        Power::of(&scopes),
        holder_could(&scopes),
        table(&["call", "any one of"], &rows),
    )
}

/// The presets whose tokens this system holds, call by call.
pub(super) fn own_calls() -> String {
    let own: Vec<Preset> = Preset::ALL.iter().copied().filter(|preset| preset.is_administration()).collect();
    let mut all: Vec<&'static str> = own.iter().flat_map(|preset| preset.calls()).copied().collect();
    all.sort_unstable_by_key(|call| call.split_once(' ').map(|(method, path)| (path, method)));
    all.dedup();
    let rows: Vec<Vec<String>> = all
        .iter()
        .filter_map(|call| {
            let who: Vec<&str> =
                own.iter().filter(|preset| preset.calls().contains(call)).map(|preset| preset.word()).collect();
            Some(vec![format!("`{}`", called(call)?), code(who)])
        })
        .collect();
    format!(
        "## What this system itself calls\n\n\
         Rotation and revocation hold a token of `key-rotator`, retirement one of `key-rotator` and, only if keys are to be deleted, one of \
         `key-deleter`; the audit holds one of `auditor-read`. Each is a token of its own, in a secret of its own.\n\n{}\n\
         Besides: whether a key is alive is asked with the key itself and no token (`POST /projects/{{organization}}/{{project}}/user-feedback/` \
         with `Authorization: DSN`), and of ingestion, with the public key alone. Rotation first asks `GET /projects/`, the list across \
         organizations, and goes on with the organization's list where that is refused.\n\n",
        table(&["call", "by"], &rows),
    )
}
