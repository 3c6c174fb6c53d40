//! A server's key without a rate limit: whoever holds it can fill the quota of the whole organization.

use super::{Judge, KeyView, Rule, Verdict};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::use_case::Exposure;

pub(super) const RULE: Rule = Rule {
    code: Code::NoRateLimit,
    group: Group::Minimal,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "An active client key has no rate limit, or another one than its use case states.",
    why: "A DSN is easily copied. Without a limit, who holds it can send until the organization's quota is spent, and real errors are dropped with the false ones.",
    holder_could: "send any number of events to the project",
    remedy: "Set a rate limit far above what the application sends on a bad day. The next rotation carries it over.",
    judges: &[Judge::Key(judge)],
};

fn judge(view: &KeyView<'_>) -> Verdict {
    let client_side = matches!(view.exposure(), Some(Exposure::Browser | Exposure::Mobile));
    if !view.key.active || client_side {
        return Verdict::NotMeant;
    }
    if view.key.rate_limit.is_some() {
        return Verdict::Fine;
    }
    Verdict::found(case(view))
}

/// What is said of a key without a limit, wherever it is held.
pub(super) fn case(view: &KeyView<'_>) -> crate::findings::Case {
    let mut evidence = vec!["Sentry shows no rate limit for the key".to_owned()];
    if view.project.offers_rate_limits == Some(false) {
        evidence.push("the organization's plan offers no rate limits for keys: Sentry would drop one in silence".to_owned());
    }
    let wanted = view.use_case().and_then(|case| case.birth_settings().rate_limit);
    let (count, window) = wanted.map_or((1_000, 60), |limit| (limit.count(), limit.window()));
    let calls = vec![
        format!("GET {} (note browserSdkVersion: a PUT without it resets it)", view.path()),
        format!(
            r#"PUT {} {{"rateLimit": {{"count": {count}, "window": {window}}}, "browserSdkVersion": "<as it was>"}}"#,
            view.path()
        ),
    ];
    let text = format!("limit the key to {count} events in {window} seconds, or to what its application needs");
    view.case(evidence, Remedy { text, calls })
}
