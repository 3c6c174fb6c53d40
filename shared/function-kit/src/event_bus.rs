//! Lifecycle events on EventBridge. An event is a notification, never an input, and its failure never fails the work.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::event::{Detail, DetailType};

const SOURCE: &str = "sentry-key-rotation";

/// The most entries of one `PutEvents`.
const MOST: usize = 10;

/// The most bytes of the entries of one `PutEvents`: 256 KiB, counted as
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html> says.
const MOST_BYTES: usize = 256 << 10;

/// Where lifecycle events go.
#[derive(Debug, Clone)]
pub struct EventBus {
    target: Option<(Client, String)>,
}

impl EventBus {
    /// A bus by name; without a name events are not sent.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, name: Option<String>) -> Self {
        Self { target: name.map(|name| (Client::new(config), name)) }
    }

    /// Puts one event, by `end` at the latest. Gives back whether it was lost: the caller counts that, and goes on.
    pub async fn put(&self, what: DetailType, detail: &Detail, end: Instant) -> bool {
        let Some((client, name)) = &self.target else {
            return false;
        };
        let lost = send(client, vec![Entry::new(name, what, detail).it], end).await > 0;
        if lost {
            tracing::error!(
                event.detail_type = what.as_str(),
                event.id = detail.id,
                event.bus = name,
                "a lifecycle event was lost: {}",
                why(end)
            );
        }
        lost
    }

    /// Puts many events in as few calls as EventBridge allows, by `end` at the latest. Gives back how many were lost.
    ///
    /// A call of which a part was not taken, or whose answer did not come, is not repeated: its events would come twice.
    pub async fn put_all(&self, events: &[(DetailType, Detail)], end: Instant) -> u32 {
        let Some((client, name)) = &self.target else {
            return 0;
        };
        let mut lost = 0;
        let mut batch = Vec::new();
        let mut bytes = 0;
        for (what, detail) in events {
            let entry = Entry::new(name, *what, detail);
            if !batch.is_empty() && (batch.len() == MOST || bytes + entry.bytes > MOST_BYTES) {
                lost += send_batch(client, name, std::mem::take(&mut batch), end).await;
                bytes = 0;
            }
            bytes += entry.bytes;
            batch.push(entry.it);
        }
        if !batch.is_empty() {
            lost += send_batch(client, name, batch, end).await;
        }
        lost
    }
}

/// An event, and how much of a call it takes.
struct Entry {
    it: PutEventsRequestEntry,
    bytes: usize,
}

impl Entry {
    fn new(bus: &str, what: DetailType, detail: &Detail) -> Self {
        let text = json!(detail).to_string();
        let arn = Some(&detail.secret_arn).filter(|arn| !arn.is_empty());
        let bytes = SOURCE.len() + what.as_str().len() + text.len() + arn.map_or(0, String::len);
        let it = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(what.as_str())
            .event_bus_name(bus)
            // A finding may be about something else than a secret.
            .set_resources(arn.map(|arn| vec![arn.clone()]))
            .detail(text)
            .build();
        Self { it, bytes }
    }
}

/// What most likely kept an event from being sent.
fn why(end: Instant) -> &'static str {
    if Instant::now() < end { "check events:PutEvents on the bus" } else { "there was no time left to send them" }
}

async fn send_batch(client: &Client, bus: &str, batch: Vec<PutEventsRequestEntry>, end: Instant) -> u32 {
    let of = batch.len();
    let lost = send(client, batch, end).await;
    if lost > 0 {
        tracing::error!(
            events.lost = lost,
            events.of = of,
            event.bus = bus,
            "lifecycle events were lost: {}",
            why(end)
        );
    }
    lost
}

/// How many of the entries were lost. The SDK's errors print raw answers, so only that a call failed is said.
async fn send(client: &Client, entries: Vec<PutEventsRequestEntry>, end: Instant) -> u32 {
    let all = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    match timeout_at(end, client.put_events().set_entries(Some(entries)).send()).await {
        Ok(Ok(answer)) => u32::try_from(answer.failed_entry_count).unwrap_or(all).min(all),
        Ok(Err(_error)) => all,
        // The step is done, and must be reported before its time is over.
        Err(_elapsed) => all,
    }
}
