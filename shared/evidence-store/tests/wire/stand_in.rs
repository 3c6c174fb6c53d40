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
async fn a_file_goes_there_and_back_and_every_attempt_sends_all_of_it() {
    let (bucket, server) = served();
    let folder = tempfile::tempdir().unwrap();
    let (report, back) = (folder.path().join("report.json"), folder.path().join("back.json"));
    // Lines of which no two pieces of the file are the same.
    let text: String = (0..2_000_000).map(|number| format!("{number:>24}\n")).collect();
    std::fs::write(&report, &text).unwrap();
    for (nth, fault) in [Fault::DropBefore, Fault::Status(503)].into_iter().enumerate() {
        server.faults().on("PutObject", nth * 2, fault);
    }
    let store = patient(&server.url());
    assert_eq!(store.put_new_file("report.json", &report).await.unwrap(), Put::Written);
    store.put_file("again.json", &report).await.unwrap();
    assert_eq!(server.call_names(), ["PutObject"; 4]);
    for key in ["report.json", "again.json"] {
        assert!(bucket.object(key).unwrap() == text.as_bytes(), "{key} has other bytes");
    }
    assert!(store.get_file("report.json", &back).await.unwrap());
    assert!(std::fs::read(&back).unwrap() == text.as_bytes(), "it was changed on the way back");

    assert_eq!(store.put_new_file("report.json", &report).await.unwrap(), Put::Written);
    std::fs::write(&report, &text.as_bytes()[1..]).unwrap();
    assert_eq!(store.put_new_file("report.json", &report).await.unwrap(), Put::Exists);
    assert!(bucket.object("report.json").unwrap() == text.as_bytes(), "what was first stays");
}

#[tokio::test]
async fn a_file_without_bytes_is_an_object_without_bytes() {
    let (bucket, server) = served();
    let folder = tempfile::tempdir().unwrap();
    let (empty, back) = (folder.path().join("empty.csv"), folder.path().join("back.csv"));
    std::fs::write(&empty, "").unwrap();
    for _ in 0..2 {
        assert_eq!(below(&server).put_new_file("empty.csv", &empty).await.unwrap(), Put::Written);
    }
    assert_eq!(bucket.object("audit/empty.csv").unwrap(), b"");
    assert!(below(&server).get_file("empty.csv", &back).await.unwrap());
    assert_eq!(std::fs::read(&back).unwrap(), b"");
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
