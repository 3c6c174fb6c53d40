//! Many events at the wire: in few calls, and every one that is lost is counted.

use std::sync::Arc;
use std::time::Duration;

use function_kit::{Detail, DetailType, EventBus, aws, tls};
use serde_json::{Value, json};
use testkit::event_bus;
use testkit::fault::Fault;
use testkit::http::Server;
use tokio::time::Instant;

fn served() -> (Arc<event_bus::EventBus>, Server) {
    let bus = event_bus::EventBus::new();
    let server = Server::start(Arc::clone(&bus)).unwrap();
    (bus, server)
}

/// The client of the functions, which asks once.
async fn client(server: &Server) -> EventBus {
    let config = aws::config(&tls::Roots::default()).await.into_builder();
    let config = config
        .endpoint_url(server.url())
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_eventbridge::config::SharedCredentialsProvider::new(
            aws_sdk_eventbridge::config::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"),
        ))
        .retry_config(aws_config::retry::RetryConfig::disabled());
    EventBus::new(&config.build(), Some("acme".to_owned()))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn events(count: usize, message: &str) -> Vec<(DetailType, Detail)> {
    let detail = |number: usize| Detail {
        version: 1,
        id: number.to_string(),
        function: "audit-keys",
        message: message.to_owned(),
        extra: [("severity".to_owned(), json!("high"))].into_iter().collect(),
        ..Detail::default()
    };
    (0..count).map(|number| (DetailType::FindingOpened, detail(number))).collect()
}

fn sizes(server: &Server) -> Vec<usize> {
    let bodies = server.calls().into_iter().map(|call| call.request.json().unwrap());
    bodies.map(|body| body["Entries"].as_array().unwrap().len()).collect()
}

#[tokio::test]
async fn ten_go_in_one_call_and_all_arrive_in_order() {
    let (bus, server) = served();
    assert_eq!(client(&server).await.put_all(&events(23, "found"), soon()).await, 0);
    assert_eq!(sizes(&server), [10, 10, 3]);
    let entries = bus.entries();
    let ids: Vec<Value> = entries.iter().map(|entry| entry.detail["id"].clone()).collect();
    assert_eq!(ids, (0..23).map(|number| json!(number.to_string())).collect::<Vec<_>>());
    let first = &entries[0];
    let said = [first.source.as_str(), &first.detail_type, &first.event_bus_name];
    assert_eq!(said, ["sentry-key-rotation", "Finding Opened", "acme"]);
    assert_eq!(first.detail["severity"], json!("high"));
    let body = server.calls()[0].request.json().unwrap();
    assert_eq!(body["Entries"][0].get("Resources"), None, "there is no secret to name");
}

#[tokio::test]
async fn a_call_stays_below_what_eventbridge_takes_at_once() {
    let (bus, server) = served();
    assert_eq!(client(&server).await.put_all(&events(5, &"x".repeat(100 << 10)), soon()).await, 0);
    assert_eq!((sizes(&server), bus.entries().len()), (vec![2, 2, 1], 5));

    // One that is too large for any call is lost, and no other with it.
    let (bus, server) = served();
    let mut mixed = events(3, "found");
    mixed[1].1.message = "x".repeat(256 << 10);
    assert_eq!(client(&server).await.put_all(&mixed, soon()).await, 1);
    assert_eq!((sizes(&server), bus.entries().len()), (vec![1, 1, 1], 2));
}

#[tokio::test]
async fn what_is_refused_of_a_call_is_counted() {
    let (bus, server) = served();
    bus.refuse("Finding Closed");
    let mut mixed = events(12, "found");
    for number in [1, 4, 11] {
        mixed[number].0 = DetailType::FindingClosed;
    }
    assert_eq!(client(&server).await.put_all(&mixed, soon()).await, 3);
    assert_eq!((sizes(&server), bus.entries().len()), (vec![10, 2], 9));
}

#[tokio::test]
async fn a_call_that_fails_loses_its_events_and_no_others() {
    for fault in [Fault::Status(500), Fault::DropBefore, Fault::TruncatedBody, Fault::Body("{".to_owned())] {
        let (_bus, server) = served();
        server.faults().at(1, fault.clone());
        assert_eq!(client(&server).await.put_all(&events(23, "found"), soon()).await, 10, "{fault:?}");
        assert_eq!(sizes(&server), [10, 10, 3], "{fault:?}");
    }
}

#[tokio::test]
async fn what_has_no_time_left_is_lost_and_nothing_is_sent_without_need() {
    let (_bus, server) = served();
    let bus = client(&server).await;
    assert_eq!(bus.put_all(&events(12, "found"), Instant::now()).await, 12);
    let asked = server.calls().len();
    assert_eq!(bus.put_all(&[], soon()).await, 0);
    let nowhere = EventBus::new(&aws_config::SdkConfig::builder().build(), None);
    assert_eq!(nowhere.put_all(&events(1, "found"), soon()).await, 0);
    assert_eq!(server.calls().len(), asked);
}

#[tokio::test]
async fn one_event_goes_alone() {
    let (bus, server) = served();
    let (what, mut detail) = events(1, "found").remove(0);
    detail.secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/dsn-a1B2c3".to_owned();
    assert!(!client(&server).await.put(what, &detail, soon()).await);
    let body = server.calls()[0].request.json().unwrap();
    assert_eq!(body["Entries"][0]["Resources"], json!([detail.secret_arn]));
    bus.fail_entries(true);
    assert!(client(&server).await.put(what, &detail, soon()).await);
}
