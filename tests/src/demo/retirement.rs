//! The second half of the demo: what becomes of old keys, and a leaked DSN.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use testkit::fault::Fault;
use testkit::lambda::Restarting;

use super::wrap;
use crate::application::Application;
use crate::retirement::Retirement;
use crate::stage::{Binary, Stage, TIMEOUT};

const POLICY: &str = r#"version = 1
mode = "act"
[use_case.sdk]
kind = "client-key"
preset = "sdk-store-only"
signals = ["errors"]
grace = "0s"
quiet_for = "1h"
[orphan]
grace = "0s"
[proof]
refusals = 2
"#;

const HOUR: u64 = 3_600;

/// Tells it, with the binaries of this build.
pub(super) fn tell(out: &mut impl Write, build: Binary) -> io::Result<()> {
    let stage = Stage::new(build)?;
    let retirement = Retirement::new(&stage, build, POLICY)?;
    Retirement::connect_rotation(&stage);
    let application = Application::new(&stage.store, &stage.secret, 2);
    let rotate = stage.lambda();
    let retire = Restarting::new(retirement.retire.clone());
    let mut story = Story { out, stage, retirement, rotate, retire, application, has_told_remedy: false };
    story.adopted()?;
    let old = story.still_used()?;
    story.drained(&old)?;
    story.orphan()?;
    story.rollback(&old)?;
    story.leak()?;
    story.end()
}

struct Story<'a, W> {
    out: &'a mut W,
    stage: Stage,
    retirement: Retirement,
    rotate: Restarting,
    retire: Restarting,
    application: Application,
    has_told_remedy: bool,
}

#[expect(clippy::disallowed_methods, reason = "what Sentry counts must lie where the function looks for it")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("the demo does not go as it says: {what}"))
}

fn short(key_id: &str) -> String {
    format!("{}…", key_id.chars().take(8).collect::<String>())
}

impl<W: Write> Story<'_, W> {
    fn adopted(&mut self) -> io::Result<()> {
        self.heading("What becomes of old keys")?;
        writeln!(
            self.out,
            "retire-keys runs every hour. The policy of this demo lets it act, with no grace, so that nobody has to wait; it\n\
             declares that the application sends errors alone, so that Sentry's counts can show a key to be quiet.\n\n\
             The secret's first key is the Default key that somebody made by hand. It is rotated away:\n"
        )?;
        self.rotate()?;
        let rows = self.run()?;
        self.expect(&rows, "adopted", "superseded", None)?;
        self.say("Nobody can prove that it is not used elsewhere, so it is spared until somebody consents.")
    }

    fn still_used(&mut self) -> io::Result<String> {
        self.heading("A key that is still used is spared")?;
        let old = self.current()?;
        let mut straggler = Application::new(&self.stage.store, &self.stage.secret, usize::MAX);
        self.stage.sentry.set_stats_clock(now());
        self.send(3)?;
        drop(straggler.send("a deployment that stands still"));
        writeln!(
            self.out,
            "The next rotation supersedes {}. One deployment stands still and keeps its DSN:\n",
            short(&old)
        )?;
        self.rotate()?;
        self.send(6)?;
        drop(straggler.send("a deployment that stands still"));
        let rows = self.run()?;
        self.expect(&rows, "ours", "draining", None)?;
        self.say("It is told how much has moved, and what remains.")?;
        Ok(old)
    }

    fn drained(&mut self, old: &str) -> io::Result<()> {
        self.heading("A key that is quiet is disabled, and proven dead")?;
        writeln!(
            self.out,
            "That deployment is restarted and reads the new key. Two hours later (the demo moves what Sentry has counted two hours\n\
             back instead of waiting):\n"
        )?;
        self.stage.sentry.set_stats(old, vec![(now() - 2 * HOUR, 4)]);
        self.send(4)?;
        let rows = self.run()?;
        self.expect(&rows, "ours", "disabled", Some("disable"))?;
        self.say(
            "Sentry says that no active key has this DSN, and, asked in the same way, that the new key's is alive. Ingestion refuses\n\
             it as well; when it did so in two successive runs, the proof is complete:\n",
        )?;
        let rows = self.run()?;
        self.expect(&rows, "ours", "disabled", Some("prove"))?;
        self.send(4)?;
        let refused = self.application.sent().iter().filter(|sent| sent.status != 200).count();
        if refused > 0 {
            return Err(broken("the application lost events"));
        }
        let sent = self.application.sent().len();
        writeln!(self.out, "The application has sent {sent} events so far, and lost none.")
    }

    fn orphan(&mut self) -> io::Result<()> {
        self.heading("A key that a killed rotation left behind is found")?;
        writeln!(
            self.out,
            "A rotation is killed in the moment in which Sentry has made the new key, and is abandoned. No version holds that key:\n"
        )?;
        let plan = self.stage.sentry_server.faults();
        plan.on_kill(self.rotate.killer());
        let made = self.stage.sentry_server.call_names().iter().filter(|name| *name == "POST keys").count();
        plan.on("POST keys", made, Fault::KillAfter);
        let token = self.stage.store.begin_rotation(&self.stage.secret).map_err(io::Error::other)?;
        drop(self.stage.step(&self.rotate, "createSecret", &token));
        self.stage.store.set_stage(&self.stage.secret, "AWSPENDING", None);
        let rows = self.run()?;
        self.expect(&rows, "orphan", "disabled", Some("disable"))?;
        self.say("It bears the mark of a version that holds nothing, and was made in that version's time.")
    }

    fn rollback(&mut self, old: &str) -> io::Result<()> {
        self.heading("An operator's rollback is healed")?;
        writeln!(
            self.out,
            "An operator moves AWSCURRENT back to the version with {}, which is disabled by now:\n",
            short(old)
        )?;
        let previous =
            self.stage.store.version_at(&self.stage.secret, "AWSPREVIOUS").ok_or_else(|| broken("no previous"))?;
        let current =
            self.stage.store.version_at(&self.stage.secret, "AWSCURRENT").ok_or_else(|| broken("no current"))?;
        self.stage.store.set_stage(&self.stage.secret, "AWSCURRENT", Some(&previous));
        self.stage.store.set_stage(&self.stage.secret, "AWSPREVIOUS", Some(&current));
        let rows = self.run()?;
        self.expect(&rows, "untouchable", "active", Some("enable"))?;
        if self.current()? != old {
            return Err(broken("the rollback did not reach the old key"));
        }
        self.send(4)?;
        self.say("In an account the change of the label starts that run at once. An alarm tells the owner.")
    }

    fn leak(&mut self) -> io::Result<()> {
        self.heading("The drill: our DSN leaked")?;
        let leaked = self.current()?;
        writeln!(
            self.out,
            "The key that applications read, {}, was posted in a public repository. One invocation of revoke-key, with a hold of\n\
             2 s instead of 300 s, in which caches expire; the application sends all the while:\n",
            short(&leaked)
        )?;
        let mut order = Retirement::order(&self.stage, &leaked);
        if let Some(members) = order.as_object_mut() {
            members.insert("hold_seconds".to_owned(), 2.into());
        }
        let revoke = Restarting::new(self.retirement.revoke.clone());
        let reply = std::thread::scope(|scope| {
            let revocation = scope.spawn(|| revoke.invoke(&order, TIMEOUT).reply());
            while !revocation.is_finished() {
                drop(self.application.send("checkout failed"));
                // The application's own pace; nothing is decided by it.
                std::thread::sleep(Duration::from_millis(20));
            }
            revocation.join().unwrap_or_default()
        });
        let reply = reply.ok_or_else(|| broken("revoke-key failed"))?;
        self.stage.store.join_rotations();
        let text = |path: &str| reply.pointer(path).and_then(Value::as_str).unwrap_or("-").to_owned();
        for (name, path) in [
            ("state", "/state"),
            ("replacement", "/replacement_key_id"),
            ("proof", "/proof/grade"),
            ("started", "/times/started"),
            ("promoted", "/times/promoted"),
            ("disabled", "/times/disabled"),
            ("proven", "/times/proven"),
        ] {
            writeln!(self.out, "  {name:<12} {}", text(path))?;
        }
        let seconds = seconds_between(&text("/times/started"), &text("/times/proven"));
        writeln!(self.out, "\n  {seconds:.1} s from start to proof.\n")?;
        self.send(4)?;
        if self.current()? == leaked || text("/proof/grade") != "question" {
            return Err(broken("the leaked key was not replaced and proven dead"));
        }
        let again = revoke.invoke(&order, TIMEOUT).reply().ok_or_else(|| broken("a repeat failed"))?;
        if again.get("replacement_key_id") != reply.get("replacement_key_id") {
            return Err(broken("a repeat replaced the new key"));
        }
        self.say("Sent again, the same event finds what was done, and does not touch the new key.")
    }

    fn end(&mut self) -> io::Result<()> {
        let records = self.retirement.bucket.keys().iter().filter(|name| name.starts_with("ledger/")).count();
        let refused = self.application.sent().iter().filter(|sent| sent.status != 200).count();
        writeln!(
            self.out,
            "\nEverything that was seen and done is on record: {records} records in the ledger, each with the digest of the one before\n\
             it. scripts/verify-ledger.sh checks a copy. The application sent {} events in all, and lost {refused}.",
            self.application.sent().len()
        )?;
        if refused == 0 { Ok(()) } else { Err(broken("the application lost events")) }
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}\n{}\n", "=".repeat(text.chars().count()))
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    fn current(&self) -> io::Result<String> {
        self.stage.key_id("AWSCURRENT").ok_or_else(|| broken("there is no current key"))
    }

    fn rotate(&mut self) -> io::Result<()> {
        let before = self.current()?;
        let rotation = self.stage.rotate(&self.rotate, 1).map_err(io::Error::other)?;
        if !rotation.succeeded {
            return Err(broken("a rotation failed"));
        }
        let after = self.current()?;
        writeln!(self.out, "  rotate-client-key   {} gives way to {}", short(&before), short(&after))
    }

    fn send(&mut self, events: usize) -> io::Result<()> {
        self.stage.sentry.set_stats_clock(now());
        for _ in 0..events {
            self.application.send("checkout failed").ok_or_else(|| broken("the secret holds no DSN"))?;
        }
        Ok(())
    }

    /// One run, told as a table.
    fn run(&mut self) -> io::Result<Vec<Value>> {
        let reply = self.retire.invoke(&json!({}), TIMEOUT).reply().ok_or_else(|| broken("retire-keys failed"))?;
        let rows = self.retirement.rows(&reply);
        let mut told: Vec<&Value> = rows.iter().filter(|row| row.get("reason") != Some(&"it is gone".into())).collect();
        told.sort_by_key(|row| (word(row, "state") != "active", word(row, "ownership").to_owned()));
        for row in told {
            let action = match word(row, "action") {
                "" => String::new(),
                action => format!("{action}: {}", word(row, "result")),
            };
            writeln!(
                self.out,
                "  retire-keys   {} {:<12} {:<11} {action}",
                short(word(row, "key_id")),
                word(row, "ownership"),
                word(row, "state")
            )?;
            let remedy = Some(word(row, "remedy")).filter(|remedy| !remedy.is_empty() && !self.has_told_remedy);
            for line in [Some(word(row, "reason")), remedy].into_iter().flatten().flat_map(|text| wrap(text, 88)) {
                writeln!(self.out, "                  {line}")?;
            }
            self.has_told_remedy |= remedy.is_some();
        }
        writeln!(self.out)?;
        Ok(rows)
    }

    fn expect(&self, rows: &[Value], ownership: &str, state: &str, action: Option<&str>) -> io::Result<()> {
        let as_told = |row: &&Value| {
            word(row, "ownership") == ownership
                && word(row, "state") == state
                && word(row, "action") == action.unwrap_or_default()
        };
        match rows.iter().find(as_told) {
            Some(_) => Ok(()),
            None => Err(broken(&format!("no key is {ownership} and {state}"))),
        }
    }
}

fn word<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Both times are of one day, give or take an hour.
fn seconds_between(start: &str, end: &str) -> f64 {
    let seconds = |text: &str| {
        let time = text.split('T').nth(1)?.trim_end_matches('Z').to_owned();
        let parts: Vec<f64> = time.split(':').filter_map(|part| part.parse().ok()).collect();
        match parts.as_slice() {
            [hours, minutes, seconds] => Some(hours * 3600.0 + minutes * 60.0 + seconds),
            _ => None,
        }
    };
    match (seconds(start), seconds(end)) {
        (Some(start), Some(end)) => (end - start).rem_euclid(86_400.0),
        (_, _) => f64::NAN,
    }
}
