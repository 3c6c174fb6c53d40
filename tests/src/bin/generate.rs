//! Writes every file that the code can say itself, and names those that changed. `scripts/generate.sh` runs this.
//!
//! Tests beside the code hold the committed files against it.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use integration_tests::roles::roles_page;
use key_policy::{BUILT_IN, Policy, findings_page, permissions_page, policy_page, schema_file};

/// A file, from the root of the repository, and what is in it.
type Generated = (&'static str, fn() -> Result<String, Box<dyn Error>>);

const FILES: [Generated; 5] = [
    ("docs/findings.md", || Ok(findings_page())),
    ("docs/permissions.md", || Ok(permissions_page())),
    ("docs/policy.md", || Ok(policy_page(&Policy::built_in()?, BUILT_IN))),
    ("docs/roles.md", || Ok(roles_page())),
    ("policy/key-policy.schema.json", || Ok(schema_file())),
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut out = std::io::stdout();
    for (path, text) in FILES {
        let (file, text) = (root.join(path), text()?);
        if fs::read_to_string(&file).is_ok_and(|committed| committed == text) {
            writeln!(out, "as it was  {path}")?;
        } else {
            fs::write(&file, text)?;
            writeln!(out, "written    {path}")?;
        }
    }
    Ok(())
}
