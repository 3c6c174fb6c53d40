//! An application that must not lose an event: a real Sentry SDK behind a cached secret.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use sentry::protocol::Event;
use sentry::types::Dsn;
use sentry::{Client, ClientOptions, Envelope, Transport};
use testkit::secrets_manager::SecretsManager;

/// How one event went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The event's id, as the SDK made it.
    pub event_id: String,
    /// The key that it was sent with.
    pub key_id: String,
    /// The status that ingestion answered; 0 where it answered nothing.
    pub status: u16,
}

/// Sends events with the `sentry` crate. It reads the DSN from the secret's AWSCURRENT, and reads it again only after so
/// many events: what a consumer's cache does with time.
#[derive(Debug)]
pub struct Application {
    store: Arc<SecretsManager>,
    secret: String,
    cache: usize,
    left: usize,
    client: Option<(Client, String)>,
    statuses: Arc<Mutex<Vec<u16>>>,
    sent: Vec<Sent>,
}

impl Application {
    /// An application that reads the secret anew after every `cache` events.
    #[must_use]
    pub fn new(store: &Arc<SecretsManager>, secret: &str, cache: usize) -> Self {
        Self {
            store: Arc::clone(store),
            secret: secret.to_owned(),
            cache,
            left: 0,
            client: None,
            statuses: Arc::default(),
            sent: Vec::new(),
        }
    }

    /// Sends one event and gives back how that went; `None` where the secret holds no DSN.
    pub fn send(&mut self, message: &str) -> Option<Sent> {
        if self.left == 0 || self.client.is_none() {
            self.client = Some(self.connect()?);
            self.left = self.cache;
        }
        self.left -= 1;
        let (client, key_id) = self.client.as_ref()?;
        let event = Event { message: Some(message.to_owned()), ..Event::default() };
        let event_id = client.capture_event(event, None).simple().to_string();
        let status = self.statuses.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or(0);
        let sent = Sent { event_id, key_id: key_id.clone(), status };
        self.sent.push(sent.clone());
        Some(sent)
    }

    /// Every event so far.
    #[must_use]
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    fn connect(&self) -> Option<(Client, String)> {
        let value = self.store.value_at(&self.secret, "AWSCURRENT")?;
        let document: serde_json::Value = serde_json::from_str(&value).ok()?;
        let dsn: Dsn = document.get("dsn")?.as_str()?.parse().ok()?;
        let key_id = dsn.public_key().to_owned();
        let statuses = Arc::clone(&self.statuses);
        let wire = move |options: &ClientOptions| -> Arc<dyn Transport> {
            Arc::new(Wire { dsn: options.dsn.clone(), statuses: Arc::clone(&statuses) })
        };
        let options = ClientOptions::new().dsn(&dsn.to_string()).default_integrations(false).transport(wire);
        Some((Client::from_config(options), key_id))
    }
}

/// Sends every envelope at once, over plain HTTP, and notes the status.
struct Wire {
    dsn: Option<Dsn>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Wire {
    fn post(&self, envelope: &Envelope) -> Option<u16> {
        let dsn = self.dsn.as_ref()?;
        let url = dsn.envelope_api_url();
        let host = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        let mut body = Vec::new();
        envelope.to_writer(&mut body).ok()?;
        let mut stream = TcpStream::connect(&host).ok()?;
        write!(
            stream,
            "POST {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-sentry-envelope\r\n\
             X-Sentry-Auth: {}\r\nContent-Length: {}\r\n\r\n",
            url.path(),
            dsn.to_auth(Some("application/1.0")),
            body.len(),
        )
        .ok()?;
        stream.write_all(&body).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split(' ').nth(1)?.parse().ok()
    }
}

impl Transport for Wire {
    fn send_envelope(&self, envelope: Envelope) {
        let status = self.post(&envelope).unwrap_or(0);
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner).push(status);
    }
}
