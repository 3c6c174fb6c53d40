//! The audit log: who did what, and when. Its rows carry secrets in clear, so that little is read of them.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::Api;
use crate::body;
use crate::error::{Cause, Error, Kind};
use crate::page::{List, Page, endless};
use crate::project::Organization;

const OPERATION: &str = "GET /organizations/{org}/audit-logs/";

/// Stands for an actor whose name is, or may be, a credential.
const LEGACY_KEY: &str = "a legacy API key";

/// What an audit log tells of one kind of event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLog {
    /// The events, newest first.
    pub entries: Vec<AuditEntry>,
    /// Whether these are all since the asked time. Where it is false, older ones are missing.
    pub complete: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What happened, by Sentry's name for it, such as `projectkey.create`.
    pub event: String,
    /// Who did it: the name, else the e-mail address, cut after 200 characters; for an integration `<slug>-<uuid>`.
    /// `a legacy API key` stands for a name that is one.
    pub actor: Option<String>,
    /// When, RFC 3339.
    pub at: String,
    /// The client key that it was about, where the event is about one. The log's numeric id of it is told nowhere else
    /// (facts/sentry-23.7.1-observed.md, A5.50).
    pub key_id: Option<String>,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(deserialize_with = "body::text")]
    event: String,
    #[serde(default)]
    actor: Option<Actor>,
    #[serde(deserialize_with = "body::text")]
    date_created: String,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// Of what an event is about, the public half of a client key and nothing else: beside it stands its secret half, and
/// elsewhere a whole API key (facts/sentry-api.md section 6).
#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    ClientKey { public_key: String },
    Other(IgnoredAny),
}

impl Data {
    fn key_id(self) -> Option<String> {
        match self {
            Self::ClientKey { public_key } => is_key_id(&public_key).then_some(public_key),
            Self::Other(IgnoredAny) => None,
        }
    }
}

fn is_key_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Actor {
    fn shown(&self) -> Option<String> {
        let names = [&self.name, &self.email];
        let name = names.into_iter().flatten().find(|name| !name.is_empty())?;
        Some(if may_be_credential(name) { LEGACY_KEY.to_owned() } else { body::bounded(name) })
    }
}

/// What is done with a legacy API key is told as done by `<the key itself> (api key)` (section 6).
fn may_be_credential(name: &str) -> bool {
    let is_marked = name.trim_end().to_ascii_lowercase().ends_with("(api key)");
    is_marked || name.split(|letter: char| !letter.is_ascii_hexdigit()).any(|digits| digits.len() >= 32)
}

impl Row {
    fn moment(&self) -> Result<Timestamp, Error> {
        self.date_created
            .parse()
            .map_err(|_text_of_the_body| Error::new(OPERATION, Kind::Unavailable, Cause::Incomplete("dateCreated")))
    }

    fn entry(self) -> AuditEntry {
        AuditEntry {
            event: self.event,
            actor: self.actor.as_ref().and_then(Actor::shown),
            at: self.date_created,
            key_id: self.data.and_then(Data::key_id),
        }
    }
}

impl Api<'_> {
    /// What happened since then of one kind of event, such as `projectkey.edit`, on `most_pages` pages of a hundred at
    /// most: the log may be of any length, and its newest part answers most questions.
    ///
    /// A kind that the server does not know has no events, like one that never happened (section 6).
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails. It needs `org:write`, and `org:admin` in its place is refused (A5.50).
    pub async fn audit_log(
        &self,
        organization: &Organization,
        event: &str,
        since: Timestamp,
        most_pages: usize,
    ) -> Result<AuditLog, Error> {
        let segments = ["organizations", &organization.slug, "audit-logs"];
        let list = List { operation: OPERATION, segments: &segments, query: &[("event", event)] };
        let mut log = AuditLog { entries: Vec::new(), complete: false };
        let mut cursor: Option<String> = None;
        for _ in 0..most_pages {
            let page: Page<Rows> = self.page(list, cursor.as_deref()).await?;
            for row in page.content.rows {
                if row.moment()? < since {
                    log.complete = true;
                } else {
                    log.entries.push(row.entry());
                }
            }
            match page.next {
                None => log.complete = true,
                Some(_) if log.complete => {}
                repeated if repeated == cursor => return Err(endless(OPERATION)),
                next => cursor = next,
            }
            if log.complete {
                break;
            }
        }
        Ok(log)
    }
}
