//! A key without a rate limit: whoever holds it can fill the quota of the whole organization.

use super::{Judge, KeyView, Rule, Verdict, calls};
use crate::findings::{Code, Group, Remedy, Severity};
use crate::rate_limit::RateLimit;

pub(super) const SERVER: Rule = Rule {
    code: Code::NoRateLimit,
    group: Group::Minimal,
    floor: Severity::Low,
    ceiling: Severity::Medium,
    what: "An active client key has no rate limit, or a looser one than its use case states.",
    why: "A DSN is easily copied. Without a limit, who holds it can send until the organization's quota is spent, and real errors are dropped with the false ones.",
    holder_could: "send any number of events to the project",
    remedy: "Set a rate limit far above what the application sends on a bad day. The next rotation carries it over.",
    sees_all: true,
    judges: &[Judge::Key(server)],
};

pub(super) const CLIENT_SIDE: Rule = Rule {
    code: Code::ClientSideNoRateLimit,
    group: Group::Minimal,
    floor: Severity::Medium,
    ceiling: Severity::High,
    what: "An active client key of a browser or mobile use case has no rate limit, or a looser one than its use case states.",
    why: "Everybody who opens the page or the app has the key, so the limit is the only thing between a script and the organization's quota.",
    holder_could: "send any number of events to the project, without breaking into anything",
    remedy: "Set a rate limit that holds the sum of all visitors on a bad day. The next rotation carries it over.",
    sees_all: true,
    judges: &[Judge::Key(client_side)],
};

fn server(view: &KeyView<'_>) -> Verdict {
    if view.is_client_side() { Verdict::NotMeant } else { judge(view) }
}

fn client_side(view: &KeyView<'_>) -> Verdict {
    if view.is_client_side() { judge(view) } else { Verdict::NotMeant }
}

fn judge(view: &KeyView<'_>) -> Verdict {
    if !view.key.active {
        return Verdict::NotMeant;
    }
    let stated = view.use_case().and_then(|case| case.rate_limit);
    let mut evidence = Vec::new();
    match (view.key.rate_limit, stated) {
        (Some(limit), Some(stated)) if is_looser(limit, stated) => {
            evidence.push(format!("Sentry shows a limit of {}; its use case states {}", words(limit), words(stated)));
        }
        (Some(_), _) => return Verdict::Fine,
        (None, Some(stated)) => {
            evidence.push(format!("Sentry shows no rate limit for the key; its use case states {}", words(stated)));
        }
        (None, None) => evidence.push("Sentry shows no rate limit for the key".to_owned()),
    }
    if view.project.offers_rate_limits == Some(false) {
        evidence.push(
            "the organization's plan offers no rate limits for keys: Sentry would drop one in silence".to_owned(),
        );
    }
    let wanted = view.use_case().and_then(|case| case.birth_settings().rate_limit).unwrap_or(RateLimit::SDK);
    let calls = calls::limit(&view.path(), wanted.count(), wanted.window());
    let text = format!("limit the key to {}, or to what its application needs", words(wanted));
    Verdict::found(view.case(evidence, Remedy { text, calls }))
}

fn words(limit: RateLimit) -> String {
    format!("{} events in {} seconds", limit.count(), limit.window())
}

/// Whether it lets more events through in the long run.
fn is_looser(limit: RateLimit, than: RateLimit) -> bool {
    u64::from(limit.count()) * u64::from(than.window()) > u64::from(than.count()) * u64::from(limit.window())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_compared_by_events_per_second() {
        let limit = |count, window| RateLimit::new(count, window).unwrap();
        let rows = [
            (limit(500, 60), limit(500, 60), false),
            (limit(501, 60), limit(500, 60), true),
            (limit(500, 59), limit(500, 60), true),
            (limit(30_000, 3_600), limit(500, 60), false),
            (limit(u32::MAX, 1), limit(u32::MAX, 86_400), true),
        ];
        for (one, other, expected) in rows {
            assert_eq!(is_looser(one, other), expected, "{one:?} {other:?}");
        }
    }
}
