//! What AWS's own client makes of the bucket.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::S3;
use crate::fault::Fault;
use crate::http::Server;

struct Rig {
    s3: Arc<S3>,
    server: Server,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

fn client(server: &Server, access_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .region(Region::new("us-east-1"))
        .endpoint_url(server.url())
        .credentials_provider(Credentials::new(access_key, "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(5)).build())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn rig() -> Rig {
    let s3 = S3::new("evidence");
    let server = Server::start(Arc::clone(&s3)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    Rig { client: client(&server, "AKIATEST"), s3, server, runtime }
}

type Outcome<T> = Result<T, (u16, String)>;

fn outcome<T, E>(result: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>) -> Outcome<T>
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::fmt::Debug,
{
    result.map_err(|error| {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        (status, error.code().unwrap_or_default().to_owned())
    })
}

fn refusal<T>(status: u16, code: &str) -> Outcome<T> {
    Err((status, code.to_owned()))
}

impl Rig {
    fn signed_by(mut self, access_key: &str) -> Self {
        self.client = client(&self.server, access_key);
        self
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn put(&self, key: &str, body: ByteStream) -> Outcome<()> {
        let put = self.client.put_object().bucket("evidence").key(key).if_none_match("*").body(body);
        outcome(self.wait(put.send())).map(drop)
    }

    fn get(&self, key: &str) -> Outcome<Vec<u8>> {
        let get = self.client.get_object().bucket("evidence").key(key);
        let answer = outcome(self.wait(get.send()))?;
        Ok(self.wait(answer.body.collect()).unwrap().to_vec())
    }

    /// The keys of all pages, and how many each had.
    fn list(&self, prefix: &str, most: Option<i32>) -> (Vec<String>, Vec<usize>) {
        let (mut keys, mut pages, mut token) = (Vec::new(), Vec::new(), None);
        loop {
            let list = self.client.list_objects_v2().bucket("evidence").prefix(prefix);
            let page = self.wait(list.set_max_keys(most).set_continuation_token(token).send()).unwrap();
            pages.push(page.contents().len());
            keys.extend(page.contents().iter().filter_map(|object| object.key()).map(str::to_owned));
            token = page.next_continuation_token().map(str::to_owned);
            assert_eq!(page.is_truncated(), Some(token.is_some()));
            if token.is_none() {
                return (keys, pages);
            }
        }
    }
}

#[test]
fn a_conditional_write_succeeds_once() {
    let rig = rig();
    let key = "ledger/AbC123/0a+b c/1.json";
    rig.put(key, ByteStream::from_static(b"first")).unwrap();
    assert_eq!(rig.put(key, ByteStream::from_static(b"second")), refusal(412, "PreconditionFailed"));
    assert_eq!(rig.get(key).unwrap(), b"first");
    assert_eq!(rig.s3.object(key).unwrap(), b"first");
    assert_eq!(std::fs::read(rig.s3.folder().join(key)).unwrap(), b"first");
    assert_eq!(rig.s3.keys(), [key]);
    let calls = rig.server.calls();
    assert_eq!(
        calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(),
        ["PutObject", "PutObject", "GetObject"]
    );
    assert!(calls[0].request.header("x-amz-checksum-crc32").is_some());
}

#[test]
fn of_conditional_writes_at_the_same_time_one_succeeds() {
    let rig = rig();
    for round in 0..20 {
        let put = || rig.client.put_object().bucket("evidence").key(format!("{round}")).if_none_match("*");
        let puts: Vec<_> = (0..8_u8).map(|writer| put().body(ByteStream::from(vec![writer; 100])).send()).collect();
        let tasks = rig.wait(async {
            let tasks: Vec<_> = puts.into_iter().map(tokio::spawn).collect();
            let mut results = Vec::new();
            for task in tasks {
                results.push(outcome(task.await.unwrap()).map(drop));
            }
            results
        });
        assert_eq!(tasks.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(tasks.iter().filter(|result| **result == refusal(412, "PreconditionFailed")).count(), 7);
    }
}

#[test]
fn a_streamed_upload_loses_its_frames_and_its_checksum_counts() {
    let rig = rig();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "a line of a report\n".repeat(20_000);
    std::fs::write(file.path(), &text).unwrap();
    let body = rig.wait(ByteStream::read_from().path(file.path()).build()).unwrap();
    rig.put("audit/report.txt", body).unwrap();
    assert_eq!(rig.s3.object("audit/report.txt").unwrap(), text.as_bytes());
    let request = &rig.server.calls()[0].request;
    assert_eq!(request.header("x-amz-trailer"), Some("x-amz-checksum-crc32"));
    assert_ne!(request.body.len(), text.len());

    let put = rig.client.put_object().bucket("evidence").key("audit/wrong").body(ByteStream::from_static(b"text"));
    let wrong = outcome(rig.wait(put.checksum_crc32("AAAAAA==").send())).map(drop);
    assert_eq!(wrong, refusal(400, "BadDigest"));
    assert_eq!(rig.s3.keys(), ["audit/report.txt"]);
}

#[test]
fn lists_come_in_pages_of_a_thousand_in_order_of_keys() {
    let rig = rig();
    let mut keys: Vec<String> = (0..2500).map(|number| format!("ledger/{}/{number}.json", number % 50)).collect();
    keys.iter().for_each(|key| rig.s3.put(key, key));
    let neighbours = ["a-b", "a.json", "a/b", "a0", "ledger-of-another.json"];
    neighbours.iter().for_each(|key| rig.s3.put(key, ""));
    keys.sort();
    assert_eq!(rig.list("ledger/", None), (keys.clone(), vec![1000, 1000, 500]));
    assert_eq!(rig.list("ledger/", Some(5000)).1, [1000, 1000, 500]);
    assert_eq!(rig.list("ledger/24/", Some(30)).1, [30, 20]);
    assert_eq!(
        rig.list("ledger/2", None).0,
        keys.iter().filter(|key| key.starts_with("ledger/2")).cloned().collect::<Vec<_>>()
    );
    assert_eq!(rig.list("nothing/", None), (Vec::new(), vec![0]));
    assert_eq!(rig.list("a", Some(1)), (neighbours[..4].iter().map(|key| (*key).to_owned()).collect(), vec![1; 4]));
    assert_eq!(rig.s3.keys(), [neighbours[..5].iter().map(|key| (*key).to_owned()).collect(), keys].concat());
}

#[test]
fn what_happens_behind_the_back_of_the_api_is_seen_by_it() {
    let rig = rig();
    rig.put("state.json", ByteStream::from_static(b"honest")).unwrap();
    rig.s3.put("state.json", "forged");
    assert_eq!(rig.get("state.json").unwrap(), b"forged");
    rig.s3.remove("state.json");
    assert_eq!(rig.get("state.json"), refusal(404, "NoSuchKey"));
    let head = rig.client.head_object().bucket("evidence").key("state.json").send();
    assert_eq!(outcome(rig.wait(head)).map(drop), refusal(404, "NotFound"));
    rig.put("state.json", ByteStream::from_static(b"again")).unwrap();
    rig.wait(rig.client.delete_object().bucket("evidence").key("state.json").send()).unwrap();
    assert_eq!(rig.s3.keys(), [""; 0]);
    let elsewhere = rig.client.put_object().bucket("another").key("state.json").send();
    assert_eq!(outcome(rig.wait(elsewhere)).map(drop), refusal(404, "NoSuchBucket"));
}

#[test]
fn what_is_denied_is_refused_and_who_may_not_list_learns_of_no_key() {
    let rig = rig();
    rig.s3.put("one", "1");
    rig.s3.deny("PutObject");
    assert_eq!(rig.put("two", ByteStream::from_static(b"2")), refusal(403, "AccessDenied"));
    rig.s3.allow("PutObject");
    rig.put("two", ByteStream::from_static(b"2")).unwrap();
    rig.s3.deny("GetObject");
    assert_eq!(rig.get("one"), refusal(403, "AccessDenied"));
    let head = rig.client.head_object().bucket("evidence").key("one").send();
    assert_eq!(outcome(rig.wait(head)).map(drop).unwrap_err().0, 403);
    rig.s3.allow("GetObject");
    rig.s3.deny("ListObjectsV2");
    assert_eq!(rig.get("one").unwrap(), b"1");
    assert_eq!(rig.get("three"), refusal(403, "AccessDenied"));
    let list = rig.client.list_objects_v2().bucket("evidence").send();
    assert_eq!(outcome(rig.wait(list)).map(drop), refusal(403, "AccessDenied"));
}

#[test]
fn planned_faults_meet_the_bucket_too() {
    let rig = rig();
    rig.server.faults().on("PutObject", 0, Fault::StatusAfter(503));
    rig.server.faults().on("PutObject", 1, Fault::DropBefore);
    assert_eq!(rig.put("one", ByteStream::from_static(b"1")).unwrap_err().0, 503);
    assert_eq!(rig.put("two", ByteStream::from_static(b"2")).unwrap_err().0, 0);
    assert_eq!(rig.s3.keys(), ["one"]);
    rig.server.faults().on("GetObject", 0, Fault::Body("other".to_owned()));
    let get = rig.client.get_object().bucket("evidence").key("one");
    let other = rig.wait(async { get.send().await.unwrap().body.collect().await });
    assert!(other.is_err(), "the checksum is of another body");
}

#[test]
fn a_write_that_outlives_its_client_arrives_late() {
    let Rig { s3, server, client, runtime } = rig();
    server.faults().on("PutObject", 0, Fault::ArriveLate);
    let impatient = TimeoutConfig::builder().operation_timeout(Duration::from_millis(100)).build();
    let impatient = Client::from_conf(client.config().to_builder().timeout_config(impatient).build());
    let put = impatient.put_object().bucket("evidence").key("ledger/1.json").if_none_match("*");
    let given_up = outcome(runtime.block_on(put.body(ByteStream::from_static(b"late")).send())).map(drop);
    assert_eq!(given_up, refusal(0, ""));
    // The client closes its connection only while its runtime runs.
    let settle = move || {
        server.settle();
        server
    };
    let server = runtime.block_on(async { tokio::task::spawn_blocking(settle).await.unwrap() });
    assert_eq!(s3.object("ledger/1.json").unwrap(), b"late");
    let rig = Rig { s3, server, client, runtime };
    assert_eq!(rig.put("ledger/1.json", ByteStream::from_static(b"again")), refusal(412, "PreconditionFailed"));
}

#[test]
fn a_role_reaches_what_its_policy_allows_and_learns_of_no_key_without_the_list() {
    let rig = rig();
    let access = crate::access::Access::new();
    let statement = |sid: &str, action: &str, resource: &str| serde_json::json!({"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource});
    let get = statement("Get", "s3:GetObject", "arn:aws:s3:::evidence/ledger/*");
    let put = statement("Put", "s3:PutObject", "arn:aws:s3:::evidence/ledger/*");
    let list = statement("List", "s3:ListBucket", "arn:aws:s3:::evidence");
    let key = statement("Key", "kms:*", "arn:aws:kms:us-east-1:123456789012:key/k");
    let policy = |statements: &[&serde_json::Value]| crate::access::tests::policy(&serde_json::json!(statements));
    rig.s3.put("ledger/one", "1");
    rig.s3.put("state", "{}");
    rig.s3.enforce(&access);
    // The client of these tests signs with a key of no role.
    assert_eq!(rig.get("state").unwrap(), b"{}");
    let role = access.add_role("retire", policy(&[&get, &put]));
    let rig = rig.signed_by(&role);
    assert_eq!(rig.get("ledger/one").unwrap(), b"1");
    assert_eq!(rig.get("state"), refusal(403, "AccessDenied"));
    assert_eq!(rig.get("ledger/none"), refusal(403, "AccessDenied"));
    assert_eq!(rig.put("state", ByteStream::from_static(b"2")), refusal(403, "AccessDenied"));
    assert_eq!(rig.s3.object("state").unwrap(), b"{}");
    access.set_policy(&role, policy(&[&get, &put, &list]));
    assert_eq!(rig.get("ledger/none"), refusal(404, "NoSuchKey"));
    rig.s3.set_kms_key("arn:aws:kms:us-east-1:123456789012:key/k");
    assert_eq!(rig.get("ledger/one"), refusal(403, "AccessDenied"));
    assert_eq!(rig.put("ledger/two", ByteStream::from_static(b"2")), refusal(403, "AccessDenied"));
    assert_eq!(rig.get("ledger/none"), refusal(404, "NoSuchKey"));
    assert_eq!(rig.s3.object("ledger/two"), None);
    access.set_policy(&role, policy(&[&get, &put, &list, &key]));
    rig.put("ledger/two", ByteStream::from_static(b"2")).unwrap();
    assert_eq!(rig.get("ledger/two").unwrap(), b"2");
}
