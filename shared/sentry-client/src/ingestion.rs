//! The ingestion probe: would the host of a DSN take an event?

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::api::Api;
use crate::body;
use crate::dsn::Dsn;
use crate::error::Error;

const OPERATION: &str = "POST /api/{project}/envelope/";

/// One item, because an envelope without items is answered before the key is looked at; a client report with an empty
/// list, because it makes no issue, no session and costs no quota (facts/sentry-api.md section 2.3).
const ENVELOPE: &str =
    concat!("{}\n", r#"{"type":"client_report","length":23}"#, "\n", r#"{"discarded_events":[]}"#, "\n");

/// What ingestion says to one probe. It proves little when it accepts: a key that it has not looked up yet is taken on
/// trust (facts/sentry-api.md section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It took the envelope.
    Accepted,
    /// 401: it does not take this authentication at all. Waiting does not help.
    Refused,
    /// 403 with the reason `ProjectId`: it holds the key as disabled or unknown. A new key may get this for a minute.
    RefusedForNow,
    /// A limit, an outage, no route, another 403.
    Inconclusive,
}

fn read(status: u16, body: &Value) -> Probe {
    match status {
        200..=299 => Probe::Accepted,
        401 => Probe::Refused,
        403 if body.get("detail").and_then(Value::as_str).is_some_and(|detail| detail.contains("ProjectId")) => {
            Probe::RefusedForNow
        }
        _ => Probe::Inconclusive,
    }
}

impl Api<'_> {
    /// Sends one empty client report with the key, to the host that the DSN names. It carries no Origin and no Referer,
    /// so that a project's allowed domains do not matter, and never the management token.
    ///
    /// # Errors
    /// Only [`crate::Kind::DeadlineNear`].
    pub async fn probe(&self, dsn: &Dsn) -> Result<Probe, Error> {
        let time = self.time_for_one(OPERATION)?;
        let auth = format!("Sentry sentry_version=7, sentry_key={}, sentry_client={}", dsn.key_id(), self.client.agent);
        // An answer that is lost says nothing about the key, and this is not sent twice.
        let request = self
            .client
            .fresh
            .post(dsn.envelope_url())
            .timeout(time)
            .header(CONTENT_TYPE, "application/x-sentry-envelope")
            .header("x-sentry-auth", auth)
            .body(ENVELOPE);
        self.count_call();
        let Ok(response) = request.send().await else {
            return Ok(Probe::Inconclusive);
        };
        let status = response.status().as_u16();
        Ok(read(status, &body::lenient(OPERATION, response).await))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_401_and_a_403_for_the_key_itself_are_refusals() {
        let project_id = json!({"detail": "event submission rejected with_reason: ProjectId"});
        let cases = [
            (200, json!({}), Probe::Accepted),
            (401, json!({"detail": "bad auth"}), Probe::Refused),
            (403, project_id, Probe::RefusedForNow),
            (403, json!({"detail": "event submission rejected with_reason: Cors"}), Probe::Inconclusive),
            (403, Value::Null, Probe::Inconclusive),
            (413, Value::Null, Probe::Inconclusive),
            (429, Value::Null, Probe::Inconclusive),
            (503, Value::Null, Probe::Inconclusive),
        ];
        for (status, body, expected) in cases {
            assert_eq!(read(status, &body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_item_is_as_long_as_its_header_says() {
        let lines: Vec<&str> = ENVELOPE.lines().collect();
        let header: Value = serde_json::from_str(lines[1]).unwrap();
        assert_eq!(header["length"], lines[2].len());
    }
}
