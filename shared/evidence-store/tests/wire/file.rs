//! From a file and into one: what is told of it, and that nothing passes for what it is not.

use std::path::PathBuf;

use evidence_store::{Error, Kind, Put};
use tempfile::TempDir;
use testkit::fault::Fault;
use testkit::http::Response;

use crate::raw::{chunks, promise};
use crate::service::{MARKER, asked, object, patient, refusal, script, spoken, store, written};

const KEY: &str = "reviews/1/report.json";
const BODY: &[u8] = b"{\"findings\": []}";

/// A folder that is gone with it, and a file in it.
struct Spool {
    folder: TempDir,
    path: PathBuf,
}

impl Spool {
    fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MARKER);
        std::fs::write(&path, bytes).unwrap();
        Self { folder, path }
    }

    /// The names in the folder, in order.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn taken() -> Response {
    refusal(412, "PreconditionFailed")
}

#[tokio::test]
async fn a_file_is_sent_with_a_condition_and_a_checksum() {
    let spool = Spool::new(BODY);
    let s3 = script([written()]);
    assert_eq!(store(&s3.url(), "").put_new_file(KEY, &spool.path).await.unwrap(), Put::Written);
    assert_eq!(asked(&s3), [format!("PUT /acme-bucket/{KEY}")]);
    let request = &s3.calls()[0].request;
    assert_eq!(request.header("if-none-match"), Some("*"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-amz-decoded-content-length"), Some("16"));
    assert_eq!(request.header("x-amz-trailer"), Some("x-amz-checksum-crc32"), "S3 refuses what was changed on the way");
    let signature = request.header("authorization").unwrap();
    assert!(signature.contains("if-none-match") && signature.contains("x-amz-trailer"), "both are signed");
    let body = String::from_utf8_lossy(&request.body);
    assert!(body.contains(std::str::from_utf8(BODY).unwrap()) && body.contains("x-amz-checksum-crc32:"));
}

#[tokio::test]
async fn a_file_is_written_over_another_object_without_a_condition() {
    let spool = Spool::new(BODY);
    let cases = [
        ("state/audit-keys.json", Some("application/json")),
        ("reviews/1/inventory.csv", Some("text/csv; charset=utf-8")),
        ("reviews/1/report.md", Some("text/markdown; charset=utf-8")),
        ("reviews/1/report.html", Some("text/html; charset=utf-8")),
        ("reviews/1/rotations.ics", None),
        ("reviews/1.d/json", None),
    ];
    for (key, content_type) in cases {
        let s3 = script([written()]);
        store(&s3.url(), "").put_file(key, &spool.path).await.unwrap();
        let request = &s3.calls()[0].request;
        assert_eq!(request.header("if-none-match"), None);
        let unsaid = request.header("content-type").filter(|it| *it != "application/octet-stream");
        assert_eq!(unsaid, content_type, "{key}");
    }
}

#[tokio::test]
async fn a_key_that_is_taken_keeps_its_bytes() {
    let longer = [BODY, b" "].concat();
    for other in [b"".as_slice(), b"{}", &BODY[..BODY.len() - 1], &longer, b"{\"findings\": [}]"] {
        let spool = Spool::new(BODY);
        let s3 = script([taken(), object(other)]);
        assert_eq!(store(&s3.url(), "").put_new_file(KEY, &spool.path).await.unwrap(), Put::Exists);
        assert_eq!(asked(&s3), [format!("PUT /acme-bucket/{KEY}"), format!("GET /acme-bucket/{KEY}")]);
    }
    let spool = Spool::new(BODY);
    let s3 = script([taken(), object(BODY)]);
    assert_eq!(store(&s3.url(), "").put_new_file(KEY, &spool.path).await.unwrap(), Put::Written);
}

#[tokio::test]
async fn a_repetition_of_the_sdk_finds_its_own_bytes() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(503)] {
        let spool = Spool::new(BODY);
        let s3 = script([written(), taken(), object(BODY)]);
        s3.faults().at(0, fault.clone());
        let put = patient(&s3.url()).put_new_file(KEY, &spool.path).await.unwrap();
        assert_eq!(put, Put::Written, "{fault:?}");
        let put = format!("PUT /acme-bucket/{KEY}");
        assert_eq!(asked(&s3), [put.clone(), put, format!("GET /acme-bucket/{KEY}")], "{fault:?}");
        let calls = s3.calls();
        assert_eq!(calls[0].request.body, calls[1].request.body, "all of it again");
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
        let spool = Spool::new(BODY);
        let s3 = script(answers);
        let error = store(&s3.url(), "").put_new_file(KEY, &spool.path).await.unwrap_err();
        assert_eq!((error.kind(), error.action(), error.is_unclear()), (Kind::Conflict, "PutObject", false));
        spoken(&error);
    }
}

#[tokio::test]
async fn what_cannot_be_compared_is_a_failure() {
    let spool = Spool::new(BODY);
    for (answer, kind) in [
        (refusal(403, "AccessDenied"), Kind::Denied),
        (refusal(503, "SlowDown"), Kind::Throttled),
        (Response::empty(500), Kind::Unavailable),
    ] {
        let s3 = script([taken(), answer]);
        let error = store(&s3.url(), "").put_new_file(KEY, &spool.path).await.unwrap_err();
        assert_eq!((error.kind(), error.action()), (kind, "GetObject"));
    }
    // The half that came is the half of the file.
    let s3 = script([taken(), object(BODY)]);
    s3.faults().at(1, Fault::TruncatedBody);
    let error = store(&s3.url(), "").put_new_file(KEY, &spool.path).await.unwrap_err();
    assert_eq!((error.kind(), error.action()), (Kind::Unavailable, "GetObject"));
}

#[tokio::test]
async fn each_failure_is_told_as_for_other_objects() {
    for (answer, kind) in [
        (refusal(403, "AccessDenied"), Kind::Denied),
        (refusal(404, "NoSuchBucket"), Kind::NoBucket),
        (refusal(503, "SlowDown"), Kind::Throttled),
        (refusal(400, "BadDigest"), Kind::Rejected),
        (refusal(400, "EntityTooLarge"), Kind::TooLarge),
        (Response::empty(412), Kind::Unavailable),
        (Response::text(502, "text/html", format!("<html>{MARKER}</html>")), Kind::Unavailable),
    ] {
        let spool = Spool::new(BODY);
        let s3 = script([(); 3].map(|()| answer.clone()));
        let store = store(&s3.url(), "");
        for (error, action) in [
            (store.put_new_file(KEY, &spool.path).await.unwrap_err(), "PutObject"),
            (store.put_file(KEY, &spool.path).await.unwrap_err(), "PutObject"),
            (store.get_file(KEY, &spool.path).await.unwrap_err(), "GetObject"),
        ] {
            assert_eq!((error.kind(), error.action()), (kind, action));
            assert_eq!(error.is_unclear(), kind == Kind::Unavailable);
            spoken(&error);
        }
        assert_eq!(std::fs::read(&spool.path).unwrap(), BODY, "what was there stays");
        assert_eq!(spool.names(), [MARKER]);
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_it_open_if_the_file_was_written() {
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Status(502)] {
        let spool = Spool::new(BODY);
        let s3 = script([(); 2].map(|()| written()));
        (0..2).for_each(|number| s3.faults().at(number, fault.clone()));
        let store = store(&s3.url(), "");
        for error in [
            store.put_new_file(KEY, &spool.path).await.unwrap_err(),
            store.put_file(KEY, &spool.path).await.unwrap_err(),
        ] {
            assert!(error.is_unclear(), "{fault:?}: {error}");
            spoken(&error);
        }
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_or_is_too_large_is_not_sent() {
    let refused = async |path: PathBuf, kind: Kind| {
        let s3 = script([]);
        let store = store(&s3.url(), "");
        let errors: [Error; 2] =
            [store.put_new_file(KEY, &path).await.unwrap_err(), store.put_file(KEY, &path).await.unwrap_err()];
        for error in errors {
            assert_eq!((error.kind(), error.is_unclear(), error.action()), (kind, false, "PutObject"));
            spoken(&error);
        }
        assert!(s3.calls().is_empty());
    };
    let spool = Spool::new(BODY);
    refused(spool.folder.path().join("5ec4e75ec4e75ec4e75ec4e75ec4e75e.absent"), Kind::File).await;
    // All of it a hole, which takes no room.
    std::fs::File::create(&spool.path).unwrap().set_len((1 << 30) + 1).unwrap();
    refused(spool.path.clone(), Kind::TooLarge).await;
}

#[tokio::test]
async fn an_object_is_read_into_a_file_byte_for_byte() {
    for bytes in [b"".as_slice(), b"{}", b"\x00\xff\r\n\r\n"] {
        let spool = Spool::new(b"what was there before");
        let s3 = script([object(bytes)]);
        assert!(store(&s3.url(), "").get_file(KEY, &spool.path).await.unwrap());
        assert_eq!(std::fs::read(&spool.path).unwrap(), bytes);
        assert_eq!(spool.names(), [MARKER]);
    }
    let spool = Spool::new(BODY);
    let s3 = script([refusal(404, "NoSuchKey")]);
    assert!(!store(&s3.url(), "").get_file(KEY, &spool.path).await.unwrap());
    assert_eq!(std::fs::read(&spool.path).unwrap(), BODY);
    assert!(store(&chunks(65), "").get_file(KEY, &spool.path).await.unwrap(), "more than memory may hold");
    assert_eq!(std::fs::metadata(&spool.path).unwrap().len(), 65 << 20);
}

#[tokio::test]
async fn what_is_not_the_whole_object_leaves_no_file() {
    let broken = script([object(BODY)]);
    broken.faults().at(0, Fault::TruncatedBody);
    let changed = script([object(BODY).with_header("x-amz-checksum-crc32", "AAAAAA==")]);
    for (url, kind) in [
        (broken.url(), Kind::Unavailable),
        (changed.url(), Kind::Unavailable),
        (promise(1 << 30), Kind::Unavailable),
        (promise((1 << 30) + 1), Kind::TooLarge),
    ] {
        let spool = Spool::new(b"what was there before");
        let error = store(&url, "").get_file(KEY, &spool.path).await.unwrap_err();
        assert_eq!((error.kind(), error.action()), (kind, "GetObject"), "{url}");
        spoken(&error);
        assert_eq!(std::fs::read(&spool.path).unwrap(), b"what was there before");
        assert_eq!(spool.names(), [MARKER]);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_a_failure_of_its_own() {
    let spool = Spool::new(BODY);
    let s3 = script([object(BODY), object(BODY)]);
    let store = store(&s3.url(), "");
    // No such folder; and a folder where the file is to be.
    for path in [spool.path.join("in-a-file"), spool.folder.path().to_owned()] {
        let error = store.get_file(KEY, &path).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unclear()), (Kind::File, false));
        assert_eq!(error.to_string(), "s3:GetObject could not read or write the file on this machine");
        spoken(&error);
    }
}
