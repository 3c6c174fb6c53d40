//! Tries a property on a corpus as it is, and on inputs made from it.

use std::any::Any;
use std::fs;
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use sha2::{Digest as _, Sha256};

use crate::mutation::{apply, mutations};

/// A secret that some inputs carry. Nothing that is meant for people may show it.
pub(crate) const MARKER: &str = "QzLeak7x";

/// How many made inputs a run of all tests tries; `scripts/fuzz.sh` tries more.
const CASES: u32 = 256;

/// An input of the corpus, by the name of its file.
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Holds `property` against the corpus of `target`, then against inputs made from it; `words` are what the format is made of.
///
/// The same seed makes the same inputs. A failing one is made as small as can be and kept below `target/fuzz`.
#[track_caller]
pub(crate) fn fuzz(target: &str, words: &[&str], property: impl Fn(&[u8]) + RefUnwindSafe + UnwindSafe) {
    let corpus = corpus(target);
    for seed in &corpus {
        if let Err(why) = holds(&property, &seed.bytes) {
            panic!("tests/fuzz/corpus/{target}/{}: {why}", seed.name);
        }
    }
    let (cases, number) = (setting("FUZZ_CASES").unwrap_or(CASES), setting("FUZZ_SEED").unwrap_or(0));
    if let Err((why, input)) = search(&corpus, words, &property, cases, &format!("{target} {number}")) {
        panic!("{why}\n{}", remedy(target, number, &input));
    }
}

/// Tries so many inputs, and gives the smallest that was found to fail.
fn search(
    corpus: &[Seed],
    words: &[&str],
    property: &(impl Fn(&[u8]) + RefUnwindSafe),
    cases: u32,
    seed: &str,
) -> Result<(), (String, Vec<u8>)> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4_096, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &Sha256::digest(seed));
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&mutations(), |changes| holds(property, &apply(&changes, corpus, words)).map_err(TestCaseError::fail));
    outcome.map_err(|error| match error {
        TestError::Fail(why, changes) => (why.to_string(), apply(&changes, corpus, words)),
        TestError::Abort(why) => (why.to_string(), Vec::new()),
    })
}

fn holds(property: &(impl Fn(&[u8]) + RefUnwindSafe), input: &[u8]) -> Result<(), String> {
    catch_unwind(|| property(input)).map_err(|panic| text_of(panic.as_ref()))
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a text").to_owned()
}

/// Keeps a failing input, and says how to try it again.
fn remedy(target: &str, number: u32, input: &[u8]) -> String {
    let digest = hex::encode(Sha256::digest(input).iter().take(4).copied().collect::<Vec<u8>>());
    let folder = here().join("../target/fuzz");
    let file = folder.join(format!("{target}-{digest}"));
    let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, input));
    format!(
        "the input, {} bytes: {}\nkept ({kept:?}) in {}\nto try it again, and from then on always:\n  cp target/fuzz/{target}-{digest} tests/fuzz/corpus/{target}/WHAT-IT-IS && scripts/fuzz.sh {target} 0\nthe whole run again: scripts/fuzz.sh {target} CASES {number}",
        input.len(),
        input.escape_ascii(),
        file.display(),
    )
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn corpus(target: &str) -> Vec<Seed> {
    let folder = here().join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
        .into_iter()
        .map(|path| Seed {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            bytes: fs::read(&path).unwrap(),
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "whoever starts the run says how long it is; nothing else is configured")]
fn setting(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, not {text:?}")))
}

#[test]
fn a_property_that_fails_is_noticed_and_the_input_made_small() {
    let corpus = [Seed { name: "hay".to_owned(), bytes: b"hay hay hay".to_vec() }];
    let no_needle = |input: &[u8]| {
        assert!(!input.windows(6).any(|bytes| bytes == b"needle"), "there is a needle in {} bytes", input.len());
    };
    let (why, input) = search(&corpus, &["needle"], &no_needle, 2_000, "a seed").unwrap_err();
    assert!(why.starts_with("there is a needle"), "{why}");
    assert!(input.len() <= b"hay hay hay needle".len(), "{}", input.escape_ascii());
    assert_eq!(search(&corpus, &["needle"], &no_needle, 2_000, "a seed"), Err((why, input)), "one seed, one search");
    assert_eq!(search(&corpus, &["straw"], &no_needle, 2_000, "a seed"), Ok(()));
}
