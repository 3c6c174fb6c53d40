//! One key: gathered, judged, recorded, acted on.

use std::collections::BTreeMap;

use function_kit::DetailType;
use jiff::tz::TimeZone;
use key_lifecycle::{
    Action, Broken, Class, Code, Facts, Judgement, KeyObject, Kind, Next, Ownership, Phase, Reason, Signal, State,
    Terms, Tie, Traffic, class_of, judge, needs_counts,
};
use retirement::{Draft, LedgerError, Subject, Written};
use sentry_client::Kind as Refused;

use crate::act::Outcome;
use crate::counts::count;
use crate::inventory::{Secret, Value};
use crate::report::{Became, LedgerRow, Proof, Row, TrafficRow};
use crate::run::{Halt, Run};
use crate::state::{Key, suffix};
use crate::tell::{About, event_of};
use crate::terms::{Applied, applied};
use crate::view::{Claim, View};

/// More records in a row than any life has; a judgement that still asks for one is a defect.
const MOST_ROUNDS: usize = 12;

/// What has become of a secret that the memory names and the list does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It does not exist any more.
    Gone,
    /// It exists, and nothing is done to its keys: why.
    Frozen(String),
}

/// The key at hand.
pub(crate) struct Case<'v, 'a> {
    pub(crate) view: &'v View<'a>,
    pub(crate) id: &'v str,
    pub(crate) claim: Option<Claim>,
    pub(crate) secret: Option<&'v Secret>,
    pub(crate) known: Key,
    pub(crate) facts: Facts,
    pub(crate) terms: Terms,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) counted: bool,
    pub(crate) window: std::time::Duration,
}

impl Case<'_, '_> {
    pub(crate) fn subject(&self) -> Option<Subject> {
        let claim = self.claim.as_ref()?;
        Some(Subject {
            secret_arn: claim.secret_arn.clone(),
            version_id: claim.version_id.clone().or_else(|| self.known.version.clone()),
            project_id: self.view.id,
            key_id: self.id.to_owned(),
        })
    }

    /// Every secret that is bound to the project, and the one that the key is of.
    pub(crate) fn secrets_of_the_project(&self) -> Vec<String> {
        let bound = self.view.secrets.iter().map(|secret| &secret.arn);
        let claim = self.claim.as_ref().map(|claim| &claim.secret_arn);
        let unbound = claim.filter(|arn| self.view.secret(arn).is_none());
        bound.chain(unbound).cloned().collect()
    }

    fn about(&self) -> About {
        let project = self.view.project.as_ref();
        let claim = self.claim.as_ref();
        About {
            secret_arn: claim.map(|claim| claim.secret_arn.clone()).unwrap_or_default(),
            version_id: claim.and_then(|claim| claim.version_id.clone()).or_else(|| self.known.version.clone()),
            organization: project.map(|project| project.organization.slug.clone()),
            project: project.map(|project| project.slug.clone()),
            key_id: self.id.to_owned(),
            owner: self.secret.and_then(|secret| secret.tags.get("sentry:owner")).cloned(),
            evidence: self.known.history.head.as_ref().map(|head| head.sha256.clone()),
        }
    }

    /// The id of the key that applications read now.
    pub(crate) fn current_key(&self) -> Option<&str> {
        self.secret.and_then(current_key)
    }

    /// As which class the key goes on record: as somebody else's where nothing is proven.
    pub(crate) fn class(&self) -> Class {
        let tie = self.claim.as_ref().and_then(|claim| claim.tie);
        class_of(tie, self.known.history.class).unwrap_or(Class::Adopted)
    }

    /// A record of what was found. A consent that holds now is used up by it: it does not clear what comes later.
    fn found(&self, kind: Kind, why: String) -> Draft {
        Draft { ticket: self.facts.consent.clone(), ..Draft::found(kind, self.class(), why) }
    }
}

impl Run<'_> {
    /// Judges one key, writes down what was seen, does the one thing that is to be done, and adds the row.
    pub(crate) async fn judge_key(
        &mut self,
        view: &View<'_>,
        id: &str,
        absent: &BTreeMap<String, Absent>,
    ) -> Result<(), Halt> {
        let mut case = self.case(view, id, absent).await?;
        let mut outcome = Outcome::none();
        let (mut confirmed, mut seen_for) = (false, None);
        for _ in 0..MOST_ROUNDS {
            let judgement = self.judge(&mut case).await?;
            match judgement.next {
                // The list may be older than the newest record: another run switched the key in between, and nobody else did.
                Next::Record(kind) if seen_for != Some(kind) && case.facts.history.is_switched_by(kind) => {
                    seen_for = Some(kind);
                    self.see_again(&mut case).await?;
                }
                Next::Record(kind) => {
                    seen_for = None;
                    let draft = case.found(kind, judgement.reason.to_string());
                    self.record(&mut case, draft, judgement.code).await?;
                }
                Next::Act(action @ (Action::Disable | Action::Delete)) if !confirmed => {
                    confirmed = true;
                    outcome.action = Some(action);
                    self.confirm(&mut case).await?;
                }
                Next::Act(action) => {
                    outcome = self.act(&mut case, action, &judgement).await?;
                    // That it was gone is written down as well; all else that is seen after it is judged by the next run.
                    let after = self.judge(&mut case).await?;
                    if let (Became::Done, Next::Record(Kind::Deleted)) = (outcome.done, after.next) {
                        let draft = case.found(Kind::Deleted, after.reason.to_string());
                        self.record(&mut case, draft, after.code).await?;
                    }
                    break;
                }
                Next::Would(action) => {
                    outcome = Outcome { action: Some(action), done: Became::Observed, why: None };
                    break;
                }
                Next::Nothing => {
                    outcome = Outcome { action: None, ..outcome };
                    break;
                }
            }
        }
        self.finish(case, outcome).await
    }

    async fn judge(&mut self, case: &mut Case<'_, '_>) -> Result<Judgement, Halt> {
        if needs_counts(&case.facts) && !case.counted {
            case.counted = true;
            if let Some(project) = &case.view.project {
                let current = case.current_key().map(str::to_owned);
                match count(self.api, project, case.id, current.as_deref(), self.now, case.window).await {
                    Ok(traffic) => case.traffic = Some(traffic),
                    Err(error) if *error.kind() == Refused::DeadlineNear => return Err(Halt::Time),
                    Err(error) => tracing::warn!(key.id = case.id, error = %error, "events cannot be counted"),
                }
            }
            case.facts.signal = Signal::of(case.terms.quiet, case.traffic.as_ref());
        }
        // A record that was written a moment ago is in the past.
        case.facts.now = (self.ledger.clock)();
        Ok(judge(&case.facts, &case.terms))
    }

    /// Gathers what is known of a key.
    async fn case<'v, 'a>(
        &mut self,
        view: &'v View<'a>,
        id: &'v str,
        absent: &BTreeMap<String, Absent>,
    ) -> Result<Case<'v, 'a>, Halt> {
        let claim = self.claim(view, id, absent);
        let secret = claim.as_ref().and_then(|claim| view.secret(&claim.secret_arn));
        let missing = claim.as_ref().and_then(|claim| absent.get(&claim.secret_arn));
        let mut frozen = view.frozen.clone().or_else(|| secret.and_then(|secret| secret.barred.clone()));
        if let Some(Absent::Frozen(why)) = missing {
            frozen = frozen.or_else(|| Some(why.clone()));
        }
        if let (Some(claim), None, None) = (&claim, secret, missing) {
            frozen = frozen.or_else(|| Some(view.why_not(&claim.secret_arn)));
        }
        let mut known = Key { project: view.id, ..Key::default() };
        if let Some(claim) = &claim {
            match self.known(&claim.secret_arn, id).await {
                Ok(Some(found)) => known = found,
                Ok(None) => {}
                Err(LedgerError::Broken { folder, broken }) => frozen = Some(broken_ledger(&folder, &broken)),
                Err(error) => return Err(error.into()),
            }
            known.version = claim.version_id.clone().or(known.version);
        }
        let Applied { terms, window } = applied(&self.config.policy, secret).unwrap_or_else(|why| {
            frozen = frozen.take().or(Some(why));
            Applied::nothing()
        });
        let key = match view.key(id) {
            Some(key) if key.is_active => KeyObject::Active,
            Some(_) => KeyObject::Inactive,
            None => KeyObject::Gone,
        };
        let today = TimeZone::UTC.to_datetime(self.now).date();
        let consent = self.config.policy.consent_for(id).filter(|consent| consent.holds_on(today));
        let mut held = view.held(id);
        held |= key_lifecycle::Held {
            current: self.inventory.current.contains(id),
            pending: self.inventory.pending.contains(id),
        };
        let facts = Facts {
            now: self.now,
            frozen,
            key,
            held,
            tie: claim.as_ref().and_then(|claim| claim.tie),
            secret_gone: missing == Some(&Absent::Gone),
            history: known.history.clone(),
            signal: Signal::Unreadable,
            successor_alive: secret.and_then(current_key).and_then(|id| view.key(id)).is_some_and(|key| key.is_active),
            replicas_in_sync: true,
            hold: secret.is_some_and(Secret::on_hold),
            consent: consent.map(|consent| consent.ticket.clone()),
            may_delete: self.config.delete_auth_secret_id.is_some(),
            ingestion_accepts: known.accepted,
        };
        let mut case = Case { view, id, claim, secret, known, facts, terms, traffic: None, counted: false, window };
        self.confirm_if_disabled(&mut case).await?;
        Ok(case)
    }

    /// Which secret has the best claim on a key: the one for which it was made, by the ledger or by value and mark; then
    /// one that holds it; then any that knows it.
    fn claim(&self, view: &View<'_>, id: &str, absent: &BTreeMap<String, Absent>) -> Option<Claim> {
        let tie = view.key(id).and_then(|key| view.tie(key));
        if tie.as_ref().is_some_and(|claim| claim.tie == Some(Tie::ValueAndMark)) {
            return tie;
        }
        let bound = view.secrets.iter().copied().chain(view.unbound.iter().map(|(secret, _)| *secret));
        let elsewhere = self.elsewhere.get(&view.id).into_iter().flatten();
        let arns = bound.map(|secret| &secret.arn).chain(elsewhere).chain(absent.keys());
        let mut recorded: Vec<(&String, &Key)> =
            arns.filter_map(|arn| Some((arn, self.state.secrets.get(arn)?.keys.get(id)?))).collect();
        recorded.sort_by_key(|(_, key)| (key.history.class, key.history.phase == Phase::Deleted));
        let of = |(arn, key): &(&String, &Key)| Claim {
            secret_arn: (*arn).clone(),
            version_id: key.version.clone(),
            tie: tie.as_ref().filter(|claim| claim.secret_arn == **arn).and_then(|claim| claim.tie),
        };
        let ours = recorded.iter().find(|(_, key)| key.history.class == Some(Class::Ours)).map(of);
        ours.or(tie.clone()).or_else(|| recorded.first().map(of))
    }

    /// What is remembered of a key; what the ledger has where nothing is.
    async fn known(&mut self, arn: &str, id: &str) -> Result<Option<Key>, LedgerError> {
        if let Some(known) = self.state.secrets.get(arn).and_then(|secret| secret.keys.get(id)) {
            return Ok(Some(known.clone()));
        }
        let chain = self.ledger.load(arn, id).await?;
        if let Some(unread) = self.state.unread.get_mut(suffix(arn)) {
            unread.remove(id);
        }
        Ok(chain.last.map(|last| Key {
            version: last.version_id,
            project: last.project_id,
            history: chain.history,
            ..Key::default()
        }))
    }

    /// Writes a record, and tells of it. Where another run was faster nothing is written, and its records are read.
    pub(crate) async fn record(
        &mut self,
        case: &mut Case<'_, '_>,
        draft: Draft,
        code: Option<Code>,
    ) -> Result<Written, Halt> {
        let Some(subject) = case.subject() else {
            return Ok(Written::Overtaken);
        };
        let (kind, attempt, why) = (draft.kind, draft.attempt, draft.why.clone());
        if self.ledger.append(&subject, &mut case.facts.history, draft).await? == Written::Overtaken {
            // Another run was faster: what it wrote decides.
            self.reload(case).await?;
            return Ok(Written::Overtaken);
        }
        case.known.history = case.facts.history.clone();
        tracing::info!(
            secret.arn = subject.secret_arn,
            key.id = subject.key_id,
            record = kind.as_str(),
            why,
            "written to the ledger"
        );
        if let Some(what) = event_of(kind, attempt) {
            let about = case.about();
            let once = about.evidence.clone().unwrap_or_default();
            let reason = judge(&case.facts, &case.terms).reason;
            let message = match remedy(self, case, code, &reason) {
                Some(remedy) => format!("{why}; {remedy}"),
                None => why,
            };
            self.teller.tell(what, &about, &once, code, &message).await;
            // Where the state lasts, it is told of again on the next day.
            case.known.told.insert(what.as_str().to_owned(), self.today());
        }
        Ok(Written::Yes)
    }

    /// The day of this run (UTC), by which the event of a lasting state is told once.
    fn today(&self) -> String {
        TimeZone::UTC.to_datetime(self.now).date().to_string()
    }

    /// Reads a key's chain anew.
    pub(crate) async fn reload(&mut self, case: &mut Case<'_, '_>) -> Result<(), Halt> {
        let Some(claim) = &case.claim else {
            return Ok(());
        };
        let remembered = case.known.history.head.as_ref();
        match self.ledger.load_after(&claim.secret_arn, case.id, remembered).await {
            Ok(chain) => {
                case.facts.history = chain.history.clone();
                case.known.history = chain.history;
            }
            Err(LedgerError::Broken { folder, broken }) => case.facts.frozen = Some(broken_ledger(&folder, &broken)),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Adds the row, tells of lasting states once a day, and remembers.
    async fn finish(&mut self, mut case: Case<'_, '_>, outcome: Outcome) -> Result<(), Halt> {
        let judgement = judge(&case.facts, &case.terms);
        let lasting = match (judgement.code, judgement.ownership) {
            (Some(Code::StillInUse), _) => Some(DetailType::KeyStillInUse),
            (Some(Code::ProofOverdue), _) => Some(DetailType::KeyProofOverdue),
            (Some(Code::ConsentNeeded), _) => Some(DetailType::KeyAdopted),
            (_, Ownership::Abandoned) if judgement.state != State::Deleted => Some(DetailType::KeyAbandoned),
            (Some(Code::Frozen) | None, _) => None,
        };
        let remedy = remedy(self, &case, judgement.code, &judgement.reason);
        let traffic = case.traffic.take().map(|traffic| TrafficRow { moved_percent: traffic.moved_percent(), traffic });
        let mut reason = outcome.why.clone().unwrap_or_else(|| judgement.reason.to_string());
        if let Some(moved) = traffic.as_ref().and_then(TrafficRow::sentence) {
            reason = format!("{reason}; {moved}");
        }
        if let Some(what) = lasting {
            let today = self.today();
            if case.known.told.get(what.as_str()) != Some(&today) {
                case.known.told.insert(what.as_str().to_owned(), today.clone());
                let by_day = traffic.as_ref().and_then(TrafficRow::by_day);
                let parts = [Some(reason.clone()), by_day, remedy.clone()];
                let message = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
                self.teller.tell(what, &case.about(), &today, judgement.code, &message).await;
            }
        }
        if outcome.done == Became::Failed {
            tracing::error!(key.id = case.id, action = outcome.action.map(Action::as_str), reason, "an action failed");
        }
        let head = case.known.history.head.as_ref();
        let row = Row {
            key_id: case.id.to_owned(),
            secret_arn: case.claim.as_ref().map(|claim| claim.secret_arn.clone()),
            project: case
                .view
                .project
                .as_ref()
                .map_or_else(|| case.view.id.to_string(), |project| project.slug.clone()),
            ownership: judgement.ownership,
            state: judgement.state,
            action: outcome.action,
            result: outcome.done,
            reason,
            code: judgement.code,
            remedy,
            proof: Proof::of(&case.known.history),
            traffic,
            ledger: head.map(|head| LedgerRow { sequence: head.sequence, sha256: head.sha256.clone() }),
        };
        self.report.add(&row)?;
        if let Some(claim) = &case.claim {
            let keys = &mut self.state.secret(&claim.secret_arn).keys;
            if case.known.history.phase == Phase::Deleted {
                // The ledger keeps it; there is nothing left to watch.
                keys.remove(case.id);
            } else if case.known.history.head.is_some() {
                keys.insert(case.id.to_owned(), case.known);
            }
        }
        Ok(())
    }
}

fn current_key(secret: &Secret) -> Option<&str> {
    match &secret.current()?.value {
        Value::Key { id, .. } => Some(id),
        Value::Other | Value::Empty | Value::Unreadable(_) => None,
    }
}

/// Why a key is left alone whose records are not whole.
fn broken_ledger(folder: &str, broken: &Broken) -> String {
    format!("the ledger at {folder} is not whole: {broken}; see scripts/verify-ledger.sh")
}

/// The exact thing that a person can do, where the next step is a person's.
fn remedy(run: &Run<'_>, case: &Case<'_, '_>, code: Option<Code>, reason: &Reason) -> Option<String> {
    let consent = || {
        format!(
            "to retire it, add to the key policy: [[consent]] key_id = \"{}\", by = \"you\", ticket = \"…\", until = \"yyyy-mm-dd\"",
            case.id
        )
    };
    match (code, reason) {
        (Some(Code::ConsentNeeded), _) | (_, Reason::Reinstated) => Some(consent()),
        (_, Reason::Abandoned) => {
            let arn = case.claim.as_ref().map(|claim| claim.secret_arn.as_str()).unwrap_or_default();
            Some(format!(
                "aws lambda invoke --function-name {} --cli-binary-format raw-in-base64-out --cli-read-timeout 0 --payload \
                 '{{\"secret_id\":\"{arn}\",\"key_id\":\"{}\",\"reason\":\"its secret is gone\"}}' /dev/stdout",
                run.config.revoke_function, case.id
            ))
        }
        (_, Reason::RolledBack | Reason::CurrentGone | Reason::CurrentRevoked | Reason::CurrentDisabledByOthers) => {
            case.claim
                .as_ref()
                .map(|claim| format!("aws secretsmanager rotate-secret --secret-id {}", claim.secret_arn))
        }
        (_, _) => None,
    }
}
