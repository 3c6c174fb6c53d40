//! The table of facts and servers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::fact::{Area, Fact, Holds};
use crate::servers::Server;

/// Whether a fact of an area held on a server.
pub(crate) type Outcomes = BTreeMap<(&'static str, &'static str, &'static str), bool>;

/// The servers' names, as columns.
const SERVERS: [&str; 3] = ["Sentry 23.7.1", "stand-in 23.7.1", "stand-in newer"];

pub(crate) struct Table<'a> {
    pub(crate) areas: Vec<&'static Area>,
    pub(crate) servers: &'a [Arc<Server>],
    pub(crate) outcomes: &'a Outcomes,
}

impl Table<'_> {
    /// Writes the table for machines; holds the committed page against it where every fact was asked everywhere.
    pub(crate) fn publish(&self, whole: bool) -> ExitCode {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = workspace.join("target/conformance");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("facts.json"), format!("{:#}\n", self.json())).unwrap();
        self.count();
        if !whole {
            return ExitCode::SUCCESS;
        }
        let (page, path) = (self.page(), workspace.join("docs/conformance.md"));
        std::fs::write(folder.join("facts.md"), &page).unwrap();
        let update = std::env::var_os("UPDATE").is_some();
        if update {
            std::fs::write(&path, &page).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() == page {
            return ExitCode::SUCCESS;
        }
        say(
            "docs/conformance.md is not what was found (target/conformance/facts.md): UPDATE=1 scripts/conformance.sh writes it.",
        );
        ExitCode::FAILURE
    }

    fn count(&self) {
        let found = SERVERS.iter().map(|&server| format!("{} on {server}", self.held(server)));
        say(&format!("facts that hold: {}", found.collect::<Vec<_>>().join(", ")));
        if self.servers.iter().any(|server| server.is_real()) {
            say(&format!("facts that hold on the real server and on its stand-in: {}", self.on_both()));
        }
    }

    fn held(&self, server: &str) -> usize {
        self.outcomes.iter().filter(|((_, _, of), held)| *of == server && **held).count()
    }

    fn on_both(&self) -> usize {
        let both = |area: &Area, fact: &&Fact| {
            SERVERS.iter().take(2).all(|&server| self.outcomes.get(&(area.name, fact.id, server)) == Some(&true))
        };
        self.areas.iter().map(|area| area.facts.iter().filter(|fact| both(area, fact)).count()).sum()
    }

    fn cell(&self, area: &Area, fact: &Fact, server: &'static str) -> &'static str {
        match self.outcomes.get(&(area.name, fact.id, server)) {
            Some(true) => "holds",
            Some(false) => "differs",
            None => "",
        }
    }

    fn page(&self) -> String {
        let mut page = String::from(concat!(
            "# Facts about Sentry, and where they hold\n\n",
            "`UPDATE=1 scripts/conformance.sh` writes this page; a run fails where it is not what was found. Each row is a request ",
            "or a few, and what must come back; the checks are in `tests/conformance`. The same check is made of every server: a ",
            "real, unpatched Sentry 23.7.1 of PyPI, the stand-in of the other tests as that version, and the stand-in as the source ",
            "and the schema of 2026 say (no real server of that can be had without its event store). A cell is empty where a fact is ",
            "not said of a server: newer versions differ, or there is no real one (ingestion is Relay's; on the real server a front ",
            "asks Sentry's own Relay endpoint, signed, whether a key is accepted). \"Observed\" and \"sentry-api\" are the two ",
            "collections of facts that this project was written from, by number and section; \"tried on 23.7.1\" was found by this suite. ",
            "In the last five tables the functions' own client and the functions themselves are at work with each server: the binaries ",
            "of the release profile under a Runtime API, with the Secrets Manager, S3 and EventBridge of the other tests around them.\n\n",
        ));
        let totals: Vec<String> = SERVERS.iter().map(|&server| format!("{} on {server}", self.held(server))).collect();
        writeln!(
            page,
            "**{} facts hold on the real server and on its stand-in.** In all: {}.",
            self.on_both(),
            totals.join(", ")
        )
        .unwrap();
        for area in &self.areas {
            write!(
                page,
                "\n## {}\n\n| fact | what holds | source | relied on by | {} |\n",
                area.title,
                SERVERS.join(" | ")
            )
            .unwrap();
            page.push_str("|---|---|---|---|---|---|---|\n");
            for fact in area.facts {
                let cells = SERVERS.map(|server| self.cell(area, fact, server));
                let Fact { id, says, source, used_by, .. } = fact;
                writeln!(page, "| `{id}` | {says} | {source} | {used_by} | {} |", cells.join(" | ")).unwrap();
            }
        }
        page
    }

    fn json(&self) -> Value {
        let row = |area: &Area, fact: &Fact| {
            let cells: BTreeMap<&str, Option<bool>> = SERVERS
                .iter()
                .map(|&server| (server, self.outcomes.get(&(area.name, fact.id, server)).copied()))
                .collect();
            let holds = match fact.holds {
                Holds::Everywhere => "everywhere",
                Holds::Observed => "23.7.1",
                Holds::Newer => "newer",
                Holds::Relay => "relay",
            };
            json!({
                "area": area.name, "id": fact.id, "says": fact.says, "source": fact.source, "used_by": fact.used_by,
                "holds": holds, "servers": cells,
            })
        };
        let rows = self.areas.iter().flat_map(|area| area.facts.iter().map(move |fact| row(area, fact)));
        Value::Array(rows.collect())
    }
}

#[expect(clippy::print_stdout, reason = "a person reads what was found")]
fn say(text: &str) {
    println!("{text}");
}
