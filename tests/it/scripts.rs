//! What a script says before it does anything.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::layout::workspace;

/// All that a script may need before it needs Rust.
const PROGRAMS: [&str; 4] = ["basename", "dirname", "sed", "uname"];

/// Calls a script on a machine without Rust, and gives its code, what it said on standard output, and on standard error.
fn call(script: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let workspace = workspace();
    let programs = tempfile::tempdir().unwrap();
    for program in PROGRAMS {
        let found =
            ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program)).into_iter().find(|it| it.exists());
        symlink(found.unwrap(), programs.path().join(program)).unwrap();
    }
    let mut command = Command::new("/bin/bash");
    command.arg(workspace.join("scripts").join(script)).args(words).env("PATH", programs.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_script_refuses_words_that_it_does_not_know_before_it_builds_anything() {
    for (script, words, why) in [
        ("explore.sh", &["bogus"][..], "\"bogus\""),
        ("explore.sh", &["memory", "1"], "\"memory 1\""),
        ("explore.sh", &["memory", "1", "0"], "\"memory 1 0\""),
        ("explore.sh", &["replay", "nowhere", "5"], "\"replay nowhere 5\""),
        ("fuzz.sh", &["nothing"], "no target nothing"),
        ("fuzz.sh", &["."], "no target ."),
        ("fuzz.sh", &["dsn", "1", "1", "1"], "Three words"),
        ("fuzz.sh", &["all", "0"], "\"0\""),
        ("fuzz.sh", &["all", "0s"], "\"0s\""),
        ("fuzz.sh", &["all", "abcs"], "\"abcs\""),
        ("fuzz.sh", &["all", "10", "-1"], "\"-1\""),
        ("conformance.sh", &["--bogus"], "no option --bogus"),
        ("conformance.sh", &["one", "two"], "One FILTER"),
        ("mutants.sh", &["testkit"], "no pure crate testkit"),
        ("mutants.sh", &["rotation", "3"], "3 is no part"),
        ("mutants.sh", &["rotation", "3/3"], "3/3 is no part"),
        ("breaks.sh", &["nothing"], "no break nothing"),
        ("bench.sh", &["nothing"], "\"nothing\""),
        ("build.sh", &["nothing"], "no function nothing"),
        ("check.sh", &["nothing"], "nothing to choose"),
        ("test.sh", &["--bogus"], "no option --bogus"),
        ("build.sh", &["--arch"], "no architecture \"\""),
    ] {
        let (code, _, said) = call(script, words);
        assert_eq!(code, Some(2), "{script} {words:?}: {said}");
        assert!(said.contains(why) && said.lines().count() > 2, "{script} {words:?}: {said}");
    }
}

#[test]
fn a_script_says_what_it_does_when_it_is_asked() {
    for script in
        ["explore.sh", "fuzz.sh", "conformance.sh", "mutants.sh", "breaks.sh", "bench.sh", "build.sh", "test.sh"]
    {
        for word in ["-h", "--help"] {
            let (code, said, _) = call(script, &[word]);
            assert_eq!(code, Some(0), "{script} {word}");
            assert!(said.contains(&format!("usage: scripts/{script}")) && said.lines().count() > 1, "{script}: {said}");
        }
    }
}

/// A patch that does not apply breaks nothing, and `scripts/breaks.sh` is run by hand.
#[test]
fn every_break_on_purpose_fits_the_code_as_it_is() {
    let workspace = workspace();
    let mut count = 0;
    for entry in std::fs::read_dir(workspace.join("tests/breaks")).unwrap() {
        let path = entry.unwrap().path();
        let output =
            Command::new("git").args(["apply", "--check"]).arg(&path).current_dir(&workspace).output().unwrap();
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(&path).unwrap();
        let check = text.lines().find_map(|line| line.strip_prefix("Noticed by: ")).unwrap();
        let is_known = ["explore ", "it ", "cargo test "].iter().any(|kind| check.starts_with(kind));
        assert!(is_known, "{}: {check}", path.display());
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn without_rust_a_script_names_it_and_ends_with_a_code_of_its_own() {
    for (script, words) in
        [("explore.sh", &[][..]), ("fuzz.sh", &[]), ("mutants.sh", &["rotation", "0/2"]), ("demo.sh", &[])]
    {
        let (code, _, said) = call(script, words);
        assert_eq!(code, Some(3), "{script}: {said}");
        assert!(said.contains("Missing: Rust"), "{script}: {said}");
    }
}
