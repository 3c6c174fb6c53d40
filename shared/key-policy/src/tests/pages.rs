//! The rendered pages: fresh, and true to the policy that they are about.

use super::built_in::with_examples;
use crate::findings::Code;
use crate::{BUILT_IN, Policy, Preset, SCOPES, findings_page, permissions_page, policy_page, schema_file};

#[track_caller]
fn assert_fresh(name: &str, committed: &str, rendered: &str) {
    assert!(committed == rendered, "{name} is not what the code says: run scripts/generate.sh");
}

#[test]
fn the_committed_files_are_fresh() {
    let policy = Policy::built_in().unwrap();
    let page = policy_page(&policy, BUILT_IN);
    assert_fresh("docs/policy.md", include_str!("../../../../docs/policy.md"), &page);
    assert_fresh("docs/permissions.md", include_str!("../../../../docs/permissions.md"), &permissions_page());
    assert_fresh("docs/findings.md", include_str!("../../../../docs/findings.md"), &findings_page());
    let schema = include_str!("../../../../policy/key-policy.schema.json");
    assert_fresh("policy/key-policy.schema.json", schema, &schema_file());
}

#[test]
fn the_page_about_the_examples() {
    let text = with_examples();
    let policy = Policy::parse(&text, "examples.toml").unwrap();
    insta::assert_snapshot!(policy_page(&policy, &text));
}

#[test]
fn what_somebody_wrote_is_text_and_never_markdown() {
    let text = "version = 1\n[use_case.\"a|b\"]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\nowner = \"<b>x</b>|[y](z)\"";
    let page = policy_page(&Policy::parse(text, "p.toml").unwrap(), "");
    assert!(page.contains("| owner | \\<b\\>x\\</b\\>\\|\\[y\\](z) |"), "{page}");
}

#[test]
fn the_permissions_page_names_every_scope_and_preset() {
    let page = permissions_page();
    for scope in SCOPES {
        assert!(page.contains(&format!("| `{scope}` |")), "{scope}");
    }
    for preset in Preset::ALL {
        assert!(page.contains(&format!("### `{preset}`\n\n{}", preset.purpose())), "{preset}");
    }
}

#[test]
fn a_table_has_as_many_cells_in_each_row() {
    let text = with_examples();
    let policy = Policy::parse(&text, "examples.toml").unwrap();
    for page in [permissions_page(), policy_page(&policy, &text)] {
        let mut cells = None;
        for line in page.lines() {
            let found = line.starts_with('|').then(|| line.replace("\\|", "").matches('|').count());
            assert!(cells.is_none() || found.is_none() || cells == found, "{line}");
            cells = found;
        }
    }
}

#[test]
fn the_findings_page_has_a_chapter_and_a_line_for_each_code() {
    let page = findings_page();
    for code in Code::ALL {
        assert_eq!(page.matches(&format!("### `{code}`\n")).count(), 1, "{code}");
        let anchor = code.word().to_lowercase();
        assert_eq!(page.matches(&format!("| [`{code}`](#{anchor}) |")).count(), 1, "{code}");
    }
}
