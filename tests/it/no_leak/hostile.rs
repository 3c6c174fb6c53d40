//! Answers that carry the marker wherever an answer can carry anything.

use std::fmt;

use integration_tests::{Binary, Stage};
use testkit::fault::Fault;
use testkit::http::Server;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Sentry,
    SecretsManager,
    EventBridge,
}

impl At {
    fn server(self, stage: &Stage) -> &Server {
        match self {
            Self::Sentry => &stage.sentry_server,
            Self::SecretsManager => &stage.store_server,
            Self::EventBridge => &stage.bus_server,
        }
    }

    fn answers(self) -> Vec<(&'static str, Fault)> {
        match self {
            Self::Sentry => of_sentry(),
            Self::SecretsManager | Self::EventBridge => of_aws(),
        }
    }
}

/// One hostile answer to one call of a rotation.
#[derive(Clone)]
pub(super) struct Hostile {
    at: At,
    number: usize,
    call: String,
    what: &'static str,
    fault: Fault,
}

impl fmt::Display for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} call {} ({}): {}", self.at, self.number, self.call, self.what)
    }
}

impl Hostile {
    pub(super) fn plan(&self, stage: &Stage) {
        self.at.server(stage).faults().at(self.number, self.fault.clone());
        // A refusal is looked into with further questions, which are answered no better.
        for question in ["GET /", "GET projects", "GET organization projects"] {
            stage.sentry_server.faults().every(question, wrong_types(self.number.is_multiple_of(2)));
        }
    }

    pub(super) fn was_met(&self, stage: &Stage) -> bool {
        self.at.server(stage).calls().get(self.number).is_some_and(|call| call.fault.is_some())
    }
}

/// Every hostile answer to every call of a quiet rotation.
pub(super) fn all() -> Vec<Hostile> {
    let stage = Stage::new(Binary::Dev).unwrap();
    let old = stage.key_id("AWSCURRENT").unwrap();
    stage.sentry.edit_key(&old, |key| key.browser_sdk_version = "6.x".to_owned());
    assert!(stage.rotate(&stage.lambda(), 1).unwrap().succeeded);
    let mut all = Vec::new();
    for at in [At::Sentry, At::SecretsManager, At::EventBridge] {
        for (number, call) in at.server(&stage).call_names().into_iter().enumerate() {
            all.extend(at.answers().into_iter().map(|(what, fault)| Hostile {
                at,
                number,
                call: call.clone(),
                what,
                fault,
            }));
        }
    }
    assert!(all.len() > 250, "{}", all.len());
    all
}

/// Members of the right name and the wrong type, so that a parser's error would repeat them.
fn wrong_types(list: bool) -> Fault {
    let object = r#"{"id":"QzLeak7x","projectId":"QzLeak7x","slug":["QzLeak7x"],"label":{"QzLeak7x":"QzLeak7x"},
        "isActive":"QzLeak7x","dsn":"QzLeak7x","organization":"QzLeak7x","auth":"QzLeak7x","scopes":"QzLeak7x",
        "secret":"QzLeak7x","QzLeak7x":"QzLeak7x"}"#;
    Fault::Body(if list { format!("[{object}]") } else { object.to_owned() })
}

fn headers(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const JSON: (&str, &str) = ("content-type", "application/json");
const HTML: (&str, &str) = ("content-type", "text/html; charset=QzLeak7x");
const ODD: [(&str, &str); 5] = [
    ("x-sentry-error", "QzLeak7x"),
    ("set-cookie", "session=QzLeak7x"),
    ("x-qzleak7x", "QzLeak7x"),
    ("server", "QzLeak7x"),
    ("link", "<https://QzLeak7x.example/?cursor=QzLeak7x>; rel=\"next\"; results=\"QzLeak7x\"; cursor=\"QzLeak7x\""),
];

fn answer(status: u16, head: &[(&str, &str)], body: &str) -> Fault {
    Fault::Answer(status, headers(&[head, &ODD].concat()), body.to_owned())
}

fn of_sentry() -> Vec<(&'static str, Fault)> {
    let detail = r#"{"detail":{"QzLeak7x":["QzLeak7x"]},"nonFieldErrors":["QzLeak7x"],"QzLeak7x":"QzLeak7x"}"#;
    let moved = |slug: &str| {
        let body = format!(r#"{{"slug":"{slug}","detail":{{"extra":{{"url":"/QzLeak7x/","slug":"{slug}"}}}}}}"#);
        answer(302, &[JSON, ("location", "https://user:QzLeak7x@QzLeak7x.example/QzLeak7x/?q=QzLeak7x")], &body)
    };
    let limits = [
        ("content-type", "text/html"),
        ("retry-after", "QzLeak7x"),
        ("x-sentry-rate-limit-reset", "QzLeak7x"),
        ("x-sentry-rate-limit-remaining", "QzLeak7x"),
    ];
    vec![
        ("members of the wrong types", wrong_types(false)),
        ("items of the wrong types", wrong_types(true)),
        ("a text where JSON of another kind belongs", Fault::Body("\"QzLeak7x\"".to_owned())),
        ("no JSON", Fault::Body("QzLeak7x {QzLeak7x".to_owned())),
        ("400", answer(400, &[JSON], detail)),
        ("401", answer(401, &[JSON, ("www-authenticate", "QzLeak7x realm=\"QzLeak7x\"")], detail)),
        ("403", answer(403, &[JSON], r#"{"detail":"QzLeak7x ProjectId"}"#)),
        ("404", answer(404, &[HTML], "<html>QzLeak7x</html>")),
        ("500", answer(500, &[HTML], "<html>QzLeak7x</html>")),
        ("429", answer(429, &limits, "\"QzLeak7x\"")),
        ("302 to a slug", moved("QzLeak7x")),
        ("302 to what is no slug", moved("QzLeak7x/../QzLeak7x")),
        ("another page at the marker", answer(200, &[JSON, ("link", NEXT)], "[]")),
    ]
}

const NEXT: &str = "<https://QzLeak7x.example/>; rel=\"next\"; results=\"true\"; cursor=\"QzLeak7x\"";

fn of_aws() -> Vec<(&'static str, Fault)> {
    let json = ("content-type", "application/x-amz-json-1.1");
    let id = ("x-amzn-requestid", "QzLeak7x-QzLeak7x");
    let typed = ("x-amzn-errortype", "QzLeak7xException:https://QzLeak7x.example/");
    let body = r#"{"__type":"com.amazonaws.QzLeak7x#QzLeak7xException","message":"QzLeak7x","Message":"QzLeak7x","QzLeak7x":1}"#;
    let denied = r#"{"__type":"AccessDeniedException","Message":"User: QzLeak7x is not authorized, token QzLeak7x"}"#;
    let wrong = r#"{"ARN":{"QzLeak7x":1},"Name":["QzLeak7x"],"SecretString":{"QzLeak7x":"QzLeak7x"},"CreatedDate":"QzLeak7x",
        "VersionStages":"QzLeak7x","VersionIdsToStages":"QzLeak7x","Tags":"QzLeak7x","RotationEnabled":"QzLeak7x",
        "FailedEntryCount":"QzLeak7x","Entries":"QzLeak7x"}"#;
    vec![
        ("an unknown code in the header", answer(400, &[json, id, typed], body)),
        ("an unknown code in the body", answer(400, &[json, id], body)),
        ("a denial", answer(400, &[json, id], denied)),
        ("an unknown code with 500", answer(500, &[json, id], body)),
        ("a page of HTML", answer(403, &[HTML, id], "<html>QzLeak7x</html>")),
        ("a redirect", answer(302, &[HTML, ("location", "https://QzLeak7x.example/QzLeak7x")], "QzLeak7x")),
        ("members of the wrong types", Fault::Body(wrong.to_owned())),
        ("a text where an object belongs", Fault::Body("\"QzLeak7x\"".to_owned())),
        ("no JSON", Fault::Body("QzLeak7x {QzLeak7x".to_owned())),
        ("a value that is a text of something else", Fault::Body(
            r#"{"ARN":"a","Name":"n","SecretString":"QzLeak7x QzLeak7x","VersionId":"QzLeak7x","FailedEntryCount":1,
            "Entries":[{"ErrorCode":"QzLeak7x","ErrorMessage":"QzLeak7x"}]}"#.to_owned(),
        )),
        ("an object that does not end", Fault::Body(r#"{"SecretString":"QzLeak7x"#.to_owned())),
    ]
}
