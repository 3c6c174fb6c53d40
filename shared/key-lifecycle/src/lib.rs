#![doc = include_str!("../README.md")]

mod decision;
mod facts;
mod ledger;
mod ownership;
mod reason;
mod terms;
mod traffic;
mod words;

pub use decision::{Action, Code, Judgement, Next, State, judge, needs_counts};
pub use facts::{Facts, KeyObject};
pub use ledger::{
    Answer, Broken, Class, Disabled, Entry, Grade, Head, History, Kind, Phase, Proven, Record, check_chain, check_head,
    ledger_folder, next_head, object_key, secret_arn_of,
};
pub use ownership::{
    Created, Held, KeySeen, Labels, MarkedVersion, Ownership, SecretSeen, Tie, Value, VersionSeen, class_of, ownership,
    tie,
};
pub use reason::Reason;
pub use terms::{AtGraceMax, Mode, Quiet, Terms};
pub use traffic::{Day, Signal, Traffic};
