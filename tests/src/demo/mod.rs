//! The demo: a rotation, a refusal, the end of old keys, an emergency, and an audit, told in plain words.

mod audit;
mod retirement;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::rotation::{Step, event};

use crate::application::Application;
use crate::stage::{Binary, Stage, TIMEOUT};

const EVENTS_AT_A_TIME: usize = 5;

/// The application reads the secret again after so many events: some time after the secret has moved.
const CACHED_FOR: usize = 7;

/// Tells the story on `out`, with the binary of this build.
///
/// # Errors
/// When the world cannot be set up, or the rotation does not go as the story says: then the demo is broken, and says so.
pub fn tell(out: &mut impl Write, build: Binary) -> io::Result<()> {
    let mut story = Story { out, stage: Stage::new(build)? };
    story.rotation()?;
    let mut story = Story { out: story.out, stage: Stage::with_scopes(build, &["project:read"])? };
    story.refusal()?;
    retirement::tell(story.out, build)?;
    audit::tell(story.out, build)?;
    writeln!(
        story.out,
        "\nWhat next:\n  scripts/test.sh      what happens when anything goes wrong, at every call\n  \
         README.md            how to deploy it into an account\n  ARCHITECTURE.md      why it cannot lose an event"
    )
}

struct Story<'a, W> {
    out: &'a mut W,
    stage: Stage,
}

impl<W: Write> Story<'_, W> {
    fn rotation(&mut self) -> io::Result<()> {
        self.heading("A Sentry client key is rotated")?;
        writeln!(
            self.out,
            "Everything runs on this machine: stand-ins of Secrets Manager and Sentry, and the Lambda function as it is\n\
             shipped. An application sends events to Sentry the whole time, with a DSN that it reads from the secret\n\
             and caches for a while.\n"
        )?;
        let old = self.stage.key_id("AWSCURRENT").unwrap_or_default();
        self.stage.sentry.edit_key(&old, |key| {
            key.rate_limit = Some((1000, 60));
            key.browser_sdk_version = "6.x".to_owned();
        });
        self.secret("The secret before:")?;
        self.keys("The keys of the project in Sentry before:")?;

        let stage = &self.stage;
        let lambda = stage.lambda();
        let mut application = Application::new(&stage.store, &stage.secret, CACHED_FOR);
        self.events(&mut application)?;
        writeln!(self.out, "\nSecrets Manager begins a rotation and calls the function four times:\n")?;
        let token = self.stage.store.begin_rotation(&self.stage.secret).map_err(io::Error::other)?;
        for step in Step::ALL {
            self.step(&lambda, step, &token)?;
            self.events(&mut application)?;
        }
        self.stage.store.complete_rotation(&self.stage.secret, &token);
        self.events(&mut application)?;
        self.events(&mut application)?;

        // The function's own probe carries no event.
        let accepted = self.stage.sentry.events().iter().filter(|event| event.event_id.is_some()).count();
        let sent = application.sent();
        let keys: Vec<&str> = sent.iter().map(|sent| sent.key_id.as_str()).collect();
        let with_old = keys.iter().filter(|key| **key == old).count();
        writeln!(
            self.out,
            "\nThe application sent {} events, {with_old} with the old key and {} with the new one. Sentry took {accepted}, refused {}.\n",
            sent.len(),
            sent.len() - with_old,
            self.stage.sentry.refused(),
        )?;
        self.secret("The secret after:")?;
        self.keys("The keys of the project in Sentry after:")?;
        writeln!(
            self.out,
            "The new key has the old one's settings. The label says which secret and which version it was made for. The old key\n\
             stays enabled, so that no consumer with a cached DSN loses an event."
        )?;
        let all_taken = sent.iter().all(|sent| sent.status == 200) && accepted == sent.len();
        let moved = self.stage.key_id("AWSPREVIOUS").as_deref() == Some(&*old) && with_old < sent.len();
        if all_taken && moved { Ok(()) } else { Err(io::Error::other("the rotation did not go as the demo says")) }
    }

    fn refusal(&mut self) -> io::Result<()> {
        self.heading("A deployment with a mistake is refused")?;
        writeln!(
            self.out,
            "This management token may read projects and not change them. The first step says so, and touches nothing:\n"
        )?;
        let lambda = self.stage.lambda();
        let token = self.stage.store.begin_rotation(&self.stage.secret).map_err(io::Error::other)?;
        let answer = lambda.invoke(&event("createSecret", &self.stage.secret, &token, None), TIMEOUT);
        let Invocation::Failed { error_type, error_message } = answer else {
            return Err(io::Error::other("the function did not refuse"));
        };
        writeln!(self.out, "  errorType     {error_type}")?;
        for (number, line) in wrap(&error_message, 96).iter().enumerate() {
            writeln!(self.out, "  {:<13} {line}", if number == 0 { "errorMessage" } else { "" })?;
        }
        writeln!(self.out)?;
        self.keys("The keys of the project in Sentry, unchanged:")?;
        self.secret("The secret, unchanged:")
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}\n{}\n", "=".repeat(text.chars().count()))
    }

    fn secret(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "{title}")?;
        for stage in ["AWSPREVIOUS", "AWSCURRENT", "AWSPENDING"] {
            if self.stage.store.version_at(&self.stage.secret, stage).is_some() {
                let value = self.stage.store.value_at(&self.stage.secret, stage);
                writeln!(self.out, "  {stage:<12} {}", value.as_deref().unwrap_or("(no value yet)"))?;
            }
        }
        writeln!(self.out)
    }

    fn keys(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "{title}")?;
        for key in self.stage.sentry.keys("acme", "storefront") {
            let enabled = if key.is_active { "enabled" } else { "disabled" };
            let limit =
                key.rate_limit.map_or("no limit".to_owned(), |(count, window)| format!("{count} per {window} s"));
            writeln!(
                self.out,
                "  {} {enabled:<9} {limit:<14} SDK {:<4} {}",
                key.id, key.browser_sdk_version, key.label
            )?;
        }
        writeln!(self.out)
    }

    fn step(&mut self, lambda: &Restarting, step: Step, token: &str) -> io::Result<()> {
        self.stage.sentry_server.forget_calls();
        self.stage.store_server.forget_calls();
        let started = Instant::now();
        let answer = self.stage.step(lambda, step.as_str(), token);
        let elapsed = started.elapsed();
        let Invocation::Reply(reply) = answer else {
            return Err(io::Error::other(format!("{} did not succeed: {answer:?}", step.as_str())));
        };
        let words = |name: &str| {
            let words = reply.get(name).and_then(|words| words.as_array()).cloned().unwrap_or_default();
            words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(", ")
        };
        writeln!(self.out, "  {:<13} {} ({})", step.as_str(), explain(step), milliseconds(elapsed))?;
        writeln!(self.out, "    did         {}", words("effects"))?;
        writeln!(self.out, "    asked       Secrets Manager: {}", self.stage.store_server.call_names().join(", "))?;
        writeln!(self.out, "                Sentry: {}", self.stage.sentry_server.call_names().join(", "))
    }

    fn events(&mut self, application: &mut Application) -> io::Result<()> {
        let sent: Vec<_> = (0..EVENTS_AT_A_TIME).filter_map(|_| application.send("checkout failed")).collect();
        let taken = sent.iter().filter(|sent| sent.status == 200).count();
        let mut keys: Vec<String> =
            sent.iter().map(|sent| format!("{}…", sent.key_id.chars().take(8).collect::<String>())).collect();
        keys.dedup();
        writeln!(self.out, "  application   {taken} of {} events taken, with key {}", sent.len(), keys.join(" then "))
    }
}

fn explain(step: Step) -> &'static str {
    match step {
        Step::Create => "makes a new key and stores it as AWSPENDING",
        Step::Set => "gives it the settings of the old one",
        Step::Test => "asks Sentry and ingestion whether they take it",
        Step::Finish => "moves AWSCURRENT to it",
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}
