//! Failures: classified by AWS's code, and nothing of an answer's text is kept.

use secret_store::Kind;
use testkit::fault::Fault;
use testkit::http::Response;

use crate::service::{ARN, MARKER, PENDING, REQUEST_ID, refusal, script, strict};

#[tokio::test]
async fn a_value_that_is_gone_is_none_and_one_that_is_withheld_is_a_failure() {
    let cases = [
        ("ResourceNotFoundException", None),
        // What it says of a secret that is scheduled for deletion.
        ("InvalidRequestException", Some(Kind::Rejected)),
        ("AccessDeniedException", Some(Kind::Denied)),
        ("DecryptionFailure", Some(Kind::Denied)),
        ("ThrottlingException", Some(Kind::Throttled)),
        ("InternalServiceError", Some(Kind::Unavailable)),
    ];
    for (code, kind) in cases {
        let (_server, store) = script([refusal(code), refusal(code), refusal(code)]);
        let failures = [
            store.value_of(ARN, PENDING).await.map(|value| assert!(value.is_none(), "{code}")),
            store.value_at(ARN, PENDING, secret_store::Stage::Previous).await.map(|value| assert!(value.is_none())),
            store.current_value(ARN).await.map(|value| assert!(value.is_none(), "{code}")),
        ];
        for failure in failures {
            assert_eq!(failure.as_ref().err().map(secret_store::Error::kind), kind, "{code}");
            if let Err(error) = failure {
                let said = format!("{error} {error:?}");
                assert!(said.contains(code) && said.contains(REQUEST_ID), "{said}");
                assert!(!said.contains(MARKER), "{code}");
                // Whoever mends a role must know for which secret.
                assert_eq!(said.contains(ARN), kind == Some(Kind::Denied), "{code}");
            }
        }
    }
}

#[tokio::test]
async fn a_denial_names_the_permission_that_is_missing() {
    let user = format!("User: arn:aws:sts::123456789012:assumed-role/{MARKER}/f is not authorized to perform:");
    for (message, permission) in [
        ("Access to KMS is not allowed".to_owned(), "kms:Decrypt"),
        (format!("{user} lambda:InvokeFunction on resource: {MARKER}"), "lambda:InvokeFunction"),
        (format!("{user} {MARKER} on resource: {MARKER}"), "secretsmanager:GetSecretValue"),
    ] {
        let body = serde_json::json!({"__type": "AccessDeniedException", "Message": message}).to_string();
        let (_server, store) = script([Response::text(400, "application/x-amz-json-1.1", body)]);
        let error = store.value_of(ARN, PENDING).await.unwrap_err();
        assert_eq!((error.permission().as_str(), error.secret_id()), (permission, Some(ARN)));
        let said = format!("{error} {error:?}");
        assert!(!said.contains(MARKER), "{said}");
        let said = said.contains(permission) || permission.ends_with(":GetSecretValue");
        assert!(said, "{error}");
    }
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_no_answer_and_is_not_repeated() {
    let hostile = [
        Response::text(400, "text/html", format!("<html>{MARKER}</html>")),
        Response::text(200, "application/x-amz-json-1.1", format!(r#"{{"SecretString": {MARKER}"#)),
        Response::text(403, "application/x-amz-json-1.1", format!(r#"{{"__type":"{MARKER}"}}"#)),
        refusal("InternalFailure").with_header("x-amz-request-id", MARKER),
        Response::empty(502).with_header("x-amzn-requestid", MARKER),
    ];
    for response in hostile {
        let (_server, store) = script([response]);
        let error = store.value_of(ARN, PENDING).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(MARKER));
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_it_open_if_the_request_was_carried_out() {
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Status(503), Fault::TruncatedBody] {
        let (manager, server, store) = strict();
        let arn = manager.create_secret("app/dsn", Some("old"), &[]);
        manager.enable_rotation(&arn, true);
        for action in ["RotateSecret", "UpdateSecretVersionStage", "ListSecrets", "DescribeSecret"] {
            server.faults().every(action, fault.clone());
        }
        let errors = [
            store.start_rotation(&arn, PENDING).await.unwrap_err(),
            store.remove_pending(&arn, PENDING).await.unwrap_err(),
            store.secrets().next().await.unwrap().unwrap_err(),
            store.describe(&arn).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_unclear(), "{fault:?}: {error}");
        }
    }
}
