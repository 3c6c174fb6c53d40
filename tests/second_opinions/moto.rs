//! moto's Secrets Manager accepts every request that a rotation sends, and moves the labels as ours does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use integration_tests::{Binary, Stage, TIMEOUT};
use serde_json::{Value, json};
use testkit::lambda::{Invocation, Restarting};
use testkit::secrets_manager::rotation::{Step, event};

struct Moto {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Moto {
    fn start() -> Self {
        let host = concat!(env!("CARGO_MANIFEST_DIR"), "/second_opinions/moto_host.py");
        let mut process = Command::new("python")
            .arg(host)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/test.sh puts the Python environment with moto on PATH");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{question}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("moto's host answers: is moto installed? run scripts/test.sh")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.process.wait());
    }
}

#[test]
fn a_whole_rotation_runs_on_motos_secrets_manager() {
    let stage = Stage::new(Binary::Dev).unwrap();
    let mut moto = Moto::start();
    let document = stage.store.value_at(&stage.secret, "AWSCURRENT").unwrap();
    let management = stage.store.value_at("sentry/management", "AWSCURRENT").unwrap();
    let started = moto.ask(&json!({"management": management, "document": document}));
    let text = |name: &str| started[name].as_str().unwrap().to_owned();
    let lambda = Restarting::new(stage.function.clone().env("AWS_ENDPOINT_URL_SECRETS_MANAGER", text("url")));

    for step in Step::ALL {
        let answer = lambda.invoke(&event(step.as_str(), &text("arn"), &text("token"), None), TIMEOUT);
        assert!(matches!(answer, Invocation::Reply(_)), "{step:?}: {answer:?}\n{}", lambda.all_logs());
    }

    let keys = stage.sentry.keys("acme", "storefront");
    assert_eq!(keys.len(), 2);
    let stages = moto.ask(&json!("state"));
    let (old, new) = (stage.sentry.public_dsn(&keys[0]), stage.sentry.public_dsn(&keys[1]));
    assert_eq!(stages["AWSPREVIOUS"], json!(document));
    assert_eq!(stages["AWSCURRENT"], json!(document.replace(&old, &new)));
    assert!(stage.store_server.calls().is_empty(), "nothing went to our own stand-in");
}
