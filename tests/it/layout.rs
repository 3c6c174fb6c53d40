//! What the layout promises: who may depend on whom, and that documents name what the code has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
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

const SHARED: [&str; 6] = ["function-kit", "key-policy", "rotation", "secret-store", "sentry-client", "testkit"];

#[test]
fn the_pure_crates_depend_on_nothing_that_does_io() {
    let allowed: [(&str, &[&str]); 2] = [
        ("rotation", &["hex", "sha2", "thiserror"]),
        ("key-policy", &["annotate-snippets", "jiff", "thiserror", "toml-span"]),
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
fn the_shared_crates_do_not_know_each_other() {
    for name in SHARED {
        let known = dependencies(&format!("shared/{name}/Cargo.toml"));
        for other in SHARED {
            assert!(!known.contains(other), "{name} depends on {other}");
        }
    }
}

#[test]
fn nothing_that_is_shipped_depends_on_the_stand_ins() {
    assert!(!dependencies("functions/rotate-client-key/Cargo.toml").contains("testkit"));
}

#[test]
fn every_code_in_the_sources_is_listed_and_has_an_entry_in_the_troubleshooting_guide() {
    let listed: BTreeSet<&str> = rotate_client_key::failure::CODES.into_iter().collect();
    let mut used = BTreeSet::new();
    for folder in ["functions", "shared/function-kit"] {
        for (_, text) in sources(folder) {
            for family in ["Configuration.", "Event.", "Internal.", "Rotation."] {
                for (_, after) in text.match_indices(&format!("\"{family}")).map(|(at, _)| text.split_at(at + 1)) {
                    used.insert(after.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    assert_eq!(used, listed);
    let guide = read("docs/troubleshooting.md");
    let entries: BTreeSet<&str> =
        guide.lines().filter_map(|line| line.strip_prefix("## ")).filter(|heading| heading.contains('.')).collect();
    assert_eq!(entries, listed);
}

#[test]
fn every_dependency_is_justified() {
    let justified = read("docs/dependencies.md");
    let manifests = SHARED.iter().map(|name| format!("shared/{name}/Cargo.toml"));
    for manifest in
        manifests.chain(["functions/rotate-client-key/Cargo.toml".to_owned(), "tests/Cargo.toml".to_owned()])
    {
        for name in dependencies(&manifest).iter().filter(|name| !SHARED.contains(&name.as_str())) {
            assert!(justified.contains(&format!("`{name}`")), "{manifest}: {name} has no line in docs/dependencies.md");
        }
    }
}

#[test]
fn the_readme_has_the_functions_own_table_of_variables() {
    let table: String = rotate_client_key::config::VARIABLES
        .iter()
        .map(|(name, meaning)| format!("| `{name}` | {meaning} |\n"))
        .collect();
    let table = format!("| variable | meaning |\n|---|---|\n{table}\n");
    assert!(read("README.md").contains(&table), "put this into the README:\n{table}");
}

#[test]
fn every_variable_that_the_sources_read_is_in_that_table_or_is_lambdas_own() {
    let known: BTreeSet<&str> = rotate_client_key::config::VARIABLES.iter().map(|(name, _)| *name).collect();
    let mut read = BTreeSet::new();
    for folder in ["functions/rotate-client-key/src", "shared/function-kit/src"] {
        for (_, text) in sources(folder) {
            let shipped = text.split("#[cfg(test)]").next().unwrap().to_owned();
            for call in ["vars.get(\"", "required(vars, \""] {
                for after in shipped.split(call).skip(1) {
                    read.insert(after.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    let lambdas = ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_LAMBDA_RUNTIME_API"];
    let read: BTreeSet<&str> = read.iter().map(String::as_str).filter(|name| !lambdas.contains(name)).collect();
    // The proxy's variables are read by the HTTP clients themselves.
    let known: BTreeSet<&str> = known.into_iter().filter(|name| !name.ends_with("_PROXY")).collect();
    assert_eq!(read, known);
}
