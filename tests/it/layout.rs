//! What the layout promises: who may depend on whom, and that documents name what the code has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names under `[dependencies]` of a manifest: what the shipped code depends on.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    read(manifest)
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![workspace().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// What knows no other crate of ours.
const LEAVES: [&str; 8] = [
    "evidence-store",
    "function-kit",
    "key-lifecycle",
    "key-policy",
    "rotation",
    "secret-store",
    "sentry-client",
    "testkit",
];

/// What several functions join in the same way.
const JOINS: [&str; 2] = ["retirement", "sentry-binding"];

/// A function: its name, its codes and its own variables.
type Function = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const FUNCTIONS: [Function; 4] = [
    ("audit-keys", &audit_keys::failure::CODES, &audit_keys::config::VARIABLES),
    ("rotate-client-key", &rotate_client_key::failure::CODES, &rotate_client_key::config::VARIABLES),
    ("retire-keys", &retire_keys::failure::CODES, &retire_keys::config::VARIABLES),
    ("revoke-key", &revoke_key::failure::CODES, &revoke_key::config::VARIABLES),
];

fn is_ours(name: &str) -> bool {
    LEAVES.contains(&name) || JOINS.contains(&name) || FUNCTIONS.iter().any(|(function, _, _)| *function == name)
}

fn manifests() -> Vec<String> {
    let shared = LEAVES.iter().chain(&JOINS).map(|name| format!("shared/{name}/Cargo.toml"));
    shared.chain(FUNCTIONS.iter().map(|(name, _, _)| format!("functions/{name}/Cargo.toml"))).collect()
}

#[test]
fn every_folder_is_known_here() {
    for (folder, known) in [
        ("shared", LEAVES.iter().chain(&JOINS).copied().collect::<BTreeSet<_>>()),
        ("functions", FUNCTIONS.iter().map(|(name, _, _)| *name).collect()),
    ] {
        let found = fs::read_dir(workspace().join(folder)).unwrap();
        let found: BTreeSet<String> = found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), known, "{folder}");
    }
}

#[test]
fn the_pure_crates_depend_on_nothing_that_does_io() {
    let allowed: [(&str, &[&str]); 3] = [
        ("rotation", &["hex", "sha2", "thiserror"]),
        ("key-lifecycle", &["hex", "jiff", "serde", "serde_json", "sha2", "thiserror"]),
        ("key-policy", &["annotate-snippets", "csv", "jiff", "serde_json", "thiserror", "toml-span"]),
    ];
    for (name, allowed) in allowed {
        let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(dependencies(&format!("shared/{name}/Cargo.toml")), allowed, "{name}");
        for (path, text) in sources(&format!("shared/{name}/src")) {
            for word in
                ["std::fs", "std::net", "std::env", "std::time::Instant", "SystemTime", "std::process", "println!"]
            {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn the_leaves_know_no_other_crate_of_ours_and_the_joins_know_leaves_alone() {
    for name in LEAVES {
        let known = dependencies(&format!("shared/{name}/Cargo.toml"));
        assert!(!known.iter().any(|known| is_ours(known)), "{name}: {known:?}");
    }
    for name in JOINS {
        let known = dependencies(&format!("shared/{name}/Cargo.toml"));
        assert!(known.iter().all(|known| !is_ours(known) || LEAVES.contains(&known.as_str())), "{name}: {known:?}");
    }
}

#[test]
fn nothing_that_is_shipped_depends_on_the_stand_ins_or_on_another_function() {
    for manifest in manifests() {
        let known = dependencies(&manifest);
        assert!(!known.contains("testkit"), "{manifest}");
        assert!(!FUNCTIONS.iter().any(|(function, _, _)| known.contains(*function)), "{manifest}");
    }
}

/// The codes in the sources of a folder.
fn codes(folder: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (_, text) in sources(folder) {
        for family in ["Audit.", "Configuration.", "Event.", "Internal.", "Retirement.", "Revocation.", "Rotation."] {
            for (_, after) in text.match_indices(&format!("\"{family}")).map(|(at, _)| text.split_at(at + 1)) {
                used.insert(after.split('"').next().unwrap().to_owned());
            }
        }
    }
    used
}

#[test]
fn every_code_in_the_sources_is_listed_and_has_an_entry_in_the_troubleshooting_guide() {
    let mut all = BTreeSet::new();
    for (name, codes_of_it, _) in FUNCTIONS {
        let listed: BTreeSet<String> = codes_of_it.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(listed.len(), codes_of_it.len(), "{name}");
        let unlisted: Vec<_> = codes(&format!("functions/{name}")).difference(&listed).cloned().collect();
        assert!(unlisted.is_empty(), "{name}: {unlisted:?}");
        all.extend(listed);
    }
    let used: BTreeSet<String> = ["functions", "shared"].into_iter().flat_map(codes).collect();
    assert_eq!(used, all);
    let guide = read("docs/troubleshooting.md");
    let headings = guide.lines().filter_map(|line| line.strip_prefix("## "));
    let entries: BTreeSet<String> = headings.filter(|heading| heading.contains('.')).map(str::to_owned).collect();
    assert_eq!(entries, all);
}

#[test]
fn every_dependency_is_justified() {
    let justified = read("docs/dependencies.md");
    for manifest in manifests().into_iter().chain(["tests/Cargo.toml".to_owned()]) {
        for name in dependencies(&manifest).iter().filter(|name| !is_ours(name)) {
            assert!(justified.contains(&format!("`{name}`")), "{manifest}: {name} has no line in docs/dependencies.md");
        }
    }
}

#[test]
fn the_readme_has_the_functions_own_tables_of_variables() {
    let readme = read("README.md");
    let common = sentry_binding::COMMON_VARIABLES.as_slice();
    for (name, variables) in
        [("every function", common)].into_iter().chain(FUNCTIONS.iter().map(|(name, _, variables)| (*name, *variables)))
    {
        let rows: String = variables.iter().map(|(name, meaning)| format!("| `{name}` | {meaning} |\n")).collect();
        let table = format!("| {name} | meaning |\n|---|---|\n{rows}\n");
        assert!(readme.contains(&table), "put this into the README:\n{table}");
    }
}

#[test]
fn every_variable_that_the_sources_read_is_in_those_tables_or_is_lambdas_own() {
    let common: BTreeSet<&str> = sentry_binding::COMMON_VARIABLES.iter().map(|(name, _)| *name).collect();
    for (function, _, variables) in FUNCTIONS {
        let mut read = BTreeSet::new();
        let own = format!("functions/{function}/src");
        for folder in [own.as_str(), "shared/function-kit/src", "shared/sentry-binding/src"] {
            for (_, text) in sources(folder) {
                let shipped = text.split("#[cfg(test)]").next().unwrap().to_owned();
                for call in ["vars.get(\"", "required(vars, \"", "variable: \""] {
                    for after in shipped.split(call).skip(1) {
                        read.insert(after.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
        let lambdas = [
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_RUNTIME_API",
        ];
        // Only some functions read those, by a reader that all have.
        let optional = ["EVIDENCE_BUCKET", "EVIDENCE_PREFIX"];
        let known: BTreeSet<&str> = variables.iter().map(|(name, _)| *name).chain(common.iter().copied()).collect();
        let read: BTreeSet<&str> = read
            .iter()
            .map(String::as_str)
            .filter(|name| !lambdas.contains(name) && (known.contains(name) || !optional.contains(name)))
            .collect();
        // The proxy's variables are read by the HTTP clients themselves.
        let known: BTreeSet<&str> = known.into_iter().filter(|name| !name.ends_with("_PROXY")).collect();
        assert_eq!(read, known, "{function}");
    }
}
