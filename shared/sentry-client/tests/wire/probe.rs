//! The ingestion probe.

use sentry_client::{Dsn, Probe};
use testkit::fault::Fault;
use testkit::http::Response;

use crate::fixtures::{KEY, MARKER};
use crate::script::{AGENT, Script, TOKEN, failing, json, on, script};

const ENVELOPE: &str = "POST /a/b/api/42/envelope/";

fn dsn(ingestion: &Script) -> Dsn {
    format!("http://{KEY}:{MARKER}@{}/a/b/42", ingestion.server().address()).parse().unwrap()
}

#[tokio::test]
async fn it_sends_one_empty_client_report_to_the_host_of_the_dsn() {
    let sentry = script([]);
    let ingestion = script([on(ENVELOPE, json(200, "{}"))]);
    let api = sentry.api();
    assert_eq!(api.probe(&dsn(&ingestion)).await.unwrap(), Probe::Accepted);
    let requests = ingestion.done(&api);
    let request = &requests[0];
    let auth = format!("Sentry sentry_version=7, sentry_key={KEY}, sentry_client={AGENT}");
    assert_eq!(request.header("x-sentry-auth"), Some(auth.as_str()));
    assert_eq!(
        std::str::from_utf8(&request.body).unwrap(),
        "{}\n{\"type\":\"client_report\",\"length\":23}\n{\"discarded_events\":[]}\n"
    );
    assert!(request.headers.values().all(|value| !value.to_str().unwrap().contains(TOKEN)));
    assert!(request.headers.values().all(|value| !value.to_str().unwrap().contains(MARKER)));
    assert_eq!(sentry.server().call_names(), [""; 0]);
}

#[tokio::test]
async fn only_a_401_and_a_403_for_the_key_itself_refuse() {
    let project_id = r#"{"detail":"event submission rejected with_reason: ProjectId","causes":[]}"#;
    let cases = [
        (json(200, "{}"), Probe::Accepted),
        (Response::empty(202), Probe::Accepted),
        (json(401, r#"{"detail":"bad sentry DSN public key"}"#), Probe::Refused),
        (json(403, project_id), Probe::RefusedForNow),
        (json(403, r#"{"detail":"event submission rejected with_reason: Cors"}"#), Probe::Inconclusive),
        (Response::text(403, "text/html", "ProjectId"), Probe::Inconclusive),
        (json(404, "{}"), Probe::Inconclusive),
        (json(413, project_id), Probe::Inconclusive),
        (json(429, "{}").with_header("retry-after", "60"), Probe::Inconclusive),
        (json(502, project_id), Probe::Inconclusive),
        (json(302, "{}").with_header("location", "/"), Probe::Inconclusive),
    ];
    for (response, expected) in cases {
        let status = response.status;
        let ingestion = script([on(ENVELOPE, response)]);
        let api = ingestion.api();
        assert_eq!(api.probe(&dsn(&ingestion)).await.unwrap(), expected, "{status}");
        ingestion.done(&api);
    }
}

#[tokio::test]
async fn a_lost_connection_proves_nothing_and_is_not_tried_again() {
    for fault in [Fault::DropBefore, Fault::DropAfter] {
        let ingestion = script([failing(ENVELOPE, fault)]);
        let api = ingestion.api();
        assert_eq!(api.probe(&dsn(&ingestion)).await.unwrap(), Probe::Inconclusive);
        ingestion.done(&api);
    }
}

#[tokio::test]
async fn a_host_that_nobody_answers_for_is_inconclusive() {
    let sentry = script([]);
    let gone = dsn(&script([]));
    assert_eq!(sentry.api().probe(&gone).await.unwrap(), Probe::Inconclusive);
}
