//! Writing: once, or over what is there.

use evidence_store::{Kind, Put};
use testkit::fault::Fault;
use testkit::http::Response;

use crate::service::{MARKER, asked, object, patient, refusal, script, spoken, store, written};

const KEY: &str = "ledger/a1B2c3/00000001.json";
const BODY: &[u8] = b"{\"kind\": \"disabled\"}";

fn taken() -> Response {
    refusal(412, "PreconditionFailed")
}

#[tokio::test]
async fn a_new_object_is_written_on_the_condition_that_its_key_is_free() {
    let s3 = script([written()]);
    let store = store(&s3.url(), "");
    assert_eq!(store.put_new(KEY, BODY.to_vec()).await.unwrap(), Put::Written);
    assert_eq!(asked(&s3), [format!("PUT /acme-bucket/{KEY}")]);
    let request = &s3.calls()[0].request;
    assert_eq!(request.header("if-none-match"), Some("*"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("content-encoding"), None, "the bytes are sent as they are");
    assert_eq!(request.body, BODY);
    assert!(request.header("x-amz-checksum-crc32").is_some(), "S3 refuses what was changed on the way");
    let signature = request.header("authorization").unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256"));
    assert!(signature.contains("if-none-match"), "the condition is signed");
}

#[tokio::test]
async fn a_key_that_is_taken_keeps_its_bytes() {
    let s3 = script([taken(), object("{}")]);
    assert_eq!(store(&s3.url(), "").put_new(KEY, BODY.to_vec()).await.unwrap(), Put::Exists);
    assert_eq!(asked(&s3), [format!("PUT /acme-bucket/{KEY}"), format!("GET /acme-bucket/{KEY}")]);
}

#[tokio::test]
async fn a_key_that_is_taken_by_the_same_bytes_is_written() {
    for bytes in [BODY, b""] {
        let s3 = script([taken(), object(bytes)]);
        assert_eq!(store(&s3.url(), "").put_new(KEY, bytes.to_vec()).await.unwrap(), Put::Written);
    }
}

#[tokio::test]
async fn a_repetition_of_the_sdk_finds_its_own_bytes() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(503), Fault::TruncatedBody] {
        let s3 = script([written(), taken(), object(BODY)]);
        s3.faults().at(0, fault.clone());
        assert_eq!(patient(&s3.url()).put_new(KEY, BODY.to_vec()).await.unwrap(), Put::Written, "{fault:?}");
        let put = format!("PUT /acme-bucket/{KEY}");
        assert_eq!(asked(&s3), [put.clone(), put, format!("GET /acme-bucket/{KEY}")], "{fault:?}");
        assert!(s3.calls().iter().take(2).all(|call| call.request.header("if-none-match") == Some("*")));
    }
}

#[tokio::test]
async fn a_concurrent_request_is_a_conflict_and_not_an_object() {
    for answers in [
        vec![refusal(409, "ConditionalRequestConflict")],
        vec![refusal(409, "OperationAborted")],
        // What was in the way was deleted before it could be read.
        vec![taken(), refusal(404, "NoSuchKey")],
    ] {
        let s3 = script(answers);
        let error = store(&s3.url(), "").put_new(KEY, BODY.to_vec()).await.unwrap_err();
        assert_eq!((error.kind(), error.action(), error.is_unclear()), (Kind::Conflict, "PutObject", false));
        spoken(&error);
    }
}

#[tokio::test]
async fn what_cannot_be_compared_is_a_failure() {
    for (answer, kind) in [
        (refusal(403, "AccessDenied"), Kind::Denied),
        (refusal(503, "SlowDown"), Kind::Throttled),
        (Response::empty(500), Kind::Unavailable),
    ] {
        let s3 = script([taken(), answer]);
        let error = store(&s3.url(), "").put_new(KEY, BODY.to_vec()).await.unwrap_err();
        assert_eq!((error.kind(), error.action()), (kind, "GetObject"));
    }
}

#[tokio::test]
async fn a_status_without_s3s_code_says_nothing_of_an_object() {
    for response in [Response::empty(412), Response::text(412, "text/html", format!("<html>{MARKER}</html>"))] {
        let s3 = script([response]);
        let error = store(&s3.url(), "").put_new(KEY, BODY.to_vec()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unclear()), (Kind::Unavailable, true));
        spoken(&error);
    }
}

#[tokio::test]
async fn an_object_is_written_over_another_without_a_condition() {
    let s3 = script([written(), written()]);
    let store = store(&s3.url(), "");
    store.put("state/retire-keys.json", BODY.to_vec()).await.unwrap();
    store.put("reviews/1/report.html", Vec::new()).await.unwrap();
    assert_eq!(asked(&s3), ["PUT /acme-bucket/state/retire-keys.json", "PUT /acme-bucket/reviews/1/report.html"]);
    let requests: Vec<_> = s3.calls().into_iter().map(|call| call.request).collect();
    assert!(requests.iter().all(|request| request.header("if-none-match").is_none()));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[1].header("content-type"), Some("text/html; charset=utf-8"));
    assert!(requests[1].body.is_empty());
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let s3 = script([]);
    let store = store(&s3.url(), "");
    let body = vec![0; (64 << 20) + 1];
    for error in [store.put_new(KEY, body.clone()).await.unwrap_err(), store.put(KEY, body).await.unwrap_err()] {
        assert_eq!((error.kind(), error.is_unclear()), (Kind::TooLarge, false));
        assert_eq!(error.to_string(), "s3:PutObject was refused for an object that is too large");
    }
    assert!(s3.calls().is_empty());
}
