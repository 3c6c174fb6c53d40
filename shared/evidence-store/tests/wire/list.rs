//! Listing: every page, and keys as the other methods take them.

use evidence_store::Kind;
use testkit::http::{Response, Server};

use crate::service::{asked, refusal, script, spoken, store};

fn page(keys: &[&str], rest: &str) -> Response {
    let contents: String =
        keys.iter().map(|key| format!("<Contents><Key>{key}</Key><Size>2</Size></Contents>")).collect();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult \
         xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>acme-bucket</Name>{contents}{rest}</ListBucketResult>"
    );
    Response::text(200, "application/xml", body)
}

fn more(token: &str) -> String {
    format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>")
}

const LAST: &str = "<IsTruncated>false</IsTruncated>";

fn queries(s3: &Server) -> Vec<(Option<String>, Option<String>)> {
    let calls = s3.calls();
    let requests = calls.iter().map(|call| &call.request);
    let text = |value: Option<&str>| value.map(str::to_owned);
    requests
        .inspect(|request| assert_eq!(request.query("list-type"), Some("2")))
        .map(|request| (text(request.query("prefix")), text(request.query("continuation-token"))))
        .collect()
}

#[tokio::test]
async fn every_page_is_read_and_the_keys_are_in_order() {
    let s3 = script([
        page(&["ledger/b/2.json", "ledger/a/1.json"], &more("one/+=")),
        page(&[], &more("two")),
        page(&["ledger/a/0.json"], LAST),
    ]);
    let keys = store(&s3.url(), "").keys("ledger/").await.unwrap();
    assert_eq!(keys, ["ledger/a/0.json", "ledger/a/1.json", "ledger/b/2.json"]);
    let prefix = || Some("ledger/".to_owned());
    let expected = [(prefix(), None), (prefix(), Some("one/+=".to_owned())), (prefix(), Some("two".to_owned()))];
    assert_eq!(queries(&s3), expected);
    assert_eq!(asked(&s3), ["GET /acme-bucket/"; 3]);
}

#[tokio::test]
async fn the_stores_own_prefix_is_put_before_and_taken_off() {
    let cases = [
        ("", "", None, &["a/x/1.json", "b"] as &[&str], &["a/x/1.json", "b"] as &[&str]),
        ("", "a/", Some("a/"), &["a/1"], &["a/1"]),
        ("audit", "", Some("audit/"), &["audit/", "audit/x/1.json"], &["x/1.json"]),
        ("audit/", "x/", Some("audit/x/"), &["audit/x/", "audit/x/1.json"], &["x/", "x/1.json"]),
        (
            "/audit/sentry//",
            "x",
            Some("audit/sentry/x"),
            &["audit/sentry/x1", "audit/sentry/x/audit/sentry/"],
            &["x/audit/sentry/", "x1"],
        ),
        ("/", "", None, &["b"], &["b"]),
    ];
    for (own, asked_for, sent, there, expected) in cases {
        let s3 = script([page(there, LAST)]);
        assert_eq!(store(&s3.url(), own).keys(asked_for).await.unwrap(), expected, "{own:?} {asked_for:?}");
        assert_eq!(queries(&s3), [(sent.map(str::to_owned), None)], "{own:?} {asked_for:?}");
    }
}

#[tokio::test]
async fn the_prefix_is_put_before_every_key() {
    for (prefix, path) in [("", "x.json"), ("audit", "audit/x.json"), ("a b/c/", "a%20b/c/x.json")] {
        let s3 = script([crate::service::object("{}"), crate::service::written(), crate::service::written()]);
        let store = store(&s3.url(), prefix);
        store.get("x.json").await.unwrap();
        store.put("x.json", Vec::new()).await.unwrap();
        store.put_new("x.json", Vec::new()).await.unwrap();
        let expected = ["GET", "PUT", "PUT"].map(|method| format!("{method} /acme-bucket/{path}"));
        assert_eq!(asked(&s3), expected);
    }
}

#[tokio::test]
async fn nothing_is_a_list_too() {
    let s3 = script([page(&[], LAST)]);
    assert_eq!(store(&s3.url(), "audit").keys("x/").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_part_of_a_list_never_passes_for_the_whole() {
    let cases = [
        ("a page fails", vec![page(&["a"], &more("one")), Response::empty(500)]),
        ("no token", vec![page(&["a"], "<IsTruncated>true</IsTruncated>")]),
        ("an empty token", vec![page(&["a"], &more(""))]),
        ("it does not go on", vec![page(&["a"], &more("one")), page(&["a"], &more("one"))]),
        ("it does not say if there is more", vec![page(&["a"], "")]),
        ("it says that it has more keys", vec![page(&["a"], "<IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>")]),
        ("it breaks off", vec![Response::text(200, "application/xml", "<ListBucketResult><Contents><Key>a</Key>")]),
        ("it is none", vec![Response::text(200, "text/html", "<html></html>")]),
    ];
    for (name, answers) in cases {
        let s3 = script(answers);
        let error = store(&s3.url(), "").keys("").await.unwrap_err();
        assert_eq!((error.kind(), error.action()), (Kind::Unavailable, "ListBucket"), "{name}");
    }
    let s3 = script([page(&["elsewhere/a"], LAST)]);
    assert_eq!(store(&s3.url(), "audit").keys("").await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_refusal_is_not_an_empty_list() {
    for (status, code, kind) in [(404, "NoSuchBucket", Kind::NoBucket), (403, "AccessDenied", Kind::Denied)] {
        let s3 = script([refusal(status, code)]);
        let error = store(&s3.url(), "").keys("").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        spoken(&error);
    }
}
