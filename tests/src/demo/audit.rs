//! The last part of the demo: a review of every key and token.

use std::io::{self, Write};

use serde_json::{Value, json};
use testkit::lambda::Restarting;

use super::wrap;
use crate::audit::{Audit, REVIEWED};
use crate::stage::Binary;

/// The findings that are shown whole: the first of each code, the gravest first.
const SHOWN: [&str; 5] = [
    "ADMIN_KEY_IN_APP",
    "SDK_SECRET_NOT_STORE_ONLY",
    "PERSONAL_TOKEN_IN_AUTOMATION",
    "OPEN_DOMAINS",
    "PROJECT_WITHOUT_MANAGED_KEY",
];

/// Tells it, with the binary of this build.
pub(super) fn tell(out: &mut impl Write, build: Binary) -> io::Result<()> {
    let audit = Audit::new(build, REVIEWED)?;
    audit.spoil();
    let lambda = audit.lambda();
    let mut story = Story { out, audit, lambda };
    story.first()?;
    story.second()
}

struct Story<'a, W> {
    out: &'a mut W,
    audit: Audit,
    lambda: Restarting,
}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("the demo does not go as it says: {what}"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn rank(severity: &str) -> usize {
    ["critical", "high", "medium", "low"].iter().position(|word| *word == severity).unwrap_or(4)
}

impl<W: Write> Story<'_, W> {
    fn first(&mut self) -> io::Result<()> {
        self.heading("Every key and token is reviewed")?;
        writeln!(
            self.out,
            "audit-keys runs every day with a token that can only read. In this organization many things are wrong: a forgotten\n\
             project, a browser's key that every domain may use, an integration that administers, a person's token in a pipeline.\n"
        )?;
        let report = self.review()?;
        writeln!(self.out, "This system's own tokens come first:\n")?;
        for own in items(&report, "/self") {
            let scopes: Vec<&str> = items(own, "/scopes").iter().filter_map(Value::as_str).collect();
            writeln!(self.out, "  {:<18} may {}", text(own, "/function"), scopes.join(", "))?;
        }
        let findings = items(&report, "/findings");
        let mut shown = Vec::new();
        for code in SHOWN {
            let first = findings.iter().find(|finding| text(finding, "/code") == code);
            shown.push(first.ok_or_else(|| broken("a finding is missing"))?);
        }
        shown.sort_by_key(|finding| rank(text(finding, "/severity")));
        let count = shown.len();
        writeln!(self.out, "\nIt found {} things. {count} of them, the gravest first:\n", findings.len())?;
        for finding in shown {
            self.finding(finding)?;
        }
        let mut others: Vec<&str> = findings.iter().map(|finding| text(finding, "/code")).collect();
        others.retain(|code| !SHOWN.contains(code));
        others.sort_unstable();
        others.dedup();
        writeln!(self.out, "  and, each explained in docs/findings.md:")?;
        for line in wrap(&others.join(", "), 104) {
            writeln!(self.out, "    {line}")?;
        }
        let unknown = items(&report, "/unknown");
        writeln!(
            self.out,
            "\n{} things it could not see, and it does not call them fine. One of them:\n",
            unknown.len()
        )?;
        if let Some(first) = unknown.iter().find(|unknown| text(unknown, "/subject").contains("personal tokens")) {
            writeln!(self.out, "  {}: {}", text(first, "/subject"), text(first, "/why"))?;
        }
        Ok(())
    }

    fn second(&mut self) -> io::Result<()> {
        self.heading("The next review says what has changed")?;
        writeln!(
            self.out,
            "Somebody names an owner for the secret acme/billing, and somebody else makes a key by hand. A day later:\n"
        )?;
        let tags = [("sentry:kind", "client-key"), ("sentry:owner", "billing-team")];
        self.audit.stage.store.set_tags("acme/billing", &tags);
        drop(self.audit.stage.sentry.add_key("acme", "storefront", "made by hand"));
        let report = self.review()?;
        for change in items(&report, "/changes") {
            let what = text(change, "/change");
            let code = text(change, "/code");
            let said = if code.is_empty() { what.to_owned() } else { format!("{what} {code}") };
            writeln!(self.out, "  {said:<28} {} {}", text(change, "/kind"), text(change, "/name"))?;
        }
        let kinds: Vec<String> = self.audit.stage.bus.entries().into_iter().map(|entry| entry.detail_type).collect();
        let count = |kind: &str| kinds.iter().filter(|told| *told == kind).count();
        writeln!(
            self.out,
            "\nEvery finding was told once, to who owns it: {} events \"Finding Opened\", {} \"Finding Closed\", {} \"Audit Completed\".\n\
             The report, its tables and a manifest that is chained to the first review's lie in the evidence bucket.",
            count("Finding Opened"),
            count("Finding Closed"),
            count("Audit Completed"),
        )?;
        let closed = count("Finding Closed") > 0 && count("Audit Completed") == 2;
        if closed { Ok(()) } else { Err(broken("the second review closed nothing")) }
    }

    fn review(&mut self) -> io::Result<Value> {
        let answer = self.audit.invoke(&self.lambda, &json!({}));
        let reply = answer.clone().reply().ok_or_else(|| io::Error::other(format!("{answer:?}")))?;
        Ok(self.audit.report(&reply))
    }

    fn finding(&mut self, finding: &Value) -> io::Result<()> {
        let name = text(finding, "/subject/name");
        writeln!(
            self.out,
            "  {:<9} {}  {} {name}",
            text(finding, "/severity"),
            text(finding, "/code"),
            text(finding, "/subject/kind")
        )?;
        let evidence = items(finding, "/evidence").first().and_then(Value::as_str).unwrap_or_default();
        for (title, said) in [
            ("seen", evidence),
            ("a holder could", text(finding, "/holder_could")),
            ("to do", text(finding, "/remedy/text")),
        ] {
            for (number, line) in wrap(said, 88).iter().enumerate() {
                writeln!(self.out, "    {:<15} {line}", if number == 0 { title } else { "" })?;
            }
        }
        writeln!(self.out)
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}\n{}\n", "=".repeat(text.chars().count()))
    }
}
