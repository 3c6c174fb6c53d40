//! The store against a kept implementation of S3.

use std::sync::Arc;

use evidence_store::{EvidenceStore, Kind, Put};
use testkit::fault::Fault;
use testkit::http::Server;
use testkit::s3::S3;

use crate::service::{BUCKET, patient, store};

fn served() -> (Arc<S3>, Server) {
    let bucket = S3::new(BUCKET);
    let server = Server::start(Arc::clone(&bucket)).unwrap();
    (bucket, server)
}

fn below(server: &Server) -> EvidenceStore {
    store(&server.url(), "audit")
}

#[tokio::test]
async fn what_is_written_is_read_and_listed() {
    let (bucket, server) = served();
    let store = below(&server);
    assert_eq!(store.get("x/1.json").await.unwrap(), None);
    assert_eq!(store.keys("").await.unwrap(), [""; 0]);
    assert_eq!(store.put_new("x/1.json", b"{}".to_vec()).await.unwrap(), Put::Written);
    store.put("x/2.html", b"<html>".to_vec()).await.unwrap();
    store.put("y.json", Vec::new()).await.unwrap();
    assert_eq!(bucket.keys(), ["audit/x/1.json", "audit/x/2.html", "audit/y.json"]);
    assert_eq!(store.keys("").await.unwrap(), ["x/1.json", "x/2.html", "y.json"]);
    assert_eq!(store.keys("x/").await.unwrap(), ["x/1.json", "x/2.html"]);
    assert_eq!(store.get("x/2.html").await.unwrap().as_deref(), Some(b"<html>".as_slice()));
    assert_eq!(store.get("y.json").await.unwrap().as_deref(), Some(b"".as_slice()));
}

#[tokio::test]
async fn of_many_that_write_one_key_one_is_first_and_stays() {
    let (bucket, server) = served();
    let store = below(&server);
    let write = |number: u8| {
        let store = store.clone();
        async move { store.put_new("1.json", vec![b'0' + number]).await }
    };
    let (a, b, c, d) = tokio::join!(write(0), write(1), write(2), write(3));
    let results = [a, b, c, d].map(Result::unwrap);
    assert_eq!(results.iter().filter(|put| **put == Put::Written).count(), 1);
    let first = results.iter().position(|put| *put == Put::Written).unwrap();
    assert_eq!(bucket.object("audit/1.json").unwrap(), [b'0' + u8::try_from(first).unwrap()]);
    for number in 0..4 {
        let expected = if usize::from(number) == first { Put::Written } else { Put::Exists };
        assert_eq!(write(number).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_found_by_its_repetition() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(500)] {
        let (bucket, server) = served();
        server.faults().on("PutObject", 0, fault.clone());
        assert_eq!(patient(&server.url()).put_new("1.json", b"{}".to_vec()).await.unwrap(), Put::Written);
        assert_eq!(server.call_names(), ["PutObject", "PutObject", "GetObject"], "{fault:?}");
        assert_eq!(bucket.object("1.json").unwrap(), b"{}");
    }
}

#[tokio::test]
async fn more_keys_than_a_page_holds_are_all_found() {
    let (bucket, server) = served();
    let names: Vec<String> = (0..2_300).map(|number| format!("ledger/{number:08}.json")).collect();
    names.iter().for_each(|name| bucket.put(&format!("audit/{name}"), "{}"));
    bucket.put("elsewhere.json", "{}");
    assert_eq!(below(&server).keys("ledger/").await.unwrap(), names);
    assert_eq!(server.call_names().len(), 3);
}

#[tokio::test]
async fn a_role_that_may_not_is_denied() {
    let (bucket, server) = served();
    let store = below(&server);
    bucket.put("audit/there.json", "{}");
    bucket.deny("ListObjectsV2");
    assert_eq!(store.keys("").await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(store.get("there.json").await.unwrap().as_deref(), Some(b"{}".as_slice()));
    assert_eq!(store.get("absent.json").await.unwrap_err().kind(), Kind::Denied);
    bucket.deny("PutObject");
    assert_eq!(store.put_new("new.json", Vec::new()).await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(bucket.keys(), ["audit/there.json"]);
}

#[tokio::test]
async fn another_bucket_is_none() {
    let (_bucket, server) = served();
    let elsewhere = crate::service::in_bucket(&server.url(), "elsewhere");
    assert_eq!(elsewhere.get("x").await.unwrap_err().kind(), Kind::NoBucket);
    assert_eq!(elsewhere.put_new("x", Vec::new()).await.unwrap_err().kind(), Kind::NoBucket);
    assert_eq!(elsewhere.keys("").await.unwrap_err().kind(), Kind::NoBucket);
}
