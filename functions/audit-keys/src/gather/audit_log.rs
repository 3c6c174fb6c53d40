//! Who changed a key, and when, where the token may read Sentry's audit log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use key_policy::inventory::Unknown;
use sentry_client::{Api, Organization};

use crate::plain;
use crate::unknowns;

/// The changes of client keys that the audit log names (facts/sentry-api.md section 6).
const EVENTS: [&str; 3] = ["projectkey.create", "projectkey.edit", "projectkey.remove"];

/// How far back the log is read at most, in pages of each event.
const MOST_PAGES: usize = 20;

/// Who did it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deed {
    pub(crate) event: String,
    pub(crate) actor: Option<String>,
    pub(crate) at: String,
}

/// The last deed of each kind on each key, since the previous review.
#[derive(Debug, Default)]
pub(crate) struct Deeds(BTreeMap<(String, &'static str), Deed>);

impl Deeds {
    /// The last deed of this kind on a key.
    pub(crate) fn on(&self, key_id: &str, event: &'static str) -> Option<&Deed> {
        self.0.get(&(key_id.to_owned(), event))
    }
}

/// Reads what was done since the previous review; without one there is nothing to compare, and nothing is read.
pub(crate) async fn gather(
    api: &Api<'_>,
    organization: &Organization,
    since: Option<Timestamp>,
    unknowns: &mut Vec<Unknown>,
) -> Deeds {
    let mut deeds = Deeds::default();
    let Some(since) = since else { return deeds };
    for event in EVENTS {
        match api.audit_log(organization, event, since, MOST_PAGES).await {
            Ok(log) => {
                if !log.complete {
                    let subject = format!("older entries of {event} in Sentry's audit log");
                    unknowns.push(unknowns::unknown(subject, "there are more than this audit reads", None));
                }
                // The newest comes first, and stays.
                for entry in log.entries {
                    let Some(key_id) = entry.key_id else { continue };
                    let actor = entry.actor.as_deref().map(plain::text);
                    let at = plain::text(&entry.at);
                    deeds.0.entry((key_id, event)).or_insert(Deed { event: event.to_owned(), actor, at });
                }
            }
            Err(error) => {
                unknowns.push(unknowns::of_sentry("who changed keys since the previous review", &error, "org:write"));
                break;
            }
        }
    }
    deeds
}
