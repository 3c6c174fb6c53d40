//! What tests write into the audit log themselves.

use serde_json::{Value, json};

use super::{Sentry, control};

impl Sentry {
    /// Writes a row into the audit log of which nothing but this is known: the kind of event, the actor's name, the time
    /// (RFC 3339) and what it is about. So appears what a legacy API key did, with the key itself in the name
    /// (section 6).
    pub fn add_audit_row(&self, org: &str, event: &str, actor: &str, at: &str, data: Value) {
        let mut state = self.state();
        let organization = control::organization(&mut state, org);
        state.audit_log.write(organization, event, json!({"name": actor}), at, data);
    }
}
