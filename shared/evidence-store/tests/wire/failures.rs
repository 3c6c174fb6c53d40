//! Failures: classified by S3's code, and nothing of an answer's text is kept.

use evidence_store::Kind;
use testkit::fault::Fault;
use testkit::http::Response;

use crate::service::{MARKER, REQUEST_ID, patient, refusal, script, spoken, store, written};

#[tokio::test]
async fn each_code_means_one_thing_to_every_action() {
    let cases = [
        (403, "AccessDenied", Kind::Denied),
        (403, "InvalidAccessKeyId", Kind::Denied),
        (403, "SignatureDoesNotMatch", Kind::Denied),
        (400, "ExpiredToken", Kind::Denied),
        (400, "KMS.DisabledException", Kind::Denied),
        (400, "KMS.ThrottlingException", Kind::Throttled),
        (404, "NoSuchBucket", Kind::NoBucket),
        (503, "SlowDown", Kind::Throttled),
        (409, "OperationAborted", Kind::Conflict),
        (500, "InternalError", Kind::Unavailable),
        (503, "ServiceUnavailable", Kind::Unavailable),
        (400, "RequestTimeout", Kind::Unavailable),
        (400, "EntityTooLarge", Kind::TooLarge),
        (301, "PermanentRedirect", Kind::Rejected),
        (400, "AuthorizationHeaderMalformed", Kind::Rejected),
        (400, "SomethingNew", Kind::Rejected),
    ];
    for (status, code, kind) in cases {
        let s3 = script([(); 4].map(|()| refusal(status, code)));
        let store = store(&s3.url(), "");
        let errors = [
            store.put_new("ledger/1.json", MARKER.into()).await.unwrap_err(),
            store.put("ledger/1.json", MARKER.into()).await.unwrap_err(),
            store.get("ledger/1.json").await.unwrap_err(),
            store.keys(MARKER).await.unwrap_err(),
        ];
        assert_eq!(
            errors.each_ref().map(evidence_store::Error::action),
            ["PutObject", "PutObject", "GetObject", "ListBucket"]
        );
        for error in errors {
            assert_eq!((error.kind(), error.is_unclear()), (kind, kind == Kind::Unavailable), "{code}");
            assert!(error.to_string().ends_with(&format!("({code}), request {REQUEST_ID}")), "{error}");
            spoken(&error);
        }
    }
}

/// As S3 words it since it says why.
fn denied(action: &str) -> Response {
    let message = format!(
        "User: arn:aws:sts::123456789012:assumed-role/{MARKER}/f is not authorized to perform: {action} on resource: \
         &quot;{MARKER}&quot; because no identity-based policy allows the {action} action"
    );
    let text = format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
    Response::text(403, "application/xml", text)
}

#[tokio::test]
async fn a_denial_names_the_object_that_was_asked_for_and_the_permission_that_s3_names() {
    for (named, said) in [
        ("kms:Decrypt", " for want of kms:Decrypt"),
        ("s3:ListBucket", " for want of s3:ListBucket"),
        ("s3:GetObject", ""),
        (MARKER, ", or is not there and s3:ListBucket is not allowed"),
    ] {
        let s3 = script([denied(named)]);
        let error = store(&s3.url(), "audit/").get("ledger/1.json").await.unwrap_err();
        let object = "arn:aws:s3:::acme-bucket/audit/ledger/1.json";
        assert_eq!(error.to_string(), format!("s3:GetObject on {object} was denied{said} (AccessDenied)"));
        spoken(&error);
    }
    let s3 = script([denied("s3:ListBucket")]);
    let error = store(&s3.url(), "audit/").keys("ledger/").await.unwrap_err();
    let said = "s3:ListBucket on arn:aws:s3:::acme-bucket was denied (AccessDenied)";
    assert_eq!(error.to_string(), said);
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_not_repeated() {
    let hostile = [
        Response::text(502, "text/html", format!("<html>{MARKER}</html>")),
        Response::text(400, "application/xml", format!("<Error><Code>{MARKER}</Code></Error>")),
        Response::text(400, "application/xml", format!("<Error><Code>KMS.{MARKER}</Code></Error>")),
        Response::text(403, "application/json", format!("{{\"{MARKER}\": 1}}")),
        refusal(400, "SomethingNew").with_header("x-amz-id-2", MARKER),
        Response::empty(500).with_header("x-amz-request-id", MARKER),
    ];
    for response in hostile {
        let s3 = script([(); 3].map(|()| response.clone()));
        let store = store(&s3.url(), "");
        spoken(&store.put_new("x", Vec::new()).await.unwrap_err());
        spoken(&store.get("x").await.unwrap_err());
        spoken(&store.keys("").await.unwrap_err());
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_it_open_if_the_request_was_carried_out() {
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Status(502)] {
        let s3 = script([(); 4].map(|()| written()));
        (0..4).for_each(|number| s3.faults().at(number, fault.clone()));
        let store = store(&s3.url(), "");
        let errors = [
            store.put_new("x", Vec::new()).await.unwrap_err(),
            store.put("x", Vec::new()).await.unwrap_err(),
            store.get("x").await.unwrap_err(),
            store.keys("").await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_unclear(), "{fault:?}: {error}");
            spoken(&error);
        }
    }
}

#[tokio::test]
async fn the_sdk_asks_again_where_s3_was_busy() {
    let s3 = script([refusal(503, "SlowDown"), written()]);
    patient(&s3.url()).put("x", Vec::new()).await.unwrap();
    assert_eq!(s3.calls().len(), 2);
}

#[tokio::test]
async fn nothing_listens() {
    let url = script([]).url();
    let error = store(&url, "").get("x").await.unwrap_err();
    assert_eq!(error.to_string(), "s3:GetObject got no usable answer");
    let shown = format!("{:?}", store(&url, "audit"));
    assert!(shown.contains("audit/") && !shown.contains("AKIA"), "{shown}");
}
