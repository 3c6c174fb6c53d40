//! What these tests share.

use std::collections::BTreeMap;

use integration_tests::{Audit, Binary, REVIEWED};
use serde_json::{Value, json};
use testkit::lambda::{Invocation, Restarting};

/// A stage with the function that reviews it.
pub(super) struct Scene {
    pub(super) audit: Audit,
    pub(super) lambda: Restarting,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with_policy(REVIEWED)
    }

    /// One on which many things are wrong.
    pub(super) fn spoiled() -> Self {
        let scene = Self::new();
        scene.audit.spoil();
        scene
    }

    pub(super) fn with_policy(policy: &str) -> Self {
        Self::with(policy, |_| {})
    }

    /// One that is changed before the function is deployed.
    pub(super) fn with(policy: &str, prepare: impl FnOnce(&mut Audit)) -> Self {
        let mut audit = Audit::new(Binary::Dev, policy).unwrap();
        prepare(&mut audit);
        let lambda = audit.lambda();
        Self { audit, lambda }
    }

    pub(super) fn invoke(&self, event: &Value) -> Invocation {
        self.audit.invoke(&self.lambda, event)
    }

    /// A reply, or the test fails with the logs.
    pub(super) fn reply(&self, event: &Value) -> Value {
        let invocation = self.invoke(event);
        match invocation.clone().reply() {
            Some(reply) => reply,
            None => panic!("{invocation:?}\n{}", self.lambda.all_logs()),
        }
    }

    /// A whole review of everything.
    pub(super) fn review(&self) -> Review {
        let reply = self.reply(&json!({}));
        assert_eq!(reply["complete"], json!(true), "{reply}");
        let report = self.audit.report(&reply);
        assert_eq!(report["version"], json!(1), "{reply}");
        Review { reply, report }
    }

    /// An audit that fails; its sentence.
    pub(super) fn fails(&self, event: &Value, code: &str) -> String {
        let invocation = self.invoke(event);
        let Invocation::Failed { error_type, error_message } = invocation else {
            panic!("{invocation:?}\n{}", self.lambda.all_logs());
        };
        assert_eq!(error_type, code, "{error_message}");
        error_message
    }
}

/// What a review said.
pub(super) struct Review {
    pub(super) reply: Value,
    pub(super) report: Value,
}

impl Review {
    pub(super) fn id(&self) -> &str {
        self.reply["review_id"].as_str().unwrap()
    }

    pub(super) fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().unwrap()
    }

    /// Code, subject's name and status of each finding.
    pub(super) fn lines(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = |finding: &Value| {
            format!("{} {} {}", text(&finding["code"]), text(&finding["subject"]["name"]), text(&finding["status"]))
        };
        self.findings().iter().map(line).collect()
    }

    /// The finding of this code on the subject of this name or id.
    pub(super) fn finding(&self, code: &str, named: &str) -> Option<&Value> {
        self.findings().iter().find(|finding| {
            let subject = &finding["subject"];
            finding["code"] == json!(code) && (subject["name"] == json!(named) || subject["id"] == json!(named))
        })
    }

    pub(super) fn has(&self, code: &str, named: &str) -> bool {
        self.finding(code, named).is_some()
    }

    pub(super) fn rows(&self, part: &str) -> &[Value] {
        self.report["inventory"][part].as_array().unwrap()
    }

    /// The changes, as `what kind id`.
    pub(super) fn changes(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let changes = self.report["changes"].as_array().unwrap().iter();
        changes
            .map(|change| format!("{} {} {}", text(&change["change"]), text(&change["kind"]), text(&change["id"])))
            .collect()
    }

    /// How many findings each severity has, excepted ones left out.
    pub(super) fn by_severity(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for finding in self.findings().iter().filter(|finding| finding["status"] != json!("excepted")) {
            *counts.entry(finding["severity"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }

    pub(super) fn unknown(&self, subject: &str) -> Option<&Value> {
        let unknowns = self.report["unknown"].as_array().unwrap().iter();
        unknowns.into_iter().find(|unknown| unknown["subject"].as_str().unwrap().contains(subject))
    }
}
