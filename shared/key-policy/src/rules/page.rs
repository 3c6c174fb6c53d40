//! `docs/findings.md`, from the rules themselves.

use super::{RULES, Rule};
use crate::findings::{Group, Inputs, Reach, Severity, Stake, Where};
use crate::scope::Power;

const HEAD: &str = "# What the audit finds

This page is made from the rules. Do not edit it: change the rule in `shared/key-policy/src/rules/` and run `scripts/generate.sh`.

A finding has a *code*, which never changes its meaning; a *severity*; a *subject* (its id is what an exception names); the *evidence*, one fact a sentence; what a
*holder* of a leaked key could do; who *answers* for it; and the *remedy* with the exact calls. `manual:` stands before what only a person can do. What stands in `<` and `>` is yours to fill in.
Labels and names may be written by anybody: they are quoted in the evidence, and never stand in a call.

Paths such as `PUT /api/0/projects/…` are calls of Sentry's Web API, with `Authorization: Bearer <token>` and the organization's URL before them.
";

const SEVERITY: &str = "
## How grave

Severity = what the holder could do × how much of Sentry that reaches × who could come by it, within the bounds of the rule. All of it stands in the finding (`severity_inputs`).

| | 1 | 2 | 3 | 4 |
|---|---|---|---|---|
| what the holder could do | send events | read | write | administer |
| how much that reaches | one project | the organization | | |
| who could come by it | who gets into a server; also where nobody stated it | everybody who opens the page or the app | | |

The product, before the bounds of the rule:

";

const UNKNOWN: &str = "
## What unknown means

A rule never calls fine what it could not see. Each subject that it could not judge counts as *unknown*, and the report names what would show it. So a rule is

- `not-met` if it found something that no exception accepts;
- `unknown` if it found nothing and could not judge everything. That is the best that a rule about tokens comes to: a token that is stored nowhere, and that no call of Sentry lists, cannot be seen.
  Those rules say so below;
- `met` if everything that it is about was seen and is as it should be, or excepted; also if there is nothing that it is about.

## Exceptions

Somebody may accept a finding for a while, in the policy:

```toml
[[exception]]
finding = \"NO_RATE_LIMIT\"
subject = \"0123456789abcdef0123456789abcdef\"
reason = \"The vendor's appliance sends in bursts; the limit comes with its upgrade in spring.\"
requester = \"robin@example.com\"
approver = \"kim@example.com\"
ticket = \"OPS-18\"
until = \"2027-03-31\"
```

`subject` is the subject's id in the report, or its name; a client key is named by its id alone, since anybody may write its label. The finding is still shown, with the status `excepted` and the ticket, and is
not counted. The last day counts (UTC); after it the finding counts again. An exception that its requester approved in another spelling accepts nothing. A finding on a token (kind `token`) and
one on the secret that holds it (kind `secret`) have the same id and mostly other codes.
";

/// The page about every finding, in Markdown.
#[must_use]
pub fn findings_page() -> String {
    let mut page = HEAD.to_owned();
    for group in Group::ALL {
        page.push_str(&format!("\n**{group}: {}**\n\n| code | severity | what it finds |\n|---|---|---|\n", group.title()));
        for rule in of(*group) {
            let code = rule.code.word();
            let anchor = code.to_lowercase();
            page.push_str(&format!("| [`{code}`](#{anchor}) | {} | {} |\n", bounds(rule), first_sentence(rule.what)));
        }
    }
    page.push_str(SEVERITY);
    page.push_str(&matrix());
    page.push_str(UNKNOWN);
    for group in Group::ALL {
        page.push_str(&format!("\n## {group}: {}\n", group.title()));
        for rule in of(*group) {
            page.push_str(&chapter(rule));
        }
    }
    page
}

fn of(group: Group) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| rule.group == group)
}

fn bounds(rule: &Rule) -> String {
    if rule.floor == rule.ceiling { rule.floor.to_string() } else { format!("{} to {}", rule.floor, rule.ceiling) }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

fn matrix() -> String {
    let mut table = "| | send events | read | write | administer |\n|---|---|---|---|---|\n".to_owned();
    let rows = [
        ("one project, server", Reach::Project, Where::Server),
        ("one project, page or app", Reach::Project, Where::ClientSide),
        ("organization, server", Reach::Organization, Where::Server),
        ("organization, page or app", Reach::Organization, Where::ClientSide),
    ];
    for (name, reach, exposure) in rows {
        table.push_str(&format!("| {name} |"));
        for power in [Power::StoreOnly, Power::Read, Power::Write, Power::Administer] {
            let stake = Stake { power, reach, exposure, holder_could: String::new() };
            let inputs = Inputs::of(&stake, Severity::Low, Severity::Critical);
            table.push_str(&format!(" {}: {} |", inputs.score, inputs.severity()));
        }
        table.push('\n');
    }
    table
}

fn chapter(rule: &Rule) -> String {
    let mut subjects: Vec<&str> = rule.judges.iter().map(super::Judge::subjects).collect();
    subjects.dedup();
    let sees_all = if rule.sees_all { "" } else { " There may be tokens that nobody can list, so it is never `met`, at best `unknown`." };
    format!(
        "\n### `{}`\n\n{}\n\n- **Severity**: {}.\n- **Why it matters**: {}\n- **What a holder could do**: {}.\n- **Remedy**: {}\n- **Looks at**: {}.{sees_all}\n",
        rule.code,
        rule.what,
        bounds(rule),
        rule.why,
        rule.holder_could,
        rule.remedy,
        subjects.join(", "),
    )
}
