//! The one state of a key, and the one thing to do about it now.

use std::time::Duration;

use jiff::Timestamp;

use crate::facts::{Facts, KeyObject};
use crate::ledger::{Grade, Kind, Phase};
use crate::ownership::{Ownership, class_of, ownership};
use crate::reason::{Reason, after};
use crate::terms::{AtGraceMax, Mode, Terms};
use crate::traffic::Signal;
use crate::words::words;

words! {
    /// Where a key is in its life.
    State {
        /// In use, or none of ours.
        Active = "active",
        /// Superseded, and in its grace.
        Superseded = "superseded",
        /// Its grace is over, and it is not known to be quiet.
        Draining = "draining",
        /// It is kept although its longest grace is over, because it may still be used.
        StillInUse = "still-in-use",
        /// Disabled, and in quarantine.
        Disabled = "disabled",
        /// Gone.
        Deleted = "deleted",
        /// Enabled again by somebody else: left alone until that is cleared.
        Reinstated = "reinstated",
        /// It cannot be judged in this run.
        Frozen = "frozen",
    }
}

words! {
    /// What is done to a key in Sentry.
    Action {
        /// It is disabled.
        Disable = "disable",
        /// It is enabled again, after a rollback.
        Enable = "enable",
        /// It is asked for proof of its death.
        Prove = "prove",
        /// It is deleted.
        Delete = "delete",
    }
}

words! {
    /// What an operator's alarm and guide know the state by.
    Code {
        /// A superseded key is kept because it may still be used.
        StillInUse = "Retirement.StillInUse",
        /// A disabled key is not proven dead within the deadline.
        ProofOverdue = "Retirement.ProofOverdue",
        /// A key that somebody else made is retired only with consent.
        ConsentNeeded = "Retirement.ConsentNeeded",
        /// A part of the project could not be read.
        Frozen = "Retirement.Frozen",
    }
}

/// What comes next for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// What was seen is written down; then the key is judged again.
    Record(Kind),
    /// This is done.
    Act(Action),
    /// This would be done if the policy's mode were `act`.
    Would(Action),
}

/// The judgement of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whose key it is.
    pub ownership: Ownership,
    /// Where it is in its life.
    pub state: State,
    /// What comes next.
    pub next: Next,
    /// Why.
    pub reason: Reason,
    /// What alarms know it by.
    pub code: Option<Code>,
}

/// Judges one key. Total: every combination of facts has a judgement, and every state has a way out.
#[must_use]
pub fn judge(facts: &Facts, terms: &Terms) -> Judgement {
    let ownership = ownership(facts.held, facts.tie, facts.history.class, facts.secret_gone);
    let (state, next, reason) = match ownership {
        // What could not be read may be what holds the key.
        _ if facts.frozen.is_some() => frozen(facts),
        Ownership::Foreign => (State::Active, Next::Nothing, Reason::Foreign(facts.tie)),
        Ownership::Untouchable => untouchable(facts),
        Ownership::Ours | Ownership::Adopted | Ownership::Orphan | Ownership::Abandoned => {
            superseded(facts, terms, ownership)
        }
    };
    let next = match next {
        Next::Act(action) if terms.mode == Mode::Observe => Next::Would(action),
        Next::Nothing | Next::Record(_) | Next::Act(_) | Next::Would(_) => next,
    };
    let code = code(state, &reason);
    Judgement { ownership, state, next, reason, code }
}

fn code(state: State, reason: &Reason) -> Option<Code> {
    match (state, reason) {
        (State::Frozen, _) => Some(Code::Frozen),
        (State::StillInUse, _) => Some(Code::StillInUse),
        (_, Reason::ProofOverdue) => Some(Code::ProofOverdue),
        (_, Reason::ConsentNeeded | Reason::NewlyAdopted) => Some(Code::ConsentNeeded),
        (_, _) => None,
    }
}

/// Whether the counts of events matter to the judgement: they are asked for only then.
#[must_use]
pub fn needs_counts(facts: &Facts) -> bool {
    let waits = match facts.history.phase {
        Phase::Waiting | Phase::Disabling | Phase::Reinstated => true,
        Phase::Unknown | Phase::Current | Phase::Disabled | Phase::Deleting | Phase::Deleted => false,
    };
    let ours = match ownership(facts.held, facts.tie, facts.history.class, facts.secret_gone) {
        Ownership::Ours | Ownership::Adopted | Ownership::Orphan => true,
        Ownership::Untouchable | Ownership::Abandoned | Ownership::Foreign => false,
    };
    waits && ours && facts.key == KeyObject::Active && facts.frozen.is_none()
}

type Verdict = (State, Next, Reason);

fn frozen(facts: &Facts) -> Verdict {
    (State::Frozen, Next::Nothing, Reason::Frozen(facts.frozen.clone().unwrap_or_default()))
}

/// A key that applications read, or are about to read: the one thing that is ever done to it is to give it back.
fn untouchable(facts: &Facts) -> Verdict {
    let history = &facts.history;
    let disabled_by_us = match history.phase {
        Phase::Disabling => true,
        Phase::Disabled | Phase::Deleting => history.disabled.as_ref().is_some_and(|disabled| disabled.by_us),
        // A run that had begun before another saw it current, and died before it could look again, or could not write what
        // it did for what the other had written.
        Phase::Current | Phase::Waiting => history.begun.is_some(),
        Phase::Unknown | Phase::Reinstated | Phase::Deleted => false,
    };
    let is_held = facts.held.current || facts.held.pending;
    // Nothing is recorded of a key of which nothing is proven: its record would be taken for a proof later.
    let is_known = class_of(facts.tie, history.class).is_some();
    // Once no such run can live any more, a second record closes what it left open.
    let is_on_record = history.phase == Phase::Current && !history.is_closed_by(facts.now);
    match facts.key {
        KeyObject::Active if !facts.held.current => (State::Active, Next::Nothing, Reason::Pending),
        KeyObject::Active if is_on_record || !is_known => (State::Active, Next::Nothing, Reason::Current),
        KeyObject::Active => (State::Active, Next::Record(Kind::Current), Reason::CurrentFirstSeen),
        KeyObject::Inactive if facts.held.current && history.revoked => {
            (State::Disabled, Next::Nothing, Reason::CurrentRevoked)
        }
        KeyObject::Inactive if disabled_by_us && is_held && !history.revoked => {
            (State::Disabled, Next::Act(Action::Enable), Reason::RolledBack)
        }
        KeyObject::Inactive if facts.held.current => (State::Active, Next::Nothing, Reason::CurrentDisabledByOthers),
        KeyObject::Inactive => (State::Active, Next::Nothing, Reason::Pending),
        KeyObject::Gone if facts.held.current => (State::Deleted, Next::Nothing, Reason::CurrentGone),
        KeyObject::Gone => (State::Deleted, Next::Nothing, Reason::Deleted),
    }
}

fn superseded(facts: &Facts, terms: &Terms, ownership: Ownership) -> Verdict {
    let history = &facts.history;
    if ownership == Ownership::Abandoned && !history.abandoned && history.phase != Phase::Deleted {
        return (stays(facts), Next::Record(Kind::Abandoned), Reason::Abandoned);
    }
    match (history.phase, facts.key) {
        (Phase::Deleted, KeyObject::Gone) => (State::Deleted, Next::Nothing, Reason::Deleted),
        (_, KeyObject::Gone) => (State::Deleted, Next::Record(Kind::Deleted), Reason::Gone),
        (Phase::Unknown | Phase::Current, KeyObject::Active | KeyObject::Inactive) => first_seen(ownership, facts),
        (Phase::Waiting | Phase::Disabling, KeyObject::Active)
            if history.may_become_a_value() && matches!(ownership, Ownership::Ours | Ownership::Adopted) =>
        {
            // Applications may have read it since: its grace begins anew.
            first_seen(ownership, facts)
        }
        // Who disables it from now on is somebody else.
        (Phase::Waiting, KeyObject::Active) if history.is_closed_by(facts.now) => first_seen(ownership, facts),
        // One that was deleted is back where Sentry was restored from a backup.
        (Phase::Waiting | Phase::Disabling | Phase::Reinstated | Phase::Deleted, KeyObject::Inactive) => {
            (State::Disabled, Next::Record(Kind::Disabled), Reason::FoundDisabled)
        }
        (Phase::Disabled | Phase::Deleting | Phase::Deleted, KeyObject::Active) => {
            (State::Reinstated, Next::Record(Kind::Reinstated), Reason::Reinstated)
        }
        (Phase::Disabled | Phase::Deleting, KeyObject::Inactive) => disabled(facts, terms, ownership),
        (Phase::Reinstated, KeyObject::Active) if !is_cleared(facts) => left_alone(),
        // What cleared it may have been withdrawn before it came to the disablement.
        (Phase::Disabling, KeyObject::Active) if history.disabled.is_some() && !is_cleared(facts) => left_alone(),
        (Phase::Waiting | Phase::Disabling | Phase::Reinstated, KeyObject::Active) => waiting(facts, terms, ownership),
    }
}

fn left_alone() -> Verdict {
    (State::Reinstated, Next::Nothing, Reason::Reinstated)
}

/// The state of a key that is looked at no further.
fn stays(facts: &Facts) -> State {
    match (facts.key, facts.history.phase) {
        (KeyObject::Gone, _) => State::Deleted,
        (KeyObject::Inactive, _) => State::Disabled,
        (KeyObject::Active, Phase::Reinstated | Phase::Disabled | Phase::Deleting) => State::Reinstated,
        (KeyObject::Active, Phase::Unknown | Phase::Current | Phase::Waiting | Phase::Disabling | Phase::Deleted) => {
            State::Active
        }
    }
}

fn first_seen(ownership: Ownership, facts: &Facts) -> Verdict {
    match ownership {
        Ownership::Ours => (State::Superseded, Next::Record(Kind::Superseded), Reason::NewlySuperseded),
        Ownership::Adopted => (State::Superseded, Next::Record(Kind::Adopted), Reason::NewlyAdopted),
        Ownership::Orphan => (State::Superseded, Next::Record(Kind::Orphan), Reason::NewOrphan),
        Ownership::Abandoned => (stays(facts), Next::Nothing, Reason::Abandoned),
        Ownership::Untouchable | Ownership::Foreign => (State::Active, Next::Nothing, Reason::Foreign(facts.tie)),
    }
}

/// Whether a key that somebody enabled again may be retired after all: a consent with another ticket than the one under
/// which it was disabled is a new decision.
fn is_cleared(facts: &Facts) -> bool {
    let before = facts.history.disabled.as_ref().and_then(|disabled| disabled.ticket.as_ref());
    facts.consent.is_some() && facts.consent.as_ref() != before
}

/// Enabled, and none that applications should still read.
fn waiting(facts: &Facts, terms: &Terms, ownership: Ownership) -> Verdict {
    let (state, next, reason) = match ownership {
        Ownership::Abandoned => (stays(facts), Next::Nothing, Reason::Abandoned),
        Ownership::Orphan => orphan(facts, terms),
        Ownership::Adopted if facts.consent.is_none() => (State::Superseded, Next::Nothing, Reason::ConsentNeeded),
        Ownership::Ours | Ownership::Adopted | Ownership::Untouchable | Ownership::Foreign => draining(facts, terms),
    };
    match next {
        Next::Act(Action::Disable) if facts.hold => (state, Next::Nothing, Reason::Hold),
        Next::Act(Action::Disable) if !facts.replicas_in_sync => (state, Next::Nothing, Reason::ReplicaBehind),
        Next::Act(Action::Disable) if ownership != Ownership::Orphan && !facts.successor_alive => {
            (state, Next::Nothing, Reason::NoSuccessor)
        }
        Next::Nothing | Next::Record(_) | Next::Act(_) | Next::Would(_) => (state, next, reason),
    }
}

/// The end of a span that began when the key stopped to be current; none where that is not written down.
fn end_of(facts: &Facts, span: Duration) -> Timestamp {
    facts.history.since.map_or(Timestamp::MAX, |since| after(since, span))
}

fn orphan(facts: &Facts, terms: &Terms) -> Verdict {
    let end = end_of(facts, terms.orphan_grace);
    if facts.now < end {
        return (State::Superseded, Next::Nothing, Reason::InGrace(end));
    }
    if facts.signal == Signal::StillUsed {
        return (State::StillInUse, Next::Nothing, Reason::OrphanInUse);
    }
    (State::Draining, Next::Act(Action::Disable), Reason::OrphanGraceOver)
}

fn draining(facts: &Facts, terms: &Terms) -> Verdict {
    let Some(grace) = terms.grace else {
        return (State::Superseded, Next::Nothing, Reason::NoGrace);
    };
    let end = end_of(facts, grace);
    if facts.now < end {
        return (State::Superseded, Next::Nothing, Reason::InGrace(end));
    }
    if facts.signal == Signal::Quiet {
        let next = if facts.history.quiet.is_none() { Next::Record(Kind::Quiet) } else { Next::Act(Action::Disable) };
        return (State::Draining, next, Reason::Quiet);
    }
    let over = terms.grace_max.is_some_and(|longest| facts.now >= end_of(facts, longest));
    match (over, terms.at_grace_max) {
        (false, _) => (State::Draining, Next::Nothing, Reason::NotQuiet(facts.signal)),
        (true, AtGraceMax::Disable) => {
            (State::Draining, Next::Act(Action::Disable), Reason::GraceMaxOver(facts.signal))
        }
        (true, AtGraceMax::Keep) => (State::StillInUse, Next::Nothing, Reason::KeptAtGraceMax(facts.signal)),
    }
}

/// Whether nothing further can be learned about the death of a disabled key.
///
/// Refusals by ingestion are the last proof. Where ingestion cannot be asked, the DSN question has to do, but only while
/// nothing says that ingestion still accepts the key.
fn is_settled(facts: &Facts, overdue: bool) -> bool {
    match facts.history.proven.map(|proven| proven.grade) {
        Some(Grade::Ingestion) => true,
        Some(Grade::Question) => overdue && !facts.ingestion_accepts,
        Some(Grade::Object) | None => false,
    }
}

fn disabled(facts: &Facts, terms: &Terms, ownership: Ownership) -> Verdict {
    let state = State::Disabled;
    let at = facts.history.disabled.as_ref().map_or(facts.now, |disabled| disabled.at);
    let overdue = facts.now > after(at, terms.proof_deadline);
    if !is_settled(facts, overdue) {
        let reason = if overdue { Reason::ProofOverdue } else { Reason::AwaitingProof };
        return (state, Next::Act(Action::Prove), reason);
    }
    let deletable = match ownership {
        Ownership::Ours => terms.delete,
        Ownership::Orphan => terms.delete && facts.consent.is_some(),
        Ownership::Adopted | Ownership::Abandoned | Ownership::Untouchable | Ownership::Foreign => false,
    };
    if !deletable {
        return (state, Next::Nothing, Reason::Dead);
    }
    let end = after(at, terms.quarantine);
    if facts.now < end {
        (state, Next::Nothing, Reason::Quarantine(end))
    } else if facts.hold {
        (state, Next::Nothing, Reason::Hold)
    } else if facts.may_delete {
        (state, Next::Act(Action::Delete), Reason::QuarantineOver)
    } else {
        (state, Next::Nothing, Reason::MayNotDelete)
    }
}
