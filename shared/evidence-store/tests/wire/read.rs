//! Reading: whole, or not at all.

use evidence_store::Kind;
use testkit::fault::Fault;
use testkit::http::Response;

use crate::raw::chunks;
use crate::service::{asked, object, refusal, script, spoken, store};

const KEY: &str = "state/retire-keys.json";

#[tokio::test]
async fn an_object_is_read_byte_for_byte() {
    for bytes in [b"".as_slice(), b"{}", b"\x00\xff\r\n\r\n"] {
        let s3 = script([object(bytes)]);
        assert_eq!(store(&s3.url(), "").get(KEY).await.unwrap().as_deref(), Some(bytes));
        assert_eq!(asked(&s3), [format!("GET /acme-bucket/{KEY}")]);
    }
}

#[tokio::test]
async fn no_object_no_bucket_and_no_right_to_know_are_three_things() {
    let s3 = script([refusal(404, "NoSuchKey")]);
    assert_eq!(store(&s3.url(), "").get(KEY).await.unwrap(), None);
    // 403 is also what S3 says of an object that is not there to a role that may not list the bucket.
    for (status, code, kind) in [(404, "NoSuchBucket", Kind::NoBucket), (403, "AccessDenied", Kind::Denied)] {
        let s3 = script([refusal(status, code)]);
        let error = store(&s3.url(), "").get(KEY).await.unwrap_err();
        assert_eq!((error.kind(), error.action()), (kind, "GetObject"));
        spoken(&error);
    }
    for not_s3 in [Response::empty(404), Response::text(404, "text/html", "<html>NoSuchKey</html>")] {
        let s3 = script([not_s3]);
        assert_eq!(store(&s3.url(), "").get(KEY).await.unwrap_err().kind(), Kind::Unavailable);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_object() {
    for body in ["{\"sequence\": 1}", "x"] {
        let s3 = script([object(body)]);
        s3.faults().at(0, Fault::TruncatedBody);
        let error = store(&s3.url(), "").get(KEY).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unclear()), (Kind::Unavailable, true));
        spoken(&error);
    }
}

#[tokio::test]
async fn an_object_that_was_changed_on_the_way_is_no_object() {
    // The checksum of other bytes.
    let s3 = script([object("{}").with_header("x-amz-checksum-crc32", "AAAAAA==")]);
    assert_eq!(store(&s3.url(), "").get(KEY).await.unwrap_err().kind(), Kind::Unavailable);
    let request = &s3.calls()[0].request;
    assert_eq!(request.header("x-amz-checksum-mode"), Some("ENABLED"));
}

#[tokio::test]
async fn the_largest_object_is_read_and_one_that_is_larger_is_not() {
    let s3 = script([object(vec![b'x'; 64 << 20]), object(vec![b'x'; (64 << 20) + 1])]);
    let store_here = store(&s3.url(), "");
    assert_eq!(store_here.get(KEY).await.unwrap().map(|bytes| bytes.len()), Some(64 << 20));
    assert_eq!(store_here.get(KEY).await.unwrap_err().kind(), Kind::TooLarge);

    assert_eq!(store(&chunks(64), "").get(KEY).await.unwrap().map(|bytes| bytes.len()), Some(64 << 20));
    assert_eq!(store(&chunks(usize::MAX), "").get(KEY).await.unwrap_err().kind(), Kind::TooLarge);
}
