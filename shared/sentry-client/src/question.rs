//! The DSN question: does Sentry know this DSN, and is its key active?

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::api::Api;
use crate::body;
use crate::call::{Call, Repeat};
use crate::dsn::Dsn;
use crate::error::Error;
use crate::project::Project;

const OPERATION: &str = "POST /projects/{org}/{project}/user-feedback/";

/// What Sentry says about a DSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is the DSN of an active key of this project.
    Alive,
    /// No active key has it.
    Dead,
    /// Neither can be said: a limit, an outage, a server that dropped the endpoint, a key of another project.
    Unknown,
}

/// Reads the answer (facts/sentry-23.7.1-observed.md, "The DSN question, measured"): a live key gets as far as the
/// validation of the empty body, a dead one is stopped by authentication, which says exactly `Invalid dsn`.
fn read(status: u16, body: &Value) -> Answer {
    match status {
        400 if body.get("event_id").is_some() => Answer::Alive,
        401 if body.get("detail").and_then(Value::as_str) == Some("Invalid dsn") => Answer::Dead,
        _ => Answer::Unknown,
    }
}

impl Api<'_> {
    /// Asks Sentry about a DSN. It answers at once, stores nothing, and does not go through ingestion; the host in the
    /// DSN is ignored.
    ///
    /// # Errors
    /// Only [`crate::Kind::DeadlineNear`]: any other failure is an answer that says nothing, [`Answer::Unknown`].
    pub async fn ask_dsn(&self, project: &Project, dsn: &Dsn) -> Result<Answer, Error> {
        self.time_for_one(OPERATION)?;
        let Ok(mut authorization) = HeaderValue::try_from(format!("DSN {dsn}")) else {
            return Ok(Answer::Unknown);
        };
        authorization.set_sensitive(true);
        let call = Call {
            operation: OPERATION,
            method: Method::POST,
            segments: &["projects", &project.organization.slug, &project.slug, "user-feedback"],
            query: &[],
            body: Some(json!({})),
            repeat: Repeat::Safe,
        };
        match self.send_as(&call, &authorization, None).await {
            Ok(response) => {
                let status = response.status().as_u16();
                Ok(read(status, &body::lenient(OPERATION, response).await))
            }
            Err(_no_answer) => Ok(Answer::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_answers_mean_anything() {
        let fields = json!({"name": ["x"], "email": ["x"], "comments": ["x"], "event_id": ["x"]});
        let cases = [
            ("a live key is stopped by validation", 400, fields.clone(), Answer::Alive),
            ("a dead key is stopped by authentication", 401, json!({"detail": "Invalid dsn"}), Answer::Dead),
            ("a live key of another project, 23.7.1", 400, Value::Null, Answer::Unknown),
            ("a live key of another project, 2026", 401, Value::Null, Answer::Unknown),
            ("another reason to refuse", 401, json!({"detail": "Invalid token"}), Answer::Unknown),
            ("a detail that is a list", 401, json!({"detail": ["Invalid dsn"]}), Answer::Unknown),
            ("an organization that is not ours", 403, json!({"detail": "Invalid dsn"}), Answer::Unknown),
            ("a server without the endpoint", 404, Value::Null, Answer::Unknown),
            ("a project that moved", 302, json!({"slug": "new"}), Answer::Unknown),
            ("a limit", 429, json!("You are attempting to use this endpoint too frequently"), Answer::Unknown),
            ("an outage", 502, Value::Null, Answer::Unknown),
            ("a success is no validation error", 200, fields, Answer::Unknown),
        ];
        for (name, status, body, expected) in cases {
            assert_eq!(read(status, &body), expected, "{name}");
        }
    }
}
