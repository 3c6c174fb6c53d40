//! The decision: what one step does next about what it sees.

use crate::observation::{Contract, Current, Ingestion, Observed, Pending, Question, Settings, Trial};
use crate::refusal::{PendingFault, Refusal};
use crate::step::Step;

/// A change of the world, or a trial of a key. Each is safe to repeat, and a retry finds what an earlier one did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Make a client key with this version's mark and the wanted settings.
    CreateKey,
    /// Store the key that carries this version's mark as the value of AWSPENDING.
    StorePending,
    /// Enable the pending key and bring its settings to the wanted ones.
    UpdateKey,
    /// Ask Sentry and ingestion about the key.
    TryKey,
    /// Move AWSCURRENT to the pending version.
    Promote,
}

impl Effect {
    /// The word for logs and replies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateKey => "create-key",
            Self::StorePending => "store-pending",
            Self::UpdateKey => "update-key",
            Self::TryKey => "try-key",
            Self::Promote => "promote",
        }
    }
}

/// Something that does not stop a step and that an operator should read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The organization's plan dropped the key's rate limit.
    RateLimitDroppedByPlan,
    /// The DSN question was answered with neither yes nor no; the key object says that the key is active.
    QuestionUnanswered,
    /// The ingestion probe was inconclusive.
    ProbeInconclusive,
    /// A test-only rotation: there is no current key to test yet.
    NoCurrentKey,
}

impl Notice {
    /// The word for logs and replies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimitDroppedByPlan => "rate-limit-dropped-by-plan",
            Self::QuestionUnanswered => "question-unanswered",
            Self::ProbeInconclusive => "probe-inconclusive",
            Self::NoCurrentKey => "no-current-key",
        }
    }
}

/// What a step does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Carry out one effect, then observe again.
    Do(Effect),
    /// The step is finished, with what should be read about it.
    Done(Vec<Notice>),
    /// The version is AWSCURRENT already: there is nothing to do.
    AlreadyDone,
    /// The step stops and changes nothing.
    Refuse(Refusal),
}

/// Decides what a step does about what it observes. Total: every combination has an answer.
#[must_use]
pub fn decide(step: Step, observed: &Observed) -> Decision {
    match observed.contract {
        Contract::NotEnabled => Decision::Refuse(Refusal::NotEnabled),
        Contract::UnknownVersion => Decision::Refuse(Refusal::UnknownVersion),
        Contract::NotPending => Decision::Refuse(Refusal::NotPending),
        Contract::AlreadyCurrent => Decision::AlreadyDone,
        Contract::UnderWay => match step {
            Step::CreateSecret => create_secret(observed),
            Step::SetSecret => set_secret(observed),
            Step::TestSecret => test_secret(observed),
            Step::FinishSecret => finish_secret(observed),
        },
    }
}

/// Any pending value ends createSecret: setSecret judges it. The current key never blocks the making of a new one.
fn create_secret(observed: &Observed) -> Decision {
    match observed.pending {
        Pending::Unreadable
        | Pending::Foreign
        | Pending::CopyOfCurrent
        | Pending::KeyGone
        | Pending::KeyDisabled
        | Pending::KeyActive => Decision::Done(Vec::new()),
        Pending::Empty if observed.earlier_attempt => Decision::Do(Effect::StorePending),
        // A key that setSecret would refuse is not made.
        Pending::Empty if observed.settings == Settings::RequiredLimitDroppedByPlan => {
            Decision::Refuse(Refusal::RequiredLimitDropped)
        }
        Pending::Empty if observed.too_many_unpromoted => Decision::Refuse(Refusal::TooManyUnpromoted),
        Pending::Empty => Decision::Do(Effect::CreateKey),
    }
}

fn set_secret(observed: &Observed) -> Decision {
    match promotable(observed) {
        Err(refusal) => Decision::Refuse(refusal),
        Ok(active) => match (active, observed.settings, observed.updated) {
            (true, Settings::AsWanted, _) => Decision::Done(Vec::new()),
            (true, Settings::LimitDroppedByPlan, _) => Decision::Done(vec![Notice::RateLimitDroppedByPlan]),
            (_, Settings::RequiredLimitDroppedByPlan, _) => Decision::Refuse(Refusal::RequiredLimitDropped),
            (_, _, false) => Decision::Do(Effect::UpdateKey),
            (false, _, true) => Decision::Refuse(Refusal::KeyInactive),
            (true, Settings::Differ, true) => Decision::Refuse(Refusal::SettingsDiffer),
        },
    }
}

fn test_secret(observed: &Observed) -> Decision {
    if let Pending::Empty | Pending::CopyOfCurrent = observed.pending {
        return test_current(observed);
    }
    match promotable(observed) {
        Err(refusal) => Decision::Refuse(refusal),
        Ok(false) => Decision::Refuse(Refusal::KeyInactive),
        Ok(true) => match observed.settings {
            Settings::AsWanted => try_key(observed.trial, &[]),
            Settings::LimitDroppedByPlan => try_key(observed.trial, &[Notice::RateLimitDroppedByPlan]),
            Settings::Differ => Decision::Refuse(Refusal::SettingsDiffer),
            Settings::RequiredLimitDroppedByPlan => Decision::Refuse(Refusal::RequiredLimitDropped),
        },
    }
}

/// `RotateImmediately=false` calls testSecret alone, on a pending version that is empty or a copy: then what can be
/// tested is the current key (facts/aws.md section 1.6).
fn test_current(observed: &Observed) -> Decision {
    match observed.current {
        Current::None => Decision::Done(vec![Notice::NoCurrentKey]),
        Current::KeyGone => Decision::Refuse(Refusal::CurrentKeyGone),
        Current::KeyDisabled => Decision::Refuse(Refusal::KeyInactive),
        Current::KeyActive | Current::OtherDestination => try_key(observed.trial, &[]),
    }
}

fn try_key(trial: Trial, notices: &[Notice]) -> Decision {
    let Trial::Done(question, ingestion) = trial else {
        return Decision::Do(Effect::TryKey);
    };
    let mut notices = notices.to_vec();
    match question {
        Question::Alive => {}
        Question::Dead => return Decision::Refuse(Refusal::KeyRefused),
        Question::Unknown => notices.push(Notice::QuestionUnanswered),
    }
    match ingestion {
        Ingestion::Accepted => {}
        Ingestion::Refused => return Decision::Refuse(Refusal::IngestionRefused),
        Ingestion::Inconclusive => notices.push(Notice::ProbeInconclusive),
    }
    Decision::Done(notices)
}

fn finish_secret(observed: &Observed) -> Decision {
    match promotable(observed) {
        Err(refusal) => Decision::Refuse(refusal),
        Ok(false) => Decision::Refuse(Refusal::KeyInactive),
        Ok(true) => Decision::Do(Effect::Promote),
    }
}

/// Whether the pending value could become AWSCURRENT: `Ok` says whether its key is active.
fn promotable(observed: &Observed) -> Result<bool, Refusal> {
    let active = match observed.pending {
        Pending::Empty => return Err(Refusal::PendingInvalid(PendingFault::Empty)),
        Pending::Unreadable => return Err(Refusal::PendingInvalid(PendingFault::Unreadable)),
        Pending::Foreign => return Err(Refusal::PendingInvalid(PendingFault::Foreign)),
        Pending::CopyOfCurrent => return Err(Refusal::PendingInvalid(PendingFault::CopyOfCurrent)),
        Pending::KeyGone => return Err(Refusal::PendingKeyGone),
        Pending::KeyDisabled => false,
        Pending::KeyActive => true,
    };
    match observed.current {
        Current::OtherDestination => Err(Refusal::PendingInvalid(PendingFault::OtherDestination)),
        Current::None | Current::KeyGone | Current::KeyDisabled | Current::KeyActive => Ok(active),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_logs_and_replies_stay_as_they_are() {
        let effects = [Effect::CreateKey, Effect::StorePending, Effect::UpdateKey, Effect::TryKey, Effect::Promote];
        let words = effects.map(Effect::as_str);
        assert_eq!(words, ["create-key", "store-pending", "update-key", "try-key", "promote"]);
        let notices = [
            Notice::RateLimitDroppedByPlan,
            Notice::QuestionUnanswered,
            Notice::ProbeInconclusive,
            Notice::NoCurrentKey,
        ];
        let words = notices.map(Notice::as_str);
        assert_eq!(
            words,
            ["rate-limit-dropped-by-plan", "question-unanswered", "probe-inconclusive", "no-current-key"]
        );
    }
}
