//! Why a key is in its state, in words.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ownership::{MarkedVersion, Tie};
use crate::traffic::Signal;

/// Why a key is in its state, or why something is done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A part of what the judgement needs could not be read.
    Frozen(String),
    /// It is what applications read.
    Current,
    /// It is what applications read, and was not before, as far as it is written down.
    CurrentFirstSeen,
    /// A rotation is about to make it current.
    Pending,
    /// It is what applications read, and is disabled by somebody else.
    CurrentDisabledByOthers,
    /// It is what applications read, and this system had disabled it: the secret was rolled back.
    RolledBack,
    /// It is what applications read, and somebody revoked it.
    CurrentRevoked,
    /// It is what applications read, and does not exist any more.
    CurrentGone,
    /// It is none of ours.
    Foreign(Option<Tie>),
    /// Its secret is gone.
    Abandoned,
    /// It was not known as superseded yet.
    NewlySuperseded,
    /// It was not known as an adopted key yet.
    NewlyAdopted,
    /// It was not known as an orphan yet.
    NewOrphan,
    /// Somebody else made it, and no consent for it holds.
    ConsentNeeded,
    /// The policy gives it no grace that could end.
    NoGrace,
    /// Its grace is not over.
    InGrace(Timestamp),
    /// Its grace is over, and it is not known to be quiet.
    NotQuiet(Signal),
    /// It was silent in the whole window, and the new key was not.
    Quiet,
    /// The longest grace is over.
    GraceMaxOver(Signal),
    /// The longest grace is over, and the policy keeps a key that is not known to be quiet.
    KeptAtGraceMax(Signal),
    /// An orphan whose grace is over.
    OrphanGraceOver,
    /// An orphan that sends events: somebody copied its DSN.
    OrphanInUse,
    /// The secret is on hold.
    Hold,
    /// A replica of the secret is behind.
    ReplicaBehind,
    /// The key that applications read instead is not enabled.
    NoSuccessor,
    /// It is disabled and the ledger does not say so yet.
    FoundDisabled,
    /// It is disabled and not proven dead in every way yet.
    AwaitingProof,
    /// The same, and the deadline is over.
    ProofOverdue,
    /// It is disabled and proven dead.
    Dead,
    /// It is kept for so long before it is deleted.
    Quarantine(Timestamp),
    /// Its quarantine is over.
    QuarantineOver,
    /// The policy asks for its deletion, and no identity that may delete is configured.
    MayNotDelete,
    /// Somebody enabled it again.
    Reinstated,
    /// It is gone from Sentry.
    Gone,
    /// It is gone, as the ledger says.
    Deleted,
}

impl fmt::Display for Clause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Signal::Quiet => "it is quiet",
            Signal::StillUsed => "it still sends events",
            Signal::BothSilent => "it is silent, but so is the new key, so that its silence proves nothing",
            Signal::Undeclared => {
                "its use case does not declare that its senders send errors alone, so that Sentry's counts prove nothing"
            }
            Signal::Unreadable => "Sentry's counts cannot be read, and unknown is not quiet",
        })
    }
}

/// A signal as a clause.
struct Clause<'a>(&'a Signal);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frozen(why) => write!(f, "nothing is done here in this run: {why}"),
            Self::Current => f.write_str("it is what applications read"),
            Self::CurrentFirstSeen => f.write_str("it is what applications read; that is written down now"),
            Self::Pending => f.write_str("a rotation is under way and may make it current"),
            Self::CurrentDisabledByOthers => f.write_str(
                "it is what applications read, and somebody disabled it in Sentry: enable it there, or rotate the secret",
            ),
            Self::RolledBack => f.write_str("the secret was rolled back to it after it was disabled"),
            Self::CurrentRevoked => f.write_str(
                "it is what applications read, and it was revoked: it stays disabled; rotate the secret, or enable it in Sentry",
            ),
            Self::CurrentGone => {
                f.write_str("it is what applications read, and does not exist in Sentry any more: rotate the secret at once")
            }
            Self::Foreign(None) => f.write_str("no version of a managed secret holds it, and it bears no mark of one"),
            Self::Foreign(Some(Tie::Mark(MarkedVersion::OtherTime))) => {
                f.write_str("it bears the mark of a version that holds another key, and is not the first key that bore it: a copied label, or a \
                     second key of one rotation, and nobody can tell; disable it in Sentry if nobody needs it")
            }
            Self::Foreign(Some(Tie::Mark(MarkedVersion::Unread))) => {
                f.write_str("its mark names a version whose value could not be read")
            }
            Self::Foreign(Some(Tie::Mark(_) | Tie::Value | Tie::ValueAndMark)) => {
                f.write_str("nothing proves that this system made it")
            }
            Self::Abandoned => f.write_str("its secret is gone: revoke it with revoke-key when nobody needs it"),
            Self::NewlySuperseded => f.write_str("it is not AWSCURRENT any more; its grace begins"),
            Self::NewlyAdopted => f.write_str("it is not AWSCURRENT any more, and this system did not make it"),
            Self::NewOrphan => {
                f.write_str("a rotation made it for a version that holds another key, or none; its grace begins")
            }
            Self::ConsentNeeded => f.write_str(
                "this system did not make it: it is retired only with a [[consent]] for its key id in the key policy",
            ),
            Self::NoGrace => f.write_str("the key policy gives its use case no grace, so that it stays enabled"),
            Self::InGrace(end) => write!(f, "its grace lasts until {end:.0}"),
            Self::NotQuiet(signal) => write!(f, "its grace is over, and {}", Clause(signal)),
            Self::Quiet => f.write_str("it was silent for as long as the key policy asks, while the new key sent events"),
            Self::GraceMaxOver(signal) => write!(f, "its longest grace is over; {}", Clause(signal)),
            Self::KeptAtGraceMax(signal) => {
                write!(f, "its longest grace is over, and the key policy keeps it: {}", Clause(signal))
            }
            Self::OrphanGraceOver => f.write_str("no version holds it, and its grace is over"),
            Self::OrphanInUse => f.write_str("no version holds it, and yet it sends events: somebody copied its DSN"),
            Self::Hold => f.write_str("its secret carries the tag sentry:hold"),
            Self::NoSuccessor => f.write_str(
                "the key that applications read instead is disabled or gone: enable that one in Sentry, or rotate the secret",
            ),
            Self::ReplicaBehind => {
                f.write_str("a replica of its secret is not in sync, so that consumers elsewhere may still read it")
            }
            Self::FoundDisabled => f.write_str("it is disabled in Sentry; that is written down now"),
            Self::AwaitingProof => f.write_str("it is disabled; its death is being proven"),
            Self::ProofOverdue => f.write_str(
                "it is disabled, and its death could not be proven within the deadline: something may still accept it",
            ),
            Self::Dead => f.write_str("it is disabled and proven dead"),
            Self::Quarantine(end) => write!(f, "it is disabled and proven dead, and is kept until {end:.0}"),
            Self::QuarantineOver => f.write_str("its quarantine is over"),
            Self::MayNotDelete => f.write_str(
                "its quarantine is over, and it stays disabled because SENTRY_DELETE_AUTH_SECRET_ID names no identity that may delete",
            ),
            Self::Reinstated => f.write_str(
                "somebody enabled it again after it was disabled: it is left alone until that is cleared with a [[consent]] \
                 for its key id, or until it is disabled in Sentry",
            ),
            Self::Gone => f.write_str("it does not exist in Sentry any more; that is written down now"),
            Self::Deleted => f.write_str("it is gone"),
        }
    }
}

/// The end of a span of time; the end of time where it does not fit.
pub(crate) fn after(start: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|span| start.checked_add(span).ok()).unwrap_or(Timestamp::MAX)
}
