//! Use cases in the file: read, completed from `[defaults]`, checked.

use std::time::Duration;

use crate::duration::duration_text;
use crate::errors::Problems;
use crate::preset::Preset;
use crate::rate_limit::{RateLimit, rate_limit};
use crate::read::{Located, Member, Node, TableReader, boolean, duration, name, set, word};
use crate::scope::SCOPES;
use crate::suggest::hint;
use crate::use_case::{AtGraceMax, Exposure, Kind, Signal, UseCase};

/// What an organization token may do (facts/sentry-api.md section 3.1).
const ORGANIZATION_TOKEN_SCOPE: &str = "org:ci";

/// A use case, or the defaults for all of them, before the members are checked against each other.
pub(crate) struct Draft {
    place: Located<()>,
    kind: Member<Kind>,
    preset: Member<Preset>,
    scopes: Member<Vec<String>>,
    owner: Member<String>,
    contact: Member<String>,
    interval: Member<Duration>,
    rationale: Member<String>,
    warn: Member<Duration>,
    grace: Member<Duration>,
    grace_max: Member<Duration>,
    at_grace_max: Member<AtGraceMax>,
    quiet_for: Member<Duration>,
    signals: Member<Vec<Signal>>,
    quarantine: Member<Duration>,
    delete: Member<bool>,
    rate_limit: Member<RateLimit>,
    rate_limit_required: Member<bool>,
    exposure: Member<Exposure>,
    review_every: Member<Duration>,
}

impl Draft {
    /// Takes the members; unknown ones are the caller's to refuse.
    pub(crate) fn read(table: &mut TableReader<'_>, problems: &mut Problems) -> Self {
        Self {
            place: table.place(),
            kind: table.optional(problems, "kind", word),
            preset: table.optional(problems, "preset", word),
            scopes: table.optional(problems, "scopes", scopes),
            owner: table.optional(problems, "owner", name),
            contact: table.optional(problems, "contact", name),
            interval: table.optional(problems, "interval", duration),
            rationale: table.optional(problems, "rationale", name),
            warn: table.optional(problems, "warn", duration),
            grace: table.optional(problems, "grace", duration),
            grace_max: table.optional(problems, "grace_max", duration),
            at_grace_max: table.optional(problems, "at_grace_max", word),
            quiet_for: table.optional(problems, "quiet_for", duration),
            signals: table.optional(problems, "signals", signals),
            quarantine: table.optional(problems, "quarantine", duration),
            delete: table.optional(problems, "delete", boolean),
            rate_limit: table.optional(problems, "rate_limit", rate_limit),
            rate_limit_required: table.optional(problems, "rate_limit_required", boolean),
            exposure: table.optional(problems, "exposure", word),
            review_every: table.optional(problems, "review_every", duration),
        }
    }

    /// This use case with the defaults where it is silent. What cannot apply to its kind is not inherited.
    fn completed(self, defaults: &Self) -> Self {
        let kind = self.kind.or_default(&defaults.kind);
        let known = kind.as_good().map(|kind| kind.value);
        let for_client_key = known.is_none_or(|kind| kind == Kind::ClientKey);
        let for_token = known.is_none_or(|kind| kind != Kind::ClientKey);
        let preset_suits = match (known, defaults.preset.as_good()) {
            (Some(kind), Some(preset)) => preset.value.suits(kind),
            (None, _) | (_, None) => true,
        };
        Self {
            place: self.place,
            kind,
            preset: inherited(self.preset, &defaults.preset, preset_suits),
            scopes: inherited(self.scopes, &defaults.scopes, for_token),
            owner: self.owner.or_default(&defaults.owner),
            contact: self.contact.or_default(&defaults.contact),
            interval: self.interval.or_default(&defaults.interval),
            rationale: self.rationale.or_default(&defaults.rationale),
            warn: self.warn.or_default(&defaults.warn),
            grace: self.grace.or_default(&defaults.grace),
            grace_max: self.grace_max.or_default(&defaults.grace_max),
            at_grace_max: self.at_grace_max.or_default(&defaults.at_grace_max),
            quiet_for: self.quiet_for.or_default(&defaults.quiet_for),
            signals: self.signals.or_default(&defaults.signals),
            quarantine: self.quarantine.or_default(&defaults.quarantine),
            delete: self.delete.or_default(&defaults.delete),
            rate_limit: inherited(self.rate_limit, &defaults.rate_limit, for_client_key),
            rate_limit_required: inherited(self.rate_limit_required, &defaults.rate_limit_required, for_client_key),
            exposure: self.exposure.or_default(&defaults.exposure),
            review_every: self.review_every.or_default(&defaults.review_every),
        }
    }

    /// Where a contradiction is shown: at the member, or at the use case when the member is inherited.
    fn fail<T>(&self, problems: &mut Problems, member: &Located<T>, message: impl Into<String>) {
        let own = member.path.starts_with(&format!("{}.", self.place.path));
        let (at, path) = if own { (&member.at, &member.path) } else { (&self.place.at, &self.place.path) };
        problems.push(at.clone(), path, message);
    }

    fn check(&self, problems: &mut Problems) {
        if self.kind.is_absent() {
            self.place.fail::<()>(problems, "missing member \"kind\"");
        }
        if let Some(kind) = self.kind.as_good() {
            match kind.value {
                Kind::ClientKey => self.check_client_key(problems),
                Kind::InstallationToken
                | Kind::OauthToken
                | Kind::OrganizationToken
                | Kind::IntegrationToken
                | Kind::PersonalToken => self.check_token(kind.value, problems),
            }
        }
        self.check_warn(problems);
        self.check_grace(problems);
        if let Some(delete) = self.delete.as_good()
            && delete.value
            && self.quarantine.is_absent()
        {
            let message = "delete = true needs quarantine: how long a disabled key is kept";
            self.fail(problems, delete, message);
        }
    }

    fn check_client_key(&self, problems: &mut Problems) {
        let message = "a client-key use case needs preset = \"sdk-store-only\" or \"sdk-client-side\"";
        if self.preset.is_absent() {
            self.place.fail::<()>(problems, message);
        }
        if let Some(preset) = self.preset.as_good()
            && !preset.value.suits(Kind::ClientKey)
        {
            self.fail(problems, preset, message);
        }
        if let Some(scopes) = self.scopes.as_good()
            && !scopes.value.is_empty()
        {
            let message = "a client key has no scopes; leave scopes out";
            self.fail(problems, scopes, message);
        }
        if let Some(required) = self.rate_limit_required.as_good()
            && required.value
            && self.rate_limit.is_absent()
        {
            let message = "rate_limit_required = true needs rate_limit: the limit that is required";
            self.fail(problems, required, message);
        }
    }

    fn check_token(&self, kind: Kind, problems: &mut Problems) {
        if let Some(preset) = self.preset.as_good()
            && !preset.value.suits(kind)
        {
            let message = format!("preset {} is for client keys, not for {kind}", preset.value);
            self.fail(problems, preset, message);
        }
        if kind == Kind::OrganizationToken
            && let Some(scopes) = self.scopes.as_good()
            && scopes.value.iter().any(|scope| scope != ORGANIZATION_TOKEN_SCOPE)
        {
            let message = "an organization token carries org:ci alone: Sentry lets nobody choose its scopes";
            self.fail(problems, scopes, message);
        }
        let message = format!("a rate limit belongs to a client key, not to {kind}");
        if let Some(limit) = self.rate_limit.as_good() {
            self.fail(problems, limit, message.as_str());
        }
        if let Some(required) = self.rate_limit_required.as_good()
            && required.value
        {
            self.fail(problems, required, message);
        }
    }

    fn check_warn(&self, problems: &mut Problems) {
        if let (Some(warn), Some(interval)) = (self.warn.as_good(), self.interval.as_good())
            && warn.value >= interval.value
            && !interval.value.is_zero()
        {
            let (warn_text, interval_text) = (duration_text(warn.value), duration_text(interval.value));
            let message = format!(
                "warn ({warn_text}) is not shorter than interval ({interval_text}): every key would always be due soon"
            );
            self.fail(problems, warn, message);
        }
    }

    fn check_grace(&self, problems: &mut Problems) {
        let Some(most) = self.grace_max.as_good() else {
            return;
        };
        if let Some(least) = self.grace.as_good()
            && most.value < least.value
        {
            let (most_text, least_text) = (duration_text(most.value), duration_text(least.value));
            let message = format!("grace_max ({most_text}) is shorter than grace ({least_text})");
            self.fail(problems, most, message);
        }
        if self.at_grace_max.is_absent() {
            let message = "grace_max needs at_grace_max: disable or keep";
            self.fail(problems, most, message);
        }
    }

    fn finished(self, name: &str) -> Option<UseCase> {
        Some(UseCase {
            name: name.to_owned(),
            kind: self.kind.value()?,
            preset: self.preset.value(),
            scopes: self.scopes.value().unwrap_or_default(),
            owner: self.owner.value(),
            contact: self.contact.value(),
            interval: self.interval.value(),
            rationale: self.rationale.value(),
            warn: self.warn.value(),
            grace: self.grace.value(),
            grace_max: self.grace_max.value(),
            at_grace_max: self.at_grace_max.value(),
            quiet_for: self.quiet_for.value(),
            signals: self.signals.value().unwrap_or_default(),
            quarantine: self.quarantine.value(),
            delete: self.delete.value().unwrap_or(false),
            rate_limit: self.rate_limit.value(),
            rate_limit_required: self.rate_limit_required.value().unwrap_or(false),
            exposure: self.exposure.value(),
            review_every: self.review_every.value(),
        })
    }
}

fn inherited<T: Clone>(own: Member<T>, default: &Member<T>, applies: bool) -> Member<T> {
    if applies { own.or_default(default) } else { own }
}

fn scopes(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    set(node, problems, |node, problems| {
        let text = node.text(problems)?;
        if !SCOPES.contains(&text) {
            let message = format!("{text:?} is no scope of Sentry; {}", hint(text, SCOPES));
            return node.fail(problems, message);
        }
        Some(text.to_owned())
    })
}

fn signals(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Signal>> {
    let signals = set(node, problems, word)?;
    if signals.is_empty() {
        return node.fail(problems, "name a signal, or leave signals out if unknown");
    }
    Some(signals)
}

/// The tables of `[use_case.NAME]`, in the order of the file.
pub(crate) fn use_cases<'a>(node: &Node<'a>, problems: &mut Problems) -> Option<Vec<(String, Draft)>> {
    let mut drafts = Vec::new();
    for (name, node) in node.table(problems)?.entries() {
        if name.trim().is_empty() {
            node.fail::<()>(problems, "a use case needs a name");
        }
        if let Some(mut table) = node.table(problems) {
            let draft = Draft::read(&mut table, problems);
            table.finish(problems);
            drafts.push((name.to_owned(), draft));
        }
    }
    Some(drafts)
}

/// Completes a draft from the defaults (if there are any) and checks its members against each other.
pub(crate) fn finish(name: &str, draft: Draft, defaults: Option<&Draft>, problems: &mut Problems) -> Option<UseCase> {
    let draft = match defaults {
        Some(defaults) => draft.completed(defaults),
        None => draft,
    };
    draft.check(problems);
    draft.finished(name)
}
