//! One use case in words.

use std::time::Duration;

use super::{holder, limit};
use crate::duration::duration_text;
use crate::markdown::{code, plain, table};
use crate::policy::Policy;
use crate::use_case::{AtGraceMax, Exposure, Kind, UseCase};

pub(super) fn section(case: &UseCase, policy: &Policy) -> String {
    let mut rows = vec![row("kind", kind(case.kind)), row("for", purpose(case)), row("scopes", scopes(case))];
    rows.extend([
        row("owner", said(case.owner.as_deref())),
        row("contact", said(case.contact.as_deref())),
        row("rotated every", span(case.interval)),
        row("because", said(case.rationale.as_deref())),
        row("announced", case.warn.map_or_else(not_stated, |warn| format!("{} before it is due", duration_text(warn)))),
        row("after rotation", grace(case)),
    ]);
    if case.kind == Kind::ClientKey {
        rows.extend([
            row("counts as unused", quiet(case)),
            row("after it is disabled", quarantine(case)),
            row("rate limit", rate_limit(case)),
        ]);
    }
    rows.push(row("reviewed every", review(case, policy)));
    rows.push(row("held", case.exposure.map_or_else(not_stated, |exposure| held(exposure).to_owned())));
    format!("### {}\n\n{}\n", plain(&case.name), table(&["", ""], &rows))
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn not_stated() -> String {
    "not stated".to_owned()
}

fn said(text: Option<&str>) -> String {
    text.map_or_else(not_stated, plain)
}

fn span(duration: Option<Duration>) -> String {
    duration.map_or_else(not_stated, duration_text)
}

fn kind(kind: Kind) -> String {
    let words = match kind {
        Kind::ClientKey => "a DSN",
        Kind::InstallationToken => "the 8-hour token of a public or unpublished integration",
        Kind::OauthToken => "the 30-day token of an OAuth application",
        Kind::OrganizationToken => "an organization token, minted by a person",
        Kind::IntegrationToken => "the token of an internal integration, minted by a person",
        Kind::PersonalToken => "a personal token, bound to the person who minted it",
    };
    format!("`{kind}`: {words}")
}

fn purpose(case: &UseCase) -> String {
    match case.preset {
        Some(preset) => format!("preset `{preset}`. {}", preset.purpose()),
        None => not_stated(),
    }
}

fn scopes(case: &UseCase) -> String {
    if case.kind == Kind::ClientKey {
        return "none: a client key has no scopes. Whoever holds it could send events to its project; read nothing."
            .to_owned();
    }
    let scopes = case.allowed_scopes();
    if scopes.is_empty() {
        return not_stated();
    }
    format!("{}. {}", code(scopes.iter().copied()), holder(&scopes))
}

fn grace(case: &UseCase) -> String {
    let Some(least) = case.grace else {
        return match case.kind {
            Kind::ClientKey => "not stated: a superseded key stays enabled for ever".to_owned(),
            Kind::InstallationToken
            | Kind::OauthToken
            | Kind::OrganizationToken
            | Kind::IntegrationToken
            | Kind::PersonalToken => not_stated(),
        };
    };
    let least = duration_text(least);
    let more = match (case.grace_max, case.at_grace_max) {
        (Some(most), Some(AtGraceMax::Disable)) => format!(
            "up to {} while it is not known to be unused; then it is disabled, and who still uses it loses events",
            duration_text(most)
        ),
        (Some(most), Some(AtGraceMax::Keep)) => {
            format!("and longer while it is not known to be unused; from {} on that is reported", duration_text(most))
        }
        (Some(_) | None, None) | (None, Some(_)) => {
            "and longer while it is not known to be unused; an end to that is not stated".to_owned()
        }
    };
    format!("the old one stays enabled for {least}, {more}")
}

fn quiet(case: &UseCase) -> String {
    let Some(quiet) = case.quiet_for else {
        return "not stated: no key counts as unused".to_owned();
    };
    if case.sends_errors_only() {
        return format!("after {} without an error, while the new key had some", duration_text(quiet));
    }
    "never: Sentry counts errors alone, and the applications are not declared to send nothing else".to_owned()
}

fn quarantine(case: &UseCase) -> String {
    match (case.quarantine, case.delete) {
        (Some(quarantine), true) => {
            format!("it can be enabled again for {}, then it is deleted", duration_text(quarantine))
        }
        (Some(quarantine), false) => {
            format!("in quarantine for {}; it is never deleted", duration_text(quarantine))
        }
        (None, true | false) => {
            "it can be enabled again; a quarantine is not stated, and it is never deleted".to_owned()
        }
    }
}

fn review(case: &UseCase, policy: &Policy) -> String {
    match case.review_every {
        Some(every) => duration_text(every),
        None => format!("{}, as all keys", duration_text(policy.review.every)),
    }
}

fn rate_limit(case: &UseCase) -> String {
    let required = if case.rate_limit_required {
        "required: without it a rotation fails"
    } else {
        "not required: a plan without rate limits for keys drops it"
    };
    match (case.rate_limit, case.birth_settings().rate_limit) {
        (Some(stated), _) => format!("{}; {required}", limit(stated)),
        (None, Some(preset)) => format!("not stated; the preset's {} for a first key; {required}", limit(preset)),
        (None, None) => not_stated(),
    }
}

const fn held(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Server => "on servers",
        Exposure::Browser => "in a page: everybody can read it",
        Exposure::Mobile => "in an app: everybody can extract it, and old versions live on",
    }
}
